//! The configuration keys that connectors share.
//!
//! Source: the platform's list of reserved keys, and its guides to events and OAuth. A connector
//! documents only some of them, but accepts all that apply to it.

use super::connector::{Authentication, Connector, FieldKind};

/// The connectors that share a key.
#[derive(Clone, Copy)]
enum Group {
    All,
    Events,
    Polling,
    Oauth,
    Oauth1,
    Oauth2,
}

/// A shared key, the type of its values, its default (`""` for none) and its purpose.
pub(super) type SharedKey = (&'static str, FieldKind, &'static str, &'static str);

const SHARED: &[(Group, &[SharedKey])] = {
    use FieldKind::{Boolean, Enum, Integer, Json, String, Url};
    &[
        (
            Group::All,
            &[
                ("base.url", Url, "", "URL of the provider's API"),
                ("filter.response.nulls", Boolean, "true", "Omit empty members from replies"),
                (
                    "pagination.max",
                    Integer,
                    "200",
                    "Maximum page size for requests to the provider",
                ),
                ("pagination.type", String, "offset", "Pagination type of the provider"),
            ],
        ),
        (
            Group::Events,
            &[
                ("event.notification.basic.password", String, "", "Password for the callback URL"),
                ("event.notification.basic.username", String, "", "User name for the callback URL"),
                (
                    "event.notification.callback.headers",
                    String,
                    "",
                    "Additional headers for the callback",
                ),
                ("event.notification.callback.url", Url, "", "URL that receives events"),
                ("event.notification.enabled", Boolean, "false", "Whether events are sent"),
                ("event.notification.signature.key", String, "", "Key that signs events"),
                ("event.notification.subscription.id", String, "", "Subscription at the provider"),
                ("event.notification.type", Enum, "", "How events are sent"),
                ("event.vendor.type", Enum, "", "How the platform receives events"),
            ],
        ),
        (
            Group::Polling,
            &[
                ("event.poller.configuration", Json, "{}", "Requests to the provider"),
                ("event.poller.refresh_interval", Integer, "15", "Minutes between two polls"),
            ],
        ),
        (
            Group::Oauth,
            &[
                ("oauth.api.key", String, "", "Client ID of the OAuth application"),
                ("oauth.api.secret", String, "", "Client secret of the OAuth application"),
                ("oauth.callback.url", Url, "", "Redirect URL of the OAuth application"),
                ("oauth.user.token", String, "", "Access token"),
            ],
        ),
        (Group::Oauth1, &[("oauth.user.token.secret", String, "", "Secret of the access token")]),
        (
            Group::Oauth2,
            &[
                ("oauth.scope", String, "", "Requested scopes, separated by spaces"),
                ("oauth.user.refresh_interval", Integer, "", "Seconds between two refreshes"),
                ("oauth.user.refresh_time", String, "", "Time of the latest refresh"),
                ("oauth.user.refresh_token", String, "", "Refresh token"),
            ],
        ),
    ]
};

/// The shared keys that the connector accepts.
pub(super) fn of(connector: &Connector) -> impl Iterator<Item = &'static SharedKey> {
    SHARED
        .iter()
        .filter(|(group, _)| is_member(connector, *group))
        .flat_map(|(_, keys)| keys.iter())
}

fn is_member(connector: &Connector, group: Group) -> bool {
    let has = |auth| connector.auth.contains(&auth);
    match group {
        Group::All => true,
        Group::Events => connector.polling || connector.webhook,
        Group::Polling => connector.polling,
        Group::Oauth => has(Authentication::Oauth1) || has(Authentication::Oauth2),
        Group::Oauth1 => has(Authentication::Oauth1),
        Group::Oauth2 => has(Authentication::Oauth2),
    }
}

/// The purpose of the key, in a few words.
pub(super) fn title(key: &str) -> String {
    let shared = SHARED.iter().flat_map(|(_, keys)| keys.iter()).find(|(name, ..)| *name == key);
    shared.map_or_else(|| capitalized(key), |(.., title)| (*title).to_owned())
}

/// `servicenow.subdomain` becomes `Servicenow subdomain`.
fn capitalized(key: &str) -> String {
    let words = super::secrecy::words(key).join(" ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
