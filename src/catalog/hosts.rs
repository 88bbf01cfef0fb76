//! Which configuration keys say where the platform sends an instance's credentials.

use super::secrecy::ends_in;
use super::{Catalog, Connector, FieldKind};
use crate::instance::ConnectorKey;

/// The endings of keys that name the provider's host, or the part of its name that differs from
/// customer to customer, as words.
const HOST_ENDINGS: &[&[&str]] = &[
    &["url"],
    &["uri"],
    &["host"],
    &["host", "name"],
    &["host", "ip"],
    &["hostname"],
    &["server"],
    &["domain"],
    &["subdomain"],
    &["site"],
    &["endpoint"],
    &["host", "address"],
    &["server", "address"],
    &["site", "address"],
    &["data", "center"],
    &["datacenter"],
    &["tenant"],
];

/// The endings of keys whose URL or domain gets none of the instance's credentials: events and
/// browsers are sent there, or nothing at all.
const OTHER_ENDINGS: &[&[&str]] = &[
    &["callback", "url"],
    &["callback", "uri"],
    &["redirect", "url"],
    &["redirect", "uri"],
    &["reply", "domain"],
    &["scope"],
    &["website"],
];

/// What a configuration key has to do with the host that gets the instance's credentials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HostRole {
    /// Its value is that host, or decides it.
    Names,
    /// Nothing is known: a URL under it may be that host.
    #[default]
    MayName,
    /// Whatever its value is, the credentials go elsewhere.
    Other,
}

/// Whether the instances of a connector keep credentials for the provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Credentials {
    /// They do, whether or not a file declares them.
    Kept,
    /// Nothing is known of them.
    #[default]
    Unknown,
}

impl Catalog {
    /// What the connector's configuration key has to do with the host that gets the credentials.
    pub fn host_role(&self, connector: &ConnectorKey, key: &str) -> HostRole {
        let field = self.connector(connector).and_then(|known| known.field(key));
        let is_url = field.is_some_and(|field| field.kind == FieldKind::Url);
        if ends_in(key, OTHER_ENDINGS) {
            HostRole::Other
        } else if is_url || ends_in(key, HOST_ENDINGS) {
            HostRole::Names
        } else {
            HostRole::MayName
        }
    }
}

impl Credentials {
    /// Whether it is known that there are some.
    pub fn are_kept(self) -> bool {
        self == Self::Kept
    }
}

impl Connector {
    /// Whether an instance keeps credentials for the provider.
    pub(super) fn credentials(&self) -> Credentials {
        let kept = !self.auth.is_empty() || self.fields.iter().any(|field| field.secret);
        if kept { Credentials::Kept } else { Credentials::Unknown }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The keys of all connectors that name a host; a new one is to be judged by a person.
    const KNOWN: &str = "\
        baseUrl base.url crm.autotask.server.url crm.salescloud.server.url db.host dynamics.tenant \
        finance.autotask.server.url freshbooks.site.address greatplains.service.url \
        helpdesk.autotask.server.url helpdesk.connectwise.server.url \
        helpdesk.servicecloud.endpointurl host.ip hostname infusionsoft.server \
        marketo.identity.url maximizer.datacenter maximizer.url messaging.smtp.sendgrid.server \
        oauth.request.url oauth.resource.url saps4hanacloud.url sap.host.name \
        servicenow.subdomain sharefile.subdomain sharepoint.site.address shopify.site.address \
        site siteAddress site.url store.url subdomain volusion.store.url workday.hostname \
        workday.tenant zendesk.subdomain";

    #[test]
    fn every_key_that_names_a_host_was_judged_one_by_one() {
        let catalog = Catalog::embedded();
        let mut named = BTreeSet::new();
        for key in catalog.keys() {
            let key = key.parse().unwrap();
            for field in &catalog.connector(&key).unwrap().fields {
                if catalog.host_role(&key, &field.key) == HostRole::Names {
                    named.insert(field.key.as_str());
                }
            }
        }
        assert_eq!(named, KNOWN.split_whitespace().collect());
    }

    #[test]
    fn callback_urls_scopes_and_postal_addresses_get_no_credentials() {
        let role =
            |connector: &str, key| Catalog::embedded().host_role(&connector.parse().unwrap(), key);
        for key in [
            "oauth.callback.url",
            "event.notification.callback.url",
            "messaging.sms.twilio.callback.url",
            "oauthRedirectUri",
            "oauth.scope",
            "messaging.sendgrid.user.website",
            "messaging.smtp.sendgrid.return.reply.domain",
        ] {
            assert_eq!(role("no-such-thing", key), HostRole::Other, "{key}");
        }
        assert_eq!(role("sendgrid", "messaging.sendgrid.user.address"), HostRole::MayName);
        assert_eq!(role("no-such-thing", "serverAddress"), HostRole::Names);
    }
}
