//! The host that a value names, as far as a reader can tell.
//!
//! The platform's way to read a URL is not known in every detail, so whatever two readers could
//! take for different hosts is [`Host::Unclear`] here.

use std::fmt;

use serde_json::Value as Written;

use crate::instance::{OwnReference, Value};

/// Longer than any host name with a port.
const LONGEST: usize = 260;

/// What stands in a text in place of a reference to a secret, and of one to the instance itself.
const SECRET: char = '\u{1}';
const OWN: char = '\u{2}';

/// A host that a value names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Host {
    /// This one.
    Named {
        /// Its name, in small letters, with the port where there is one.
        name: String,
        /// How it is reached: the text up to the host, in small letters.
        origin: String,
    },
    /// The one that the platform makes of this text, as a rule one of the provider's.
    Label(String),
    /// The one that stands in a secret.
    Hidden,
    /// One that cannot be told.
    Unclear,
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named { name, origin: _ } => write!(f, "`{name}`"),
            Self::Label(text) => write!(f, "the host that `{text}` stands for"),
            Self::Hidden => {
                f.write_str("a host that stands in a secret, so that no reader can tell which")
            }
            Self::Unclear => f.write_str("a host that cannot be told from the value"),
        }
    }
}

impl Host {
    /// The hosts of all URLs in a value.
    pub(super) fn of_urls(value: &Value) -> Vec<Self> {
        let mut hosts = Vec::new();
        collect(&value.as_written(), &mut hosts);
        hosts
    }

    /// The hosts of all URLs in a text or in the JSON document that it is.
    pub(super) fn of_urls_in(text: &str) -> Vec<Self> {
        let mut hosts = Vec::new();
        collect(&Written::from(text), &mut hosts);
        hosts
    }

    /// The host that a value names under a key that is there to name one.
    pub(super) fn of(value: &Value) -> Vec<Self> {
        let urls = Self::of_urls(value);
        match value {
            Value::Text(template) if urls.is_empty() => {
                let written = template.as_written();
                let is_platform = written.starts_with(OwnReference::WebhookUrl.as_written());
                let text = Some(marked(&written)).filter(|_| !is_platform);
                text.and_then(|text| Self::of_text(&text)).into_iter().collect()
            }
            Value::Text(_) | Value::Json(_) | Value::Unset => urls,
        }
    }

    /// The host that a stored text names under a key that is there to name one.
    pub(super) fn of_stored(text: &str) -> Vec<Self> {
        let urls = Self::of_urls_in(text);
        if urls.is_empty() { Self::of_text(text).into_iter().collect() } else { urls }
    }

    /// Whether the value alone decides which host it is.
    pub(super) fn is_whole(&self) -> bool {
        !matches!(self, Self::Label(_))
    }

    /// The host of a text, if it is a URL.
    fn of_url(text: &str) -> Option<Self> {
        let text = text.trim();
        let (scheme, rest) = text.split_once(':')?;
        let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c));
        let is_web = ["http", "https"].iter().any(|web| scheme.eq_ignore_ascii_case(web));
        match rest.strip_prefix("//") {
            Some(rest) if is_scheme => {
                let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
                let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
                let origin = format!("{scheme}://{host}").to_ascii_lowercase();
                Some(if is_user(user) { Self::read(host, origin) } else { Self::Unclear })
            }
            // Some readers take `https:/host` and `https:\\host` for URLs as well.
            _ if is_web && rest.starts_with(['/', '\\']) => Some(Self::Unclear),
            _ => None,
        }
    }

    /// The host of a text that is no URL: a name, or a part of one.
    fn of_text(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ' ');
        if text.len() <= LONGEST && text.chars().all(is_word) {
            return Some(Self::Label(text.to_owned()));
        }
        let host = text.split('/').next().unwrap_or_default();
        Some(Self::read(host, host.to_ascii_lowercase()))
    }

    fn read(host: &str, origin: String) -> Self {
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-_:[]".contains(c);
        if host.contains(SECRET) {
            Self::Hidden
        } else if !host.is_empty() && host.len() <= LONGEST && host.chars().all(plain) {
            Self::Named { name: host.to_ascii_lowercase(), origin }
        } else {
            Self::Unclear
        }
    }
}

/// Whether a text before the host is a user name, perhaps with a password.
fn is_user(text: &str) -> bool {
    text.chars().all(|c| c == SECRET || (c.is_ascii_graphic() && !matches!(c, '\\' | '@')))
}

/// Adds the hosts of all URLs in a document as it is written.
fn collect(written: &Written, hosts: &mut Vec<Host>) {
    match written {
        Written::String(text) => match document(text) {
            Some(document) => collect(&document, hosts),
            None => hosts.extend(Host::of_url(&marked(text))),
        },
        Written::Array(items) => items.iter().for_each(|item| collect(item, hosts)),
        Written::Object(members) => members.values().for_each(|member| collect(member, hosts)),
        Written::Null | Written::Bool(_) | Written::Number(_) => {}
    }
}

/// The JSON document that a text is, if it is a map or a list.
fn document(text: &str) -> Option<Written> {
    let is_likely = text.trim_start().starts_with(['{', '[']);
    is_likely.then(|| serde_json::from_str(text).ok())?
}

/// The text with a mark in place of each reference, so that what is within one is not taken for a
/// part of the text.
fn marked(written: &str) -> String {
    let mut text = String::new();
    let mut rest = written;
    while let Some((before, after)) = rest.split_once("${{") {
        text.push_str(before);
        let reference = after.split_once("}}").filter(|_| !before.ends_with('$'));
        let Some((inside, after)) = reference else {
            text.push_str("${{");
            rest = after;
            continue;
        };
        let is_own = inside.trim_start().starts_with("instance.");
        text.push(if is_own { OWN } else { SECRET });
        rest = after;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(hosts: &[Host]) -> String {
        hosts.iter().map(Host::to_string).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn a_url_names_the_host_that_every_reader_would_ask() {
        for (text, host) in [
            ("https://API.example/path", "`api.example`"),
            (" https://api.example:8443?x=1", "`api.example:8443`"),
            ("sftp://files.example#x", "`files.example`"),
            ("https://provider.example@evil.example/", "`evil.example`"),
            ("https://api.example/?next=https://other.example", "`api.example`"),
            ("https://[::1]:80/", "`[::1]:80`"),
            (r#"{"contacts":{"url":"https://api.example/x"},"b":["/y"]}"#, "`api.example`"),
        ] {
            assert_eq!(shown(&Host::of_urls_in(text)), host, "{text}");
        }
    }

    #[test]
    fn what_readers_could_take_for_different_hosts_is_unclear() {
        for text in [
            "https://provider.example\\@evil.example/",
            "https:\\\\evil.example",
            "https:/evil.example",
            "https://ev\til.example/",
            "https://a@b@evil.example/",
            "https://provider.example\u{202e}/",
            "https://prövider.example/",
            "https:///evil.example",
            "https://$${{ env.A }}.example/",
            "https://${{ instance.id }}.example/",
        ] {
            assert_eq!(Host::of_urls_in(text), [Host::Unclear], "{text:?}");
        }
    }

    #[test]
    fn a_secret_in_the_host_hides_it_and_one_beside_it_does_not() {
        for text in ["https://${{ env.HOST }}/", "https://a.${{ file.a/b }}:80/"] {
            assert_eq!(Host::of_urls_in(text), [Host::Hidden], "{text}");
        }
        for text in ["https://a.example/?k=${{ env.K }}", "https://u:${{ file.a/b@c }}@a.example/"]
        {
            assert_eq!(shown(&Host::of_urls_in(text)), "`a.example`", "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_urls() {
        for text in ["", "/contacts", "a: b", "urn:x", "yes", "${{ env.A }}", "jdbc:mysql://a"] {
            assert_eq!(Host::of_urls_in(text), [], "{text}");
        }
    }

    #[test]
    fn under_a_key_for_hosts_a_word_is_a_part_of_a_name_and_anything_more_a_name() {
        let of = |text: &str| shown(&Host::of_stored(text));
        assert_eq!(of("dev12345"), "the host that `dev12345` stands for");
        assert_eq!(of("sftp.example"), "`sftp.example`");
        assert_eq!(of("shop.example/eu"), "`shop.example`");
        assert_eq!(of("https://shop.example/eu"), "`shop.example`");
        assert_eq!(of("evil.example/#"), "`evil.example`");
        assert_eq!(of("evil.example#"), Host::Unclear.to_string());
        assert_eq!(of(""), "");
    }
}
