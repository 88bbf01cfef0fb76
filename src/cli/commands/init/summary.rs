//! The text that `ocon init` prints: what was written, what to add by hand, and the next commands.

use std::path::{Path, PathBuf};

use super::pipelines::Pipelines;
use super::project_name::{ChosenProject, PROJECT_FILE};
use super::scaffold::Outcome;
use crate::cli::commands::next_steps;
use crate::cli::setup::GlobalArgs;
use crate::report::style::{count, next_commands};
use crate::safe_text::escaped;

pub(super) struct Summary<'a> {
    pub(super) globals: &'a GlobalArgs,
    pub(super) project: &'a ChosenProject,
    pub(super) outcomes: &'a [(PathBuf, Outcome)],
    pub(super) missing_ignore_lines: &'a [&'static str],
    /// Whether a file has a document.
    pub(super) has_documents: bool,
    pub(super) pipelines: Option<&'a Pipelines>,
}

impl Summary<'_> {
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for (path, outcome) in self.outcomes {
            let word = match outcome {
                Outcome::Written => "written",
                Outcome::Exists => "exists ",
            };
            let name = path.display().to_string();
            let origin = self.origin(path, *outcome);
            text.push_str(&format!("{word}  {}{origin}\n", escaped(&name)));
        }
        let written =
            self.outcomes.iter().filter(|(_, outcome)| *outcome == Outcome::Written).count();
        text.push_str(&self.result(written));
        self.push_ignore_lines(&mut text);
        if let Some(pipelines) = self.pipelines {
            pipelines.push_findings(&mut text, self.globals);
        }
        if written > 0 {
            self.push_next(&mut text);
        }
        if let Some(pipelines) = self.pipelines {
            pipelines.push_setup(&mut text, self.globals);
        }
        text
    }

    /// The project, if the user did not name it.
    fn origin(&self, path: &Path, outcome: Outcome) -> String {
        let is_written = outcome == Outcome::Written && path == Path::new(PROJECT_FILE);
        if !is_written || !self.project.is_folder {
            return String::new();
        }
        format!(" (project {}, from the name of the folder)", self.project.name)
    }

    fn result(&self, written: usize) -> String {
        if written > 0 {
            let exists = self.outcomes.len() - written;
            return format!("{} written, {exists} unchanged.\n", count(written, "file"));
        }
        if self.pipelines.is_none_or(Pipelines::are_complete) {
            "Nothing was written: this repository has every file.\n".to_owned()
        } else {
            "Nothing was written.\n".to_owned()
        }
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
        let ocon = |command| next_steps::ocon(self.globals, command);
        let new = (ocon("new hootsuite"), "write the file of an instance");
        let connectors = ("ocon connectors".to_owned(), "list the connectors");
        let apply = (ocon("apply --sandbox"), "try the files without a tenant");
        let commands = if self.has_documents { vec![apply] } else { vec![connectors, new, apply] };
        text.push_str(&next_commands(&commands));
    }
}
