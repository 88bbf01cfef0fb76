//! Fills the names of a user's repository into the text of an example.
//!
//! Input: a pipeline of `examples/ci`, and the values. Output: the same pipeline for the user's project and
//! documents. The examples keep two rules, which tests check: they use the names of the project and of the
//! documents of this repository, and the lines of secrets are groups that differ only in the name.

use super::example_pipelines::Ci;
use crate::report::pipeline_lines::{PipelineSyntax, yaml_patterns, yaml_word};

/// The names in the examples: those of `ocon.yaml` and `instances/` in this repository.
const EXAMPLE_PROJECT: &str = "marketing";
const EXAMPLE_PATTERNS: &str = "CLOSEIO_*,HOOTSUITE_*,SLACK_*";
const EXAMPLE_PREFIXES: [&str; 3] = ["CLOSEIO_", "HOOTSUITE_", "SLACK_"];
const EXAMPLE_BASE_URL: &str =
    "https://api.openconnectors.us2.ext.hana.ondemand.com/elements/api-v2";

/// A pattern that allows no variable of any file. Jenkins would unset a variable with an empty value, and
/// then every variable would be allowed.
const NO_VARIABLE: &str = "NONE";

/// The pages that the examples name. A user's repository does not have them.
const PAGE: &str = "docs/pipelines.md";
pub(super) const PAGE_URL: &str =
    "https://github.com/your-organization/ocon/blob/main/docs/pipelines.md";
/// The instruction that `ocon init` has followed.
const COPY_INSTRUCTION: &str = ", and copy this file to `.gitlab-ci.yml` or include it there";

/// The values for a pipeline.
pub(super) struct PipelineValues<'a> {
    pub(super) project: &'a str,
    /// The environment variables that the documents read, in alphabetical order.
    pub(super) variables: Vec<&'a str>,
    /// The patterns for `OCON_ENV_ALLOW`, or nothing.
    pub(super) patterns: String,
    /// The base URL, if the user gave one.
    pub(super) base_url: Option<String>,
    pub(super) ci: Ci,
}

impl PipelineValues<'_> {
    /// Fills the values into a text.
    pub(super) fn fill_in(&self, example: &str) -> String {
        let mut text = String::new();
        let mut group = None;
        for line in example.lines() {
            let secret = secret_name(line);
            let template = secret.map(|name| line.replace(name, "\0"));
            if template.is_some() && template == group {
                continue;
            }
            match &template {
                Some(template) => self.push_secrets(&mut text, template),
                None => self.push_line(&mut text, line),
            }
            group = template;
        }
        text
    }

    /// Adds the lines of all secrets, from a line with NUL in place of the name.
    fn push_secrets(&self, text: &mut String, template: &str) {
        if self.variables.is_empty() {
            text.push_str(&format!("{}{}\n", margin(template), self.no_variable_comment()));
        }
        for name in &self.variables {
            text.push_str(&format!("{}\n", template.replace('\0', name)));
        }
    }

    fn push_line(&self, text: &mut String, line: &str) {
        if line.contains(EXAMPLE_PATTERNS) {
            if self.variables.is_empty() {
                text.push_str(&format!("{}{}\n", margin(line), self.no_variable_comment()));
            }
            text.push_str(&format!("{}\n", line.replace(EXAMPLE_PATTERNS, &self.patterns())));
            return;
        }
        // Texts of the example are replaced before the user's values are inserted, so that no value is
        // changed: a project can have the name of a file.
        let line = line.replace(PAGE, PAGE_URL).replace(COPY_INSTRUCTION, "");
        let line = self.with_project(&self.with_paths(line));
        let line = match &self.base_url {
            Some(base_url) => line.replace(EXAMPLE_BASE_URL, base_url),
            None => line,
        };
        text.push_str(&line);
        text.push('\n');
    }

    fn patterns(&self) -> String {
        let patterns = if self.patterns.is_empty() { NO_VARIABLE } else { &self.patterns };
        match self.ci.syntax() {
            PipelineSyntax::Jenkins => patterns.to_owned(),
            _ => yaml_patterns(patterns),
        }
    }

    fn no_variable_comment(&self) -> String {
        let comment = if self.ci.syntax() == PipelineSyntax::Jenkins { "//" } else { "#" };
        let name = self.ci.name();
        format!(
            "{comment} No file reads a variable yet. For new lines: ocon variables --format {name}"
        )
    }

    /// The line with the user's project. A value in YAML is in quotes if it can be read as a number.
    fn with_project(&self, line: &str) -> String {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        with_words(line, EXAMPLE_PROJECT, is_part, |before, after| {
            let is_value = before.ends_with(": ") && after.is_empty();
            if is_value { yaml_word(self.project) } else { self.project.to_owned() }
        })
    }

    /// The line with the names that the files have in the user's repository.
    fn with_paths(&self, line: String) -> String {
        let is_part = |c: char| c.is_ascii_alphanumeric() || "_-/".contains(c);
        self.ci.pipelines().iter().fold(line, |line, pipeline| {
            let name = pipeline.path.rsplit('/').next().unwrap_or_default();
            with_words(&line, pipeline.example_name(), is_part, |_, _| name.to_owned())
        })
    }
}

/// The text with another word in place of every `word`, given what is before and after it. Its
/// neighbors are not part of a word.
fn with_words(
    text: &str,
    word: &str,
    is_part: impl Fn(char) -> bool,
    other: impl Fn(&str, &str) -> String,
) -> String {
    let mut changed = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(word) {
        changed.push_str(before);
        let is_whole = !changed.ends_with(&is_part) && !after.starts_with(&is_part);
        let word = if is_whole { other(&changed, after) } else { word.to_owned() };
        changed.push_str(&word);
        rest = after;
    }
    changed + rest
}

fn margin(line: &str) -> &str {
    line.split_at(line.len() - line.trim_start().len()).0
}

/// The name of a secret of the example's documents in a line. Patterns are no names.
pub(super) fn secret_name(line: &str) -> Option<&str> {
    let is_of_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let mut words = line.split(|c: char| !is_of_name(c) && c != '*');
    words.find(|word| {
        let begins = EXAMPLE_PREFIXES.iter().any(|prefix| word.starts_with(prefix));
        begins && word.chars().all(is_of_name)
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::ValueEnum as _;

    use super::*;
    use crate::desired::secrets::WithheldSecrets;
    use crate::desired::{self, Sources};

    /// Lines without those that are only a comment, which have other paths.
    fn code(text: &str) -> Vec<&str> {
        let is_comment = |line: &&str| {
            let text = line.trim_start();
            text.starts_with('#') || text.starts_with("//")
        };
        text.lines().filter(|line| !is_comment(line)).collect()
    }

    #[test]
    fn the_documents_of_the_examples_give_the_examples() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let secrets = WithheldSecrets::default();
        let project = desired::load_project(root).unwrap();
        let sources = Sources::with_defaults(root, &secrets, "2026-01-01");
        let desired = desired::load(&Sources { variables: &project.vars, ..sources }).unwrap();
        let desired = desired.desired;
        let name = project.project.unwrap().name;
        assert_eq!(name.as_str(), EXAMPLE_PROJECT);
        for ci in Ci::value_variants() {
            let values = PipelineValues {
                project: name.as_str(),
                variables: desired.environment_variables(),
                patterns: desired.variable_patterns().join(","),
                base_url: None,
                ci: *ci,
            };
            for pipeline in ci.pipelines() {
                let text = values.fill_in(pipeline.text);
                assert_eq!(code(&text), code(pipeline.text), "{}", pipeline.path);
                assert_eq!(text.lines().count(), pipeline.text.lines().count());
            }
        }
    }

    #[test]
    fn every_group_of_secrets_has_one_line_per_variable() {
        let mut all_groups = 0;
        for ci in Ci::value_variants() {
            let values = PipelineValues {
                project: "sales",
                variables: vec!["A_KEY", "B_KEY"],
                patterns: "A_KEY,B_KEY".to_owned(),
                base_url: None,
                ci: *ci,
            };
            for pipeline in ci.pipelines() {
                let text = values.fill_in(pipeline.text);
                let lines = |name: &str, text: &str| {
                    text.lines().filter(|line| line.contains(name) && !line.contains(',')).count()
                };
                let groups = lines("SLACK_CODE", pipeline.text);
                let context = pipeline.path;
                assert_eq!(
                    (lines("A_KEY", &text), lines("B_KEY", &text)),
                    (groups, groups),
                    "{context}"
                );
                all_groups += groups;
            }
        }
        assert!(all_groups >= 6, "{all_groups} groups were found");
    }

    #[test]
    fn only_whole_words_are_replaced() {
        let is_part = |c: char| c.is_ascii_alphanumeric();
        let other = |before: &str, _: &str| format!("word {}", before.len());
        let changed = with_words("plan a-plan planned plan", "plan", is_part, other);
        assert_eq!(changed, "word 0 a-word 9 planned word 24");
    }
}
