//! `configuration` and `providerData`.

use std::collections::BTreeMap;

use super::placeholder::Within;
use super::reference::LocatedText;
use super::reference::syntax::{Allowed, OPENING};
use super::secrets::is_reserved_variable;
use super::text_checks::control_warning;
use super::yaml::MASK;
use super::{
    Code, DeclaredValue, Diagnostic, Grant, Member, Node, NodeKind, NodeReader, Schemas, TextRange,
    mistaken_reference, placeholder,
};
use crate::catalog::{ConnectorFacts, named_like_a_secret, platform_written};
use crate::instance::{ConnectorKey, Json, Part, Secrecy, Template, Value, json_valued};
use crate::safe_text::quoted;

/// The facts about the connector of a document with this configuration.
pub(super) fn facts(
    schemas: &Schemas<'_>,
    connector: &ConnectorKey,
    configuration: &BTreeMap<String, DeclaredValue>,
) -> ConnectorFacts {
    let empty = Value::text("");
    let has_value = |field: &DeclaredValue| field.value != Value::Unset && field.value != empty;
    let declared = configuration.iter().filter(|(_, field)| has_value(field));
    let keys = declared.map(|(key, _)| key.as_str()).collect();
    let declared_type = match configuration.get("authentication.type").map(|field| &field.value) {
        Some(Value::Text(template)) => match template.parts() {
            [Part::Text(literal)] => Some(literal.as_str()),
            _ => None,
        },
        _ => None,
    };
    let facts = schemas.catalog().facts(connector, declared_type, &keys);
    ConnectorFacts { events: schemas.event_support(connector), ..facts }
}

/// Reads `configuration`. `external` states whether the document sets `externalAuthentication`.
pub(super) fn configuration(
    reader: &mut NodeReader<'_>,
    node: &Node,
    connector: Option<&ConnectorKey>,
    external: bool,
) -> Option<BTreeMap<String, DeclaredValue>> {
    if !matches!(node.kind, NodeKind::Map(_)) {
        node.hide(&reader.inputs.text.content, reader.diagnostics);
    }
    let members =
        reader.map(node, "`configuration`", "write one `key: value` per line below it")?;
    let fields = members.iter().map(|member| {
        reader.diagnostics.items.extend(platform_written_warning(member, external));
        (member.name.clone(), declared_value(reader, member, connector))
    });
    Some(fields.collect())
}

fn declared_value(
    reader: &mut NodeReader<'_>,
    member: &Member,
    connector: Option<&ConnectorKey>,
) -> DeclaredValue {
    let value = value(reader, &member.value, Allowed::All);
    let schemas = reader.inputs.schemas;
    let known = schemas.secrecy(connector, &member.name);
    let is_reference = value.secrets().next().is_some();
    let has_secret = report_plain_text(reader, member, connector, known, is_reference);
    if known != Secrecy::Secret && !has_secret {
        warn_of_placeholders(reader, member);
    }
    if json_valued(&member.name) {
        reader.diagnostics.items.extend(not_json_warning(member, &value));
    }
    let is_secret = is_reference || has_secret;
    let host_role = connector.map(|it| schemas.catalog().host_role(it, &member.name));
    DeclaredValue {
        value,
        secrecy: if is_secret { Secrecy::Secret } else { known },
        platform_written: platform_written(&member.name),
        is_shown_by_platform: is_reference && known == Secrecy::Public,
        host_role: host_role.unwrap_or_default(),
        at: reader.inputs.text.span(member.value.range),
    }
}

/// Reports and hides the secrets of a configuration key. Returns whether its value contains one, whatever
/// the key.
fn report_plain_text(
    reader: &mut NodeReader<'_>,
    member: &Member,
    connector: Option<&ConnectorKey>,
    known: Secrecy,
    is_reference: bool,
) -> bool {
    let prefix = known_connector(reader, connector);
    let field = format!("configuration.{}", member.name);
    let variable = suggested_variable(prefix, &member.name);
    let has_password = password_in_url(&member.value);
    let nested = nested_secrets(&member.value, &member.name);
    if known == Secrecy::Secret {
        hide(reader, member);
        if !is_reference {
            plain_text(reader, &member.value, &field, &variable);
        }
    } else {
        if has_password {
            member.value.hide(&reader.inputs.text.content, reader.diagnostics);
            plain_text(reader, &member.value, &format!("{field}: its password"), &variable);
        }
        for inner in &nested {
            hide(reader, inner);
            let variable = suggested_variable(prefix, &inner.name);
            plain_text(reader, &inner.value, &format!("{field}: {}", inner.name), &variable);
        }
    }
    has_password || !nested.is_empty()
}

fn warn_of_placeholders(reader: &mut NodeReader<'_>, member: &Member) {
    let is_json = json_valued(&member.name)
        || matches!(member.value.kind, NodeKind::List(_) | NodeKind::Map(_));
    let within = if is_json { Within::Json } else { Within::Text };
    for literal in member.value.literals() {
        if let NodeKind::Text(value) = &literal.kind {
            let (text, allowed) = (reader.inputs.text, Allowed::All);
            let warning = placeholder::warning(text, literal.range, value, within, allowed);
            reader.diagnostics.items.extend(warning);
        }
    }
}

/// A warning if the value of a key that takes JSON is not a map or list, in YAML or in JSON. The value
/// of a secret is not known here.
fn not_json_warning(member: &Member, value: &Value) -> Option<Diagnostic> {
    let (Value::Text(template), NodeKind::Text(_)) = (value, &member.value.kind) else {
        return None;
    };
    let is_public = template.secrets().next().is_none() && !template.refers_to_instance();
    let text = template.render_secrets().filter(|_| is_public)?;
    let text = text.expose();
    let (what, position) = match serde_json::from_str::<serde_json::Value>(text) {
        _ if text.is_empty() => return None,
        Ok(json) if json.is_object() || json.is_array() => return None,
        Ok(_) => ("is not a map or list", None),
        Err(error) if error.is_eof() => ("contains incomplete JSON", None),
        Err(error) => ("is not JSON", Some((error.line(), error.column()))),
    };
    let message = format!("{} takes JSON, but this text {what}", quoted(&member.name));
    let diagnostic = Diagnostic::new(Code::NotJson, member.value.range, message);
    let position = position.filter(|(line, _)| *line > 1);
    let position =
        position.map(|(line, column)| format!("check line {line}, column {column} of the text"));
    let diagnostic = position.into_iter().fold(diagnostic, Diagnostic::help);
    Some(diagnostic.help("write the value as YAML below the key, or correct the JSON"))
}

/// Reads `providerData`. All its values are secret.
pub(super) fn provider_data(
    reader: &mut NodeReader<'_>,
    node: &Node,
    connector: Option<&ConnectorKey>,
) -> Option<BTreeMap<String, Grant>> {
    // Even if the value is not a map.
    node.hide(&reader.inputs.text.content, reader.diagnostics);
    let members = reader.map(node, "`providerData`", "write one `key: value` per line below it")?;
    let connector = known_connector(reader, connector);
    let grants = members.iter().map(|member| {
        hide(reader, member);
        let value = json(reader, &member.value, Allowed::Secrets);
        if !value.templates().iter().any(|template| template.secrets().next().is_some()) {
            let field = format!("providerData.{}", member.name);
            let variable = suggested_variable(connector, &member.name);
            plain_text(reader, &member.value, &field, &variable);
        }
        let at = reader.inputs.text.span(member.value.range);
        (member.name.clone(), Grant { value, at })
    });
    Some(grants.collect())
}

fn value(reader: &mut NodeReader<'_>, node: &Node, allowed: Allowed) -> Value {
    match &node.kind {
        NodeKind::Null => Value::Unset,
        NodeKind::Bool(flag) => Value::text(flag.to_string()),
        NodeKind::Number(number) => Value::text(number.to_string()),
        NodeKind::Text(text) => Value::Text(template(reader, node, text, allowed)),
        NodeKind::List(_) | NodeKind::Map(_) => Value::Json(json(reader, node, allowed)),
    }
}

fn json(reader: &mut NodeReader<'_>, node: &Node, allowed: Allowed) -> Json {
    match &node.kind {
        NodeKind::Null => Json::Null,
        NodeKind::Bool(flag) => Json::Bool(*flag),
        NodeKind::Number(number) => Json::Number(number.clone()),
        NodeKind::Text(text) => Json::Text(template(reader, node, text, allowed)),
        NodeKind::List(items) => {
            Json::List(items.iter().map(|item| json(reader, item, allowed)).collect())
        }
        NodeKind::Map(members) => {
            let member = |it: &Member| (it.name.clone(), json(reader, &it.value, allowed));
            Json::Map(members.iter().map(member).collect())
        }
    }
}

fn template(reader: &mut NodeReader<'_>, node: &Node, value: &str, allowed: Allowed) -> Template {
    let (text, range) = (reader.inputs.text, node.range);
    let located = LocatedText { text, range, value };
    let template = reader.inputs.references.template(located, allowed, reader.diagnostics);
    reader.diagnostics.items.extend(mistaken_reference::check(value, range));
    reader.diagnostics.items.extend(control_warning(text, range, value));
    // The mask may come from the file, a variable or the environment.
    if template.render_secrets().is_some_and(|value| value.expose() == MASK) {
        let message = "this is the mask that the API shows instead of a secret, not a value";
        let help = "write `${{ env.NAME }}`, or remove the line to keep the stored value";
        reader.diagnostics.add(Diagnostic::new(Code::MaskAsValue, range, message).help(help));
    }
    template
}

/// Reports a secret in plain text and hides it in every excerpt.
fn plain_text(reader: &mut NodeReader<'_>, node: &Node, field: &str, variable: &str) {
    let literals = node.literals();
    if literals.is_empty() || is_reported(reader, node.range) {
        return;
    }
    for literal in literals {
        reader.diagnostics.hide(literal.range);
    }
    let message = format!("{} is a secret in plain text", quoted(&field));
    let diagnostic = Diagnostic::new(Code::PlainTextSecret, node.range, message);
    let shell = "if this is the name of a variable, write `${{ env.NAME }}`: `$NAME` is plain text";
    // The text may be a secret, so no help quotes it.
    let is_like_shell = matches!(&node.kind, NodeKind::Text(text) if text.starts_with('$'));
    let diagnostic = if is_like_shell { diagnostic.help(shell) } else { diagnostic };
    let diagnostic = diagnostic
        .help(format!("write `${{{{ env.{variable} }}}}` and set that variable where ocon runs"))
        .help("change the secret at the provider: everyone who can read the repository knows it");
    reader.diagnostics.add(diagnostic);
}

/// The connector, if the catalog or the repository has it. An unknown one may be the alias of a secret,
/// so no suggestion may contain it.
fn known_connector<'c>(
    reader: &NodeReader<'_>,
    connector: Option<&'c ConnectorKey>,
) -> Option<&'c ConnectorKey> {
    let schemas = reader.inputs.schemas;
    connector.filter(|connector| {
        schemas.catalog().connector(connector).is_some() || schemas.of(connector).is_some()
    })
}

fn hide(reader: &mut NodeReader<'_>, member: &Member) {
    member.hide(&reader.inputs.text.content, reader.diagnostics);
}

/// Whether the newest diagnostic is already about this value, such as a mistaken reference.
fn is_reported(reader: &NodeReader<'_>, range: TextRange) -> bool {
    let newest = reader.diagnostics.items.last();
    newest.is_some_and(|diagnostic| diagnostic.is_error() && diagnostic.is_within(range))
}

/// A warning about a key that the platform writes. A refresh token is intentional if the instance is
/// created from it.
fn platform_written_warning(member: &Member, external: bool) -> Option<Diagnostic> {
    let is_intentional = external && member.name == "oauth.user.refresh_token";
    if is_intentional || !platform_written(&member.name) {
        return None;
    }
    let message = format!("the platform writes {} itself", quoted(&member.name));
    let help = "remove the line if you do not need it: ocon sends the value on create only and never compares it";
    Some(Diagnostic::new(Code::PlatformWrittenKey, member.range, message).help(help))
}

/// The members of nested maps that are named like secrets and have a value in plain text.
///
/// Nested keys count as one key with dots: `oauth: { api: { key: … } }`.
fn nested_secrets<'n>(node: &'n Node, path: &str) -> Vec<&'n Member> {
    let below = |member: &'n Member| nested_secrets_of(member, &format!("{path}.{}", member.name));
    match &node.kind {
        NodeKind::List(items) => items.iter().flat_map(|item| nested_secrets(item, path)).collect(),
        NodeKind::Map(members) => members.iter().flat_map(below).collect(),
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Text(_) => Vec::new(),
    }
}

fn nested_secrets_of<'n>(member: &'n Member, path: &str) -> Vec<&'n Member> {
    let is_plain_text = match &member.value.kind {
        NodeKind::Text(text) => !text.is_empty() && !text.contains(OPENING),
        NodeKind::Number(_) => true,
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::List(_) | NodeKind::Map(_) => false,
    };
    let holds_text =
        |node: &&Node| !matches!(&node.kind, NodeKind::Text(text) if text.contains(OPENING));
    let below = matches!(member.value.kind, NodeKind::List(_) | NodeKind::Map(_))
        && member.value.literals().iter().any(holds_text);
    if (is_plain_text || below) && named_like_a_secret(path) {
        return vec![member];
    }
    nested_secrets(&member.value, path)
}

/// Whether the value is a URL with a password: `https://user:password@host`.
fn password_in_url(node: &Node) -> bool {
    let NodeKind::Text(text) = &node.kind else { return false };
    let Some((_, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let user = authority.rsplit_once('@').map(|(user, _)| user);
    user.and_then(|user| user.split_once(':'))
        .is_some_and(|(_, password)| !password.is_empty() && !password.contains(OPENING))
}

/// A name for the environment variable of a secret: `oauth.api.secret` of Hootsuite gives
/// `HOOTSUITE_OAUTH_API_SECRET`.
fn suggested_variable(connector: Option<&ConnectorKey>, key: &str) -> String {
    let connector = connector.map(|connector| format!("{connector}_")).unwrap_or_default();
    let name = format!("{connector}{key}").to_ascii_uppercase();
    let letter = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = name.chars().map(letter).collect();
    // Connectors such as github share their prefix with reserved variables.
    if name.starts_with(|c: char| c.is_ascii_digit()) || is_reserved_variable(&name) {
        return format!("MY_{name}");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suggested_variable_names_the_connector_and_the_key() {
        let hootsuite = "hootsuite".parse().unwrap();
        assert_eq!(
            suggested_variable(Some(&hootsuite), "oauth.api.secret"),
            "HOOTSUITE_OAUTH_API_SECRET"
        );
        let github = "github".parse().unwrap();
        assert_eq!(suggested_variable(Some(&github), "token"), "MY_GITHUB_TOKEN");
        assert_eq!(suggested_variable(None, "3d-key"), "MY_3D_KEY");
    }
}
