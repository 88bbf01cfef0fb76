//! A plan as a page.

use super::HtmlOptions;
use super::account;
use super::markup::{Html, element};
use super::page::{Page, PageSection};
use super::picture::{self, BarPart};
use super::remarks;
use super::step::StepRenderer;
use super::text::{code, message, prose};
use crate::plan::{Action, Cause};
use crate::report::answers::{self, Answer, Concern};
use crate::report::hosts;
use crate::report::json::{PlanBlocked, PlanDocument, PlanStale, PlanStep};
use crate::report::note_group;
use crate::report::phrases;
use crate::report::step_kind::StepKind;

/// The default of `--max-deletes`.
const DEFAULT_MAX_DELETES: usize = 3;

/// Renders a plan.
pub fn plan(document: &PlanDocument, options: &HtmlOptions) -> String {
    page(document, "plan", options, None).render()
}

/// Renders a plan that is not applied, and why.
pub fn refused(document: &PlanDocument, reason: &str, options: &HtmlOptions) -> String {
    let content = element("p").class("problem").with(message(reason));
    let refusal = PageSection::one("refused", "Refused, nothing was applied", content);
    let mut page = page(document, "apply", options, Some(refusal));
    page.sentence = format!("Refused: {}", page.sentence);
    page.render()
}

fn page(
    document: &PlanDocument,
    command: &str,
    options: &HtmlOptions,
    first: Option<PageSection>,
) -> Page {
    Page {
        command: format!("ocon {command}"),
        project: document.target.project.clone(),
        base_url: document.target.base_url.clone(),
        sentence: phrases::plan_numbers(document),
        lead: lead(document),
        sections: first.into_iter().chain(sections(document, options)).collect(),
    }
}

fn sections(document: &PlanDocument, options: &HtmlOptions) -> Vec<PageSection> {
    let blocked = |guard: bool| -> Vec<&PlanBlocked> {
        document.blocked.iter().filter(|blocked| blocked.guard == guard).collect()
    };
    let rows = |rows: &[&PlanBlocked]| remarks::blocked(rows, options);
    let hosts = hosts::summarize(&document.notes);
    let deletes: Vec<_> =
        document.steps.iter().filter(|step| step.action == Action::Delete).collect();
    let notes = note_group::groups(&document.notes);
    let mut sections = vec![
        PageSection::of("guarded", "Refused", &blocked(true), rows),
        PageSection::of("blocked", "Blocked", &blocked(false), rows),
        PageSection::of("delete", "To delete", &deletes, |steps| {
            remarks::deletes(steps, delete_limit(steps.len()))
        }),
        PageSection::of("hosts", "Hosts that get secrets or events", &hosts, remarks::hosts),
        PageSection::of("stale", "Stale", &document.stale, |stale| {
            stale_entries(document, stale, options)
        }),
    ];
    let mut renderer = StepRenderer::new(&document.target, options);
    for kind in StepKind::ALL {
        let intro = kind.intro().map(|intro| element("p").with(intro)).unwrap_or_default();
        let of_kind = |step: &&PlanStep| StepKind::of(step) == Some(kind);
        let steps: Vec<_> = document.steps.iter().filter(of_kind).collect();
        let content = |steps: &[&PlanStep]| intro + renderer.all(steps);
        sections.push(PageSection::of(kind.id(), kind.title(), &steps, content));
    }
    sections.push(PageSection::of("notes", "Notes", &notes, remarks::notes));
    sections.push(remarks::unset_section(&document.unset, options));
    sections.into_iter().flatten().collect()
}

fn delete_limit(number: usize) -> Option<String> {
    (number > DEFAULT_MAX_DELETES)
        .then(|| format!("An apply runs only with `--max-deletes {number}`."))
}

/// The label of a partial plan, the answers to a reviewer's questions, and the bar.
fn lead(document: &PlanDocument) -> Html {
    let partial = if document.partial {
        element("p").class("partial").with("Partial: only some documents were planned.")
    } else {
        Html::default()
    };
    let answers = [
        Some(answer(&answers::deletes(document), "-")),
        Some(answer(&answers::hosts(document), "!")),
        answers::drift(document).map(|drift| answer(&drift, "≠")),
        Some(answer(&answers::blocked(document), "!")),
    ];
    let answers: Html = answers.into_iter().flatten().collect();
    let answers = element("ul").class("answers").with(answers);
    let account = document.account.as_ref().map(account::summary).unwrap_or_default();
    let requests = if document.is_empty() {
        Html::default()
    } else {
        element("p")
            .class("faint")
            .with(format!("Requests: {}", phrases::requests(&document.requests)))
    };
    Html::from([partial, account, answers, picture::bar(&states(document)), requests])
}

/// Renders the answer to a question of every reviewer. Its sign repeats its color.
fn answer(answer: &Answer, grave: &str) -> Html {
    let (class, sign) = match answer.concern {
        Concern::Fine => ("fine", "✓"),
        Concern::Look => ("look", "→"),
        Concern::Grave => ("grave", grave),
    };
    let sign = element("span").class("sign").attribute("aria-hidden", "true").with(sign);
    element("li").class(class).with(sign + element("span").with(prose(&answer.text)))
}

/// Counts the instances by what the plan found. An instance with several steps counts once.
fn states(document: &PlanDocument) -> [BarPart; 7] {
    let mut last = None;
    let firsts: Vec<&PlanStep> = document
        .steps
        .iter()
        .filter(|step| last.replace(step.key.as_str()) != Some(step.key.as_str()))
        .collect();
    let number =
        |is_it: &dyn Fn(&PlanStep) -> bool| firsts.iter().filter(|step| is_it(step)).count();
    let is_drift = |step: &PlanStep| step.cause == Cause::Remote && step.action != Action::Delete;
    let part = |number, label, sign, class| BarPart { number, label, sign, class };
    let deleted = number(&|step| step.action == Action::Delete);
    let missing = number(&|step| step.action == Action::Create && !is_drift(step));
    let unfinished = number(&|step| step.action == Action::Finish && !is_drift(step));
    let drifted = number(&is_drift);
    let changed = firsts.len() - deleted - missing - unfinished - drifted;
    [
        part(document.summary.unchanged, "in sync", "=", "sync"),
        part(changed, "changed in the files", "~", "changed"),
        part(drifted, "drifted", "≠", "drifted"),
        part(missing, "missing", "+", "missing"),
        part(unfinished, "incomplete", "±", "incomplete"),
        part(document.summary.blocked, "blocked", "!", "stuck"),
        part(document.summary.orphan + deleted, "without a file", "?", "orphan"),
    ]
}

/// Renders approved steps that are not applied, and the steps that the documents need now.
pub(super) fn stale_entries(
    document: &PlanDocument,
    stale: &[PlanStale],
    options: &HtmlOptions,
) -> Html {
    let mut renderer = StepRenderer::new(&document.target, options);
    renderer.unfolded = 0;
    let entries = stale.iter().map(|stale| {
        let title = element("p").with(Html::from([
            element("span").class("key").with(code(&stale.key)),
            Html::from(format!(" {}", stale.action)),
        ]));
        let reason = element("p").with(message(&stale.message));
        let now: Vec<&PlanStep> = stale.steps.iter().collect();
        element("li").with(Html::from([title, reason, renderer.all(&now)]))
    });
    element("ul").class("problems").with(entries.collect::<Html>())
}
