//! The text form of the secrets and public variables that the files read.

use std::collections::BTreeMap;

use super::layout::{Detail, Layout};
use crate::report::grouping::first_places;
use crate::report::json::{PublicVariable, UsedSecret, VariablePlace, VariablesDocument};
use crate::report::style::{
    ADDED, CHANGED, FAINT, STRONG, Styled, clean_line, count, gap, width, wrapped,
};

/// The number of secrets that are listed without `-v`. The document of the last one is complete.
const MAX_SECRETS: usize = 40;
/// The widest column of sources.
const MAX_SOURCE_WIDTH: usize = 48;
const NEXT: &str = "For a file of variables, or for the lines of a pipeline: ocon variables --format dotenv \
                    (or github, gitlab, azure, jenkins)";

/// A secret of one document, with the lines that read it.
struct Row<'a> {
    secret: &'a UsedSecret,
    lines: Vec<usize>,
}

/// The secrets of one document.
struct Group<'a> {
    place: &'a VariablePlace,
    rows: Vec<Row<'a>>,
}

impl Group<'_> {
    fn unset(&self) -> usize {
        self.rows.iter().filter(|row| !row.secret.set).count()
    }
}

/// Renders the secrets by document, those with unset secrets first, then the public variables and the
/// numbers.
pub fn variables(document: &VariablesDocument, layout: Layout) -> String {
    let groups = groups(document);
    let shown = match layout.detail {
        Detail::Grouped => shown(&groups),
        Detail::Complete => groups.len(),
    };
    let (listed, rest) = groups.split_at_checked(shown).unwrap_or((&groups, &[]));
    let sources = listed.iter().flat_map(|group| &group.rows).map(source_width);
    let column = 11 + sources.max().unwrap_or_default().min(MAX_SOURCE_WIDTH) + 2;
    let mut text = String::new();
    for group in listed {
        push_group(&mut text, group, column);
    }
    text.push_str(&left_out(rest, layout));
    push_variables(&mut text, &document.variables, layout);
    text + &summary(document, layout)
}

fn groups(document: &VariablesDocument) -> Vec<Group<'_>> {
    let mut groups: BTreeMap<&str, Group<'_>> = BTreeMap::new();
    for secret in &document.secrets {
        for place in &secret.places {
            let empty = || Group { place, rows: Vec::new() };
            let group = groups.entry(&place.key).or_insert_with(empty);
            match group.rows.last_mut().filter(|row| row.secret == secret) {
                Some(row) => row.lines.push(place.line),
                None => group.rows.push(Row { secret, lines: vec![place.line] }),
            }
        }
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    for group in &mut groups {
        group.rows.sort_by_key(|row| row.lines.first().copied());
    }
    groups.sort_by_key(|group| group.unset() == 0);
    groups
}

/// The number of documents with the first [`MAX_SECRETS`] secrets.
fn shown(groups: &[Group<'_>]) -> usize {
    let mut before = 0;
    let begins_in_time = |group: &&Group<'_>| {
        let begins = before < MAX_SECRETS;
        before += group.rows.len();
        begins
    };
    groups.iter().take_while(begins_in_time).count()
}

fn source_width(row: &Row<'_>) -> usize {
    width(&clean_line(&row.secret.source))
}

fn push_group(text: &mut String, group: &Group<'_>, column: usize) {
    let key = clean_line(&group.place.key);
    let file = clean_line(&group.place.file);
    text.push_str(&format!("{}  {}\n", Styled(STRONG, &key), Styled(FAINT, &file)));
    for row in &group.rows {
        let (style, state) = if row.secret.set { (ADDED, "set") } else { (CHANGED, "not set") };
        let source = clean_line(&row.secret.source);
        let state = format!("{}{}", Styled(style, state), gap(width(state), 9));
        let lines = lines(&row.lines);
        let only = if row.secret.only_for_create { ", only for a create" } else { "" };
        let note = format!("{lines}{only}");
        let between = gap(11 + width(&source), column);
        text.push_str(&format!("  {state}{source}{between}{}\n", Styled(FAINT, &note)));
    }
    text.push('\n');
}

/// `line 9`, or `lines 9, 10, 11 and 4 more`.
fn lines(lines: &[usize]) -> String {
    let noun = if lines.len() == 1 { "line" } else { "lines" };
    format!("{noun} {}", first_places(lines.iter().map(usize::to_string)))
}

fn left_out(rest: &[Group<'_>], layout: Layout) -> String {
    if rest.is_empty() {
        return String::new();
    }
    let secrets = rest.iter().map(|group| group.rows.len()).sum();
    let unset: usize = rest.iter().map(Group::unset).sum();
    let documents = count(rest.len(), "other document");
    let line = format!("… and {documents} with {}; -v shows all", self::secrets(secrets, unset));
    wrapped(&line, "", layout.width) + "\n"
}

fn push_variables(text: &mut String, variables: &[PublicVariable], layout: Layout) {
    if variables.is_empty() {
        return;
    }
    text.push_str(&format!("{}\n", Styled(STRONG, "Public variables")));
    let column = variables.iter().map(|it| width(&it.name)).max().unwrap_or_default();
    for variable in variables {
        let name = clean_line(&variable.name);
        let between = gap(width(&name), column.min(MAX_SOURCE_WIDTH) + 2);
        let places =
            variable.places.iter().map(|it| clean_line(&format!("{}:{}", it.key, it.line)));
        let read = match variable.places.len() {
            0 => "not read".to_owned(),
            _ => format!("read by {}", first_places(places)),
        };
        let line = format!("{name}{between}from {}, {read}", clean_line(&variable.value_from));
        text.push_str(&wrapped(&line, "  ", layout.width));
    }
    text.push('\n');
}

/// `9 secrets, 7 of them not set.`
fn summary(document: &VariablesDocument, layout: Layout) -> String {
    let numbers = &document.summary;
    if numbers.secrets == 0 {
        return "The files read no secret.\n".to_owned();
    }
    let line = format!("{}.", secrets(numbers.secrets, numbers.unset));
    wrapped(&line, "", layout.width) + &wrapped(NEXT, "", layout.width)
}

/// `9 secrets, 7 of them not set`.
fn secrets(number: usize, unset: usize) -> String {
    let state = match (number, unset) {
        (1, 0) => "set".to_owned(),
        (1, 1) => "not set".to_owned(),
        (_, 0) => "all set".to_owned(),
        _ if unset == number => "none of them set".to_owned(),
        _ => format!("{unset} of them not set"),
    };
    format!("{}, {state}", count(number, "secret"))
}
