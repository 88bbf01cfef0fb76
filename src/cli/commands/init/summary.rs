//! The text that `ocon init` prints: what was written, what to add by hand, and the next commands.

use std::path::PathBuf;

use super::example_pipelines::Ci;
use super::pipeline_text::PAGE_URL;
use super::scaffold::Outcome;
use crate::cli::setup::Files;
use crate::report::style::{count, next_commands};
use crate::safe_text::escaped;

pub(super) struct Summary<'a> {
    pub(super) outcomes: &'a [(PathBuf, Outcome)],
    pub(super) missing_ignore_lines: &'a [&'static str],
    /// Whether a file has a document.
    pub(super) has_documents: bool,
    pub(super) ci: Option<Ci>,
    /// The documents, if the pipelines are made for them.
    pub(super) files: Option<&'a Files>,
}

impl Summary<'_> {
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for (path, outcome) in self.outcomes {
            let word = match outcome {
                Outcome::Written => "written",
                Outcome::Exists => "exists ",
            };
            text.push_str(&format!("{word}  {}\n", escaped(&path.display().to_string())));
        }
        let written =
            self.outcomes.iter().filter(|(_, outcome)| *outcome == Outcome::Written).count();
        text.push_str(&if written == 0 {
            "Nothing was written: this repository has every file.\n".to_owned()
        } else {
            let exists = self.outcomes.len() - written;
            format!("{} written, {exists} unchanged.\n", count(written, "file"))
        });
        self.push_ignore_lines(&mut text);
        if written > 0 {
            self.push_next(&mut text);
        }
        text
    }

    fn push_ignore_lines(&self, text: &mut String) {
        if self.missing_ignore_lines.is_empty() {
            return;
        }
        text.push_str(
            "\nAdd these lines to .gitignore, so that no secret or result is committed:\n",
        );
        text.extend(self.missing_ignore_lines.iter().map(|line| format!("  {line}\n")));
    }

    fn push_next(&self, text: &mut String) {
        let new = ("ocon new hootsuite", "write the file of an instance");
        let connectors = ("ocon connectors", "list the connectors");
        let apply = ("ocon apply --sandbox", "try the files without a tenant");
        let commands = if self.has_documents { vec![apply] } else { vec![connectors, new, apply] };
        let commands = commands.into_iter().map(|(command, purpose)| (command.to_owned(), purpose));
        text.push_str(&next_commands(&commands.collect::<Vec<_>>()));
        if let Some(ci) = self.ci {
            self.push_pipeline_steps(text, ci);
        }
    }

    fn push_pipeline_steps(&self, text: &mut String, ci: Ci) {
        let name = ci.name();
        let secrets = self.files.map(|files| files.desired.environment_variables().len());
        let secrets = match secrets.unwrap_or_default() {
            0 => "When the files read secrets, get their lines:".to_owned(),
            number => {
                format!("Store the secrets of ocon, and {} of the files:", count(number, "secret"))
            }
        };
        text.push_str(&format!(
            "\nFor the pipeline:\n\
             \x20 - Check the values at its head, above all OCON_BASE_URL.\n\
             \x20 - {secrets} ocon variables --format {name}\n\
             \x20 - Create the environments: {PAGE_URL}#{}\n",
            ci.section()
        ));
    }
}
