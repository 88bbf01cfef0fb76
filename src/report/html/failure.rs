//! A failure as a page: what failed, why, and what to do.

use super::HtmlOptions;
use super::markup::{Html, element};
use super::page::{Page, PageSection, PageSpace};
use super::text::{self, badge, message, place, prose};
use crate::desired::Severity;
use crate::report::json::{Diagnostic, FailureDocument};
use crate::report::style::count;
use crate::report::truncate;

/// Maximum number of characters of the reason.
const MAX_REASON_CHARS: usize = 4_000;

/// Renders why a command has no result.
pub fn failure(command: &str, failure: &FailureDocument, options: &HtmlOptions) -> String {
    let target = failure.target.as_ref();
    Page {
        command: format!("ocon {command}"),
        project: target.map(|target| target.project.clone()).unwrap_or_default(),
        base_url: target.and_then(|target| target.base_url.clone()).unwrap_or_default(),
        sentence: "Failed: there is no result.".to_owned(),
        lead: lead(failure),
        sections: sections(failure, options),
    }
    .render()
}

fn lead(failure: &FailureDocument) -> Html {
    let reason = truncate::message(&failure.message, MAX_REASON_CHARS);
    let exit = format!("Exit code {}, {}", failure.exit, failure.code);
    Html::from([
        element("p").class("problem").with(prose(&reason)),
        element("p").class("faint").with(exit),
    ])
}

fn sections(failure: &FailureDocument, options: &HtmlOptions) -> Vec<PageSection> {
    let of = |severity: Severity| -> Vec<&Diagnostic> {
        failure.problems.iter().filter(|problem| problem.severity == severity).collect()
    };
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    let sections = [
        PageSection::of("hints", "What to do", &failure.hints, list),
        PageSection::of("causes", "Why", &failure.causes, list),
        PageSection::of("errors", "Errors", &errors, |all| problems(all, options)),
        PageSection::of("warnings", "Warnings", &warnings, |all| problems(all, options)),
    ];
    sections.into_iter().flatten().collect()
}

fn list(texts: &[String]) -> Html {
    let items = texts.iter().map(|text| element("li").with(message(text)));
    element("ul").class("notes").with(items.collect::<Html>())
}

/// Renders problems. Equal ones follow each other, so their help is rendered once.
fn problems(problems: &[&Diagnostic], options: &HtmlOptions) -> Html {
    let mut groups: Vec<Vec<&Diagnostic>> = Vec::new();
    let mut known = std::collections::HashMap::new();
    for problem in problems {
        let at = *known.entry((problem.code.as_str(), &problem.help)).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.push(problem),
            None => groups.push(vec![problem]),
        }
    }
    let (entries, rest) = PageSpace::new().entries(&groups, |group, _| self::group(group, options));
    element("ul").class("problems").with(entries) + rest
}

fn group(problems: &[&Diagnostic], options: &HtmlOptions) -> Html {
    let (items, rest) =
        PageSpace::new().entries(problems, |problem, _| problem_item(problem, options));
    let help = problems.first().map(|problem| problem.help.as_slice()).unwrap_or_default();
    let help = help
        .iter()
        .map(|help| element("p").class("help").with(element("b").with("help: ") + message(help)));
    let code = problems.first().map(|problem| problem.code.as_str()).unwrap_or_default();
    let number = if problems.len() > 1 {
        Html::from(format!(" {}", count(problems.len(), "place")))
    } else {
        Html::default()
    };
    let title = badge("badge red", code) + number;
    let places = element("ul").class("places").with(items) + rest;
    element("li").with(Html::from([element("p").with(title), help.collect(), places]))
}

fn problem_item(problem: &Diagnostic, options: &HtmlOptions) -> Html {
    let at = match (&problem.place.file, problem.place.line) {
        (Some(file), Some(line)) => place(&options.links, file, line) + Html::from(": "),
        (Some(file), None) => text::code(file) + Html::from(": "),
        (None, _) => Html::default(),
    };
    let label = problem.label.as_ref().map(|label| Html::from(", ") + message(label));
    element("li").with(at + message(&problem.message) + label.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::json::{Exit, FailureTarget};

    #[test]
    fn a_failure_has_its_reason_and_its_exit_code() {
        let target = FailureTarget { base_url: None, project: "a<b".to_owned() };
        let document = FailureDocument {
            target: Some(target),
            hints: vec!["run `x`".to_owned()],
            ..FailureDocument::new(Exit::Unreachable, "no <answer>\u{202e}")
        };
        let page = failure("plan", &document, &HtmlOptions::default());
        for expected in ["no &lt;answer&gt;\\u{202e}", "Exit code 6, unreachable", "a&lt;b"] {
            assert!(page.contains(expected), "{page}");
        }
        assert!(page.contains("What to do") && !page.contains("Why"), "{page}");
    }
}
