//! Names that are validated once, when they enter.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::{Host, Url};

use crate::safe_text::quoted;

/// A name that violates the rule of its kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} is not a valid {kind}: {rule}", quoted(.given))]
pub struct InvalidName {
    /// The kind of name, as a noun.
    pub(crate) kind: &'static str,
    pub(crate) given: String,
    /// The rule, as a phrase.
    pub(crate) rule: &'static str,
}

/// Declares a name: a validated `String`.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $rule:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                let check: fn(&str) -> bool = $check;
                if check(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(InvalidName { kind: $kind, given: text.to_owned(), rule: $rule })
                }
            }
        }
    };
}

name!(
    /// The stable name of an instance in Git: `hootsuite`, `slack/support`.
    Key,
    "document key",
    "use letters, digits, `.`, `_` and `-`, in parts joined by `/` that begin with a letter or digit, \
     at most 80 characters, and not `all` or `listen`",
    |text| text.len() <= 80
        && !["all", "listen"].contains(&text)
        && text.split('/').all(|part| is_word(part, ".-_", usize::MAX))
);

name!(
    /// The key of a connector, which the API calls an element: `hootsuite`, `sfdc`.
    ConnectorKey,
    "connector key",
    "use letters, digits, `_` and `-`, beginning with a letter or digit, at most 64 characters",
    |text| is_word(text, "_-", 64)
);

name!(
    /// The owner of a set of instances, usually one Git repository per tenant.
    Project,
    "project name",
    "use lowercase letters, digits, `.`, `_` and `-`, beginning with a letter or digit, at most 40 characters",
    |text| is_word(text, ".-_", 40) && !text.bytes().any(|byte| byte.is_ascii_uppercase())
);

/// Whether a text has only ASCII letters, digits and characters of `extra`, begins with a letter or
/// digit, and has at most `max_length` bytes.
fn is_word(text: &str, extra: &str, max_length: usize) -> bool {
    text.len() <= max_length
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
}

/// An instance ID: positive, unique on the platform, never reused (docs/platform.md#the-instance).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceId(u64);

impl InstanceId {
    /// Takes the number from a reply.
    pub const fn new(id: u64) -> Self {
        Self(id)
    }

    /// The number.
    pub fn get(self) -> u64 {
        self.0
    }

    /// Base64 of the decimal text (standard alphabet, padded), as in webhook URLs.
    ///
    /// ```
    /// # use ocon::instance::InstanceId;
    /// assert_eq!(InstanceId::new(20931).base64(), "MjA5MzE=");
    /// ```
    pub fn base64(self) -> String {
        STANDARD.encode(self.0.to_string())
    }
}

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The base URL of the API, `https://<host>/elements/api-v2`, without a trailing slash.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// Takes a URL that is known to be valid. Use [`str::parse`] for others.
    ///
    /// # Panics
    /// If the text is not a valid base URL.
    pub fn new(url: &str) -> Self {
        url.parse().expect("the caller passes a valid base URL")
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    pub(crate) fn url(&self) -> &Url {
        &self.0
    }
}

impl FromStr for BaseUrl {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let invalid =
            |given: &str, rule| InvalidName { kind: "base URL", given: given.into(), rule };
        // An invalid URL may contain a password, so it is not repeated.
        let url = Url::parse(text).map_err(|_| invalid("…", "use a complete URL"))?;
        let mut shown = url.clone();
        let _ = shown.set_username("").and_then(|()| shown.set_password(None));
        shown.set_query(None);
        let rule = if !matches!(url.scheme(), "https" | "http") || url.cannot_be_a_base() {
            "begin with https://"
        } else if !url.username().is_empty() || url.password().is_some() {
            "omit the user and the password"
        } else if url.query().is_some() || url.fragment().is_some() {
            "omit `?` and `#`"
        } else if url.scheme() == "http" && !url.host().is_some_and(|host| is_loopback(&host)) {
            "use http only for this machine"
        } else {
            return Ok(Self(url));
        };
        Err(invalid(shown.as_str(), rule))
    }
}

/// Whether the host is this machine.
pub fn is_loopback<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Domain(name) => name.as_ref() == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_follow_their_rule() {
        for good in ["hootsuite", "slack/support", "a", "Team.1/x_y-z", &"k".repeat(80)] {
            assert!(good.parse::<Key>().is_ok(), "{good}");
        }
        for bad in
            ["", "/a", "a/", "a//b", "-a", "a/.b", "ä", "a b", "all", "listen", &"k".repeat(81)]
        {
            assert!(bad.parse::<Key>().is_err(), "{bad}");
        }
    }

    #[test]
    fn project_names_are_lowercase_and_short() {
        assert!("marketing-eu.1".parse::<Project>().is_ok());
        for bad in ["", "Marketing", "a/b", &"p".repeat(41)] {
            assert!(bad.parse::<Project>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_base_url_is_complete_encrypted_and_without_secrets() {
        let table = [
            ("api.example", "…", "use a complete URL"),
            ("ftp://api.example", "ftp://api.example/", "begin with https://"),
            (
                "https://u:s3cret@a.example/x",
                "https://a.example/x",
                "omit the user and the password",
            ),
            ("https://api.example/?a=s3cret", "https://api.example/", "omit `?` and `#`"),
            ("http://api.example", "http://api.example/", "use http only for this machine"),
        ];
        for (text, given, rule) in table {
            let error = text.parse::<BaseUrl>().unwrap_err();
            assert_eq!(error, InvalidName { kind: "base URL", given: given.into(), rule });
        }
        for text in
            ["https://api.example/a", "http://127.8.8.8:1/x", "http://[::1]", "http://localhost"]
        {
            assert_eq!(BaseUrl::new(text).as_str(), text);
        }
    }

    #[test]
    fn an_invalid_name_shows_its_kind_and_rule() {
        let error = "no spaces".parse::<ConnectorKey>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`no spaces` is not a valid connector key: use letters, digits, `_` and `-`, beginning with a \
             letter or digit, at most 64 characters"
        );
    }
}
