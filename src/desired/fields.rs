//! `configuration` and `providerData`.

use std::collections::BTreeMap;

use super::characters::control_warning;
use super::document::Reader;
use super::placeholder::{self, Within};
use super::reference::Allowed;
use super::secrets::is_refused;
use super::text::{Finding, Mark};
use super::yaml::{Kind, MASK, Member, Node};
use super::{Code, Field, Grant, slips};
use crate::catalog::{Catalog, Facts, named_like_a_secret, platform_written};
use crate::instance::{ConnectorKey, Json, Part, Secrecy, Template, Value, json_valued};
use crate::untrusted::quoted;

/// What the catalog knows of the connector of a document with this configuration.
pub(super) fn facts(
    catalog: &Catalog,
    connector: &ConnectorKey,
    configuration: &BTreeMap<String, Field>,
) -> Facts {
    let empty = Value::text("");
    let has_value = |field: &Field| field.value != Value::Unset && field.value != empty;
    let declared = configuration.iter().filter(|(_, field)| has_value(field));
    let keys = declared.map(|(key, _)| key.as_str()).collect();
    let declared_type = match configuration.get("authentication.type").map(|field| &field.value) {
        Some(Value::Text(template)) => match template.parts() {
            [Part::Text(literal)] => Some(literal.as_str()),
            _ => None,
        },
        _ => None,
    };
    catalog.facts(connector, declared_type, &keys)
}

impl Reader<'_, '_> {
    /// Reads `configuration`. `external` says whether the document sets `externalAuthentication`.
    pub(super) fn configuration(
        &mut self,
        node: &Node,
        connector: Option<&ConnectorKey>,
        external: bool,
    ) -> Option<BTreeMap<String, Field>> {
        if !matches!(node.kind, Kind::Map(_)) {
            node.hide(&self.context.text.content, self.notes);
        }
        let members =
            self.map(node, "`configuration`", "write one `key: value` per line below it")?;
        let fields = members.iter().map(|member| {
            self.platform_written(member, external);
            (member.name.clone(), self.field(member, connector))
        });
        Some(fields.collect())
    }

    fn field(&mut self, member: &Member, connector: Option<&ConnectorKey>) -> Field {
        let value = self.value(&member.value, Allowed::All);
        let prefix = self.known(connector);
        let known = self.context.schemas.secrecy(connector, &member.name);
        let from_outside = value.secrets().next().is_some();
        if known == Secrecy::Secret {
            self.hide(member);
        }
        if known == Secrecy::Secret && !from_outside {
            let field = format!("configuration.{}", member.name);
            self.plain_text(&member.value, &field, &suggested_variable(prefix, &member.name));
        }
        let password = password_in_url(&member.value);
        if password && known != Secrecy::Secret {
            member.value.hide(&self.context.text.content, self.notes);
            let field = format!("configuration.{}: its password", member.name);
            self.plain_text(&member.value, &field, &suggested_variable(prefix, &member.name));
        }
        let nested = nested_secrets(&member.value, &member.name);
        for inner in nested.iter().filter(|_| known != Secrecy::Secret) {
            self.hide(inner);
            let field = format!("configuration.{}: {}", member.name, inner.name);
            self.plain_text(&inner.value, &field, &suggested_variable(prefix, &inner.name));
        }
        if known != Secrecy::Secret && !password && nested.is_empty() {
            self.placeholders(member);
        }
        if json_valued(&member.name) {
            self.not_json(member, &value);
        }
        let is_secret = from_outside || password || !nested.is_empty();
        Field {
            value,
            secrecy: if is_secret { Secrecy::Secret } else { known },
            platform_written: platform_written(&member.name),
            is_shown_by_platform: from_outside && known == Secrecy::Public,
            host_role: connector
                .map(|connector| self.context.schemas.catalog().host_role(connector, &member.name))
                .unwrap_or_default(),
            at: self.context.text.span(member.value.mark),
        }
    }

    /// Warns of placeholders in the texts of a value.
    fn placeholders(&mut self, member: &Member) {
        let json =
            json_valued(&member.name) || matches!(member.value.kind, Kind::List(_) | Kind::Map(_));
        let within = if json { Within::Json } else { Within::Text };
        for literal in member.value.literals() {
            if let Kind::Text(text) = &literal.kind {
                let (file, allowed) = (self.context.text, Allowed::All);
                let warning = placeholder::warning(file, literal.mark, text, within, allowed);
                self.notes.findings.extend(warning);
            }
        }
    }

    /// Warns where the value of a key that takes JSON is no map or list, in YAML or in JSON. What a
    /// secret will be is not known here.
    fn not_json(&mut self, member: &Member, value: &Value) {
        let (Value::Text(template), Kind::Text(_)) = (value, &member.value.kind) else { return };
        let is_public = template.secrets().next().is_none() && !template.refers_to_instance();
        let Some(text) = template.render_secrets().filter(|_| is_public) else { return };
        let text = text.expose();
        let (what, place) = match serde_json::from_str::<serde_json::Value>(text) {
            _ if text.is_empty() => return,
            Ok(json) if json.is_object() || json.is_array() => return,
            Ok(_) => ("is no map or list", None),
            Err(error) if error.is_eof() => ("ends before its JSON does", None),
            Err(error) => ("is not JSON", Some((error.line(), error.column()))),
        };
        let message = format!("{} takes JSON, and this text {what}", quoted(&member.name));
        let finding = Finding::new(Code::NotJson, member.value.mark, message);
        let finding = match place {
            Some((line, column)) if line > 1 => {
                finding.help(format!("the mistake is in line {line}, column {column} of the text"))
            }
            _ => finding,
        };
        let finding = finding.help("write it as YAML below the key, or correct the JSON");
        self.notes.add(finding);
    }

    /// Reads `providerData`: all of it is secret.
    pub(super) fn provider_data(
        &mut self,
        node: &Node,
        connector: Option<&ConnectorKey>,
    ) -> Option<BTreeMap<String, Grant>> {
        // Whatever it is, even if it is no map.
        node.hide(&self.context.text.content, self.notes);
        let members =
            self.map(node, "`providerData`", "write one `key: value` per line below it")?;
        let connector = self.known(connector);
        let grants = members.iter().map(|member| {
            self.hide(member);
            let value = self.json(&member.value, Allowed::Secrets);
            if !value.templates().iter().any(|template| template.secrets().next().is_some()) {
                let field = format!("providerData.{}", member.name);
                self.plain_text(
                    &member.value,
                    &field,
                    &suggested_variable(connector, &member.name),
                );
            }
            let at = self.context.text.span(member.value.mark);
            (member.name.clone(), Grant { value, at })
        });
        Some(grants.collect())
    }

    fn value(&mut self, node: &Node, allowed: Allowed) -> Value {
        match &node.kind {
            Kind::Null => Value::Unset,
            Kind::Bool(flag) => Value::text(flag.to_string()),
            Kind::Number(number) => Value::text(number.to_string()),
            Kind::Text(text) => Value::Text(self.template(node, text, allowed)),
            Kind::List(_) | Kind::Map(_) => Value::Json(self.json(node, allowed)),
        }
    }

    fn json(&mut self, node: &Node, allowed: Allowed) -> Json {
        match &node.kind {
            Kind::Null => Json::Null,
            Kind::Bool(flag) => Json::Bool(*flag),
            Kind::Number(number) => Json::Number(number.clone()),
            Kind::Text(text) => Json::Text(self.template(node, text, allowed)),
            Kind::List(items) => {
                Json::List(items.iter().map(|item| self.json(item, allowed)).collect())
            }
            Kind::Map(members) => {
                let members = members.iter();
                Json::Map(
                    members
                        .map(|member| (member.name.clone(), self.json(&member.value, allowed)))
                        .collect(),
                )
            }
        }
    }

    fn template(&mut self, node: &Node, text: &str, allowed: Allowed) -> Template {
        let written = self.written(node, text);
        let template = self.context.references.template(written, allowed, self.notes);
        self.notes.findings.extend(slips::mistaken(text, node.mark));
        self.notes.findings.extend(control_warning(self.context.text, node.mark, text));
        // Whether it stands in the file, in a variable or in the environment.
        if template.render_secrets().is_some_and(|value| value.expose() == MASK) {
            let finding = Finding::new(Code::MaskAsValue, node.mark, "this is the mask that the API shows, not a value")
                .help("write where the secret comes from: `${{ env.NAME }}`; or remove the line to leave it as it is");
            self.notes.add(finding);
        }
        template
    }

    /// Reports a secret that stands in the file itself, and keeps it out of every excerpt.
    fn plain_text(&mut self, node: &Node, field: &str, variable: &str) {
        let literals = node.literals();
        if literals.is_empty() || self.is_reported(node.mark) {
            return;
        }
        for literal in literals {
            self.notes.hide(literal.mark);
        }
        let finding = Finding::new(
            Code::PlainTextSecret,
            node.mark,
            format!("{field} is a secret in plain text", field = quoted(&field)),
        )
        .help(format!("write `${{{{ env.{variable} }}}}` and set that variable where ocon runs"))
        .help("who can read the repository knows this secret now: change it at the provider");
        self.notes.add(finding);
    }

    /// The connector, if anything knows it. What nobody knows may be the alias of a secret, of which
    /// no name is made.
    fn known<'c>(&self, connector: Option<&'c ConnectorKey>) -> Option<&'c ConnectorKey> {
        let schemas = self.context.schemas;
        connector.filter(|connector| {
            schemas.catalog().connector(connector).is_some() || schemas.of(connector).is_some()
        })
    }

    /// Keeps the values of a secret key out of excerpts.
    fn hide(&mut self, member: &Member) {
        member.hide(&self.context.text.content, self.notes);
    }

    /// Whether the newest finding is already about this value: a mistaken reference, say.
    fn is_reported(&self, mark: Mark) -> bool {
        let newest = self.notes.findings.last();
        newest.is_some_and(|finding| finding.is_error() && finding.is_within(mark))
    }

    /// Warns of a key that the platform fills itself. A refresh token is declared on purpose where
    /// the instance is created from it.
    fn platform_written(&mut self, member: &Member, external: bool) {
        let on_purpose = external && member.name == "oauth.user.refresh_token";
        if platform_written(&member.name) && !on_purpose {
            let message = format!("the platform writes {} itself", quoted(&member.name));
            let finding = Finding::new(Code::PlatformWrittenKey, member.mark, message)
                .help("it is sent when the instance is created and never compared; most likely the line can go");
            self.notes.add(finding);
        }
    }
}

/// The members of maps within a value that are named like secrets and stand there in clear.
///
/// A key that was taken apart counts as the whole: `oauth: { api: { key: … } }`.
fn nested_secrets<'n>(node: &'n Node, path: &str) -> Vec<&'n Member> {
    let below = |member: &'n Member| nested_secrets_of(member, &format!("{path}.{}", member.name));
    match &node.kind {
        Kind::List(items) => items.iter().flat_map(|item| nested_secrets(item, path)).collect(),
        Kind::Map(members) => members.iter().flat_map(below).collect(),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => Vec::new(),
    }
}

fn nested_secrets_of<'n>(member: &'n Member, path: &str) -> Vec<&'n Member> {
    let in_clear = match &member.value.kind {
        Kind::Text(text) => !text.is_empty() && !text.contains("${{"),
        Kind::Number(_) => true,
        Kind::Null | Kind::Bool(_) | Kind::List(_) | Kind::Map(_) => false,
    };
    let holds_text = |node: &&Node| !matches!(&node.kind, Kind::Text(text) if text.contains("${{"));
    let below = matches!(member.value.kind, Kind::List(_) | Kind::Map(_))
        && member.value.literals().iter().any(holds_text);
    if (in_clear || below) && named_like_a_secret(path) {
        return vec![member];
    }
    nested_secrets(&member.value, path)
}

/// Whether the value is a URL with a password of its own: `https://user:password@host`.
fn password_in_url(node: &Node) -> bool {
    let Kind::Text(text) = &node.kind else {
        return false;
    };
    let Some((_, rest)) = text.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let user = authority.rsplit_once('@').map(|(user, _)| user);
    user.and_then(|user| user.split_once(':'))
        .is_some_and(|(_, password)| !password.is_empty() && !password.contains("${{"))
}

/// A name for the environment variable of a secret: `oauth.api.secret` of Hootsuite gives
/// `HOOTSUITE_OAUTH_API_SECRET`.
fn suggested_variable(connector: Option<&ConnectorKey>, key: &str) -> String {
    let connector = connector.map(|connector| format!("{connector}_")).unwrap_or_default();
    let name = format!("{connector}{key}").to_ascii_uppercase();
    let letter = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = name.chars().map(letter).collect();
    // Connectors like github share their prefix with variables that are refused.
    if name.starts_with(|c: char| c.is_ascii_digit()) || is_refused(&name) {
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
