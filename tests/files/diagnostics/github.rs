//! The GitHub format, read by an independent parser.

use ocon::desired::{Problem, Severity};
use ocon::report::diagnostics::github;
use ocon::report::json::DiagnosticsDocument;
use ocon::safe_text::{escaped, is_harmless};
use proptest::prelude::*;

use super::{HOSTILE, bare, problem, span};

/// A workflow command, as the runner parses it.
#[derive(Debug, PartialEq, Eq)]
struct Command {
    name: String,
    properties: Vec<(String, String)>,
    message: String,
}

/// Reads one line. Returns `None` if the runner would read it as ordinary text or as another command.
fn parse(line: &str) -> Option<Command> {
    let (head, message) = line.strip_prefix("::")?.split_once("::")?;
    let (name, properties) = head.split_once(' ')?;
    let properties = properties.split(',').map(|property| {
        let (name, value) = property.split_once('=')?;
        Some((name.to_owned(), decoded(value, &["25", "0D", "0A", "3A", "2C"])?))
    });
    Some(Command {
        name: name.to_owned(),
        properties: properties.collect::<Option<_>>()?,
        message: decoded(message, &["25", "0D", "0A"])?,
    })
}

/// Decodes the escapes of the runner. Returns `None` if a `%` does not begin one.
fn decoded(text: &str, escapes: &[&str]) -> Option<String> {
    let mut pieces = text.split('%');
    let mut decoded = pieces.next()?.to_owned();
    for piece in pieces {
        let code = piece.get(..2).filter(|code| escapes.contains(code))?;
        decoded.push(char::from(u8::from_str_radix(code, 16).ok()?));
        decoded.push_str(&piece[2..]);
    }
    Some(decoded)
}

fn command(name: &str, properties: &[(&str, &str)], message: &str) -> Command {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Command {
        name: name.to_owned(),
        properties: properties.iter().map(owned).collect(),
        message: message.to_owned(),
    }
}

fn parsed(problems: &[Problem]) -> Vec<Command> {
    let text = render(problems);
    assert!(is_harmless(&text), "{text:?}");
    assert!(text.is_empty() || text.ends_with('\n'), "{text:?}");
    // `lines` would also accept `\r\n`, which a runner may read as two line breaks.
    text.split_terminator('\n')
        .map(|line| parse(line).unwrap_or_else(|| panic!("{line:?}")))
        .collect()
}

#[test]
fn a_problem_is_one_line_with_its_location_label_and_help() {
    assert_eq!(
        render(&[problem()]),
        "::error file=instances/a.yaml,line=12,col=3,endColumn=8,title=duplicate-key::the key `größe` occurs \
         twice in this map (second time)%0Afirst time: instances/a.yaml:3:3%0Ahelp: remove one%0Ahelp: or \
         rename it\n"
    );
    let warning = Problem { severity: Severity::Warning, ..bare("ocon.yaml", "a") };
    assert_eq!(render(&[warning]), "::warning file=ocon.yaml,title=duplicate-key::a\n");
    let unmarked = Problem { at: span("a.yaml", 3, 1), ..bare("a.yaml", "a") };
    assert_eq!(render(&[unmarked]), "::error file=a.yaml,line=3,col=1,title=duplicate-key::a\n");
    assert_eq!(render(&[bare("", "a")]), "::error title=duplicate-key::a\n");
    assert_eq!(render(&[]), "");
}

#[test]
fn hostile_names_and_messages_stay_text() {
    let problems: Vec<_> = HOSTILE.iter().map(|text| bare(text, text)).collect();
    let expected: Vec<_> = HOSTILE.iter().map(|text| escaped(text).into_owned()).collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|text| command("error", &[("file", text), ("title", "duplicate-key")], text))
        .collect();
    assert_eq!(parsed(&problems), expected);
}

#[test]
fn hostile_labels_and_help_add_no_line() {
    for text in HOSTILE {
        let mut problem = problem();
        problem.label = Some(text.to_owned());
        problem.help = vec![text.to_owned(); 2];
        problem.related.as_mut().unwrap().label = text.to_owned();
        problem.related.as_mut().unwrap().at.file = text.into();
        let commands = parsed(&[problem]);
        let [command] = commands.as_slice() else { panic!("{commands:?}") };
        assert_eq!(command.message.matches(&*escaped(text)).count(), 5, "{command:?}");
        assert_eq!(command.properties.len(), 5, "{command:?}");
    }
}

#[test]
fn the_parser_rejects_lines_that_a_runner_would_misread() {
    let line = "::error file=a,title=b::c%0A%25";
    let expected = command("error", &[("file", "a"), ("title", "b")], "c\n%");
    assert_eq!(parse(line), Some(expected));
    for bad in [
        "error file=a::b",
        "::error::b",
        "::error file=a:b",
        "::error file::b",
        "::error file=%3::b",
        "::error file=a::100%",
        "::error file=a::%3A",
    ] {
        assert_eq!(parse(bad), None, "{bad}");
    }
}

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        proptest::sample::select(&HOSTILE[..]).prop_map(str::to_owned),
        proptest::sample::select(&["%", ":", ",", "\n", "\r", "=", " ", "::", "%0A", "\u{1b}"][..])
            .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_name_and_message_survive_a_round_trip(file in text(), message in text()) {
        let (shown_file, shown_message) = (escaped(&file), escaped(&message));
        let properties = [("file", &*shown_file), ("title", "duplicate-key")];
        prop_assert_eq!(
            parsed(&[bare(&file, &message)]),
            [command("error", &properties, &shown_message)]
        );
    }
}

fn render(problems: &[Problem]) -> String {
    github::render(&DiagnosticsDocument::new(None, problems).problems)
}
