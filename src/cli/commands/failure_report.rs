//! The document of a failed command on stdout, for the formats that always have one.
//!
//! In: a failure, and the arguments of the command. Out: the failure with an `ocon-failure` document or a
//! comment, unless the command has another document or stdout already has one.

use std::ffi::OsString;

use crate::cli::commands::comment::{comment_options, html_options};
use crate::cli::setup::global_args::{Format, GlobalArgs};
use crate::cli::setup::platform::{self, Platform, SANDBOX_URL};
use crate::cli::setup::project;
use crate::cli::terminal::{Failure, Output, interrupt, redaction};
use crate::desired;
use crate::report::diagnostics::sarif;
use crate::report::json::{self, FailureTarget};
use crate::report::{html, markdown};

/// Adds the document of a failure in the format of the command, with the platform and the project.
pub(crate) fn on_failure(failure: Failure, command: &str, globals: &GlobalArgs) -> Failure {
    with_document(failure, |failure| render(globals.format, failure, command, globals))
}

/// Renders a failure; `None` for a format without a document of failures.
pub(crate) fn render(
    format: Format,
    failure: &Failure,
    command: &str,
    globals: &GlobalArgs,
) -> Option<Output> {
    let document = || {
        let document = failure.document(Some(target(globals)));
        redaction::without_secrets(&document).unwrap_or(document)
    };
    let text = match format {
        Format::Json => return Some(Output::Json(json::render(&document()))),
        Format::Sarif => return Some(Output::Json(sarif::failure(&document()))),
        Format::Markdown => markdown::failure(command, &document(), &comment_options(globals)),
        Format::Html => html::failure(command, &document(), &html_options(globals)),
        _ => return None,
    };
    Some(Output::Text(text))
}

/// Adds the document of a failure that occurs before the arguments are known to be valid.
pub(crate) fn on_early_failure(failure: Failure, arguments: &[OsString]) -> Failure {
    if asks_for("json", arguments) {
        with_document(failure, |failure| Some(Output::Json(json::render(&failure.document(None)))))
    } else if asks_for("sarif", arguments) {
        with_document(failure, |failure| {
            Some(Output::Json(sarif::failure(&failure.document(None))))
        })
    } else {
        failure
    }
}

fn with_document(mut failure: Failure, render: impl FnOnce(&Failure) -> Option<Output>) -> Failure {
    if failure.result().is_some() || interrupt::is_result_started() {
        return failure;
    }
    failure.exit = interrupt::exit_after(failure.exit);
    let document = render(&failure);
    failure.with_result(document)
}

/// Whether the arguments contain `--format FORMAT`, even if clap cannot parse them.
fn asks_for(format: &str, arguments: &[OsString]) -> bool {
    let options: Vec<_> = arguments.iter().take_while(|argument| *argument != "--").collect();
    let separate = options.windows(2).any(|pair| pair == ["--format", format]);
    let joined = format!("--format={format}");
    separate || options.iter().any(|option| **option == *joined)
}

/// The platform and the project, as far as the arguments and the environment tell.
fn target(globals: &GlobalArgs) -> FailureTarget {
    let base_url = match platform::choose(globals) {
        Ok(Platform::At(base_url)) => Some(base_url.as_str().to_owned()),
        Ok(Platform::Sandbox) => Some(SANDBOX_URL.to_owned()),
        Err(_) => None,
    };
    FailureTarget { base_url, project: project(globals) }
}

fn project(globals: &GlobalArgs) -> String {
    let given = project::given(globals).map(|(_, name)| name);
    let in_file = || Some(desired::load_project(&globals.root).ok()?.project?.name);
    given.unwrap_or_else(|| in_file().unwrap_or_else(project::default_project).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_recognized_among_arguments_that_cannot_be_parsed() {
        let asks =
            |line: &str| asks_for("json", &line.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert!(asks("ocon plan --format json --nope"));
        assert!(asks("ocon --format=json"));
        assert!(!asks("ocon plan json --format"));
        assert!(!asks("ocon plan --format text"));
        assert!(!asks("ocon plan -- --format json"));
    }
}
