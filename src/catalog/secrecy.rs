//! Classifies configuration keys by their names.

/// The last words of confidential keys.
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

/// Keys that are confidential although their names do not say so. Headers usually contain an
/// authorization.
const SECRET_KEYS: &[&str] = &["event.notification.callback.headers"];

/// Keys that have the same, public meaning for every connector.
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

/// Keys that the platform writes and refreshes.
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

/// Whether the name of the key says that its value is confidential, for any connector.
pub fn named_like_a_secret(key: &str) -> bool {
    ends_in(key, SECRET_ENDINGS) || SECRET_KEYS.contains(&key)
}

/// Whether the key ends with these words.
pub(crate) fn key_ends_with(key: &str, words: &[&str]) -> bool {
    ends_in(key, &[words])
}

/// Whether the key ends with the words of one of the endings.
pub(super) fn ends_in(key: &str, endings: &[&[&str]]) -> bool {
    let words = words(key);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    endings.iter().any(|ending| words.ends_with(ending))
}

/// Whether the platform writes the key. Such a value is sent in a create and never compared.
pub fn platform_written(key: &str) -> bool {
    PLATFORM_WRITTEN.contains(&key) || key.ends_with(".session.id")
}

/// Whether the key has the same, public meaning for every connector.
pub(super) fn common_and_public(key: &str) -> bool {
    COMMON_AND_PUBLIC.contains(&key)
}

/// The words of a key in lower case. It is split at `.`, `_`, `-` and before a capital letter.
pub(super) fn words(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut previous_is_lower = false;
    for letter in key.chars() {
        let is_separator = matches!(letter, '.' | '_' | '-');
        if is_separator || (previous_is_lower && letter.is_uppercase()) {
            words.push(String::new());
        }
        if let (false, Some(word)) = (is_separator, words.last_mut()) {
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
    fn keys_that_end_with_a_secret_word_are_secret() {
        let secret = "oauth.api.secret clientSecret api-token api_key APIKey \
                      hubspot.authorization.apikey event.notification.signature.key consumer_key \
                      helpdesk.connectwise.password password";
        for key in secret.split(' ') {
            assert!(named_like_a_secret(key), "{key}");
        }
        let other = "public.key token.url secretary oauth.user.refresh_time key passwords";
        for key in other.split(' ').chain([""]) {
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
