//! One document: from a tree of nodes to the desired state of an instance.
//!
//! A problem with one key does not stop the others from being read, so that the user sees all problems
//! together. There is a [`ParsedDocument`] only if every key is valid.

use std::collections::BTreeSet;

use super::node_reader::{DocumentInputs, first_line, missing_key, wrong_type};
use super::placeholder::Within;
use super::reference::syntax::Allowed;
use super::text_checks::normal_form_warning;
use super::unknown_keys::{DOCUMENT_KEYS, advice_for_document, advice_for_element};
use super::{
    Adopt, Code, DesiredInstance, Diagnostic, Diagnostics, Member, Node, NodeKind, NodeReader,
    TextRange, callbacks, conformance, fields, lifecycle, moved_from, placeholder, unknown_keys,
};
use crate::instance::{ConnectorKey, InstanceId, InvalidName, Key};
use crate::safe_text::quoted;

/// The only value of `externalAuthentication`.
const INITIAL: &str = "initial";

#[derive(Debug)]
pub(super) struct ParsedDocument {
    pub(super) key: Key,
    /// The location of `key:`, or the beginning of the document.
    pub(super) key_range: TextRange,
    /// The previous document keys, each with its location.
    pub(super) moved_from: Vec<(Key, TextRange)>,
    /// The references to public variables, each with its name.
    pub(super) variables: Vec<(TextRange, String)>,
    pub(super) wanted: DesiredInstance,
}

/// Reads a document. Returns `None` after adding a diagnostic.
pub(super) fn read(
    root: &Node,
    inputs: DocumentInputs<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<ParsedDocument> {
    let reader = &mut NodeReader { inputs, diagnostics };
    let (what, help) = ("a document", "begin it with `element:` and `name:`");
    let members = reader.map(root, what, help)?;
    unknown_keys::check(reader.diagnostics, members, &DOCUMENT_KEYS, what, advice_for_document);
    let value = |name| members.iter().find(|it| it.name == name).map(|member| &member.value);
    let connector = required(reader, root, value("element"), "element", element);
    let events = connector.as_ref().map(|it| reader.inputs.schemas.event_support(it));
    reader.inputs.references.webhook_url = events.unwrap_or_default().webhook_url;
    let name = required(reader, root, value("name"), "name", display_name);
    let key = document_key(reader, root, value("key"));
    let tags = value("tags").map(|node| tags(reader, node));
    let external = value("externalAuthentication").map(|node| external(reader, node));
    let configuration = value("configuration")
        .map(|node| fields::configuration(reader, node, connector.as_ref(), external.is_some()));
    let grants =
        value("providerData").map(|node| fields::provider_data(reader, node, connector.as_ref()));
    let adopt = value("id").map(|node| id(reader, node));
    let moved_from = value("moved_from").map(|node| moved_from::read(reader, node));
    let enabled = value("enabled").map(|node| reader.boolean(node, "enabled"));
    let lifecycle = value("lifecycle").map(|node| lifecycle::read(reader, node, members));
    let connector = connector.inspect(|it| conformance::check(reader, root, it))?;
    let (key, key_range) = key?;
    let moved_from = all_or_nothing(moved_from)?.unwrap_or_default();
    moved_from::check(reader.diagnostics, &key, &moved_from)?;
    let configuration = all_or_nothing(configuration)?.unwrap_or_default();
    let wanted = DesiredInstance {
        at: reader.inputs.text.span(root.range),
        facts: fields::facts(reader.inputs.schemas, &connector, &configuration),
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
    warn_of_configuration(reader, root, members, &wanted);
    let variables = std::mem::take(&mut reader.diagnostics.variables);
    Some(ParsedDocument { key, key_range, moved_from, variables, wanted })
}

fn warn_of_configuration(
    reader: &mut NodeReader<'_>,
    root: &Node,
    members: &[Member],
    wanted: &DesiredInstance,
) {
    let member = members.iter().find(|member| member.name == "configuration");
    if let Some(NodeKind::Map(configuration)) = member.map(|member| &member.value.kind) {
        callbacks::check(reader.diagnostics, wanted, configuration);
    }
    let range = member.map_or_else(|| first_line(root), |member| member.range);
    conformance::check_likely_fields(reader, wanted, range);
}

fn required<T>(
    reader: &mut NodeReader<'_>,
    root: &Node,
    node: Option<&Node>,
    name: &str,
    read: impl FnOnce(&mut NodeReader<'_>, &Node) -> Option<T>,
) -> Option<T> {
    match node {
        Some(node) => read(reader, node),
        None => reader.diagnostics.reject(missing_key(first_line(root), name, "this document")),
    }
}

/// `element: hootsuite` or `element: { key: hootsuite }`
fn element(reader: &mut NodeReader<'_>, node: &Node) -> Option<ConnectorKey> {
    let node = if let NodeKind::Map(members) = &node.kind {
        unknown_keys::check(reader.diagnostics, members, &["key"], "`element`", advice_for_element);
        let Some(member) = members.iter().find(|member| member.name == "key") else {
            return reader.diagnostics.reject(missing_key(first_line(node), "key", "`element`"));
        };
        &member.value
    } else {
        node
    };
    let name = reader.literal(node, "the connector")?;
    let connector = reader.identifier::<ConnectorKey>(&name, node.range)?;
    let schemas = reader.inputs.schemas;
    let catalog = schemas.catalog();
    if catalog.connector(&connector).is_none() && schemas.of(&connector).is_none() {
        let message = format!("the connector {} is not in the catalog", quoted(&connector));
        let help =
            "for a connector of your own tenant: without a schema, its fields are not checked";
        let diagnostic = Diagnostic::new(Code::UnknownConnector, node.range, message)
            .quoting(connector.as_str());
        let hints = reader.diagnostics.connector_hints(catalog, connector.as_str());
        let diagnostic = hints.into_iter().fold(diagnostic, Diagnostic::help);
        reader
            .diagnostics
            .add(diagnostic.help(format!("run `ocon schema pull {connector}` {help}")));
    }
    Some(connector)
}

fn display_name(reader: &mut NodeReader<'_>, node: &Node) -> Option<String> {
    let name = reader.public(node, "`name`")?;
    check_storable(reader.diagnostics, &name, node.range, "a name")?;
    warn_of_unlikely_text(reader, node, &name, "the name");
    if name.trim().is_empty() {
        let help = "write the name that the platform should show in its list of instances";
        let diagnostic = Diagnostic::new(Code::InvalidName, node.range, "the name is empty");
        return reader.diagnostics.reject(diagnostic.help(help));
    }
    Some(name)
}

fn tags(reader: &mut NodeReader<'_>, node: &Node) -> Option<BTreeSet<String>> {
    let NodeKind::List(items) = &node.kind else {
        let diagnostic = wrong_type(node, "`tags`", "a list of strings");
        return reader.diagnostics.reject(diagnostic.help("write `tags: [marketing, social]`"));
    };
    let tags: Vec<_> = items.iter().map(|item| tag(reader, item)).collect();
    tags.into_iter().collect()
}

fn tag(reader: &mut NodeReader<'_>, node: &Node) -> Option<String> {
    let tag = reader.public(node, "a tag")?;
    check_storable(reader.diagnostics, &tag, node.range, "a tag")?;
    if tag.starts_with("ocon:") {
        let message = "tags that begin with `ocon:` are reserved";
        let diagnostic = Diagnostic::new(Code::ReservedTag, node.range, message);
        let help = "use another tag: ocon stores its metadata in these tags";
        return reader.diagnostics.reject(diagnostic.help(help));
    }
    if tag.trim().is_empty() {
        let message = "a tag cannot be empty";
        return reader.diagnostics.reject(Diagnostic::new(Code::InvalidName, node.range, message));
    }
    warn_of_unlikely_text(reader, node, &tag, "the tag");
    Some(tag)
}

/// Warns of a name or tag that is valid but probably not intended.
fn warn_of_unlikely_text(reader: &mut NodeReader<'_>, node: &Node, resolved: &str, what: &str) {
    reader.diagnostics.items.extend(normal_form_warning(node.range, resolved, what));
    let NodeKind::Text(written) = &node.kind else { return };
    let (text, within) = (reader.inputs.text, Within::Text);
    let warning = placeholder::warning(text, node.range, written, within, Allowed::Public);
    reader.diagnostics.items.extend(warning);
}

/// Checks that the platform stores a name or tag unchanged (docs/platform.md#names-and-tags).
/// Otherwise every plan would show a difference.
fn check_storable(
    diagnostics: &mut Diagnostics,
    text: &str,
    range: TextRange,
    what: &str,
) -> Option<()> {
    let trimmed = text.trim();
    let (code, rule, help) = if text.contains(['<', '>']) {
        let help =
            "use other characters: the platform removes HTML, so the stored text would differ";
        (Code::HtmlInName, "cannot contain `<` or `>`", help)
    } else if !trimmed.is_empty() && (trimmed != text || text.contains(char::is_control)) {
        let rule = "cannot begin or end with a space or contain control characters";
        let help =
            "remove them: the platform may remove them too, and the stored text would differ";
        (Code::InvalidName, rule, help)
    } else {
        return Some(());
    };
    diagnostics.reject(Diagnostic::new(code, range, format!("{what} {rule}")).help(help))
}

fn external(reader: &mut NodeReader<'_>, node: &Node) -> Option<String> {
    let value = reader.public(node, "`externalAuthentication`")?;
    if value != INITIAL {
        let message = "the only value of `externalAuthentication` is `initial`";
        let help = "write `initial` to create an instance from the refresh token in `oauth.user.refresh_token`";
        let diagnostic = Diagnostic::new(Code::UnknownValue, node.range, message).help(help);
        return reader.diagnostics.reject(diagnostic);
    }
    Some(value)
}

/// The value of `key:`, or else the path of the file.
fn document_key(
    reader: &mut NodeReader<'_>,
    root: &Node,
    node: Option<&Node>,
) -> Option<(Key, TextRange)> {
    if let Some(node) = node {
        let name = reader.literal(node, "`key`")?;
        return Some((reader.identifier(&name, node.range)?, node.range));
    }
    let range = first_line(root);
    let needs_key = |message| Diagnostic::new(Code::NeedsKey, range, message);
    if !reader.inputs.is_only_document {
        let diagnostic = needs_key("a document in a file with several documents needs a `key`");
        let help =
            "write `key: some-name`: it identifies the instance in Git and must never change";
        return reader.diagnostics.reject(diagnostic.help(help));
    }
    match reader.inputs.stem.parse() {
        Ok(key) => Some((key, range)),
        Err(InvalidName { rule, .. }) => {
            let message =
                "the path of this file is not a valid document key, so the document needs a `key`";
            let diagnostic = needs_key(message).help("add `key: some-name`, or rename the file");
            reader.diagnostics.reject(diagnostic.help(format!("for a key, {rule}")))
        }
    }
}

fn id(reader: &mut NodeReader<'_>, node: &Node) -> Option<Adopt> {
    let id = match &node.kind {
        NodeKind::Number(number) => number.as_u64().filter(|id| *id > 0),
        _ => None,
    };
    let Some(id) = id else {
        let digits = match &node.kind {
            NodeKind::Text(text) => text.parse().ok().filter(|id: &u64| *id > 0),
            _ => None,
        };
        let diagnostic = wrong_type(node, "`id`", "an instance ID")
            .help(format!("write a number without quotes: `id: {}`", digits.unwrap_or(4711)));
        let quote = |it: Diagnostic, digits: &u64| it.quoting(digits.to_string());
        return reader.diagnostics.reject(digits.iter().fold(diagnostic, quote));
    };
    Some(Adopt { id: InstanceId::new(id), at: reader.inputs.text.span(node.range) })
}

/// Turns "absent, invalid or valid" into "invalid, or an optional value".
#[expect(clippy::option_option, reason = "the outer level is whether the value is valid")]
fn all_or_nothing<T>(read: Option<Option<T>>) -> Option<Option<T>> {
    read.map_or(Some(None), |value| value.map(Some))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::DOCUMENT_KEYS;
    use crate::desired::schema::instance_file::InstanceFile;

    #[test]
    fn the_editor_schema_has_the_keys_of_a_document() {
        let schema = schemars::schema_for!(InstanceFile);
        let properties = schema.get("properties").and_then(|properties| properties.as_object());
        let properties: BTreeSet<_> = properties.unwrap().keys().map(String::as_str).collect();
        assert_eq!(properties, DOCUMENT_KEYS.into_iter().collect());
    }
}
