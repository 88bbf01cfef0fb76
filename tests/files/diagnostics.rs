//! The machine-readable formats of problems in files, and the page that explains their codes.

mod forms;
mod github;
mod page;
mod sarif;

use ocon::desired::{Code, Excerpt, Problem, Related, Severity};
use ocon::instance::Span;

/// A problem at the key of a line, with all that a problem can have.
fn problem() -> Problem {
    let excerpt = |line: &str, marked: &str| {
        let start = line.find(marked).unwrap();
        Some(Excerpt { line: line.to_owned(), start, end: start + marked.len() })
    };
    Problem {
        code: Code::DuplicateKey,
        severity: Severity::Error,
        message: "the key `größe` occurs twice in this map".to_owned(),
        at: span("instances/a.yaml", 12, 3),
        excerpt: excerpt("  größe: B", "größe"),
        label: Some("second time".to_owned()),
        help: vec!["remove one".to_owned(), "or rename it".to_owned()],
        related: Some(Related {
            at: span("instances/a.yaml", 3, 3),
            excerpt: excerpt("  größe: A", "größe"),
            label: "first time".to_owned(),
        }),
    }
}

/// A problem with only a message about a file.
fn bare(file: &str, message: &str) -> Problem {
    Problem {
        message: message.to_owned(),
        at: span(file, 1, 1),
        excerpt: None,
        label: None,
        help: Vec::new(),
        related: None,
        ..problem()
    }
}

fn span(file: &str, line: usize, column: usize) -> Span {
    Span { file: file.into(), line, column }
}

/// Names and messages that imitate syntax.
const HOSTILE: [&str; 12] = [
    "a\n::error file=b::c",
    "::stop-commands::x",
    "a,line=9,title=b",
    "a::b: c, d=e",
    "100%25 %0A%0D%3A%2C %",
    "\r\n\t\u{1b}[31m\u{7}",
    "\u{202e}txet\u{202c}\u{2066}\u{200b}\u{feff}\u{2028}",
    "##[add-mask]x",
    "[click](https://example.com) {0} {{1}}",
    "file:///etc/passwd?a#b",
    " \u{85} größe 日本 🎉 ",
    "\"quoted\" \\ 'single' <b>&amp;</b>",
];
