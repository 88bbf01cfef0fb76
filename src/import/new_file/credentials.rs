//! The credentials of connectors whose sources do not say which keys a create needs.

use super::entry::{Entry, EntryValue};
use super::interface::NewDocument;

/// Whether the lines have credentials, or somebody grants access at the provider.
pub(super) fn are_known(document: &NewDocument<'_>, entries: &[Entry<'_>]) -> bool {
    let is_credential =
        |entry: &Entry<'_>| entry.value == EntryValue::Variable && !is_of_events(entry.key);
    !document.request.grant.is_empty() || entries.iter().any(is_credential)
}

/// The secret keys of the connector. Nothing says which of them a create needs.
pub(super) fn possible<'a>(document: &NewDocument<'a>) -> Vec<Entry<'a>> {
    let spec = document.spec;
    let secrets = spec.properties.iter().filter(|(key, property)| {
        property.secret && !property.platform_written && !is_of_events(key)
    });
    let comment = format!(
        "Possible credentials of your account at {}. Remove those that it does not have.",
        spec.name
    );
    let entry = |key| Entry { key, value: EntryValue::Variable, comment: comment.clone() };
    secrets.map(|(key, _)| entry(key.as_str())).collect()
}

/// The comment of a file without credentials, in two paragraphs.
pub(super) fn unknown(document: &NewDocument<'_>) -> [String; 2] {
    let (name, connector) = (&document.spec.name, &document.spec.connector);
    [
        format!("No credentials of {name} are known. Get its keys from your tenant:"),
        format!("ocon schema pull {connector}"),
    ]
}

fn is_of_events(key: &str) -> bool {
    key.starts_with("event.")
}
