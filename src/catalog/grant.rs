//! Decides whether a create needs an authorization grant, which a person gives at the provider.
//!
//! In: a connector, and what a document declares. Out: whether the create can succeed without a
//! grant, and how certain that is (docs/platform.md#how-many-sources-a-fact-has). The authentication type of the document decides. It is the declared
//! `authentication.type`, or else the type whose documented requests have the keys of the document,
//! or else the usual type of the connector.

use std::collections::BTreeSet;

use super::certainty::Certainty;
use super::connector::{Authentication, Connector};

/// Whether a create needs an authorization grant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GrantNeed {
    /// It authenticates without a grant, or nothing is known.
    #[default]
    None,
    /// It probably authenticates by OAuth with a grant, but only one source shows that, or the connector
    /// has other ways to authenticate and the document does not show which one it uses.
    Likely,
    /// It authenticates by OAuth, and several sources show requests with a grant.
    Certain,
}

/// Whether a create needs a grant if a document declares this `authentication.type` and these
/// configuration keys.
pub(super) fn grant_need(
    connector: Option<&Connector>,
    declared_type: Option<&str>,
    keys: &BTreeSet<&str>,
) -> GrantNeed {
    let declared = declared_type.and_then(parse_type);
    match (connector, declared) {
        (Some(connector), declared) => known_grant_need(connector, declared, keys),
        (None, Some(declared)) if declared.is_oauth() => GrantNeed::Certain,
        (None, _) => GrantNeed::None,
    }
}

/// Parses an `authentication.type`, in any case.
fn parse_type(text: &str) -> Option<Authentication> {
    use Authentication::{ApiKey, Basic, Custom, Oauth1, Oauth2};
    let all = [Oauth2, Oauth1, Basic, ApiKey, Custom];
    all.into_iter().find(|auth| auth.as_str().eq_ignore_ascii_case(text))
}

fn known_grant_need(
    connector: &Connector,
    declared: Option<Authentication>,
    keys: &BTreeSet<&str>,
) -> GrantNeed {
    let chosen = declared.or_else(|| recognize(connector, keys));
    let auth = chosen.or(connector.auth.first().copied());
    let Some(auth) = auth.filter(|auth| auth.is_oauth()) else {
        return GrantNeed::None;
    };
    let is_chosen = chosen.is_some() || connector.auth.iter().all(|auth| auth.is_oauth());
    let examples = connector.bodies.iter().filter(|example| example.auth == auth);
    let with_grant = examples.filter(|example| !example.provider_data.is_empty());
    match with_grant.map(|example| example.certainty).max() {
        Some(Certainty::Certain) if is_chosen => GrantNeed::Certain,
        _ => GrantNeed::Likely,
    }
}

/// The authentication type that shares the most distinctive keys with the document. A key is
/// distinctive if only the examples of one type have it. Returns `None` without a single best type.
fn recognize(connector: &Connector, keys: &BTreeSet<&str>) -> Option<Authentication> {
    let count = |auth: &Authentication| {
        let others = connector.auth.iter().filter(|other| *other != auth);
        let others: BTreeSet<_> =
            others.flat_map(|other| example_keys(connector, *other)).collect();
        let own = example_keys(connector, *auth);
        (own.difference(&others).filter(|key| keys.contains(*key)).count(), *auth)
    };
    let counts: Vec<_> = connector.auth.iter().map(count).collect();
    let max = counts.iter().map(|(count, _)| *count).max().filter(|max| *max > 0)?;
    let mut best = counts.iter().filter(|(count, _)| *count == max);
    match (best.next(), best.next()) {
        (Some((_, auth)), None) => Some(*auth),
        _ => None,
    }
}

/// The configuration keys of all examples of an authentication type.
fn example_keys(connector: &Connector, auth: Authentication) -> BTreeSet<&str> {
    let examples = connector.bodies.iter().filter(|example| example.auth == auth);
    examples.flat_map(|example| &example.keys).map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    const APPLICATION: [&str; 3] = ["oauth.api.key", "oauth.api.secret", "oauth.callback.url"];

    fn need(connector: &str, declared: Option<&str>, keys: &[&str]) -> GrantNeed {
        let connector = Catalog::embedded().connector(&connector.parse().unwrap());
        grant_need(connector, declared, &keys.iter().copied().collect())
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
    fn the_keys_of_documented_requests_decide_next() {
        assert_eq!(need("ecwid", None, &["ecwid.store.id", "ecwid.order.key"]), GrantNeed::None);
        assert_eq!(need("hubspot", None, &APPLICATION), GrantNeed::Certain);
        assert_eq!(need("hubspot", None, &["hubspot.authorization.apikey"]), GrantNeed::None);
        assert_eq!(need("campaignmonitor", None, &APPLICATION), GrantNeed::Certain);
    }

    #[test]
    fn the_usual_type_of_the_connector_decides_last() {
        assert_eq!(need("hootsuite", None, &[]), GrantNeed::Certain);
        assert_eq!(need("slack", None, &["oauth.scope"]), GrantNeed::Certain);
        assert_eq!(need("campaignmonitor", None, &[]), GrantNeed::None);
        assert_eq!(need("campaignmonitor", None, &["username", "oauth.api.key"]), GrantNeed::None);
        assert_eq!(need("servicenow", None, &["username"]), GrantNeed::None);
    }

    #[test]
    fn the_usual_type_is_only_likely_if_there_are_others() {
        assert_eq!(need("hubspot", None, &["create.bulk.properties"]), GrantNeed::Likely);
        assert_eq!(need("ecwid", None, &[]), GrantNeed::Likely);
        assert_eq!(need("quickbooks", None, &[]), GrantNeed::Certain, "both are OAuth");
    }

    #[test]
    fn one_source_alone_makes_a_grant_likely() {
        assert_eq!(need("acton", None, &APPLICATION), GrantNeed::Likely);
        assert_eq!(need("ecwid", None, &APPLICATION), GrantNeed::Likely);
        assert_eq!(need("dynamicscrmadfs", None, &["oauth.resource.url"]), GrantNeed::Likely);
        assert_eq!(need("googlecloudstorage", None, &APPLICATION), GrantNeed::Likely);
        assert_eq!(need("sugarcrmv2", None, &APPLICATION), GrantNeed::Likely);
        assert_eq!(need("stripe", Some("oauth2"), &[]), GrantNeed::Likely);
    }

    #[test]
    fn for_an_unknown_connector_only_the_document_decides() {
        assert_eq!(need("no-such-thing", None, &APPLICATION), GrantNeed::None);
        assert_eq!(need("no-such-thing", Some("oauth1"), &[]), GrantNeed::Certain);
    }
}
