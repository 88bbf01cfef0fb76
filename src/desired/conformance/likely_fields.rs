//! The keys that a create probably needs.

use crate::catalog::{Condition, Requirement};
use crate::desired::{Code, DesiredInstance, Diagnostic, NodeReader, TextRange};
use crate::instance::Value;
use crate::safe_text::quoted;

/// Warns of missing keys that every documented example has, or that one source alone requires, if the instance does not exist yet. A schema
/// in the repository itself states which keys are required.
pub(in crate::desired) fn check_likely_fields(
    reader: &mut NodeReader<'_>,
    wanted: &DesiredInstance,
    range: TextRange,
) {
    let shape = reader.inputs.schemas.built_in_shape(&wanted.connector);
    let Some(shape) = shape else { return };
    let value = |key: &str| wanted.configuration.get(key).map(|field| &field.value);
    let applies = |when: &Condition| {
        let given = value(&when.key).and_then(Value::render_secrets);
        given.is_some_and(|given| given.expose().eq_ignore_ascii_case(&when.value))
    };
    let likely = shape.properties.iter().filter(|(key, property)| {
        property.requirement == Requirement::Likely
            && property.when.as_ref().is_none_or(applies)
            && value(key).is_none()
    });
    let names: Vec<_> = likely.map(|(key, _)| quoted(key).to_string()).collect();
    if !names.is_empty() && wanted.adopt.is_none() {
        let message = format!("{} usually needs {}", quoted(&wanted.connector), names.join(", "));
        let them = if names.len() == 1 { "it" } else { "them" };
        let help =
            format!("add {them}: without {them}, the platform would probably reject the create");
        let diagnostic = Diagnostic::new(Code::LikelyMissingField, range, message);
        reader.diagnostics.add(diagnostic.label("missing here").help(help));
    }
}
