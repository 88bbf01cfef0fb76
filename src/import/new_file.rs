//! Writes the first file of an instance that does not exist yet.
//!
//! In: a connector, as the catalog or a schema of the repository describes it. Out: a file with the keys
//! that a create needs. Secrets and credentials are references to variables. Other values of an account
//! are samples, because nothing knows them. A test loads and applies the file of every connector.

mod credentials;
mod entries;
mod entry;
mod event_entries;
mod interface;
mod samples;

use std::collections::BTreeSet;

use self::entry::{Entry, EntryValue};
use super::variable_names::VariableNames;
use super::yaml;
use crate::instance::{Key, WEBHOOK_URL_REFERENCE};

pub(crate) use self::interface::{NewDocument, NewFile};

/// Columns of a comment.
const MAX_COMMENT_CHARS: usize = 76;

/// Writes the file. `keys` are those of the existing documents, and `variables` the names in capitals
/// that they read.
pub(crate) fn new_file(
    document: &NewDocument<'_>,
    keys: &BTreeSet<String>,
    variables: BTreeSet<String>,
) -> NewFile {
    let NewDocument { key, spec, request, .. } = document;
    let names = VariableNames::new(keys, variables);
    let mut writer = FileWriter { key, names, lines: Vec::new(), file: NewFile::at(key) };
    let schema = document.schema.iter();
    writer.lines.extend(schema.map(|path| format!("# yaml-language-server: $schema={path}")));
    writer.push(format!("element: {}", yaml::text(spec.connector.as_str())));
    writer.push(format!("name: {}", yaml::text(&document.name())));
    let entries = entries::of(document);
    writer.file.has_credentials = credentials::are_known(document, &entries);
    if !writer.file.has_credentials {
        writer.lines.extend(credentials::unknown(document).iter().flat_map(|it| comment(it, "")));
    }
    writer.push_configuration(&entries);
    writer.push_grant(&request.grant, &spec.name);
    writer.finish()
}

impl NewDocument<'_> {
    /// The display name. Another key than that of the connector makes it unique.
    fn name(&self) -> String {
        let name = &self.spec.name;
        let is_default = self.key.as_str() == self.spec.connector.as_str();
        if is_default { name.clone() } else { format!("{name} ({})", self.key) }
    }
}

impl NewFile {
    fn at(key: &Key) -> Self {
        let path = format!("{key}.yaml");
        Self {
            path,
            text: String::new(),
            variables: Vec::new(),
            grant_variables: Vec::new(),
            samples: Vec::new(),
            has_credentials: false,
        }
    }
}

struct FileWriter<'a> {
    key: &'a Key,
    names: VariableNames,
    lines: Vec<String>,
    file: NewFile,
}

impl FileWriter<'_> {
    fn push(&mut self, line: String) {
        self.lines.push(line);
    }

    fn push_configuration(&mut self, entries: &[Entry<'_>]) {
        let is_declared = |entry: &Entry<'_>| entry.value != EntryValue::Comment;
        let is_empty = !entries.iter().any(is_declared);
        if entries.is_empty() {
            return;
        }
        self.push(if is_empty { "# configuration:" } else { "configuration:" }.to_owned());
        let mut above = "";
        for entry in entries {
            if entry.comment != above {
                self.lines.extend(comment(&entry.comment, "  "));
            }
            above = &entry.comment;
            self.push_entry(entry);
        }
    }

    fn push_entry(&mut self, entry: &Entry<'_>) {
        let Some(key) = yaml::key(entry.key) else { return };
        let line = match &entry.value {
            EntryValue::Variable => {
                let (name, reference) = self.reference(entry.key);
                self.file.variables.push(name);
                format!("  {key}: {reference}")
            }
            EntryValue::WebhookUrl => format!("  {key}: {WEBHOOK_URL_REFERENCE}"),
            EntryValue::Comment => format!("  # {key}:"),
            EntryValue::Given(value) | EntryValue::Sample(value) => {
                if matches!(entry.value, EntryValue::Sample(_)) {
                    self.file.samples.push(entry.key.to_owned());
                }
                let lines = yaml::member(entry.key, value, 2).unwrap_or_default();
                lines.join("\n")
            }
        };
        self.push(line);
    }

    fn push_grant(&mut self, members: &[&str], name: &str) {
        if members.is_empty() {
            return;
        }
        let origin = format!(
            "Authorization grant of {name}. `ocon authorize` gets it in a browser instead, \
             and needs no variable for it."
        );
        self.lines.extend(comment(&origin, ""));
        self.push("providerData:".to_owned());
        for member in members {
            let (name, reference) = self.reference(member);
            self.file.grant_variables.push(name);
            self.push(format!("  {member}: {reference}"));
        }
    }

    /// The name of a new variable, and a reference to it.
    fn reference(&mut self, value: &str) -> (String, String) {
        let name = self.names.take(self.key, value, None);
        let reference = format!("${{{{ env.{name} }}}}");
        (name, reference)
    }

    fn finish(self) -> NewFile {
        let text = self.lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
        NewFile { text, ..self.file }
    }
}

/// The lines of a comment. Empty for an empty one.
fn comment(text: &str, margin: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= MAX_COMMENT_CHARS => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("{margin}# {word}")),
        }
    }
    lines
}
