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
mod tests;
