//! The usual request that creates an instance of a connector.
//!
//! In: a [`Connector`]. Out: the way to authenticate that its documentation shows first, and the keys
//! that its documented requests have in common (docs/platform.md#connectors-and-their-fields).

use std::collections::BTreeSet;

use super::connector::{Authentication, Connector, CreateExample};

/// The keys of the OAuth application, which every request with a grant needs.
const APPLICATION_KEYS: [&str; 3] = ["oauth.api.key", "oauth.api.secret", "oauth.callback.url"];

/// The usual request that creates an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CreateRequest<'c> {
    /// How the instance authenticates at the provider. `None` if no source shows it.
    pub(crate) authentication: Option<Authentication>,
    /// The other ways to authenticate.
    pub(crate) alternatives: Vec<Authentication>,
    /// The keys of the OAuth application, if the instance authenticates by OAuth.
    pub(crate) application: BTreeSet<&'c str>,
    /// Other keys that all documented requests have, although a create does not require them.
    pub(crate) usual: BTreeSet<&'c str>,
    /// The members of `providerData`.
    pub(crate) grant: Vec<&'c str>,
}

impl Connector {
    pub(crate) fn create_request(&self) -> CreateRequest<'_> {
        let Some((authentication, alternatives)) = self.auth.split_first() else {
            return CreateRequest::default();
        };
        let authentication = *authentication;
        let examples: Vec<_> =
            self.bodies.iter().filter(|example| example.auth == authentication).collect();
        let application = APPLICATION_KEYS.into_iter().filter(|_| authentication.is_oauth());
        let is_application = |key: &&str| APPLICATION_KEYS.contains(key);
        CreateRequest {
            authentication: Some(authentication),
            alternatives: alternatives.to_vec(),
            application: application.collect(),
            usual: common_keys(&examples).into_iter().filter(|key| !is_application(key)).collect(),
            grant: self.grant(authentication, &examples),
        }
    }

    /// The members of `providerData` in the first example that has any, or else the usual ones of OAuth
    /// that a create accepts.
    fn grant<'c>(&'c self, way: Authentication, examples: &[&'c CreateExample]) -> Vec<&'c str> {
        let usual: &[&str] = match way {
            Authentication::Oauth2 => &["code"],
            Authentication::Oauth1 => &["oauth_token", "oauth_verifier", "secret"],
            Authentication::Basic | Authentication::ApiKey | Authentication::Custom => &[],
        };
        let mut documented = examples.iter().map(|example| &example.provider_data);
        match documented.find(|members| !members.is_empty()) {
            Some(members) => members.iter().map(String::as_str).collect(),
            None if self.provider_data.is_empty() => usual.to_vec(),
            None => {
                let accepted = self.provider_data.iter().map(String::as_str);
                accepted.filter(|member| usual.contains(member)).collect()
            }
        }
    }
}

/// The keys that all examples have.
fn common_keys<'c>(examples: &[&'c CreateExample]) -> BTreeSet<&'c str> {
    let keys = |example: &&'c CreateExample| example.keys.iter().map(String::as_str).collect();
    let sets = examples.iter().map(keys);
    sets.reduce(|common: BTreeSet<_>, keys| common.intersection(&keys).copied().collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    fn request(connector: &str) -> CreateRequest<'static> {
        Catalog::embedded().connector(&connector.parse().unwrap()).unwrap().create_request()
    }

    #[test]
    fn the_first_way_to_authenticate_decides() {
        let hubspot = request("hubspot");
        assert_eq!(hubspot.authentication, Some(Authentication::Oauth2));
        assert_eq!(hubspot.alternatives, [Authentication::ApiKey]);
        assert_eq!(hubspot.application, APPLICATION_KEYS.into());
        assert_eq!(hubspot.usual, ["create.bulk.properties"].into());
        assert_eq!(hubspot.grant, ["code"]);
        assert_eq!(request("servicenow").application, [].into());
        assert_eq!(request("servicenow").grant, [""; 0]);
        assert_eq!(request("syncplicity"), CreateRequest::default());
    }

    #[test]
    fn the_grant_is_that_of_the_documented_request() {
        assert_eq!(request("quickbooks").grant, ["code", "realmId"]);
        assert_eq!(request("twitter").grant.len(), 3);
        assert_eq!(request("intercom").grant, ["code"], "without a documented request");
    }
}
