//! Failures of commands: the exit code, the reason, its causes and hints, as data.
//!
//! A failure becomes text only when it is written. See [`human::failure`].

use std::fmt;
use std::io::{self, ErrorKind};
use std::process::ExitCode;

use crate::cli::terminal::command_output::Output;
use crate::desired::Problem;
use crate::report::human::{self, Detail};
pub use crate::report::json::Exit;
use crate::report::json::{DiagnosticsDocument, FailureDocument, FailureTarget};

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// Boxed, because most functions of `cli` return a `Result` with a failure.
    document: Box<FailureDocument>,
    /// Whether problems with the same remedy are one in the text.
    detail: Detail,
    /// The usage message of clap, with styles.
    rendered: Option<String>,
    result: Option<Output>,
    /// Whether the files of `--report` are written.
    has_reports: bool,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        let document = Box::new(FailureDocument::new(exit, message));
        Self {
            exit,
            document,
            detail: Detail::default(),
            rendered: None,
            result: None,
            has_reports: false,
        }
    }

    /// Creates the failure of a write, with a hint if the disk is full or a limit is reached.
    pub(crate) fn unwritten(message: impl Into<String>, error: &io::Error) -> Self {
        let failure = Self::new(Exit::Other, message).caused_by(error);
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                failure.hint("free some disk space, then run the command again")
            }
            ErrorKind::FileTooLarge => {
                failure.hint("raise the file-size limit (`ulimit -f`), then run the command again")
            }
            _ => failure,
        }
    }

    pub(crate) fn invalid_files(problems: &[Problem], detail: Detail) -> Self {
        let mut failure = Self { detail, ..Self::new(Exit::Invalid, "the files are invalid") };
        failure.document.problems = DiagnosticsDocument::new(None, problems).problems;
        failure
    }

    /// The failure of a command that a signal ended. The exit code can be that of a success: of a server.
    pub(crate) fn interrupted(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, ..Self::new(Exit::Interrupted, message) }
    }

    /// The usage error of clap, from its text: a message, then tips and the usage, each after an empty line.
    pub(crate) fn usage(text: String) -> Self {
        let plain = anstream::adapter::strip_str(&text).to_string();
        let mut parts = plain.split("\n\n").map(str::trim).filter(|part| !part.is_empty());
        let message = parts.next().unwrap_or_default();
        let failure = Self::new(Exit::Usage, message.strip_prefix("error: ").unwrap_or(message));
        let failure = parts.fold(failure, |failure, part| {
            failure.hint(part.strip_prefix("tip: ").unwrap_or(part))
        });
        Self { rendered: Some(text), ..failure }
    }

    /// Adds what is written to stdout in addition to the failure.
    #[must_use]
    pub(crate) fn with_result(self, result: Option<Output>) -> Self {
        Self { result, ..self }
    }

    /// Adds that the files of `--report` are written, so they do not get the failure.
    #[must_use]
    pub(crate) fn with_reports(self) -> Self {
        Self { has_reports: true, ..self }
    }

    pub(crate) fn has_reports(&self) -> bool {
        self.has_reports
    }

    pub(crate) fn result(&self) -> Option<&Output> {
        self.result.as_ref()
    }

    #[must_use]
    pub(crate) fn caused_by(mut self, cause: &dyn fmt::Display) -> Self {
        self.document.causes.push(cause.to_string());
        self
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.document.hints.push(hint.into());
        self
    }

    /// The document of this failure, with the target as far as it is known.
    pub(crate) fn document(&self, target: Option<FailureTarget>) -> FailureDocument {
        FailureDocument { exit: self.exit.code(), target, ..(*self.document).clone() }
    }

    /// Renders the text for stderr, in lines of at most `columns` if there is a limit.
    pub(crate) fn render(&self, columns: Option<usize>) -> String {
        match &self.rendered {
            Some(text) => text.clone(),
            None => human::failure(&self.document, columns, self.detail),
        }
    }
}
