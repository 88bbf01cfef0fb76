//! The host that a value names, as far as a reader can tell.
//!
//! The platform's way to read a URL is not known in every detail, so whatever two readers could
//! take for different hosts is [`Host::Unclear`] here.

use std::fmt;

use serde_json::Value as Written;
use url::Url;

use crate::instance::{InstanceReference, Value};
use crate::untrusted::quoted;

/// Longer than any host name with a port.
const LONGEST: usize = 260;

/// What stands in a text in place of a reference to a secret, and of one to the instance itself.
const SECRET: char = '\u{fdd0}';
const OWN: char = '\u{fdd1}';

/// What stands for them where a URL is parsed.
const IN_URLS: &str = "zq-a-reference-qz";

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
    /// One of these: readers of URLs differ.
    Either(Vec<String>),
    /// The one that the platform makes of this text, as a rule one of the provider's.
    Label(String),
    /// One with a secret in its name; what else is in it.
    Hidden(String),
    /// The one that the connector takes by itself.
    OfConnector,
    /// One that cannot be told from this text.
    Unclear(String),
}

/// The host comes first in a sentence about it.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named { name, origin: _ } => write!(f, "{}", quoted(name)),
            Self::Either(names) => {
                let names: Vec<_> = names.iter().map(|name| quoted(name).to_string()).collect();
                write!(f, "{} (it depends on who reads it)", names.join(" or "))
            }
            Self::Label(text) => write!(f, "the host that {} stands for", quoted(text)),
            Self::Hidden(text) if text.trim_matches(SECRET).is_empty() => {
                f.write_str("a host that is in a secret, so that no reader can see which")
            }
            Self::Hidden(text) => {
                let text = text.replace(SECRET, "(secret)").replace(OWN, "(instance)");
                write!(f, "{}, a host with a secret in its name", quoted(text))
            }
            Self::OfConnector => f.write_str("the host that the connector takes by itself"),
            Self::Unclear(text) => {
                let text = text.replace(SECRET, "(secret)").replace(OWN, "(instance)");
                write!(f, "a host that cannot be told from {}", quoted(text))
            }
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
                let is_platform = written.starts_with(InstanceReference::WebhookUrl.as_written());
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

    /// The host where it stands alone: its bare name, if it has one.
    pub(super) fn in_a_list(&self) -> String {
        match self {
            Self::Named { name, origin: _ } => name.clone(),
            other => other.to_string(),
        }
    }

    /// Whether the value alone decides which host it is.
    pub(super) fn is_whole(&self) -> bool {
        !matches!(self, Self::Label(_))
    }

    /// The hosts of a text, if it is a URL of any scheme, or several of them.
    fn of_url(text: &str) -> Vec<Self> {
        // Browsers leave control characters at the ends out.
        let text = text.trim_matches(|c: char| c <= ' ' || c.is_whitespace());
        let mut hosts = Self::of_one_url(text);
        let others = text.split(|c: char| c.is_whitespace() || ",;|".contains(c)).skip(1);
        hosts.extend(others.filter(|other| other.contains("//")).flat_map(Self::of_one_url));
        distinct(hosts)
    }

    fn of_one_url(text: &str) -> Vec<Self> {
        if text.starts_with("//") {
            return Self::of_web(&format!("https:{text}"));
        }
        let Some((scheme, rest)) = text.split_once(':').filter(|(scheme, _)| is_scheme(scheme))
        else {
            return Vec::new();
        };
        if ["http", "https", "ftp", "ws", "wss"].iter().any(|web| scheme.eq_ignore_ascii_case(web))
        {
            return Self::of_web(text);
        }
        let is_database = scheme.eq_ignore_ascii_case("jdbc");
        if !rest.starts_with("//") && !is_database {
            return Vec::new();
        }
        let hosts = Self::of_connection(scheme, rest);
        if hosts.is_empty() && is_database { vec![Self::Unclear(shortened(text))] } else { hosts }
    }

    /// The hosts of what databases and file servers take: behind each `//` and `@`, and in options like
    /// `serverName=host`. Each driver has its own grammar, so that this finds what any of them may.
    fn of_connection(scheme: &str, rest: &str) -> Vec<Self> {
        let read = |host: &str| {
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            Self::read(host, format!("{scheme}://{host}").to_ascii_lowercase())
        };
        let mut hosts = Vec::new();
        for (at, mark) in rest.match_indices("//").chain(rest.match_indices('@')) {
            let behind = rest.get(at + mark.len()..).unwrap_or_default();
            let authority = behind.split(['/', '?', '#']).next().unwrap_or_default();
            // A name and a password before the host may have any of the characters that end it.
            let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            let authority = authority.split([';', '(']).next().unwrap_or_default();
            let is_scheme_only =
                mark == "@" && behind.contains("//") && is_scheme(authority.trim_end_matches(':'));
            if !authority.is_empty() && !is_scheme_only {
                hosts.extend(authority.split(',').map(read));
            }
        }
        let options =
            rest.split([';', '?', '&', '(', ')', ',']).filter_map(|part| part.split_once('='));
        for (name, value) in options {
            let name = name.trim().to_ascii_lowercase();
            let names_a_host = ["server", "servername", "host", "hostname", "address", "partner"];
            if names_a_host.iter().any(|end| name.ends_with(end)) && !value.is_empty() {
                hosts.push(read(value.trim()));
            }
        }
        distinct(hosts)
    }

    /// The hosts of a URL with a scheme that browsers know. They find one in `https:x` and `https:\\x` as
    /// well, where others find none.
    fn of_web(text: &str) -> Vec<Self> {
        let (scheme, rest) = text.split_once(':').unwrap_or((text, ""));
        let rest = rest.trim_start_matches(['/', '\\']);
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let marked = text.replace([SECRET, OWN], IN_URLS);
        let browsers = Url::parse(&marked).ok().and_then(|url| {
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            Some(url.host_str()?.to_owned() + &port)
        });
        let split = Self::read(host, format!("{scheme}://{host}").to_ascii_lowercase());
        let named = |name: String| {
            let origin = format!("{scheme}://{name}").to_ascii_lowercase();
            Self::Named { name, origin }
        };
        match (browsers, split) {
            (None, Self::Hidden(text)) => vec![Self::Hidden(text)],
            (None, _) => vec![Self::Unclear(shortened(text))],
            // Both have the reference in the host.
            (Some(name), split) if name.contains(IN_URLS) => match split {
                Self::Hidden(text) => vec![Self::Hidden(text)],
                _ => vec![Self::Unclear(shortened(text))],
            },
            (Some(name), Self::Named { name: split, origin }) if same_host(&name, &split) => {
                vec![Self::Named { name: split, origin }]
            }
            (Some(name), Self::Named { name: split, .. }) => vec![Self::Either(vec![name, split])],
            (Some(name), Self::Hidden(text)) => vec![named(name), Self::Hidden(text)],
            (Some(name), _) => vec![named(name)],
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
            Self::Hidden(host.to_owned())
        } else if !host.is_empty() && host.len() <= LONGEST && host.chars().all(plain) {
            Self::Named { name: host.to_ascii_lowercase(), origin }
        } else {
            Self::Unclear(shortened(host))
        }
    }
}

/// Each host once, in their order.
fn distinct(hosts: Vec<Host>) -> Vec<Host> {
    let mut distinct: Vec<Host> = Vec::new();
    for host in hosts {
        if !distinct.contains(&host) {
            distinct.push(host);
        }
    }
    distinct
}

/// The beginning of a text from which no host can be told; the change itself shows all of it.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned() + "…",
        None => text.to_owned(),
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c))
}

/// Whether both are one host: a port that is the scheme's own may be left out.
fn same_host(one: &str, other: &str) -> bool {
    let without_port = |host: &str| match host.rsplit_once(':') {
        Some((host, "80" | "443" | "21")) => host.to_owned(),
        _ => host.to_owned(),
    };
    without_port(one) == without_port(other)
}

/// Adds the hosts of all URLs in a document as it is written.
fn collect(written: &Written, hosts: &mut Vec<Host>) {
    match written {
        Written::String(text) => match document(text) {
            Some(document) => collect(&document, hosts),
            None => hosts.extend(Host::of_url(&marked(text))),
        },
        Written::Array(items) => items.iter().for_each(|item| collect(item, hosts)),
        Written::Object(members) => members.iter().for_each(|(name, member)| {
            hosts.extend(Host::of_url(&marked(name)));
            collect(member, hosts);
        }),
        Written::Null | Written::Bool(_) | Written::Number(_) => {}
    }
    // What a JSON reader leaves out: members that come twice, and all of a text that is not quite JSON.
    if let Written::String(text) = written
        && is_like_a_document(text)
    {
        let texts = text.split('"').skip(1).map(|text| text.replace("\\/", "/"));
        hosts.extend(texts.flat_map(|text| Host::of_url(&marked(&text))));
    }
    *hosts = distinct(std::mem::take(hosts));
}

fn is_like_a_document(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

/// The JSON document that a text is, if it is a map or a list.
fn document(text: &str) -> Option<Written> {
    is_like_a_document(text).then(|| serde_json::from_str(text).ok())?
}

/// The text with a mark in place of each reference, so that what is within one is not taken for a
/// part of the text.
fn marked(written: &str) -> String {
    let written = written.replace([SECRET, OWN], "\u{fffd}");
    let mut text = String::new();
    let mut rest = written.as_str();
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
mod tests;
