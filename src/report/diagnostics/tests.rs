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
        at: Span { file: format!("instances/{long}/{number}\u{1b}[2J.yaml").into(), ..span(3, 1) },
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
    let elsewhere = Problem { at: Span { file: "ocon.yaml".into(), ..span(1, 1) }, ..problem() };
    let of_none = Problem { at: Span { file: "".into(), ..span(1, 1) }, ..warning.clone() };
    let summary =
        |problems: &[Problem]| super::summary(&DiagnosticsDocument::new(None, problems).problems);
    assert_eq!(plain(&[], None), "");
    assert_eq!(summary(&[problem()]), None);
    assert_eq!(summary(&[problem(), problem()]).unwrap(), "2 errors in 1 file\n");
    assert_eq!(summary(&[warning.clone(), of_none.clone()]).unwrap(), "2 warnings in 1 file\n");
    let all = [problem(), warning, elsewhere, of_none];
    assert_eq!(summary(&all).unwrap(), "2 errors, 2 warnings in 2 files\n");
}

#[test]
fn messages_are_wrapped_to_the_terminal() {
    let message = "this instance has its events enabled, and nothing says where to";
    let help =
        vec!["add `event.notification.callback.url: https://…`, or disable the events".to_owned()];
    let long = Problem { message: message.to_owned(), help, related: None, ..problem() };
    let line = excerpt(&format!("name: {}", "a long name ".repeat(9)), "name");
    snapbox::assert_data_eq!(
        plain(&[Problem { excerpt: Some(line), ..long }], Some(40)),
        snapbox::str![[r#"
error[duplicate-key]: 
  this instance has its events enabled,
  and nothing says where to
  --> instances/a.yaml:12:1
   |
12 | name: a long name a long name a ...
   | ^^^^ second time
   |
   = help: add
           `event.notification.callback.url:
           https://…`, or disable the
           events

"#]]
    );
}
