//! The configuration keys that connectors share.
//!
//! Source: the platform's list of reserved keys, and its guides to events and OAuth. A connector
//! documents only some of them, but accepts all that apply to it
//! (docs/platform.md#connectors-and-their-fields).

use super::connector::{Authentication, Connector, FieldKind};

/// The connectors that share a key.
#[derive(Clone, Copy)]
pub(super) enum Group {
    All,
    Events,
    Polling,
    Oauth,
    Oauth1,
    Oauth2,
}

/// The connectors that share the key, the key, the type of its values, its default (`""` for none) and its
/// purpose.
pub(super) type SharedKey = (Group, &'static str, FieldKind, &'static str, &'static str);

const SHARED: &[SharedKey] = {
    use FieldKind::{Boolean, Enum, Integer, Json, String, Url};
    use Group::{All, Events, Oauth, Oauth1, Oauth2, Polling};
    &[
        (All, "base.url", Url, "", "URL of the provider's API"),
        (All, "filter.response.nulls", Boolean, "true", "Omit empty members from replies"),
        (All, "pagination.max", Integer, "200", "Maximum page size for requests to the provider"),
        (All, "pagination.type", String, "offset", "Pagination type of the provider"),
        (Events, "event.notification.basic.password", String, "", "Password for the callback URL"),
        (Events, "event.notification.basic.username", String, "", "User name for the callback URL"),
        (Events, "event.notification.callback.headers", String, "", CALLBACK_HEADERS),
        (Events, "event.notification.callback.url", Url, "", "URL that receives events"),
        (Events, "event.notification.enabled", Boolean, "false", "Whether events are sent"),
        (Events, "event.notification.signature.key", String, "", "Key that signs events"),
        (Events, "event.notification.subscription.id", String, "", "Subscription at the provider"),
        (Events, "event.notification.type", Enum, "", "How events are sent"),
        (Events, "event.vendor.type", Enum, "", "How the platform receives events"),
        (Polling, "event.poller.configuration", Json, "{}", "Requests to the provider"),
        (Polling, "event.poller.refresh_interval", Integer, "15", "Minutes between two polls"),
        (Oauth, "oauth.api.key", String, "", "Client ID of the OAuth application"),
        (Oauth, "oauth.api.secret", String, "", "Client secret of the OAuth application"),
        (Oauth, "oauth.callback.url", Url, "", "Redirect URL of the OAuth application"),
        (Oauth, "oauth.user.token", String, "", "Access token"),
        (Oauth1, "oauth.user.token.secret", String, "", "Secret of the access token"),
        (Oauth2, "oauth.scope", String, "", "Requested scopes, separated by spaces"),
        (Oauth2, "oauth.user.refresh_interval", Integer, "", "Seconds between two refreshes"),
        (Oauth2, "oauth.user.refresh_time", String, "", "Time of the latest refresh"),
        (Oauth2, "oauth.user.refresh_token", String, "", "Refresh token"),
    ]
};

const CALLBACK_HEADERS: &str = "Additional headers for the callback";

/// The shared keys that the connector accepts.
pub(super) fn of(connector: &Connector) -> impl Iterator<Item = &'static SharedKey> {
    SHARED.iter().filter(|(group, ..)| is_member(connector, *group))
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
    let shared = SHARED.iter().find(|(_, name, ..)| *name == key);
    shared.map_or_else(|| capitalized(key), |(.., title)| (*title).to_owned())
}

/// `servicenow.subdomain` becomes `Servicenow subdomain`.
fn capitalized(key: &str) -> String {
    let words = super::secrecy::words(key).join(" ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
