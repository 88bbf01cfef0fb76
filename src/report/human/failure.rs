//! The text form of a failure.

use crate::report::diagnostics;
use crate::report::human::Detail;
use crate::report::json::{Exit, FailureDocument};
use crate::report::style::{clean, message};

/// Renders a failure in lines of at most `columns`, if there is a limit: the message, its causes and
/// hints, or the problems in the files, in this detail.
pub fn failure(failure: &FailureDocument, columns: Option<usize>, detail: Detail) -> String {
    if !failure.problems.is_empty() {
        return diagnostics::with_summary(&failure.problems, columns, detail);
    }
    if failure.code == Exit::Interrupted {
        return format!("{}\n", failure.message);
    }
    let mut text = message("error:", &clean(&failure.message), columns);
    for cause in &failure.causes {
        text.push_str(&message("  caused by:", &clean(cause), columns));
    }
    if !failure.hints.is_empty() {
        text.push('\n');
    }
    for hint in &failure.hints {
        text.push_str(&message("hint:", &clean(hint), columns));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unreachable(message: &str, cause: &str, hint: &str) -> FailureDocument {
        FailureDocument {
            causes: vec![cause.to_owned()],
            hints: vec![hint.to_owned()],
            ..FailureDocument::new(Exit::Unreachable, message)
        }
    }

    #[test]
    fn a_failure_has_a_message_a_cause_and_a_hint() {
        let failure = unreachable(
            "cannot read the instances",
            "GET /instances failed: cannot connect\u{1b}[2J",
            "check --base-url\u{202e}",
        );
        assert_eq!(
            anstream::adapter::strip_str(&super::failure(&failure, None, Detail::Grouped))
                .to_string(),
            "error: cannot read the instances\n  caused by: GET /instances failed: cannot connect\\u{1b}[2J\n\n\
             hint: check --base-url\\u{202e}\n"
        );
    }

    #[test]
    fn a_failure_fits_on_a_terminal() {
        let failure = unreachable(
            "the credentials cannot be read from there",
            "No such file or directory at https://example.com/a/long/path/of/words",
            "both secrets are in the user interface",
        );
        let text = super::failure(&failure, Some(40), Detail::Grouped);
        assert!(text.starts_with("\u{1b}[1m\u{1b}[31merror:\u{1b}[0m the credentials"), "{text:?}");
        let expected = "\
error: the credentials cannot be read
  from there
  caused by: No such file or directory
    at
    https://example.com/a/long/path/of/words

hint: both secrets are in the user
  interface
";
        assert_eq!(anstream::adapter::strip_str(&text).to_string(), expected);
    }
}
