//! One document: from a tree of nodes to what an instance shall be.
//!
//! Every key is read even where another one is wrong, so that the user gets all problems at once;
//! there is a [`Document`] only where all of it could be read.

use std::collections::BTreeSet;

use super::body::{advice_for_document, advice_for_element};
use super::characters::normal_form_warning;
use super::placeholder::{self, Within};
use super::reference::{Allowed, References, Written};
use super::schemas::Schemas;
use super::text::{Finding, Mark, Notes, Text};
use super::totals::Totals;
use super::yaml::{Kind, Member, Node};
use super::{Adopt, Code, DesiredInstance, fields};
use crate::instance::{ConnectorKey, InstanceId, InvalidName, Key};
use crate::untrusted::quoted;

/// The keys of a document.
pub(super) const KEYS: [&str; 11] = [
    "element",
    "name",
    "tags",
    "configuration",
    "providerData",
    "externalAuthentication",
    "key",
    "id",
    "enabled",
    "moved_from",
    "lifecycle",
];

/// What a document is read with.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) text: &'a Text,
    pub(super) references: References<'a>,
    pub(super) schemas: &'a Schemas<'a>,
    pub(super) totals: &'a Totals,
    /// `YYYY-MM-DD`
    pub(super) today: &'a str,
    /// The path below the instances folder without extension.
    pub(super) stem: &'a str,
    /// Whether the file has no other document, so that its path may be the key.
    pub(super) alone: bool,
}

/// A document and its key.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) key: Key,
    /// Where the key is written, or else where the document begins.
    pub(super) key_mark: Mark,
    /// The document keys that it had before, each with its place.
    pub(super) moved_from: Vec<(Key, Mark)>,
    pub(super) wanted: DesiredInstance,
}

/// Reads one document.
pub(super) struct Reader<'a, 'n> {
    pub(super) context: Context<'a>,
    pub(super) notes: &'n mut Notes,
}

/// Reads a document; `None` where something in it is wrong and a finding says so.
pub(super) fn read(root: &Node, context: Context<'_>, notes: &mut Notes) -> Option<Document> {
    let mut reader = Reader { context, notes };
    let members = reader.map(root, "a document", "it begins with `element:` and `name:`")?;
    reader.document(root, members)
}

impl<'a> Reader<'a, '_> {
    fn document(&mut self, root: &Node, members: &[Member]) -> Option<Document> {
        self.unknown_members(members, &KEYS, "a document", advice_for_document);
        let find = |name| members.iter().find(|member| member.name == name);
        let connector = self.required(root, find("element"), "element", Self::element);
        let name = self.required(root, find("name"), "name", Self::display_name);
        let key = self.key(root, find("key"));
        let tags = find("tags").map(|member| self.tags(&member.value));
        let external = find("externalAuthentication").map(|member| self.external(&member.value));
        let configuration = find("configuration").map(|member| {
            self.configuration(&member.value, connector.as_ref(), external.is_some())
        });
        let grants = find("providerData")
            .map(|member| self.provider_data(&member.value, connector.as_ref()));
        let adopt = find("id").map(|member| self.id(&member.value));
        let moved_from = find("moved_from").map(|member| self.moved_from(&member.value));
        let enabled = find("enabled").map(|member| self.flag(&member.value, "enabled"));
        let lifecycle = find("lifecycle").map(|member| self.lifecycle(&member.value, members));
        let connector = connector?;
        self.conform(root, &connector);
        let (key, key_mark) = key?;
        let moved_from = all_or_nothing(moved_from)?.unwrap_or_default();
        self.not_moved_from_itself(&key, &moved_from)?;
        let configuration = all_or_nothing(configuration)?.unwrap_or_default();
        let wanted = DesiredInstance {
            at: self.context.text.span(root.mark),
            facts: fields::facts(self.context.schemas.catalog(), &connector, &configuration),
            connector,
            name: name?,
            tags: all_or_nothing(tags)?,
            configuration,
            provider_data: all_or_nothing(grants)?.unwrap_or_default(),
            external_authentication: all_or_nothing(external)?,
            enabled: all_or_nothing(enabled)?,
            adopt: all_or_nothing(adopt)?,
            moved_from: moved_from.iter().map(|(key, _)| key.clone()).collect(),
            lifecycle: all_or_nothing(lifecycle)?.unwrap_or_default(),
        };
        if let Some(Kind::Map(configuration)) =
            find("configuration").map(|member| &member.value.kind)
        {
            self.events(&wanted, configuration);
        }
        let mark = find("configuration").map_or_else(|| first_line(root), |member| member.mark);
        self.likely_missing(&wanted, mark);
        Some(Document { key, key_mark, moved_from, wanted })
    }

    fn required<T>(
        &mut self,
        root: &Node,
        member: Option<&Member>,
        name: &str,
        read: impl FnOnce(&mut Self, &Node) -> Option<T>,
    ) -> Option<T> {
        let Some(member) = member else {
            self.notes.add(missing_key(first_line(root), name, "this document"));
            return None;
        };
        read(self, &member.value)
    }

    /// `element: hootsuite` or `element: { key: hootsuite }`
    fn element(&mut self, node: &Node) -> Option<ConnectorKey> {
        let node = if let Kind::Map(members) = &node.kind {
            self.unknown_members(members, &["key"], "`element`", advice_for_element);
            let Some(member) = members.iter().find(|member| member.name == "key") else {
                self.notes.add(missing_key(first_line(node), "key", "`element`"));
                return None;
            };
            &member.value
        } else {
            node
        };
        let value = self.text(node, "the connector")?;
        let written = self.written(node, value);
        let name = self.context.references.literal(written, self.notes)?;
        let connector = self.name::<ConnectorKey>(&name, node.mark)?;
        let catalog = self.context.schemas.catalog();
        if catalog.connector(&connector).is_none() && self.context.schemas.of(&connector).is_none()
        {
            let message = format!(
                "the catalogue has no connector {connector}",
                connector = quoted(&connector)
            );
            let finding = Finding::new(Code::UnknownConnector, node.mark, message)
                .quoting(connector.as_str())
                .suggest(self.notes.closest(connector.as_str(), catalog.keys()))
                .help(format!(
                    "its fields cannot be checked; for a connector of your own tenant, `ocon schema pull {connector}`"
                ));
            self.notes.add(finding);
        }
        Some(connector)
    }

    fn display_name(&mut self, node: &Node) -> Option<String> {
        let name = self.public(node, "`name`")?;
        self.is_storable(&name, node.mark, "a name").then_some(())?;
        self.doubt(node, &name, "the name");
        if name.trim().is_empty() {
            let finding = Finding::new(Code::InvalidName, node.mark, "the name is empty")
                .help("the platform shows it in its list of instances");
            self.notes.add(finding);
            return None;
        }
        Some(name)
    }

    fn tags(&mut self, node: &Node) -> Option<BTreeSet<String>> {
        let Kind::List(items) = &node.kind else {
            self.notes.add(
                wrong_type(node, "`tags`", "a list of texts")
                    .help("write `tags: [marketing, social]`"),
            );
            return None;
        };
        let tags: Vec<_> = items.iter().map(|item| self.tag(item)).collect();
        tags.into_iter().collect()
    }

    fn tag(&mut self, node: &Node) -> Option<String> {
        let tag = self.public(node, "a tag")?;
        self.is_storable(&tag, node.mark, "a tag").then_some(())?;
        if tag.starts_with("ocon:") {
            let finding = Finding::new(
                Code::ReservedTag,
                node.mark,
                "tags that begin with `ocon:` are reserved",
            )
            .help("ocon keeps its own marks in them");
            self.notes.add(finding);
            return None;
        }
        if tag.trim().is_empty() {
            self.notes.add(Finding::new(Code::InvalidName, node.mark, "a tag cannot be empty"));
            return None;
        }
        self.doubt(node, &tag, "the tag");
        Some(tag)
    }

    /// Warns where a name or tag is valid and hardly meant.
    fn doubt(&mut self, node: &Node, resolved: &str, what: &str) {
        self.notes.findings.extend(normal_form_warning(node.mark, resolved, what));
        let Kind::Text(written) = &node.kind else { return };
        let (within, allowed) = (Within::Text, Allowed::Public);
        let file = self.context.text;
        let warning = placeholder::warning(file, node.mark, written, within, allowed);
        self.notes.findings.extend(warning);
    }

    /// Whether the platform stores a name or tag as it stands: what it alters would differ for ever.
    fn is_storable(&mut self, text: &str, mark: Mark, what: &str) -> bool {
        let finding = if text.contains(['<', '>']) {
            Finding::new(Code::HtmlInName, mark, format!("{what} cannot contain `<` or `>`"))
                .help("the platform removes HTML, so the stored text would never equal this one")
        } else if !text.trim().is_empty()
            && (text.trim() != text || text.chars().any(char::is_control))
        {
            let rule = "cannot begin or end with a blank, nor hold control characters";
            Finding::new(Code::InvalidName, mark, format!("{what} {rule}"))
                .help("a platform that trims it would store another text than this one")
        } else {
            return true;
        };
        self.notes.add(finding);
        false
    }

    fn external(&mut self, node: &Node) -> Option<String> {
        let value = self.public(node, "`externalAuthentication`")?;
        if value != "initial" {
            let finding = Finding::new(
                Code::UnknownValue,
                node.mark,
                "the only external authentication is `initial`",
            )
            .help("it creates an instance from the refresh token in `oauth.user.refresh_token`");
            self.notes.add(finding);
            return None;
        }
        Some(value)
    }

    /// The document's own key, else the path of its file.
    fn key(&mut self, root: &Node, member: Option<&Member>) -> Option<(Key, Mark)> {
        if let Some(member) = member {
            let value = self.text(&member.value, "`key`")?;
            let written = self.written(&member.value, value);
            let name = self.context.references.literal(written, self.notes)?;
            return Some((self.name(&name, member.value.mark)?, member.value.mark));
        }
        let mark = first_line(root);
        if !self.context.alone {
            let message = "a document in a file with several needs a `key`";
            let finding = Finding::new(Code::NeedsKey, mark, message)
                .help("write `key: some-name`: it is the name of the instance in Git and stays the same for ever");
            self.notes.add(finding);
            return None;
        }
        match self.context.stem.parse() {
            Ok(key) => Some((key, mark)),
            Err(InvalidName { rule, .. }) => {
                let message =
                    "the path of this file gives no valid key, so the document needs a `key`";
                let finding = Finding::new(Code::NeedsKey, mark, message)
                    .help("add `key: some-name` or rename the file")
                    .help(format!("for a key, {rule}"));
                self.notes.add(finding);
                None
            }
        }
    }

    fn id(&mut self, node: &Node) -> Option<Adopt> {
        let id = match &node.kind {
            Kind::Number(number) => number.as_u64().filter(|id| *id > 0),
            _ => None,
        };
        let Some(id) = id else {
            let digits = match &node.kind {
                Kind::Text(text) => text.parse().ok().filter(|id: &u64| *id > 0),
                _ => None,
            };
            let finding = wrong_type(node, "`id`", "the number of an instance")
                .help(format!("write it without quotes: `id: {}`", digits.unwrap_or(4711)));
            let finding = digits.iter().fold(finding, |it, digits| it.quoting(digits.to_string()));
            self.notes.add(finding);
            return None;
        };
        Some(Adopt { id: InstanceId::new(id), at: self.context.text.span(node.mark) })
    }

    pub(super) fn flag(&mut self, node: &Node, name: &str) -> Option<bool> {
        if let Kind::Bool(flag) = node.kind {
            return Some(flag);
        }
        let what = quoted(name).to_string();
        let finding = wrong_type(node, &what, "`true` or `false`")
            .help("without quotes; `yes`, `no`, `on` and `off` are texts in YAML 1.2");
        self.notes.add(finding);
        None
    }

    /// A text that may hold `var` references.
    pub(super) fn public(&mut self, node: &Node, what: &str) -> Option<String> {
        let value = self.text(node, what)?;
        let written = self.written(node, value);
        self.context.references.public(written, self.notes)
    }

    pub(super) fn text<'v>(&mut self, node: &'v Node, what: &str) -> Option<&'v str> {
        if let Kind::Text(text) = &node.kind {
            return Some(text);
        }
        let mut finding = wrong_type(node, what, "a text");
        if matches!(node.kind, Kind::Number(_) | Kind::Bool(_)) {
            finding = finding.help("put it in quotes");
        }
        self.notes.add(finding);
        None
    }

    pub(super) fn map<'v>(
        &mut self,
        node: &'v Node,
        what: &str,
        help: &str,
    ) -> Option<&'v [Member]> {
        if let Kind::Map(members) = &node.kind {
            return Some(members);
        }
        self.notes.add(wrong_type(node, what, "a map").help(help));
        None
    }

    pub(super) fn written<'v>(&self, node: &Node, value: &'v str) -> Written<'v>
    where
        'a: 'v,
    {
        Written { text: self.context.text, mark: node.mark, value }
    }

    pub(super) fn name<T: std::str::FromStr<Err = InvalidName>>(
        &mut self,
        text: &str,
        mark: Mark,
    ) -> Option<T> {
        match text.parse() {
            Ok(name) => Some(name),
            Err(error) => {
                let message = format!("this is not a valid {}", error.kind);
                self.notes.add(Finding::new(Code::InvalidName, mark, message).help(error.rule));
                None
            }
        }
    }
}

/// Turns "absent, wrong or right" into "wrong, or perhaps a value".
#[expect(clippy::option_option, reason = "the outer level is whether the reading can go on")]
fn all_or_nothing<T>(read: Option<Option<T>>) -> Option<Option<T>> {
    match read {
        None => Some(None),
        Some(value) => value.map(Some),
    }
}

/// Where to point for something that a map lacks: its first key.
pub(super) fn first_line(node: &Node) -> Mark {
    match &node.kind {
        Kind::Map(members) => members.first().map_or(node.mark, |first| first.mark),
        _ => node.mark,
    }
}

pub(super) fn missing_key(mark: Mark, name: &str, what: &str) -> Finding {
    Finding::new(
        Code::MissingKey,
        mark,
        format!("{what} lacks the key {name}", name = quoted(&name)),
    )
    .label("begins here")
}

pub(super) fn wrong_type(node: &Node, what: &str, expected: &str) -> Finding {
    let message = format!("{what} must be {expected}");
    Finding::new(Code::WrongType, node.mark, message).label(format!("this is {}", node.noun()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::KEYS;
    use crate::desired::schema::InstanceFile;

    #[test]
    fn the_schema_for_editors_has_the_keys_that_a_document_takes() {
        let schema = schemars::schema_for!(InstanceFile);
        let properties = schema.get("properties").and_then(|properties| properties.as_object());
        let properties: BTreeSet<_> = properties.unwrap().keys().map(String::as_str).collect();
        assert_eq!(properties, KEYS.into_iter().collect());
    }
}
