//! Problems in files, shown as rustc shows them: code, message, place, line, mark, help.
//!
//! In: [`Problem`]s, which carry their line with secrets already replaced. Out: text. Messages, paths
//! and lines hold text from files, so control and bidirectional characters are replaced in all of
//! them before they are written.

use std::ops::Range;

use annotate_snippets::{
    AnnotationKind, Group, Level, Origin, Renderer, Snippet, normalize_untrusted_str,
};

use crate::desired::{Excerpt, Problem, Severity};
use crate::instance::Span;

/// Whether text has colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    /// Text only.
    #[default]
    Plain,
    /// Terminal escape sequences.
    Styled,
}

/// Shows the problems in the given order, an empty line between two of them.
pub fn render(problems: &[Problem], colour: Colour) -> String {
    let renderer = match colour {
        Colour::Plain => Renderer::plain(),
        Colour::Styled => Renderer::styled(),
    };
    let blocks: Vec<_> = problems.iter().map(|problem| block(problem, &renderer)).collect();
    let mut text = blocks.join("\n\n");
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn block(problem: &Problem, renderer: &Renderer) -> String {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(harmless(&problem.message)).id(problem.code.as_str());
    let mut group = Group::with_title(title);
    let label = problem.label.as_deref();
    group = place(group, &problem.at, problem.excerpt.as_ref(), AnnotationKind::Primary, label);
    if let Some(related) = &problem.related {
        let label = Some(related.label.as_str());
        group = place(group, &related.at, related.excerpt.as_ref(), AnnotationKind::Context, label);
    }
    let help = problem.help.iter().map(|help| Level::HELP.message(harmless(help)));
    renderer.render(&[group.elements(help)])
}

/// Adds a place and, where there is one, its line.
fn place<'a>(
    group: Group<'a>,
    at: &Span,
    excerpt: Option<&Excerpt>,
    kind: AnnotationKind,
    label: Option<&str>,
) -> Group<'a> {
    let path = harmless(&at.file);
    let Some(excerpt) = excerpt else {
        let origin = Origin::path(path);
        return group.element(if at.line == 1 && at.column == 1 {
            // The file as a whole.
            origin
        } else {
            origin.line(at.line).char_column(at.column)
        });
    };
    let end = excerpt.end.max(excerpt.start + width_at(excerpt));
    let part = |range: Range<usize>| legible(excerpt.line.get(range).unwrap_or_default());
    let (before, within) = (part(0..excerpt.start), part(excerpt.start..end));
    let marked = before.len()..before.len() + within.len();
    let snippet = Snippet::source(before + &within + &part(end..excerpt.line.len()))
        .path(path)
        .line_start(at.line)
        .annotation(kind.span(marked).label(label.map(harmless)));
    group.element(snippet)
}

/// Replaces what would steer a terminal or break out of the line.
fn harmless(text: &str) -> String {
    legible(&normalize_untrusted_str(text)).replace(['\n', '\r'], "␊")
}

/// Replaces what steers a terminal and is not replaced by the renderer: the second set of control
/// characters, and marks of direction.
fn legible(text: &str) -> String {
    let steers = |c| matches!(c, '\u{80}'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}');
    text.replace(steers, "\u{fffd}")
}

/// The bytes of the first marked character: a place of no width is shown as one character.
fn width_at(excerpt: &Excerpt) -> usize {
    let rest = excerpt.line.get(excerpt.start..).unwrap_or_default();
    rest.chars().next().map_or(0, char::len_utf8)
}

#[cfg(test)]
#[expect(clippy::needless_raw_string_hashes, reason = "snapbox writes them")]
mod tests {
    use super::*;
    use crate::desired::{Code, Related};

    fn span(line: usize, column: usize) -> Span {
        Span { file: "instances/a.yaml".into(), line, column }
    }

    fn excerpt(line: &str, marked: &str) -> Excerpt {
        let start = line.find(marked).unwrap();
        Excerpt { line: line.to_owned(), start, end: start + marked.len() }
    }

    fn problem() -> Problem {
        Problem {
            code: Code::DuplicateKey,
            severity: Severity::Error,
            message: "the key `name` occurs twice in this map".to_owned(),
            at: span(12, 1),
            excerpt: Some(excerpt("name: B", "name")),
            label: Some("second time".to_owned()),
            help: vec!["remove one".to_owned()],
            related: Some(Related {
                at: span(3, 1),
                excerpt: Some(excerpt("name: A", "name")),
                label: "first time".to_owned(),
            }),
        }
    }

    #[test]
    fn a_problem_is_shown_with_its_line_and_the_related_one() {
        snapbox::assert_data_eq!(
            render(&[problem()], Colour::Plain),
            snapbox::str![[r#"
error[duplicate-key]: the key `name` occurs twice in this map
  --> instances/a.yaml:12:1
   |
12 | name: B
   | ^^^^ second time
   |
  ::: instances/a.yaml:3:1
   |
 3 | name: A
   | ---- first time
   |
   = help: remove one

"#]]
        );
    }

    #[test]
    fn a_whole_file_is_named_without_a_line() {
        let whole =
            Problem { at: span(1, 1), excerpt: None, related: None, label: None, ..problem() };
        snapbox::assert_data_eq!(
            render(&[whole], Colour::Plain),
            snapbox::str![[r#"
error[duplicate-key]: the key `name` occurs twice in this map
--> instances/a.yaml
 = help: remove one

"#]]
        );
    }

    #[test]
    fn a_place_is_named_even_without_its_line() {
        let unset = Problem { excerpt: None, related: None, label: None, ..problem() };
        snapbox::assert_data_eq!(
            render(&[unset], Colour::Plain),
            snapbox::str![[r#"
error[duplicate-key]: the key `name` occurs twice in this map
--> instances/a.yaml:12:1
 = help: remove one

"#]]
        );
    }

    #[test]
    fn control_characters_of_files_reach_no_terminal() {
        let hostile = "a\u{1b}[31m\u{202e}b\u{7}\u{9b}31m\u{200f}\r::error::";
        let place = Span { file: hostile.into(), ..span(1, 1) };
        let problem = Problem {
            message: hostile.to_owned(),
            at: place.clone(),
            excerpt: Some(excerpt(hostile, "b")),
            label: Some(hostile.to_owned()),
            help: vec![hostile.to_owned()],
            related: Some(Related {
                at: place,
                excerpt: Some(excerpt(hostile, "a")),
                label: hostile.to_owned(),
            }),
            ..problem()
        };
        let text = render(&[problem], Colour::Plain);
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{7}', '\u{9b}', '\u{200f}']), "{text:?}");
    }

    #[test]
    fn no_problems_are_no_text() {
        assert_eq!(render(&[], Colour::Plain), "");
    }
}
