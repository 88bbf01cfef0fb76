//! Whether a create needs an authorization grant: what a person allows at the provider.
//!
//! In: a connector, and what a document declares. Out: whether the create can succeed without a
//! grant. The way in which the document authenticates decides. It is what `authentication.type`
//! says, or else the way whose documented requests have the keys that the document has, or else the
//! connector's usual way.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{Authentication, Catalog, Connector};
use crate::instance::ConnectorKey;

/// Whether a create needs an authorization grant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GrantNeed {
    /// It authenticates without one, or nothing is known.
    #[default]
    None,
    /// It authenticates by OAuth, but no documented request of this kind carries a grant: one source
    /// says that it needs one, and another does not.
    Likely,
    /// It authenticates by OAuth, and the documented requests carry a grant.
    Certain,
}

/// A documented request that creates an instance, as far as it tells the ways to authenticate apart.
/// Keys that every connector takes are not in it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    /// How it authenticates.
    auth: Authentication,
    /// Its configuration keys.
    keys: Vec<String>,
    /// The members of its `providerData`.
    #[serde(default)]
    provider_data: Vec<String>,
}

impl Authentication {
    /// The way that `authentication.type` names, in small or capital letters.
    fn named(text: &str) -> Option<Self> {
        let names = [
            ("oauth2", Self::Oauth2),
            ("oauth1", Self::Oauth1),
            ("basic", Self::Basic),
            ("apiKey", Self::ApiKey),
            ("custom", Self::Custom),
        ];
        names.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, way)| way)
    }

    fn is_oauth(self) -> bool {
        match self {
            Self::Oauth2 | Self::Oauth1 => true,
            Self::Basic | Self::ApiKey | Self::Custom => false,
        }
    }
}

impl Catalog {
    /// Whether a create needs a grant where a document declares this `authentication.type`, if any,
    /// and values for these configuration keys.
    pub(super) fn grant_need(
        &self,
        connector: &ConnectorKey,
        declared_type: Option<&str>,
        keys: &BTreeSet<&str>,
    ) -> GrantNeed {
        let declared = declared_type.and_then(Authentication::named);
        match (self.connector(connector), declared) {
            (Some(known), declared) => known.grant_need(declared, keys),
            (None, Some(declared)) if declared.is_oauth() => GrantNeed::Certain,
            (None, _) => GrantNeed::None,
        }
    }
}

impl Connector {
    fn grant_need(&self, declared: Option<Authentication>, keys: &BTreeSet<&str>) -> GrantNeed {
        let way = declared.or_else(|| self.recognized(keys)).or_else(|| self.auth.first().copied());
        let Some(way) = way.filter(|way| way.is_oauth()) else {
            return GrantNeed::None;
        };
        let mut bodies = self.bodies.iter().filter(|body| body.auth == way).peekable();
        let is_documented = match bodies.peek() {
            Some(_) => bodies.any(|body| !body.provider_data.is_empty()),
            // Some pages list the members of `providerData` and show no request.
            None => self.auth.contains(&way) && !self.provider_data.is_empty(),
        };
        if is_documented { GrantNeed::Certain } else { GrantNeed::Likely }
    }

    /// The way of which a document has the most keys that no other way has. Nothing if that is true
    /// of none or of several.
    fn recognized(&self, keys: &BTreeSet<&str>) -> Option<Authentication> {
        let of = |way: Authentication| {
            let bodies = self.bodies.iter().filter(move |body| body.auth == way);
            bodies.flat_map(|body| &body.keys).map(String::as_str).collect::<BTreeSet<_>>()
        };
        let own = |way: Authentication| {
            let others = self.auth.iter().filter(|other| **other != way);
            let others: BTreeSet<&str> = others.flat_map(|other| of(*other)).collect();
            of(way).difference(&others).filter(|key| keys.contains(*key)).count()
        };
        let counts: Vec<(usize, Authentication)> =
            self.auth.iter().map(|way| (own(*way), *way)).collect();
        let most = counts.iter().map(|(count, _)| *count).max().filter(|most| *most > 0)?;
        let mut best = counts.iter().filter(|(count, _)| *count == most);
        match (best.next(), best.next()) {
            (Some((_, way)), None) => Some(*way),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APPLICATION: [&str; 3] = ["oauth.api.key", "oauth.api.secret", "oauth.callback.url"];

    fn need(connector: &str, declared: Option<&str>, keys: &[&str]) -> GrantNeed {
        let connector = connector.parse().unwrap();
        Catalog::embedded().grant_need(&connector, declared, &keys.iter().copied().collect())
    }

    #[test]
    fn the_declared_type_decides_first() {
        assert_eq!(need("hubspot", Some("apiKey"), &APPLICATION), GrantNeed::None);
        assert_eq!(
            need("hubspot", Some("OAuth2"), &["hubspot.authorization.apikey"]),
            GrantNeed::Certain
        );
        assert_eq!(need("campaignmonitor", Some("oauth2"), &[]), GrantNeed::Certain);
        assert_eq!(need("dropbox", Some("APIKEY"), &APPLICATION), GrantNeed::None);
        assert_eq!(need("dropbox", Some("saml"), &APPLICATION), GrantNeed::Certain);
    }

    #[test]
    fn then_the_documented_request_whose_keys_the_document_has() {
        assert_eq!(need("ecwid", None, &["ecwid.store.id", "ecwid.order.key"]), GrantNeed::None);
        assert_eq!(need("ecwid", None, &APPLICATION), GrantNeed::Certain);
        assert_eq!(need("hubspot", None, &["hubspot.authorization.apikey"]), GrantNeed::None);
        assert_eq!(need("campaignmonitor", None, &APPLICATION), GrantNeed::Certain);
        assert_eq!(need("dynamicscrmadfs", None, &["oauth.resource.url"]), GrantNeed::Certain);
    }

    #[test]
    fn then_the_usual_way_of_the_connector() {
        assert_eq!(need("hootsuite", None, &[]), GrantNeed::Certain);
        assert_eq!(need("hubspot", None, &["create.bulk.properties"]), GrantNeed::Certain);
        assert_eq!(need("campaignmonitor", None, &[]), GrantNeed::None);
        assert_eq!(need("campaignmonitor", None, &["username", "oauth.api.key"]), GrantNeed::None);
        assert_eq!(need("servicenow", None, &["username"]), GrantNeed::None);
    }

    #[test]
    fn one_source_alone_makes_it_likely() {
        assert_eq!(need("sugarcrmv2", None, &APPLICATION), GrantNeed::Likely);
        assert_eq!(need("stripe", Some("oauth2"), &[]), GrantNeed::Likely);
        assert_eq!(need("googlecloudstorage", None, &APPLICATION), GrantNeed::Certain);
    }

    #[test]
    fn of_an_unknown_connector_only_the_document_can_tell() {
        assert_eq!(need("no-such-thing", None, &APPLICATION), GrantNeed::None);
        assert_eq!(need("no-such-thing", Some("oauth1"), &[]), GrantNeed::Certain);
    }
}
