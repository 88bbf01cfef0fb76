//! What `ocon init --ci` prints about the pipelines: what is wrong with existing ones, and how to set up the
//! new ones.

use super::existing_pipeline::ExistingPipeline;
use super::pipeline_text::PAGE_URL;
use super::pipelines::Pipelines;
use crate::cli::commands::next_steps;
use crate::cli::setup::GlobalArgs;
use crate::report::pipeline_lines::{PipelineSyntax, yaml_patterns};
use crate::report::style::count;

/// The names of variables that are listed per pipeline.
const MAX_LISTED: usize = 5;

impl Pipelines {
    /// Whether every existing pipeline is one of ocon that lacks nothing.
    pub(super) fn are_complete(&self) -> bool {
        let complete = ExistingPipeline::Lacks(Vec::new());
        self.existing.iter().all(|(_, found)| *found == complete)
    }

    /// Adds what the user has to change in existing pipelines.
    pub(super) fn push_findings(&self, text: &mut String, globals: &GlobalArgs) {
        for (path, found) in &self.existing {
            match found {
                ExistingPipeline::Foreign => text.push_str(&format!(
                    "\n{path} was not changed, and it has no job of ocon.\n\
                     To add the jobs, rename it, run this command again, and merge both files: {}\n",
                    self.section_url()
                )),
                ExistingPipeline::Unread(reason) => {
                    text.push_str(&format!("\n{path} was not checked: {reason}.\n"));
                }
                ExistingPipeline::Lacks(_) => {}
            }
        }
        let lacking = self.existing.iter().filter_map(|(path, found)| match found {
            ExistingPipeline::Lacks(names) if !names.is_empty() => Some((path, names)),
            _ => None,
        });
        let lines: Vec<String> =
            lacking.map(|(path, names)| format!("  {path}: {}\n", listed(names))).collect();
        if !lines.is_empty() {
            let command = self.variables_command(globals);
            text.push_str(&format!(
                "\nThese pipelines do not allow or do not pass variables that the files read:\n{}\
                 Set {} there. To print all lines: {command}\n",
                lines.concat(),
                self.allow_list()
            ));
        }
    }

    /// Adds how to set up the new pipelines.
    pub(super) fn push_setup(&self, text: &mut String, globals: &GlobalArgs) {
        if self.written == 0 {
            return;
        }
        let (base_url, other) = if self.has_platform {
            ("", "")
        } else {
            let line = "\x20 - Set OCON_BASE_URL: without --region, it is that of region us2.\n";
            (line, "other ")
        };
        let head = if self.written == 1 { "at its head" } else { "at their heads" };
        let secrets = match self.variables {
            0 => "When the files read secrets, get their lines:".to_owned(),
            number => {
                format!("Store the secrets of ocon, and {} of the files:", count(number, "secret"))
            }
        };
        text.push_str(&format!(
            "\nFor the new {}:\n\
             {base_url}\
             \x20 - Check the {other}values {head}.\n\
             \x20 - {secrets} {}\n\
             \x20 - Set up the CI system: {}\n",
            if self.written == 1 { "pipeline" } else { "pipelines" },
            self.variables_command(globals),
            self.section_url()
        ));
    }

    fn variables_command(&self, globals: &GlobalArgs) -> String {
        next_steps::ocon(globals, &format!("variables --format {}", self.ci.name()))
    }

    fn section_url(&self) -> String {
        format!("{PAGE_URL}#{}", self.ci.section())
    }

    /// The line that allows the variables of all files.
    fn allow_list(&self) -> String {
        match self.ci.syntax() {
            PipelineSyntax::Jenkins => format!("OCON_ENV_ALLOW = '{}'", self.patterns),
            _ => format!("OCON_ENV_ALLOW: {}", yaml_patterns(&self.patterns)),
        }
    }
}

fn listed(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(MAX_LISTED).map(String::as_str).collect();
    let more = names.len().saturating_sub(MAX_LISTED);
    if more == 0 { shown.join(", ") } else { format!("{}, and {more} more", shown.join(", ")) }
}
