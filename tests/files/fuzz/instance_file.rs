//! Invariants of every instance file, for any content.
//!
//! In: the bytes of a file. Out: nothing, or the invariant that was broken, in words. This module is
//! shared with the cargo-fuzz target, so it uses nothing but the library.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ocon::desired::secrets::{AllowedVariables, RealSecrets};
use ocon::desired::{
    Code, Excerpt, Levels, Loaded, Problem, Problems, Severity, Sources, load_bytes,
};
use ocon::instance::Span;
use ocon::report::diagnostics::{self, ColorChoice};
use ocon::report::human::Detail;
use ocon::report::json::DiagnosticsDocument;
use ocon::safe_text::is_harmless;

/// A plain-text secret in a file, in two halves. Showing one half is also a leak.
const HALVES: [&str; 2] = ["kestrel9Q", "meridian4Z"];

/// The value of every environment variable.
const RESOLVED: &str = "osprey7Xlagoon2W";

/// In longer lines that are not ASCII, the search for the column would take too long.
const LONGEST_LINE: usize = 4096;

/// Each problem is shown separately, so the first ones of very many are enough.
const MOST_SHOWN: usize = 100;

/// Beginnings of files with a plain-text secret: it must not be shown, whatever follows.
const PLANTED: &[&str] = &[
    "element: hootsuite\nname: A\nconfiguration:\n  oauth.api.secret: kestrel9Qmeridian4Z",
    "element: hootsuite\nname: A\nconfiguration:\n  oauth.api.secret: \"kestrel9Q\\nmeridian4Z",
    "name: A\nelement: { key: slack }\nconfiguration:\n  'some_password': 'kestrel9Q\n    meridian4Z",
    "name: <A>\nconfiguration:\n  private.key: |\n    -----BEGIN-----\n    kestrel9Q\n    meridian4Z\n",
    "configuration:\n  a.token: >-\n    kestrel9Q\n\n    meridian4Z\n  b: 1\n",
    "{element: hootsuite, name: A, configuration: {oauth.api.secret: kestrel9Qmeridian4Z",
    "{\n  \"element\": {\"key\": \"x\"},\n  \"providerData\": {\n    \"code\": \"kestrel9Qmeridian4Z",
    "element: closeio\nproviderData:\n  code: kestrel9Qmeridian4Z\n  other: ",
    "providerData:\n  a:\n    - b: [1, kestrel9Q, \"meridian4Z\"",
    "configuration:\n  event.poller.configuration:\n    - { url: /a, password: kestrel9Qmeridian4Z, b: ",
    "configuration:\n  oauth.api.secret: &a kestrel9Qmeridian4Z\n  site.url: *a\n  oauth.api.secret: ",
    "configuration:\n  api_key: ${{ env.A }}kestrel9Qmeridian4Z${{ ",
    "configuration:\n  clientSecret:\n    - [kestrel9Q]\n    - ? meridian4Z\n  clientSecret: [1",
];

/// The beginnings of files with a plain-text secret.
pub(crate) fn planted() -> &'static [&'static str] {
    PLANTED
}

/// Loads the bytes, shows their problems, and returns the codes.
///
/// # Errors
///
/// Returns the first broken invariant.
pub(crate) fn check(bytes: &[u8]) -> Result<Vec<String>, String> {
    let refused = load(bytes, &Levels::default());
    if refused != load(bytes, &Levels::default()) {
        return Err("loading it twice gives two results".to_owned());
    }
    let mut levels = Levels::default();
    levels.report(Code::PlainTextSecret, Severity::Warning);
    let warned = load(bytes, &levels);
    let lossy = String::from_utf8_lossy(bytes);
    let lines = lines(lossy.strip_prefix('\u{feff}').unwrap_or(&lossy));
    let results = [problems(&refused), problems(&warned)];
    let different = if results[0] == results[1] { &results[..1] } else { &results };
    for problems in different {
        problems.iter().try_for_each(|problem| places(problem, &lines))?;
        shown(problems, &lossy)?;
    }
    Ok(problems(&refused).iter().map(|problem| problem.code.to_string()).collect())
}

fn load(bytes: &[u8], levels: &Levels) -> Result<Loaded, Problems> {
    let variables = BTreeMap::from([
        ("team".to_owned(), "EMEA".to_owned()),
        ("hostile".to_owned(), "\u{1b}[31m\u{202e}<b>${{ env.A }}\n::error::".to_owned()),
    ]);
    let secrets = RealSecrets {
        allowed: AllowedVariables::all(),
        variable: &|_| Some(RESOLVED.to_owned()),
        folder: PathBuf::from("no-such-folder"),
        root: PathBuf::new(),
    };
    let sources = Sources {
        schemas: Path::new("no-such-folder"),
        variables: &variables,
        levels,
        ..Sources::with_defaults(Path::new(""), &secrets, "2026-11-23")
    };
    load_bytes(Path::new("fuzz.yaml"), bytes.to_vec(), &sources)
}

fn problems(result: &Result<Loaded, Problems>) -> &[Problem] {
    match result {
        Ok(loaded) => &loaded.warnings,
        Err(problems) => problems.as_slice(),
    }
}

/// The lines of a file as an editor counts them.
fn lines(content: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = content;
    while let Some(at) = rest.find(['\n', '\r']) {
        let (line, after) = rest.split_at(at);
        lines.push(line);
        rest = after.strip_prefix("\r\n").or_else(|| after.get(1..)).unwrap_or_default();
    }
    lines.push(rest);
    lines
}

/// Both positions of a problem are in the file, and show its line.
fn places(problem: &Problem, lines: &[&str]) -> Result<(), String> {
    place(&problem.at, problem.excerpt.as_ref(), lines)
        .and_then(|()| match &problem.related {
            Some(related) => place(&related.at, related.excerpt.as_ref(), lines),
            None => Ok(()),
        })
        .map_err(|what| format!("{what}: {problem:?}"))
}

fn place(at: &Span, excerpt: Option<&Excerpt>, lines: &[&str]) -> Result<(), String> {
    if &*at.file != "instances/fuzz.yaml" {
        return Err("a place in another file".to_owned());
    }
    let line = at.line.checked_sub(1).and_then(|index| lines.get(index));
    let Some(line) = line else {
        return Err(format!("a place on a line of {} that is not there", lines.len()));
    };
    let Some(from) = from_column(line, at.column) else {
        return Err("a place behind the end of its line".to_owned());
    };
    excerpt.map_or(Ok(()), |excerpt| agrees(excerpt, line, &from))
}

/// The line from a column on. `None` if the column does not exist.
fn from_column(line: &str, column: usize) -> Option<Cow<'_, str>> {
    let before = column.checked_sub(1)?;
    if line.is_ascii() {
        return line.get(before..).map(Cow::Borrowed);
    }
    if line.len() > LONGEST_LINE {
        return Some(Cow::Borrowed(""));
    }
    let rest: String = line.chars().skip(before).collect();
    (line.chars().count() >= before).then_some(Cow::Owned(rest))
}

/// Whether an excerpt is taken from the line, and its mark is at the position.
fn agrees(excerpt: &Excerpt, line: &str, from: &str) -> Result<(), String> {
    let Some(marked) = excerpt.line.get(excerpt.start..excerpt.end) else {
        return Err("a mark that cuts a character or leaves its line".to_owned());
    };
    let mut rest = line;
    for piece in excerpt.line.split('…').filter(|piece| !piece.is_empty()) {
        match rest.find(piece) {
            Some(at) => rest = rest.get(at + piece.len()..).unwrap_or_default(),
            None => return Err("an excerpt of another line".to_owned()),
        }
    }
    let marked = marked.split('…').next().unwrap_or_default();
    // The parser gives a byte-order mark no column; an editor shows none either.
    if line.contains('\u{feff}') {
        return Ok(());
    }
    if !from.is_empty() && !from.starts_with(marked) {
        return Err("a mark in another column".to_owned());
    }
    Ok(())
}

/// The output shows no secret and controls no terminal.
fn shown(problems: &[Problem], file: &str) -> Result<(), String> {
    let first = problems.get(..MOST_SHOWN).unwrap_or(problems);
    let plain = render(first, ColorChoice::Plain, None);
    let styled = without_colors(&render(first, ColorChoice::Styled, None));
    let parts = format!("{problems:?}");
    steers_no_terminal(&plain)?;
    steers_no_terminal(&styled)?;
    for text in [&plain, &styled, &parts] {
        tells_no_secret(text, file)?;
    }
    Ok(())
}

fn tells_no_secret(text: &str, file: &str) -> Result<(), String> {
    if text.contains(RESOLVED) && !file.contains(RESOLVED) {
        return Err("the value of an environment variable is shown".to_owned());
    }
    let begins = |start: &&str| file.starts_with(*start);
    let Some(start) = PLANTED.iter().find(|start| begins(start)) else {
        return Ok(());
    };
    let rest = file.get(start.len()..).unwrap_or_default();
    let reported = |half: &&&str| text.contains(**half) && !rest.contains(**half);
    match HALVES.iter().find(reported) {
        Some(half) => Err(format!("the secret {half} is shown:\n{text}")),
        None => Ok(()),
    }
}

fn steers_no_terminal(text: &str) -> Result<(), String> {
    if is_harmless(text) {
        return Ok(());
    }
    Err(format!("the output has a character that must be shown escaped:\n{text:?}"))
}

/// The text without the escape sequences that only choose a color.
fn without_colors(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let colour = part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        match colour.strip_prefix('m') {
            Some(rest) => plain.push_str(rest),
            // Any other sequence is not allowed here.
            None => plain.extend(["\u{1b}[", part]),
        }
    }
    plain
}

/// The text of problems.
fn render(problems: &[Problem], color: ColorChoice, columns: Option<usize>) -> String {
    let problems = DiagnosticsDocument::new(None, problems).problems;
    diagnostics::render(&problems, color, columns, Detail::Complete)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(line: &str, start: usize, end: usize) -> Excerpt {
        Excerpt { line: line.to_owned(), start, end }
    }

    fn at(line: usize, column: usize) -> Span {
        Span { file: "instances/fuzz.yaml".into(), line, column }
    }

    #[test]
    fn lines_are_those_of_an_editor() {
        assert_eq!(lines("a\r\nb\rc\n\n"), ["a", "b", "c", "", ""]);
    }

    #[test]
    fn positions_outside_the_file_are_found() {
        let lines = ["ab", "c: ü"];
        for (line, column) in [(0, 1), (3, 1), (1, 0), (1, 4), (2, 6)] {
            assert!(place(&at(line, column), None, &lines).is_err(), "{line}:{column}");
        }
        for (line, column) in [(1, 1), (1, 3), (2, 5)] {
            assert_eq!(place(&at(line, column), None, &lines), Ok(()), "{line}:{column}");
        }
        assert!(place(&Span { file: "b".into(), ..at(1, 1) }, None, &lines).is_err());
    }

    #[test]
    fn excerpts_of_other_positions_are_found() {
        let lines = ["password: abc"];
        let good = [excerpt("password: abc", 10, 13), excerpt("password: …", 10, 13)];
        for excerpt in good {
            assert_eq!(place(&at(1, 11), Some(&excerpt), &lines), Ok(()), "{excerpt:?}");
        }
        let bad = [
            excerpt("pass: abc", 6, 9),
            excerpt("password: abc", 9, 13),
            excerpt("password: abc", 10, 14),
            excerpt("… password:", 3, 5),
        ];
        for excerpt in bad {
            assert!(place(&at(1, 11), Some(&excerpt), &lines).is_err(), "{excerpt:?}");
        }
    }

    #[test]
    fn secrets_and_control_characters_in_the_output_are_found() {
        let file = PLANTED[0];
        assert!(tells_no_secret("… meridian4Z", file).is_err());
        assert!(tells_no_secret(RESOLVED, "").is_err());
        assert_eq!(tells_no_secret("meridian4Z", "meridian4Z: 1"), Ok(()));
        for text in ["\u{1b}[1m", "\u{9b}1m", "\r", "\u{202e}", "\u{7}", "\u{e0041}", "\u{2800}"] {
            assert!(steers_no_terminal(text).is_err(), "{text:?}");
        }
        assert_eq!(without_colors("\u{1b}[1;31ma\u{1b}[0m\n\u{1b}[2Jb"), "a\n\u{1b}[2Jb");
    }

    #[test]
    fn every_planted_secret_is_in_the_beginning_of_its_file() {
        for start in PLANTED {
            assert!(HALVES.iter().all(|half| start.contains(half)), "{start}");
        }
    }
}
