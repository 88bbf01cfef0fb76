//! What a configuration key says of itself by its name.

/// The endings that mark a key as confidential, as words.
const SECRET_ENDINGS: &[&[&str]] = &[
    &["secret"],
    &["password"],
    &["passphrase"],
    &["token"],
    &["apikey"],
    &["api", "key"],
    &["private", "key"],
    &["signature", "key"],
    &["access", "key"],
    &["secret", "key"],
    &["consumer", "key"],
];

/// Keys that are confidential whatever their name says: headers carry an authorization as a rule.
const SECRET_KEYS: &[&str] = &["event.notification.callback.headers"];

/// Keys that mean the same at every connector and hold nothing confidential.
const COMMON_AND_PUBLIC: &[&str] = &[
    "base.url",
    "event.metadata",
    "event.notification.callback.url",
    "event.notification.enabled",
    "event.objects",
    "event.poller.configuration",
    "event.poller.refresh_interval",
    "event.vendor.type",
    "filter.response.nulls",
    "oauth.callback.url",
    "oauth.scope",
    "pagination.max",
    "pagination.type",
];

/// Keys that the platform fills and refreshes by itself.
const PLATFORM_WRITTEN: &[&str] = &[
    "authentication.time",
    "event.notification.subscription.id",
    "expires_in",
    "oauth.user.id",
    "oauth.user.refresh_time",
    "oauth.user.refresh_token",
    "oauth.user.token",
    "oauth.user.token.secret",
];

/// Whether the key is confidential by its name, whatever the connector.
pub fn named_like_a_secret(key: &str) -> bool {
    ends_in(key, SECRET_ENDINGS) || SECRET_KEYS.contains(&key)
}

/// Whether the key ends in the words of one of the endings.
pub(super) fn ends_in(key: &str, endings: &[&[&str]]) -> bool {
    let words = words(key);
    let is_end = |ending: &&[&str]| {
        let last = words.iter().rev().map(String::as_str);
        words.len() >= ending.len() && ending.iter().rev().copied().zip(last).all(|(a, b)| a == b)
    };
    endings.iter().any(is_end)
}

/// Whether the platform writes the key itself: such a value is sent on create and never compared.
pub fn platform_written(key: &str) -> bool {
    PLATFORM_WRITTEN.contains(&key) || key.ends_with(".session.id")
}

/// Whether the key is one that every connector uses for something public.
pub(super) fn common_and_public(key: &str) -> bool {
    COMMON_AND_PUBLIC.contains(&key)
}

/// The words of a key in small letters: it is cut at `.`, `_`, `-` and from lower to upper case.
pub(super) fn words(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut previous_is_lower = false;
    for letter in key.chars() {
        let cut = matches!(letter, '.' | '_' | '-');
        if cut || (previous_is_lower && letter.is_uppercase()) {
            words.push(String::new());
        }
        if let (false, Some(word)) = (cut, words.last_mut()) {
            word.extend(letter.to_lowercase());
        }
        previous_is_lower = letter.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_end_like_a_secret_are_secret() {
        for key in [
            "oauth.api.secret",
            "clientSecret",
            "api-token",
            "api_key",
            "APIKey",
            "hubspot.authorization.apikey",
            "event.notification.signature.key",
            "consumer_key",
            "helpdesk.connectwise.password",
            "password",
        ] {
            assert!(named_like_a_secret(key), "{key}");
        }
        for key in [
            "",
            "public.key",
            "token.url",
            "secretary",
            "oauth.user.refresh_time",
            "key",
            "passwords",
        ] {
            assert!(!named_like_a_secret(key), "{key}");
        }
    }

    #[test]
    fn the_platform_writes_tokens_and_sessions() {
        assert!(platform_written("oauth.user.refresh_token"));
        assert!(platform_written("netsuite.session.id"));
        assert!(!platform_written("oauth.api.key"));
    }
}
