//! A failure as a comment.

use std::borrow::Cow;

use super::escape::fenced;
use super::options::{CommentOptions, marker};
use crate::report::{human, json::FailureDocument, truncate};

/// Maximum number of characters of a failure.
const MAX_FAILURE_CHARS: usize = 16_000;

/// Renders why a command has no result: the text of the failure, in at most the requested number of bytes.
pub fn failure(command: &str, failure: &FailureDocument, options: &CommentOptions) -> String {
    let target = failure.target.as_ref();
    let project = target.map(|target| target.project.as_str()).unwrap_or_default();
    let base_url = target.and_then(|target| target.base_url.as_deref()).unwrap_or_default();
    let marker = marker(command, project, base_url);
    let text = anstream::adapter::strip_str(&human::failure(failure, None, human::Detail::Grouped))
        .to_string();
    let comment = |max: usize| {
        let text = fenced("text", &truncated(&text, max));
        let report = options.report_link();
        format!("{marker}## ocon {command}: failed (exit {})\n{report}\n{text}", failure.exit)
    };
    // A character has several bytes, and an escaped one has more.
    let max_bytes = options.max_bytes;
    let mut limits = (0..16).map(|halved| max_bytes.min(MAX_FAILURE_CHARS) >> halved);
    let fitting =
        limits.find_map(|max| Some(comment(max)).filter(|comment| comment.len() <= max_bytes));
    fitting.unwrap_or_else(|| comment(0))
}

/// Truncates a text to about `max` characters. Its end stays, because the last line counts the errors.
fn truncated(text: &str, max: usize) -> Cow<'_, str> {
    match truncate::shortened(text, max) {
        Cow::Borrowed(whole) => Cow::Borrowed(whole),
        Cow::Owned(ends) => Cow::Owned(format!("{}\n{ends}", truncate::extent(text))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::file_links::FileLinks;
    use crate::report::json::{Exit, FailureTarget};
    use crate::report::markdown::MIN_MAX_BYTES;

    fn comment(message: &str, max_bytes: usize) -> String {
        let target = FailureTarget {
            base_url: Some("https://api.example.com/elements/api-v2".to_owned()),
            project: "shop".to_owned(),
        };
        let failure = FailureDocument {
            target: Some(target),
            ..FailureDocument::new(Exit::Invalid, message)
        };
        let links = FileLinks::default();
        super::failure("plan", &failure, &CommentOptions { max_bytes, links, report_url: None })
    }

    #[test]
    fn a_long_failure_keeps_its_last_line() {
        let message = format!("no\n{}12 errors in 3 files", "error: no\n".repeat(2_000));
        let text = comment(&message, MIN_MAX_BYTES * 4);
        assert!(text.ends_with("error: no\n12 errors in 3 files\n```\n"), "{text}");
        assert!(
            text.contains("```text\n(20,031 characters, shown in part)\nerror: no\n"),
            "{text}"
        );
        let hidden = "\u{202e}".repeat(3_000);
        for max in [MIN_MAX_BYTES, 5_000] {
            assert!(comment(&message, max).len() <= max);
            assert!(comment(&hidden, max).len() <= max);
        }
    }

    #[test]
    fn a_failure_is_in_a_fence_that_it_cannot_close() {
        assert_eq!(
            comment("`a`\n````\n@everyone\u{1b}[2J", MIN_MAX_BYTES),
            "<!-- ocon-plan project=shop at=api.example.com -->\n## ocon plan: failed (exit 5)\n\n\
             `````text\nerror: `a`\n````\n@everyone\\u{1b}[2J\n`````\n"
        );
    }
}
