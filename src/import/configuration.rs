//! What a file says of each configuration key, and in which form.

use serde_json::Value as Node;

use super::document::Writer;
use crate::catalog::{FieldKind, Need, Property, named_like_a_secret, platform_written};
use crate::instance::{InstanceReference, RenderContext, Secrecy, StoredValue, json_valued};

/// How a configuration key stands in a file. What the loader does not take in one form is tried in
/// the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As a boolean, a number, a map or a list.
    Typed,
    /// As a text.
    Text,
    /// As the reference to the instance's own webhook URL.
    WebhookUrl,
    /// As a reference to a variable.
    Variable,
    /// As a comment with that reference.
    Comment,
    /// Not at all.
    Absent,
}

/// A configuration key on its way into a file.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) key: &'a str,
    pub(super) seen: &'a StoredValue,
    pub(super) form: Form,
    /// Why it is not said as it is.
    pub(super) why: Option<String>,
}

impl Form {
    /// What to try when the loader objects, to a secret in clear or to something else.
    pub(super) fn next(self, in_clear: bool) -> Self {
        match self {
            Self::Typed | Self::Text if in_clear => Self::Variable,
            Self::Typed => Self::Text,
            Self::Variable => Self::Comment,
            Self::Text | Self::WebhookUrl | Self::Comment | Self::Absent => Self::Absent,
        }
    }
}

impl<'a> Entry<'a> {
    /// The text of the value, where the platform shows it.
    pub(super) fn text(&self) -> Option<&'a str> {
        match self.seen {
            StoredValue::Text(text) => Some(text.expose()),
            StoredValue::Unset | StoredValue::Masked => None,
        }
    }
}

impl Writer<'_> {
    /// The keys that the file has something to say of, or that have to be told as left out.
    pub(super) fn entries(&self) -> Vec<Entry<'_>> {
        let set = self.candidate.found.configuration.iter();
        let set = set.filter(|(key, seen)| {
            **seen != StoredValue::Unset && !self.is_written_by_platform(key)
        });
        let entries = set.filter_map(|(key, seen)| {
            let (form, why) = self.form(key, seen)?;
            Some(Entry { key, seen, form, why })
        });
        entries.collect()
    }

    fn is_written_by_platform(&self, key: &str) -> bool {
        platform_written(key) || self.property(key).is_some_and(|known| known.platform_written)
    }

    /// The first form to try; `None` where the platform's default says the same.
    fn form(&self, key: &str, seen: &StoredValue) -> Option<(Form, Option<String>)> {
        if !is_key(key) {
            let why = "this is no key that a file should hold".to_owned();
            return Some((Form::Absent, Some(why)));
        }
        let StoredValue::Text(text) = seen else {
            return Some((if self.is_needed(key) { Form::Variable } else { Form::Comment }, None));
        };
        let text = text.expose();
        let is_default = self.property(key).and_then(|known| known.default.as_deref());
        if is_default.is_some_and(|default| self.is_same(key, default, text)) {
            return None;
        }
        Some(match self.secrecy(key) {
            Secrecy::Secret => (Form::Variable, None),
            _ if (self.ground.holds_secret)(text) || gives_access(text) => (Form::Variable, None),
            Secrecy::Unknown if self.shape.is_some() => {
                (Form::Absent, Some("the connector documents no such key".to_owned()))
            }
            Secrecy::Unknown => (Form::Comment, None),
            Secrecy::Public if text == self.place().webhook_url() => (Form::WebhookUrl, None),
            Secrecy::Public => (Form::Typed, None),
        })
    }

    /// Whether the value may stand in a file. Of the keys that the connector shares with others the
    /// shape knows as much as the table knows of its own.
    fn secrecy(&self, key: &str) -> Secrecy {
        match (self.ground.catalog.secrecy(&self.candidate.connector, key), self.property(key)) {
            (Secrecy::Secret, _) => Secrecy::Secret,
            (_, Some(known)) if known.secret => Secrecy::Secret,
            (_, Some(_)) => Secrecy::Public,
            (told, None) => told,
        }
    }

    /// Whether the connector needs the key.
    fn is_needed(&self, key: &str) -> bool {
        let Some(known) = self.property(key).filter(|known| known.need != Need::Optional) else {
            return false;
        };
        known.when.as_ref().is_none_or(|when| {
            let stored = self.candidate.found.configuration(&when.key);
            matches!(stored, StoredValue::Text(text) if text.expose().eq_ignore_ascii_case(&when.value))
        })
    }

    fn is_same(&self, key: &str, default: &str, text: &str) -> bool {
        let parse = |text| serde_json::from_str::<Node>(text).ok();
        default == text
            || (self.is_json(key)
                && parse(default).is_some_and(|default| Some(default) == parse(text)))
    }

    /// The value in its own type, where it has one.
    pub(super) fn typed(&self, key: &str, text: &str) -> Node {
        let kind = self.property(key).map(|known| known.kind);
        let typed = match kind {
            Some(FieldKind::Boolean) => boolean(text),
            Some(FieldKind::Integer) => number(text),
            _ if self.is_json(key) => document(text),
            Some(_) => None,
            None => boolean(text).or_else(|| number(text)),
        };
        typed.unwrap_or_else(|| text.into())
    }

    fn is_json(&self, key: &str) -> bool {
        json_valued(key) || self.property(key).is_some_and(|known| known.kind == FieldKind::Json)
    }

    fn property(&self, key: &str) -> Option<&Property> {
        self.shape?.properties.get(key)
    }

    pub(super) fn place(&self) -> RenderContext<'_> {
        let id = Some(self.candidate.found.id);
        RenderContext { base_url: self.ground.base_url, connector: &self.candidate.connector, id }
    }
}

/// The reference to the instance's own webhook URL.
pub(super) fn own_webhook_url() -> &'static str {
    InstanceReference::WebhookUrl.as_written()
}

/// Whether it is a key as connectors have them: others stand in no file, and in no comment either.
fn is_key(key: &str) -> bool {
    let harmless = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    key.len() <= 100
        && key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.chars().all(harmless)
}

/// Whether an address holds what opens it: a login, or a token among its parameters.
fn gives_access(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let parameters = rest.split(['?', '&', '#', ';']).skip(1);
    let path_opens = ["hooks.slack.com", "discord.com", "outlook.office.com", "hooks.zapier.com"];
    authority.contains('@')
        || path_opens.contains(&authority)
        || authority.ends_with(".webhook.office.com")
        || parameters.filter_map(|part| part.split_once('=')).any(|(name, value)| {
            !value.is_empty()
                && (named_like_a_secret(name) || matches!(name, "sig" | "key" | "code"))
        })
}

fn boolean(text: &str) -> Option<Node> {
    text.parse::<bool>().ok().map(Node::from)
}

/// A whole number whose decimal text is the text itself.
fn number(text: &str) -> Option<Node> {
    let number = text.parse::<i64>().ok()?;
    (number.to_string() == text).then(|| number.into())
}

/// A map or a list.
fn document(text: &str) -> Option<Node> {
    let document: Node = serde_json::from_str(text).ok()?;
    (document.is_object() || document.is_array()).then_some(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_opens_itself_is_a_secret() {
        for open in [
            "https://me:pass@a.example/x",
            "https://a.example/hook?x=1&token=abc",
            "https://a.example/hook?sig=abc",
            "https://a.example/#access_token=abc",
        ] {
            assert!(gives_access(open), "{open}");
        }
        for plain in
            ["https://a.example/x?y=1", "me@a.example", "https://a.example/a@b", "?token=x"]
        {
            assert!(!gives_access(plain), "{plain}");
        }
    }
}
