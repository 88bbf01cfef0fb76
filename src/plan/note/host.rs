//! The hosts in a value.
//!
//! It is not known in every detail how the platform parses a URL. If two parsers could find different
//! hosts, the result is [`Host::Either`] or [`Host::Unclear`].

use std::fmt;

use serde_json::Value as Written;
use url::Url;

use crate::instance::{InstanceReference, Part, Value};
use crate::safe_text::quoted;

const MAX_LENGTH: usize = 260;

/// The characters that replace references to secrets and to the instance itself.
const SECRET: char = '\u{fdd0}';
const INSTANCE: char = '\u{fdd1}';

/// The text that replaces them before a URL is parsed.
const IN_URLS: &str = "zq-a-reference-qz";

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Host {
    Named {
        /// The name in lowercase, with the port if there is one.
        name: String,
        /// The URL up to and including the host, in lowercase.
        origin: String,
    },
    /// One of these, because URL parsers disagree.
    Either(Vec<String>),
    /// The host that the platform derives from this text, usually one of the provider's.
    Label(String),
    /// A host with a secret in its name, with the rest of the name.
    Hidden(String),
    OfConnector,
    Unclear(String),
}

/// Writes the host as the subject of a sentence.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named { name, origin: _ } => write!(f, "{}", quoted(name)),
            Self::Either(names) => {
                let names: Vec<_> = names.iter().map(|name| quoted(name).to_string()).collect();
                write!(f, "{} (URL parsers disagree)", names.join(" or "))
            }
            Self::Label(text) => write!(f, "the host for {}", quoted(text)),
            Self::Hidden(text) if text.trim_matches(SECRET).is_empty() => {
                f.write_str("a host in a secret, which cannot be shown")
            }
            Self::Hidden(text) => {
                let text = text.replace(SECRET, "(secret)").replace(INSTANCE, "(instance)");
                write!(f, "{}, a host with a secret in its name", quoted(text))
            }
            Self::OfConnector => f.write_str("the default host of the connector"),
            Self::Unclear(text) => {
                let text = text.replace(SECRET, "(secret)").replace(INSTANCE, "(instance)");
                write!(f, "an unknown host in {}", quoted(text))
            }
        }
    }
}

impl Host {
    pub(super) fn of_urls(value: &Value) -> Vec<Self> {
        let mut hosts = Vec::new();
        collect(&value.as_written(), &mut hosts);
        hosts
    }

    /// The hosts of the URLs in a text, which may be a JSON document.
    pub(super) fn of_urls_in(text: &str) -> Vec<Self> {
        let mut hosts = Vec::new();
        collect(&Written::from(text), &mut hosts);
        hosts
    }

    /// The hosts of a value whose key expects a host.
    pub(super) fn of(value: &Value) -> Vec<Self> {
        let urls = Self::of_urls(value);
        match value {
            Value::Text(template) if urls.is_empty() => {
                let written = template.as_written();
                let is_platform = matches!(
                    template.parts().first(),
                    Some(Part::Instance(InstanceReference::WebhookUrl(_)))
                );
                let text = Some(marked(&written)).filter(|_| !is_platform);
                text.and_then(|text| Self::of_text(&text)).into_iter().collect()
            }
            Value::Text(_) | Value::Json(_) | Value::Unset => urls,
        }
    }

    /// The hosts of a stored value whose key expects a host.
    pub(super) fn of_stored(text: &str) -> Vec<Self> {
        let urls = Self::of_urls_in(text);
        if urls.is_empty() { Self::of_text(text).into_iter().collect() } else { urls }
    }

    /// The name of the host without quotes, or a phrase.
    pub(super) fn in_a_list(&self) -> String {
        match self {
            Self::Named { name, origin: _ } => name.clone(),
            other => other.to_string(),
        }
    }

    /// Whether the value alone determines the host.
    pub(super) fn is_whole(&self) -> bool {
        !matches!(self, Self::Label(_))
    }

    /// The hosts of a text that consists of one or more URLs of any scheme.
    fn of_url(text: &str) -> Vec<Self> {
        // Browsers remove control characters at both ends.
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

    /// The hosts of a URL for a database or file server: after each `//` and `@`, and in options such as
    /// `serverName=host`. Each driver has its own grammar, so this finds the hosts of all of them.
    fn of_connection(scheme: &str, rest: &str) -> Vec<Self> {
        let read = |host: &str| {
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            Self::read(host, format!("{scheme}://{host}").to_ascii_lowercase())
        };
        let mut hosts = Vec::new();
        for (at, mark) in rest.match_indices("//").chain(rest.match_indices('@')) {
            let behind = rest.get(at + mark.len()..).unwrap_or_default();
            let authority = behind.split(['/', '?', '#']).next().unwrap_or_default();
            // A user name and a password may contain the characters that end a host.
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

    /// The hosts of a URL with a scheme that browsers know. Browsers also find one in `https:x` and
    /// `https:\\x`, where other parsers find none.
    fn of_web(text: &str) -> Vec<Self> {
        let (scheme, rest) = text.split_once(':').unwrap_or((text, ""));
        let rest = rest.trim_start_matches(['/', '\\']);
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let marked = text.replace([SECRET, INSTANCE], IN_URLS);
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
            // Both parsers find the reference in the host.
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

    /// The host of a text that is not a URL: a host name or a part of one.
    fn of_text(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ' ');
        if text.len() <= MAX_LENGTH && text.chars().all(is_word) {
            return Some(Self::Label(text.to_owned()));
        }
        let host = text.split('/').next().unwrap_or_default();
        Some(Self::read(host, host.to_ascii_lowercase()))
    }

    fn read(host: &str, origin: String) -> Self {
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-_:[]".contains(c);
        if host.contains(SECRET) {
            Self::Hidden(host.to_owned())
        } else if !host.is_empty() && host.len() <= MAX_LENGTH && host.chars().all(plain) {
            Self::Named { name: host.to_ascii_lowercase(), origin }
        } else {
            Self::Unclear(shortened(host))
        }
    }
}

fn distinct(hosts: Vec<Host>) -> Vec<Host> {
    let mut distinct: Vec<Host> = Vec::new();
    for host in hosts {
        if !distinct.contains(&host) {
            distinct.push(host);
        }
    }
    distinct
}

/// The start of a text. The change itself shows the whole text.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_LENGTH) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned() + "…",
        None => text.to_owned(),
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c))
}

/// Whether both are the same host. A default port may be omitted.
fn same_host(one: &str, other: &str) -> bool {
    let without_port = |host: &str| match host.rsplit_once(':') {
        Some((host, "80" | "443" | "21")) => host.to_owned(),
        _ => host.to_owned(),
    };
    without_port(one) == without_port(other)
}

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
    // A JSON parser drops duplicate members, and everything in a text that is not quite JSON.
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

fn document(text: &str) -> Option<Written> {
    is_like_a_document(text).then(|| serde_json::from_str(text).ok())?
}

/// Replaces each reference with one character, so its content is not parsed as text.
fn marked(written: &str) -> String {
    let written = written.replace([SECRET, INSTANCE], "\u{fffd}");
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
        let is_instance = inside.trim_start().starts_with("instance.");
        text.push(if is_instance { INSTANCE } else { SECRET });
        rest = after;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests;
