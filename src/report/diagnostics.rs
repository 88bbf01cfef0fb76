//! Renders problems in files as rustc does: code, message, place, line, mark and help.
//!
//! In: [`Diagnostic`]s, whose lines contain no secrets. Out: text, [`github`] commands or [`sarif`].
//! Messages, paths and lines contain text from files, so control and bidirectional characters are
//! escaped in all of them.

pub mod github;
pub mod sarif;

use std::collections::BTreeSet;
use std::ops::Range;

use annotate_snippets::{
    AnnotationKind, Group, Level, Origin, Renderer, Snippet, normalize_untrusted_str,
};

use super::grouping::{MAX_PLACES, grouped};
use super::human::Detail;
use super::json::{Diagnostic, DiagnosticPlace};
use super::style::{clean, count, hanging, number};
use crate::desired::{Code, Excerpt, Severity};
use crate::safe_text::escaped;

/// Whether text has colors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorChoice {
    /// Text only.
    Plain,
    /// Text with terminal escape sequences.
    Styled,
}

/// Renders the problems in the given order, with an empty line between them. With `columns`, messages
/// are wrapped, and long lines of files are shown in part. Problems that the same change of a file
/// fixes are one block, unless `detail` is complete: the first problem and the places of some others.
pub fn render(
    problems: &[Diagnostic],
    color: ColorChoice,
    columns: Option<usize>,
    detail: Detail,
) -> String {
    let renderer = match color {
        ColorChoice::Plain => Renderer::plain(),
        ColorChoice::Styled => Renderer::styled(),
    };
    let renderer = match columns {
        Some(columns) => renderer.term_width(columns),
        None => renderer,
    };
    let groups = match detail {
        Detail::Grouped => grouped(problems, remedy),
        Detail::Complete => problems.iter().map(|problem| vec![problem]).collect(),
    };
    let blocks: Vec<_> = groups.iter().map(|group| block(group, &renderer, columns)).collect();
    let mut text = blocks.join("\n\n");
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// What problems in one block share. Without help, the message is all that says how to fix a problem.
fn remedy(problem: &Diagnostic) -> (Severity, Code, &[String], Option<&str>) {
    let message = problem.help.is_empty().then_some(problem.message.as_str());
    (problem.severity, problem.code, &problem.help, message)
}

/// Renders the problems with colors, and their summary.
pub fn with_summary(problems: &[Diagnostic], columns: Option<usize>, detail: Detail) -> String {
    let text = render(problems, ColorChoice::Styled, columns, detail);
    text + &summary(problems).map(|summary| format!("\n{summary}")).unwrap_or_default()
}

/// Counts the problems in a sentence; `None` for fewer than two.
fn summary(problems: &[Diagnostic]) -> Option<String> {
    if problems.len() < 2 {
        return None;
    }
    let counts: Vec<_> = [Severity::Error, Severity::Warning]
        .into_iter()
        .filter_map(|severity| {
            let number = problems.iter().filter(|problem| problem.severity == severity).count();
            (number > 0).then(|| count(number, severity.as_str()))
        })
        .collect();
    let place = match files(problems) {
        0 => String::new(),
        files => format!(" in {}", count(files, "file")),
    };
    Some(format!("{}{place}\n", counts.join(", ")))
}

/// Returns the number of files with these problems.
fn files<'a>(problems: impl IntoIterator<Item = &'a Diagnostic>) -> usize {
    let files = problems.into_iter().filter_map(|problem| problem.place.file.as_ref());
    files.collect::<BTreeSet<_>>().len()
}

/// Renders problems with the same remedy: the first one, and a note on the others.
fn block(group: &[&Diagnostic], renderer: &Renderer, columns: Option<usize>) -> String {
    let Some((problem, others)) = group.split_first() else { return String::new() };
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let code = problem.code.as_str();
    let before = format!("{}[{code}]: ", problem.severity);
    let message = fitting(&problem.message, &before, "  ", columns);
    let mut elements = Group::with_title(level.primary_title(message.as_str()).id(code));
    let label = problem.label.as_deref();
    elements = place(elements, &problem.place, AnnotationKind::Primary, label);
    if let Some(related) = &problem.related {
        let label = Some(related.label.as_str());
        elements = place(elements, &related.place, AnnotationKind::Context, label);
    }
    let under = " ".repeat(problem.place.line.unwrap_or(1).to_string().len() + "  = help: ".len());
    let fitting = |text: &str| fitting(text, &under, &under, columns);
    let help = problem.help.iter().map(|help| Level::HELP.message(fitting(help)));
    let note = (!others.is_empty()).then(|| {
        let lines: Vec<_> = note(problem, others).iter().map(|line| fitting(line)).collect();
        Level::NOTE.message(lines.join("\n"))
    });
    let text = renderer.render(&[elements.elements(help.chain(note))]);
    let text = less_indented(&text, message.lines().count(), before.len());
    let has_line = problem.place.excerpt.is_some()
        || problem.related.as_ref().is_some_and(|related| related.place.excerpt.is_some());
    // Without a line, no line number shifts the rest to the right.
    if has_line { text } else { text.replace('\n', "\n ") }
}

/// Returns the lines about other problems with the same remedy as the first one: how many there are, how
/// to see them, and the first places.
fn note(first: &Diagnostic, others: &[&Diagnostic]) -> Vec<String> {
    let all = others.len() + 1;
    let files = match files(others.iter().copied().chain([first])) {
        0 => String::new(),
        1 => " in this file".to_owned(),
        files => format!(", in {}", count(files, "file")),
    };
    let remedy = if all > MAX_PLACES { "see all of them" } else { "see each in full" };
    let number = format!("{} of these{files}; use -v to {remedy}", number(all));
    let places = others.iter().take(MAX_PLACES - 1).filter_map(|other| {
        let message = (other.message != first.message).then_some(other.message.as_str());
        let parts: Vec<_> = location(&other.place)
            .as_deref()
            .into_iter()
            .chain(message)
            .map(str::to_owned)
            .collect();
        (!parts.is_empty()).then(|| format!("also {}", parts.join(": ")))
    });
    std::iter::once(number).chain(places).collect()
}

/// `file:line:column`, or the file alone if the problem is the file as a whole.
fn location(at: &DiagnosticPlace) -> Option<String> {
    let file = at.file.as_ref()?;
    Some(match at.start() {
        Some((line, column)) => format!("{file}:{line}:{column}"),
        None => file.clone(),
    })
}

fn place<'a>(
    group: Group<'a>,
    at: &DiagnosticPlace,
    kind: AnnotationKind,
    label: Option<&str>,
) -> Group<'a> {
    let Some(file) = &at.file else { return group };
    let path = harmless(file);
    let (Some(excerpt), Some((number, _))) = (&at.excerpt, at.start()) else {
        let origin = Origin::path(path);
        return group.element(match at.start() {
            None => origin,
            Some((line, column)) => origin.line(line).char_column(column),
        });
    };
    let end = excerpt.end.max(excerpt.start + width_at(excerpt));
    let line = no_command(&excerpt.line);
    let part = |range: Range<usize>| in_excerpt(line.get(range).unwrap_or_default());
    let (before, within) = (part(0..excerpt.start), part(excerpt.start..end));
    let marked = before.len()..before.len() + within.len();
    let snippet = Snippet::source(before + &within + &part(end..line.len()))
        .path(path)
        .line_start(number)
        .annotation(kind.span(marked).label(label.map(harmless)));
    group.element(snippet)
}

/// Wraps a harmless text: the first line follows `first`, and the others follow `indent`.
fn fitting(text: &str, first: &str, indent: &str, columns: Option<usize>) -> String {
    let text = harmless(text);
    let Some(columns) = columns else { return text };
    let lines = hanging(first, &text, indent, columns);
    let lines = lines.lines().enumerate().map(|(number, line)| {
        line.get(if number == 0 { first.len() } else { indent.len() }..).unwrap_or_default()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Reduces the indent of the wrapped lines of a title, which the renderer aligns below the message.
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

/// Escapes terminal sequences, line breaks, and commands that wrapping could move to the start of a line.
fn harmless(text: &str) -> String {
    let text = no_command(&normalize_untrusted_str(&in_excerpt(text))).replace(['\n', '\r'], "␊");
    clean(&text).into_owned()
}

/// Disables commands of GitHub and Azure anywhere in a line, with the same length for correct columns.
fn no_command(text: &str) -> String {
    text.replace("##[", "##(").replace("##vso[", "##vso(")
}

/// Escapes the deceptive characters in a line of a file. The renderer replaces tabs with spaces.
fn in_excerpt(text: &str) -> String {
    text.split('\t').map(escaped).collect::<Vec<_>>().join("\t")
}

/// Returns the bytes of the first marked character: a place without width is shown as one character.
fn width_at(excerpt: &Excerpt) -> usize {
    let rest = excerpt.line.get(excerpt.start..).unwrap_or_default();
    rest.chars().next().map_or(0, char::len_utf8)
}

#[cfg(test)]
#[expect(clippy::needless_raw_string_hashes, reason = "snapbox writes them")]
mod tests {
    use super::*;
    use crate::desired::{Code, Problem, Related};
    use crate::instance::Span;
    use crate::report::json::DiagnosticsDocument;

    fn plain(problems: &[Problem], columns: Option<usize>) -> String {
        render(
            &DiagnosticsDocument::new(None, problems).problems,
            ColorChoice::Plain,
            columns,
            Detail::Grouped,
        )
    }

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
    fn a_problem_is_shown_with_its_line_and_the_related_line() {
        snapbox::assert_data_eq!(
            plain(&[problem()], None),
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
    fn a_problem_without_an_excerpt_names_its_place_or_the_whole_file() {
        for (at, place) in [(span(1, 1), ""), (span(12, 1), ":12:1")] {
            let problem = Problem { at, excerpt: None, related: None, label: None, ..problem() };
            let title = "error[duplicate-key]: the key `name` occurs twice in this map";
            let expected = format!("{title}\n --> instances/a.yaml{place}\n  = help: remove one\n");
            assert_eq!(plain(&[problem], None), expected);
        }
    }

    #[test]
    fn problems_with_one_remedy_are_shown_once_with_the_first_places() {
        let one = Problem { related: None, ..problem() };
        let at = |file: &str| Span { file: file.into(), ..span(3, 1) };
        let same = ["b", "c", "d", "e"].map(|file| Problem { at: at(file), ..one.clone() });
        let whole_file = |problem: &Problem| Problem {
            at: Span { line: 1, ..problem.at.clone() },
            excerpt: None,
            message: "the key `tag` occurs twice in this map".to_owned(),
            ..problem.clone()
        };
        let [b, c, ..] = &same;
        let other_remedy = Problem { help: vec!["rename one".to_owned()], ..one.clone() };
        let all = [&[one.clone(), other_remedy, whole_file(b), c.clone()], &same[2..]].concat();
        snapbox::assert_data_eq!(
            plain(&all, Some(40)),
            snapbox::str![[r#"
error[duplicate-key]: 
  the key `name` occurs twice in this
  map
  --> instances/a.yaml:12:1
   |
12 | name: B
   | ^^^^ second time
   |
   = help: remove one
   = note: 5 of these, in 5 files; use
           -v to see all of them
           also b: the key `tag` occurs
           twice in this map
           also c:3:1

error[duplicate-key]: 
  the key `name` occurs twice in this
  map
  --> instances/a.yaml:12:1
   |
12 | name: B
   | ^^^^ second time
   |
   = help: rename one

"#]]
        );
        let complete = DiagnosticsDocument::new(None, &all).problems;
        let complete = render(&complete, ColorChoice::Plain, None, Detail::Complete);
        assert_eq!(complete.matches("error[duplicate-key]").count(), all.len());
        assert!(!complete.contains("note"), "{complete}");
    }

    #[test]
    fn problems_without_a_remedy_are_equal_if_their_messages_are() {
        let bare = |message: &str| Problem {
            message: message.to_owned(),
            help: Vec::new(),
            excerpt: None,
            label: None,
            related: None,
            ..problem()
        };
        let text = plain(&[bare("a"), bare("b"), bare("a")], None);
        snapbox::assert_data_eq!(
            text,
            snapbox::str![[r#"
error[duplicate-key]: a
 --> instances/a.yaml:12:1
  = note: 2 of these in this file; use -v to see each in full
          also instances/a.yaml:12:1

error[duplicate-key]: b
 --> instances/a.yaml:12:1

"#]]
        );
    }

    #[test]
    fn the_text_of_10_000_equal_problems_is_short_and_harmless() {
        let long = "k".repeat(80);
        let equal = |number: usize| Problem {
            message: format!("`{long}{number}` ::error::x"),
            at: Span {
                file: format!("instances/{long}/{number}\u{1b}[2J.yaml").into(),
                ..span(3, 1)
            },
            ..problem()
        };
        let problems: Vec<_> = (0..10_000).map(equal).collect();
        let text = plain(&problems, Some(40));
        assert!(text.lines().count() <= 30, "{text}");
        assert!(text.contains("10,000 of these, in"), "{text}");
        assert!(!text.contains('\u{1b}') && !text.contains(" ::error"), "{text}");
        let problems = DiagnosticsDocument::new(None, &problems).problems;
        assert_eq!(super::summary(&problems).unwrap(), "10,000 errors in 10,000 files\n");
    }

    fn hostile(text: &str, place: &Span) -> Problem {
        let at = Span { file: text.into(), ..place.clone() };
        let (excerpt, label) = (Some(excerpt(text, "b")), text.to_owned());
        Problem {
            message: label.clone(),
            at: at.clone(),
            excerpt: excerpt.clone(),
            label: Some(label.clone()),
            help: vec![label.clone()],
            related: Some(Related { at, excerpt, label }),
            ..problem()
        }
    }

    #[test]
    fn control_characters_in_files_are_escaped() {
        let text = "a\u{1b}[31m\u{202e}b\u{7}\u{9b}31m\u{200f}\r::error::";
        let text = plain(&[hostile(text, &span(1, 1))], None);
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{7}', '\u{9b}', '\u{200f}']), "{text:?}");
    }

    #[test]
    fn text_in_files_cannot_be_a_runner_command() {
        for text in ["a ##[add-mask]b", "##vso[task.setvariable]b"] {
            let problem = Problem { related: None, ..hostile(text, &span(12, 1)) };
            let text = plain(&[problem], None);
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
        let summary = |problems: &[Problem]| {
            super::summary(&DiagnosticsDocument::new(None, problems).problems)
        };
        assert_eq!(plain(&[], None), "");
        assert_eq!(summary(&[problem()]), None);
        assert_eq!(summary(&[problem(), problem()]).unwrap(), "2 errors in 1 file\n");
        assert_eq!(summary(&[warning.clone(), of_none.clone()]).unwrap(), "2 warnings in 1 file\n");
        let all = [problem(), warning, elsewhere, of_none];
        assert_eq!(summary(&all).unwrap(), "2 errors, 2 warnings in 2 files\n");
    }

    #[test]
    fn messages_are_wrapped_to_the_terminal() {
        let message = "events are switched on, and nothing says where they are sent";
        let help =
            vec!["add `event.notification.callback.url: https://…`, or switch them off".to_owned()];
        let long = Problem { message: message.to_owned(), help, related: None, ..problem() };
        let line = excerpt(&format!("name: {}", "a long name ".repeat(9)), "name");
        snapbox::assert_data_eq!(
            plain(&[Problem { excerpt: Some(line), ..long }], Some(40)),
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
