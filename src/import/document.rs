//! Writes the text of one file, and loads it again until the loader finds no problem in it.

use std::collections::BTreeMap;

use super::configuration::{Classifier, ConfigurationField, Representation};
use super::interface::{Candidate, ImportedFile, OmittedField};
use super::variable_names::VariableNames;
use super::yaml;
use crate::desired::{Code, DesiredInstance, Loaded, Problem, Problems, Severity};
use crate::instance::{Key, ValueComparison, WEBHOOK_URL_REFERENCE};

pub(super) struct DocumentWriter<'a> {
    pub(super) classifier: Classifier<'a>,
    pub(super) key: &'a Key,
}

/// The part of the file that a line belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Lines that every file needs. Without them there is no file.
    Required,
    Tags,
    Field(usize),
}

type Lines = Vec<(Part, String)>;

struct FileDraft<'a> {
    fields: Vec<ConfigurationField<'a>>,
    /// Why the tags are omitted.
    omitted_tags: Option<String>,
    /// Names of the variables, by configuration key.
    variables: BTreeMap<&'a str, String>,
}

/// A reason to write a part differently, or to omit it.
struct Finding {
    part: Part,
    reason: String,
    is_plain_text_secret: bool,
}

impl<'a> DocumentWriter<'a> {
    /// Returns the file, or the reason why there is none.
    pub(super) fn file(&self, variables: &mut VariableNames) -> Result<ImportedFile, String> {
        let found = &self.candidate().found;
        let holds_secret = self.classifier.context.holds_secret;
        if holds_secret(&found.name) {
            return Err("its name contains a secret".to_owned());
        }
        let is_held = found.tags.as_set().iter().any(|tag| holds_secret(tag));
        let mut draft = FileDraft {
            fields: self.classifier.fields(),
            omitted_tags: is_held.then(|| "a tag contains a secret".to_owned()),
            variables: BTreeMap::new(),
        };
        loop {
            self.name_variables(&mut draft, variables);
            let lines = self.lines(&mut draft);
            let findings = self.findings(&draft, &lines)?;
            if findings.is_empty() {
                return Ok(self.finish(draft, &lines));
            }
            // Each finding moves a part closer to being omitted, so the loop ends.
            findings.into_iter().try_for_each(|finding| draft.resolve(finding))?;
        }
    }

    fn candidate(&self) -> &'a Candidate {
        self.classifier.candidate
    }

    fn path(&self) -> String {
        format!("{}.yaml", self.key)
    }

    fn name_variables(&self, draft: &mut FileDraft<'a>, names: &mut VariableNames) {
        for field in &draft.fields {
            if matches!(field.representation, Representation::Variable | Representation::Comment) {
                let name = || names.take(self.key, field.key, Some(self.candidate().found.id));
                draft.variables.entry(field.key).or_insert_with(name);
            }
        }
    }

    fn lines(&self, draft: &mut FileDraft<'_>) -> Lines {
        let Candidate { found, connector, .. } = self.candidate();
        let mut lines = Lines::new();
        let mut push = |line: String| lines.push((Part::Required, line));
        if let Some(schema) = (self.classifier.context.schema)(connector, &self.path()) {
            push(format!("# yaml-language-server: $schema={schema}"));
        }
        push(format!("id: {}", found.id));
        push(format!("element: {}", yaml::text(connector.as_str())));
        push(format!("name: {}", yaml::text(&found.name)));
        if found.disabled {
            push("enabled: false".to_owned());
        }
        if found.marks.protect() {
            push("lifecycle: { protect: true }".to_owned());
        }
        let tags = found.tags.as_set();
        if draft.omitted_tags.is_none() && !tags.is_empty() {
            lines.push((Part::Tags, "tags:".to_owned()));
            lines.extend(tags.iter().map(|tag| (Part::Tags, format!("  - {}", yaml::text(tag)))));
        }
        self.push_configuration(draft, &mut lines);
        lines
    }

    fn push_configuration(&self, draft: &mut FileDraft<'_>, lines: &mut Lines) {
        let (mut declared, mut comments) = (Lines::new(), Lines::new());
        for (index, field) in draft.fields.iter_mut().enumerate() {
            let part = Part::Field(index);
            let variable = draft.variables.get(field.key).map(String::as_str).unwrap_or_default();
            match field.representation {
                Representation::Comment => {
                    comments.push((part, format!("  # {}: ${{{{ env.{variable} }}}}", field.key)));
                }
                Representation::Omitted => {}
                _ => {
                    let field_lines = self.declared_lines(field, variable);
                    declared.extend(field_lines.into_iter().map(|line| (part, line)));
                }
            }
        }
        let required = |line: &str| (Part::Required, line.to_owned());
        if !declared.is_empty() {
            lines.push(required("configuration:"));
            lines.append(&mut declared);
        } else if !comments.is_empty() {
            lines.push(required("# configuration:"));
        }
        if !comments.is_empty() {
            lines.push(required(
                "  # Masked, or not known to be public. To manage a key with ocon, remove the `#`.",
            ));
            lines.append(&mut comments);
        }
    }

    fn declared_lines(&self, field: &mut ConfigurationField<'_>, variable: &str) -> Vec<String> {
        let text = field.text().unwrap_or_default();
        if field.representation == Representation::Typed {
            let typed = self.classifier.typed(field.key, text);
            if let Some(lines) = yaml::member(field.key, &typed, 2) {
                return lines;
            }
            field.representation = Representation::Text;
        }
        let value = match field.representation {
            Representation::WebhookUrl => WEBHOOK_URL_REFERENCE.to_owned(),
            Representation::Variable => format!("${{{{ env.{variable} }}}}"),
            _ => yaml::text(text),
        };
        let key = yaml::key(field.key).unwrap_or_default();
        vec![format!("  {key}: {value}")]
    }

    /// Problems that the loader reports, and values that it reads differently.
    fn findings(&self, draft: &FileDraft<'_>, lines: &Lines) -> Result<Vec<Finding>, String> {
        match (self.classifier.context.load)(&self.path(), &text(lines)) {
            Ok(Loaded { desired, warnings, .. }) => {
                let findings = findings_of(&warnings, lines);
                if !findings.is_empty() {
                    return Ok(findings);
                }
                let wanted = desired.instances.get(self.key);
                let wanted = wanted.ok_or("its file would define another document")?;
                Ok(self.differences(draft, wanted))
            }
            Err(problems) => findings_of_refused(&problems, lines),
        }
    }

    fn differences(&self, draft: &FileDraft<'_>, wanted: &DesiredInstance) -> Vec<Finding> {
        let found = &self.candidate().found;
        let place = self.classifier.render_context();
        let mut parts = Vec::new();
        if wanted.name != found.name {
            parts.push(Part::Required);
        }
        if wanted.tags.as_ref().is_some_and(|tags| tags != found.tags.as_set()) {
            parts.push(Part::Tags);
        }
        for (index, field) in draft.fields.iter().enumerate() {
            if let Some(declared) = wanted.configuration.get(field.key)
                && declared.value.compare(field.key, field.seen, &place)
                    == ValueComparison::Different
            {
                parts.push(Part::Field(index));
            }
        }
        let finding = |part| {
            let reason = "a file cannot represent the stored value exactly".to_owned();
            Finding { part, reason, is_plain_text_secret: false }
        };
        parts.into_iter().map(finding).collect()
    }

    fn finish(&self, draft: FileDraft<'_>, lines: &Lines) -> ImportedFile {
        let mut file = ImportedFile {
            path: self.path(),
            text: text(lines),
            variables: BTreeMap::new(),
            commented: Vec::new(),
            omitted: Vec::new(),
        };
        let tags = draft.omitted_tags;
        file.omitted.extend(tags.map(|reason| OmittedField { field: "tags".to_owned(), reason }));
        for ConfigurationField { key, representation, reason, .. } in draft.fields {
            match representation {
                Representation::Variable => {
                    let name = draft.variables.get(key).cloned().unwrap_or_default();
                    file.variables.insert(key.to_owned(), name);
                }
                Representation::Comment => file.commented.push(key.to_owned()),
                Representation::Omitted => {
                    let field = format!("configuration.{key}");
                    file.omitted.push(OmittedField { field, reason: reason.unwrap_or_default() });
                }
                Representation::Typed | Representation::Text | Representation::WebhookUrl => {}
            }
        }
        file
    }
}

impl FileDraft<'_> {
    fn resolve(&mut self, finding: Finding) -> Result<(), String> {
        let Finding { part, reason, is_plain_text_secret } = finding;
        match part {
            Part::Required => return Err(format!("{reason}: change it on the platform")),
            Part::Tags => self.omitted_tags = Some(reason),
            Part::Field(index) => {
                if let Some(field) = self.fields.get_mut(index) {
                    field.representation = field.representation.fallback(is_plain_text_secret);
                    field.reason = Some(reason);
                }
            }
        }
        Ok(())
    }
}

fn text(lines: &Lines) -> String {
    lines.iter().flat_map(|(_, line)| [line.as_str(), "\n"]).collect()
}

/// Findings in a file that the loader refuses: there is at least one.
fn findings_of_refused(problems: &Problems, lines: &Lines) -> Result<Vec<Finding>, String> {
    let findings = findings_of(problems.as_slice(), lines);
    if !findings.is_empty() {
        return Ok(findings);
    }
    let error = problems.as_slice().iter().find(|problem| problem.severity == Severity::Error);
    Err(error.map(|problem| problem.message.clone()).unwrap_or_default())
}

/// One finding for each part that has a problem. An unknown connector is not a problem here.
fn findings_of(problems: &[Problem], lines: &Lines) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for problem in problems.iter().filter(|problem| problem.code != Code::UnknownConnector) {
        let line = lines.get(problem.at.line.saturating_sub(1));
        // A problem with the schema file has a line of that file.
        let is_in_file = problem.code != Code::InvalidSchema;
        let part = line.filter(|_| is_in_file).map_or(Part::Required, |(part, _)| *part);
        let is_plain_text_secret = problem.code == Code::PlainTextSecret;
        if let Some(other) = findings.iter_mut().find(|other| other.part == part) {
            other.is_plain_text_secret |= is_plain_text_secret;
        } else {
            let reason = problem.message.clone();
            findings.push(Finding { part, reason, is_plain_text_secret });
        }
    }
    findings
}
