//! The configuration keys that connectors share.
//!
//! Source: the platform's list of reserved keys, and the keys that its guides name for events and
//! OAuth. A connector documents only some of them and takes all of those of its kind.

use super::{Authentication, Connector, FieldKind};

/// Which connectors have a shared key.
#[derive(Clone, Copy)]
enum On {
    All,
    Events,
    Polling,
    Oauth,
    Oauth1,
    Oauth2,
}

/// A shared key, what its values are, its default (`""` for none) and what it is for.
pub(super) type Shared = (&'static str, FieldKind, &'static str, &'static str);

const SHARED: &[(On, &[Shared])] = {
    use FieldKind::{Boolean, Enum, Integer, Json, String, Url};
    &[
        (
            On::All,
            &[
                ("base.url", Url, "", "Address of the provider's API"),
                ("filter.response.nulls", Boolean, "true", "Leave empty members out of replies"),
                ("pagination.max", Integer, "200", "Largest page that the provider is asked for"),
                ("pagination.type", String, "offset", "How the provider pages its lists"),
            ],
        ),
        (
            On::Events,
            &[
                ("event.notification.basic.password", String, "", "Password for the callback URL"),
                ("event.notification.basic.username", String, "", "User name for the callback URL"),
                (
                    "event.notification.callback.headers",
                    String,
                    "",
                    "More headers for the callback",
                ),
                ("event.notification.callback.url", Url, "", "Where events are sent"),
                ("event.notification.enabled", Boolean, "false", "Whether events are sent"),
                ("event.notification.signature.key", String, "", "Key that events are signed with"),
                ("event.notification.subscription.id", String, "", "Subscription at the provider"),
                ("event.notification.type", Enum, "", "How events are sent"),
                ("event.vendor.type", Enum, "", "How the platform learns of events"),
            ],
        ),
        (
            On::Polling,
            &[
                ("event.poller.configuration", Json, "{}", "What the provider is asked for"),
                ("event.poller.refresh_interval", Integer, "15", "Minutes between two polls"),
            ],
        ),
        (
            On::Oauth,
            &[
                ("oauth.api.key", String, "", "Client id of the OAuth application"),
                ("oauth.api.secret", String, "", "Client secret of the OAuth application"),
                ("oauth.callback.url", Url, "", "Redirect URL of the OAuth application"),
                ("oauth.user.token", String, "", "Access token"),
            ],
        ),
        (On::Oauth1, &[("oauth.user.token.secret", String, "", "Secret of the access token")]),
        (
            On::Oauth2,
            &[
                ("oauth.scope", String, "", "Scopes that are asked for, with blanks between them"),
                ("oauth.user.refresh_interval", Integer, "", "Seconds between two refreshes"),
                ("oauth.user.refresh_time", String, "", "Time of the latest refresh"),
                ("oauth.user.refresh_token", String, "", "Refresh token"),
            ],
        ),
    ]
};

/// The shared keys that the connector takes.
pub(super) fn of(connector: &Connector) -> impl Iterator<Item = &'static Shared> {
    let has = |way| connector.auth.contains(&way);
    let (oauth1, oauth2) = (has(Authentication::Oauth1), has(Authentication::Oauth2));
    let (polling, events) = (connector.polling, connector.polling || connector.webhook);
    let takes = move |on: On| match on {
        On::All => true,
        On::Events => events,
        On::Polling => polling,
        On::Oauth => oauth1 || oauth2,
        On::Oauth1 => oauth1,
        On::Oauth2 => oauth2,
    };
    SHARED.iter().filter(move |(on, _)| takes(*on)).flat_map(|(_, keys)| keys.iter())
}

/// What the key is for, in a few words.
pub(super) fn title(key: &str) -> String {
    let shared = SHARED.iter().flat_map(|(_, keys)| keys.iter()).find(|(name, ..)| *name == key);
    shared.map_or_else(|| capitalised(key), |(.., title)| (*title).to_owned())
}

/// `servicenow.subdomain` reads `Servicenow subdomain`.
fn capitalised(key: &str) -> String {
    let words = super::secrecy::words(key).join(" ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
