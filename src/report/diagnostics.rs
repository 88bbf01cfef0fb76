//! Problems in files, shown as rustc shows them: code, message, place, line, mark, help.
//!
//! In: [`Problem`]s, which carry their line with secrets already replaced. Out: text, and for
//! programs [`json`], [`github`] and [`sarif`], which never contain the line itself. Messages, paths
//! and lines hold text from files, so control and bidirectional characters are replaced in all of
//! them before they are written.

pub mod github;
pub mod json;
pub mod sarif;

use std::collections::BTreeSet;
use std::ops::Range;

use annotate_snippets::{
    AnnotationKind, Group, Level, Origin, Renderer, Snippet, normalize_untrusted_str,
};

use super::style::{clean, count, hanging};
use crate::desired::{Excerpt, Problem, Severity};
use crate::instance::Span;
use crate::safe_text::escaped;

/// Whether text has colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    /// Text only.
    #[default]
    Plain,
    /// Terminal escape sequences.
    Styled,
}

/// Shows the problems in the given order, an empty line between two of them. What is said fits on
/// so many columns, if there is a limit; a file's line that does not is shown in part.
pub fn render(problems: &[Problem], colour: Colour, columns: Option<usize>) -> String {
    let renderer = match colour {
        Colour::Plain => Renderer::plain(),
        Colour::Styled => Renderer::styled(),
    };
    let renderer = match columns {
        Some(columns) => renderer.term_width(columns),
        None => renderer,
    };
    let block = |problem| block(problem, &renderer, columns);
    let blocks: Vec<_> = problems.iter().map(block).collect();
    let mut text = blocks.join("\n\n");
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// How many problems there are, in a sentence; `None` where a reader sees that at a glance.
pub fn summary(problems: &[Problem]) -> Option<String> {
    if problems.len() < 2 {
        return None;
    }
    let of = |severity| problems.iter().filter(|problem| problem.severity == severity).count();
    let counts = [(of(Severity::Error), "error"), (of(Severity::Warning), "warning")];
    let counts = counts.iter().filter(|(number, _)| *number > 0);
    let counts: Vec<_> = counts.map(|(number, noun)| count(*number, noun)).collect();
    let files = problems.iter().map(|problem| &problem.at.file).filter(|file| !file.is_empty());
    let place = match files.collect::<BTreeSet<_>>().len() {
        0 => String::new(),
        files => format!(" in {}", count(files, "file")),
    };
    Some(format!("{}{place}\n", counts.join(", ")))
}

/// A piece of a line: lines and columns count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Region {
    line: usize,
    column: usize,
    /// The column after the last one, where the line is at hand. A secret counts as one character, so
    /// that not even its length is told.
    end_column: Option<usize>,
}

/// The piece that a problem points at; `None` where it is the file as a whole.
fn region(at: &Span, excerpt: Option<&Excerpt>) -> Option<Region> {
    let (line, column) = (at.line, at.column);
    let Some(excerpt) = excerpt else {
        return (line > 1 || column > 1).then_some(Region { line, column, end_column: None });
    };
    let marked = excerpt.line.get(excerpt.start..excerpt.end).unwrap_or_default();
    Some(Region { line, column, end_column: Some(column + marked.chars().count().max(1)) })
}

fn block(problem: &Problem, renderer: &Renderer, columns: Option<usize>) -> String {
    let (level, severity) = match problem.severity {
        Severity::Error => (Level::ERROR, "error"),
        Severity::Warning => (Level::WARNING, "warning"),
    };
    let code = problem.code.as_str();
    let before = format!("{severity}[{code}]: ");
    let message = fitting(&problem.message, &before, "  ", columns);
    let title = level.primary_title(message.as_str()).id(code);
    let mut group = Group::with_title(title);
    let label = problem.label.as_deref();
    group = place(group, &problem.at, problem.excerpt.as_ref(), AnnotationKind::Primary, label);
    if let Some(related) = &problem.related {
        let label = Some(related.label.as_str());
        group = place(group, &related.at, related.excerpt.as_ref(), AnnotationKind::Context, label);
    }
    let under = " ".repeat(problem.at.line.to_string().len() + "  = help: ".len());
    let help = problem.help.iter();
    let help = help.map(|help| Level::HELP.message(fitting(help, &under, &under, columns)));
    let text = renderer.render(&[group.elements(help)]);
    let text = less_indented(&text, message.lines().count(), before.len());
    let with_line = problem.excerpt.is_some()
        || problem.related.as_ref().is_some_and(|related| related.excerpt.is_some());
    // Without a line there is no number that would push the rest to the right.
    if with_line { text } else { text.replace('\n', "\n ") }
}

/// Adds a place and, where there is one, its line.
fn place<'a>(
    group: Group<'a>,
    at: &Span,
    excerpt: Option<&Excerpt>,
    kind: AnnotationKind,
    label: Option<&str>,
) -> Group<'a> {
    if at.file.is_empty() {
        // It is about no file at all.
        return group;
    }
    let path = harmless(&at.file);
    let Some(excerpt) = excerpt else {
        let origin = Origin::path(path);
        return group.element(match region(at, None) {
            None => origin,
            Some(region) => origin.line(region.line).char_column(region.column),
        });
    };
    let end = excerpt.end.max(excerpt.start + width_at(excerpt));
    let line = no_command(&excerpt.line);
    let part = |range: Range<usize>| in_excerpt(line.get(range).unwrap_or_default());
    let (before, within) = (part(0..excerpt.start), part(excerpt.start..end));
    let marked = before.len()..before.len() + within.len();
    let snippet = Snippet::source(before + &within + &part(end..line.len()))
        .path(path)
        .line_start(at.line)
        .annotation(kind.span(marked).label(label.map(harmless)));
    group.element(snippet)
}

/// A harmless text in lines that fit behind what stands before them, the first line behind `first`.
fn fitting(text: &str, first: &str, indent: &str, columns: Option<usize>) -> String {
    let text = harmless(text);
    let Some(columns) = columns else { return text };
    let lines = hanging(first, &text, indent, columns);
    let lines = lines.lines().enumerate().map(|(number, line)| {
        line.get(if number == 0 { first.len() } else { indent.len() }..).unwrap_or_default()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The further lines of a title stand below the end of its code, where a narrow terminal has no room.
fn less_indented(text: &str, title: usize, indent: usize) -> String {
    let further = 1..title;
    let lines = text.split('\n').enumerate().map(|(number, line)| {
        if !further.contains(&number) {
            return line.to_owned();
        }
        line.replacen(&" ".repeat(indent), "  ", 1)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Replaces what would steer a terminal, break out of the line, or be a command at the beginning of a
/// line that is wrapped.
fn harmless(text: &str) -> String {
    let text = no_command(&normalize_untrusted_str(&in_excerpt(text))).replace(['\n', '\r'], "␊");
    clean(&text).into_owned()
}

/// Changes what runners of GitHub and Azure take for a command wherever it stands in a line. Another
/// bracket, so that places stay where they are.
fn no_command(text: &str) -> String {
    text.replace("##[", "##(").replace("##vso[", "##vso(")
}

/// A line of a file with its deceptive characters shown escaped. The renderer shows a tab as blanks.
fn in_excerpt(text: &str) -> String {
    text.split('\t').map(escaped).collect::<Vec<_>>().join("\t")
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
            render(&[problem()], Colour::Plain, None),
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
            render(&[whole], Colour::Plain, None),
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
            render(&[unset], Colour::Plain, None),
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
        let text = render(&[problem], Colour::Plain, None);
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{7}', '\u{9b}', '\u{200f}']), "{text:?}");
    }

    #[test]
    fn text_of_files_is_no_command_to_a_runner() {
        for hostile in ["a ##[add-mask]b", "##vso[task.setvariable]b"] {
            let mut problem = problem();
            problem.message = hostile.to_owned();
            problem.at.file = hostile.into();
            problem.excerpt = Some(excerpt(hostile, "b"));
            problem.label = Some(hostile.to_owned());
            problem.help = vec![hostile.to_owned()];
            let text = render(&[problem], Colour::Plain, None);
            assert!(!text.contains("##[") && !text.contains("##vso["), "{text}");
            assert_eq!(text.matches("##").count(), 5, "{text}");
            let commands = text.lines().filter(|line| line.trim_start().starts_with("::"));
            assert!(commands.filter(|line| !line.trim_start().starts_with("::: ")).count() == 0);
        }
    }

    #[test]
    fn several_problems_are_counted() {
        let warning = Problem { severity: Severity::Warning, ..problem() };
        let elsewhere =
            Problem { at: Span { file: "ocon.yaml".into(), ..span(1, 1) }, ..problem() };
        let of_none = Problem { at: Span { file: "".into(), ..span(1, 1) }, ..warning.clone() };
        let said = |problems: &[Problem]| summary(problems);
        assert_eq!(said(&[problem()]), None);
        assert_eq!(said(&[problem(), problem()]).unwrap(), "2 errors in 1 file\n");
        assert_eq!(said(&[warning.clone(), of_none.clone()]).unwrap(), "2 warnings in 1 file\n");
        let all = [problem(), warning, elsewhere, of_none];
        assert_eq!(said(&all).unwrap(), "2 errors, 2 warnings in 2 files\n");
    }

    #[test]
    fn a_region_counts_characters_and_a_secret_as_one() {
        let of = |line: &str, marked: &str| region(&span(3, 5), Some(&excerpt(line, marked)));
        let region_to = |end| Some(Region { line: 3, column: 5, end_column: Some(end) });
        assert_eq!(of("größe: 日本", "größe"), region_to(10));
        assert_eq!(of("password: …", "…"), region_to(6));
        assert_eq!(of("nothing: ", ""), region_to(6));
        let unknown = Some(Region { line: 3, column: 1, end_column: None });
        assert_eq!(region(&span(3, 1), None), unknown);
        assert_eq!(region(&span(1, 1), None), None);
    }

    #[test]
    fn no_problems_are_no_text() {
        assert_eq!(render(&[], Colour::Plain, None), "");
    }

    #[test]
    fn what_is_said_fits_on_a_terminal() {
        let message = "events are switched on, and nothing says where they are sent";
        let help =
            vec!["add `event.notification.callback.url: https://…`, or switch them off".to_owned()];
        let long = Problem { message: message.to_owned(), help, related: None, ..problem() };
        let line = excerpt(&format!("name: {}", "a long name ".repeat(9)), "name");
        snapbox::assert_data_eq!(
            render(&[Problem { excerpt: Some(line), ..long }], Colour::Plain, Some(40)),
            snapbox::str![[r#"
error[duplicate-key]: 
  events are switched on, and nothing
  says where they are sent
  --> instances/a.yaml:12:1
   |
12 | name: a long name a long name a ...
   | ^^^^ second time
   |
   = help: add
           `event.notification.callback.url:
           https://…`, or switch them
           off

"#]]
        );
    }
}
