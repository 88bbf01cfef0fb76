//! How a command ends: exit codes, and what a person reads when it fails.

use std::fmt;
use std::io::{self, ErrorKind};
use std::process::ExitCode;

use crate::apply::Outcome;
use crate::cli::terminal::command_output::Output;
use crate::plan::Plan;
use crate::report::style::{clean, message};

/// Exit codes, as pipelines rely on them. Where several fit, the first in this list wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// 130: interrupted.
    Interrupted,
    /// 64: the command line cannot be understood.
    Usage,
    /// 5: invalid files, or variables that are not set; nothing was contacted.
    Invalid,
    /// 6: not authenticated, or the API cannot be reached; no plan was made.
    Unreachable,
    /// 7: stopped by a guard: too many deletes, or a key whose ownership is in doubt.
    Guarded,
    /// 3: some instances failed, are unknown or blocked.
    Incomplete,
    /// 4: something was not applied because the world moved since the plan.
    Stale,
    /// 2: the plan has changes or blocked instances; only with `--detailed-exitcode`.
    Changes,
    /// 1: another error.
    Other,
    /// 0: success.
    Success,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Other => 1,
            Self::Changes => 2,
            Self::Incomplete => 3,
            Self::Stale => 4,
            Self::Invalid => 5,
            Self::Unreachable => 6,
            Self::Guarded => 7,
            Self::Usage => 64,
            Self::Interrupted => 130,
        }
    }

    /// How an apply ends: of all that fits, what comes first in this list.
    pub fn of_apply(outcome: &Outcome, plan: &Plan) -> Self {
        let stale = outcome.count("stale");
        let fits = [
            (outcome.interrupted, Self::Interrupted),
            (plan.is_guarded() || outcome.is_guarded(), Self::Guarded),
            (!outcome.is_checked(), Self::Incomplete),
            (outcome.count("done") + stale < outcome.results.len(), Self::Incomplete),
            (stale > 0, Self::Stale),
        ];
        let fitting = fits.into_iter().filter(|(fits, _)| *fits).map(|(_, exit)| exit);
        fitting.min().unwrap_or(Self::Success)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command could not do its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    message: Message,
    result: Option<Output>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Message {
    /// One sentence, its causes and what to do.
    Error { error: String, causes: Vec<String>, hints: Vec<String> },
    /// A text that is complete as it is.
    Rendered(String),
}

impl Failure {
    /// A failure with one sentence.
    pub fn new(exit: Exit, error: impl Into<String>) -> Self {
        let (causes, hints) = (Vec::new(), Vec::new());
        Self { exit, message: Message::Error { error: error.into(), causes, hints }, result: None }
    }

    /// A failure to write: says what to do where there is no space or a limit is reached.
    pub fn unwritten(sentence: impl Into<String>, error: &io::Error) -> Self {
        let failure = Self::new(Exit::Other, sentence).caused_by(error);
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

    /// A failure whose text was made elsewhere: diagnostics, or a usage message.
    pub fn rendered(exit: Exit, text: String) -> Self {
        Self { exit, message: Message::Rendered(text), result: None }
    }

    /// Adds what goes to stdout in spite of the failure.
    #[must_use]
    pub(crate) fn with_result(mut self, result: Option<Output>) -> Self {
        self.result = result;
        self
    }

    /// What goes to stdout in spite of the failure.
    pub(crate) fn result(&self) -> Option<&Output> {
        self.result.as_ref()
    }

    /// Adds a cause.
    #[must_use]
    pub fn caused_by(mut self, cause: &dyn fmt::Display) -> Self {
        if let Message::Error { causes, .. } = &mut self.message {
            causes.push(cause.to_string());
        }
        self
    }

    /// Adds what the person can do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Message::Error { hints, .. } = &mut self.message {
            hints.push(hint.into());
        }
        self
    }

    /// The text for stderr, with as many columns as there are, if there is a limit.
    pub fn render(&self, columns: Option<usize>) -> String {
        let (error, causes, hints) = match &self.message {
            Message::Rendered(text) => return text.clone(),
            Message::Error { error, causes, hints } => (error, causes, hints),
        };
        let mut text = message("error:", &clean(error), columns);
        for cause in causes {
            text.push_str(&message("  caused by:", &clean(cause), columns));
        }
        if !hints.is_empty() {
            text.push('\n');
        }
        for hint in hints {
            text.push_str(&message("hint:", &clean(hint), columns));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_exit_codes_the_first_in_the_list_wins() {
        let codes = |exits: &[Exit]| exits.iter().min().map(|exit| exit.code());
        assert_eq!(codes(&[Exit::Changes, Exit::Guarded, Exit::Incomplete]), Some(7));
        assert_eq!(codes(&[Exit::Interrupted, Exit::Usage]), Some(130));
    }

    #[test]
    fn a_failure_says_what_why_and_what_to_do() {
        let failure = Failure::new(Exit::Unreachable, "cannot read the instances")
            .caused_by(&"GET /instances failed: cannot connect\u{1b}[2J")
            .hint("check --base-url\u{202e}");
        assert_eq!(
            anstream::adapter::strip_str(&failure.render(None)).to_string(),
            "error: cannot read the instances\n  caused by: GET /instances failed: cannot connect\\u{1b}[2J\n\n\
             hint: check --base-url\\u{202e}\n"
        );
    }

    #[test]
    fn a_failure_fits_on_a_terminal() {
        let failure = Failure::new(Exit::Unreachable, "the credentials cannot be read from there")
            .caused_by(&"No such file or directory at https://example.com/a/long/path/of/words")
            .hint("both secrets stand in the user interface");
        let text = failure.render(Some(40));
        assert!(text.starts_with("\u{1b}[1m\u{1b}[31merror:\u{1b}[0m the credentials"), "{text:?}");
        let expected = "\
error: the credentials cannot be read
  from there
  caused by: No such file or directory
    at
    https://example.com/a/long/path/of/words

hint: both secrets stand in the user
  interface
";
        assert_eq!(anstream::adapter::strip_str(&text).to_string(), expected);
    }
}
