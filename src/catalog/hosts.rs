//! Decides which configuration keys choose the host that receives the credentials of an instance.

use super::connector::{Connector, ConnectorField, FieldKind};
use super::secrecy::ends_in;

/// The last words of keys that name the host of the provider, or the part of its name that differs
/// between customers.
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

/// The last words of keys whose URL or domain does not receive the credentials. Events and browsers
/// are sent there, or nothing at all.
const OTHER_ENDINGS: &[&[&str]] = &[
    &["callback", "url"],
    &["callback", "uri"],
    &["redirect", "url"],
    &["redirect", "uri"],
    &["reply", "domain"],
    &["scope"],
    &["website"],
];

/// The role of a configuration key in choosing the host that receives the credentials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HostRole {
    /// Its value chooses the host.
    Names,
    /// Unknown. A URL may choose the host.
    #[default]
    MayName,
    /// Its value does not choose the host.
    Other,
}

/// Whether the instances of a connector store credentials for the provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProviderCredentials {
    /// They do, even if no file declares them.
    Stored,
    /// Unknown.
    #[default]
    Unknown,
}

impl ProviderCredentials {
    pub(crate) fn are_stored(self) -> bool {
        self == Self::Stored
    }
}

/// The role of a configuration key, which the connector may document as `field`.
pub(super) fn host_role(field: Option<&ConnectorField>, key: &str) -> HostRole {
    let is_url = field.is_some_and(|field| field.kind == FieldKind::Url);
    if ends_in(key, OTHER_ENDINGS) {
        HostRole::Other
    } else if is_url || ends_in(key, HOST_ENDINGS) {
        HostRole::Names
    } else {
        HostRole::MayName
    }
}

pub(super) fn credentials(connector: &Connector) -> ProviderCredentials {
    let are_stored =
        !connector.auth.is_empty() || connector.fields.iter().any(|field| field.secret);
    if are_stored { ProviderCredentials::Stored } else { ProviderCredentials::Unknown }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::catalog::Catalog;

    /// The keys of all connectors that name a host. A person must review each new one.
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
    fn every_key_that_names_a_host_was_reviewed() {
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
    fn callback_urls_scopes_and_postal_addresses_receive_no_credentials() {
        let role =
            |connector: &str, key| Catalog::embedded().host_role(&connector.parse().unwrap(), key);
        let other = "oauth.callback.url event.notification.callback.url oauthRedirectUri \
                     messaging.sms.twilio.callback.url oauth.scope messaging.sendgrid.user.website \
                     messaging.smtp.sendgrid.return.reply.domain";
        for key in other.split(' ') {
            assert_eq!(role("no-such-thing", key), HostRole::Other, "{key}");
        }
        assert_eq!(role("sendgrid", "messaging.sendgrid.user.address"), HostRole::MayName);
        assert_eq!(role("no-such-thing", "serverAddress"), HostRole::Names);
    }
}
