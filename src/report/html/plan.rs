//! A plan as a page.

use super::HtmlOptions;
use super::account;
use super::markup::{Html, element};
use super::page::{Page, PageSection};
use super::picture::{self, BarPart};
use super::remarks;
use super::step::StepRenderer;
use super::text::{code, message, prose};
use crate::plan::{Action, Cause, ChangeKind};
use crate::report::hosts::{self, HostSummary};
use crate::report::json::{PlanBlocked, PlanDocument, PlanStale, PlanStep};
use crate::report::note_group;
use crate::report::phrases;
use crate::report::style::count;
use crate::safe_text::quoted;

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
    let deletes = of(document, ReviewSection::Delete);
    let notes = note_group::groups(&document.notes);
    let mut sections = vec![
        PageSection::of("guarded", "Refused", &blocked(true), rows),
        PageSection::of("blocked", "Blocked", &blocked(false), rows),
        PageSection::of("delete", "To delete", &deletes, |steps| {
            remarks::deletes(steps, delete_limit(steps.len()))
        }),
        PageSection::of("hosts", "Where secrets and events go", &hosts, remarks::hosts),
        PageSection::of("stale", "Stale", &document.stale, |stale| {
            stale_entries(document, stale, options)
        }),
    ];
    let mut renderer = StepRenderer::new(&document.target, options);
    for (id, title, section, intro) in STEP_SECTIONS {
        let intro = if intro.is_empty() { Html::default() } else { element("p").with(intro) };
        let steps = of(document, section);
        sections.push(PageSection::of(id, title, &steps, |steps| intro + renderer.all(steps)));
    }
    sections.push(PageSection::of("notes", "Notes", &notes, remarks::notes));
    sections.push(remarks::unset_section(&document.unset, options));
    sections.into_iter().flatten().collect()
}

/// The sections of a plan for a reviewer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ReviewSection {
    Delete,
    Create,
    Rotate,
    Change,
    Drift,
}

const DRIFT: &str = "The files did not cause these differences. An apply corrects them.";
const STEP_SECTIONS: [(&str, &str, ReviewSection, &str); 4] = [
    ("create", "To create", ReviewSection::Create, ""),
    ("rotate", "Secrets to rotate", ReviewSection::Rotate, ""),
    ("change", "To change", ReviewSection::Change, ""),
    ("drift", "Drift", ReviewSection::Drift, DRIFT),
];

impl ReviewSection {
    fn of(step: &PlanStep) -> Self {
        let rotates = || step.changes.iter().any(|change| change.kind == ChangeKind::Rotate);
        match (step.action, step.cause) {
            (Action::Delete, _) => Self::Delete,
            (_, Cause::Remote | Cause::Unfinished) => Self::Drift,
            (Action::Create, _) => Self::Create,
            _ if rotates() => Self::Rotate,
            _ => Self::Change,
        }
    }
}

fn of(document: &PlanDocument, section: ReviewSection) -> Vec<&PlanStep> {
    document.steps.iter().filter(|step| ReviewSection::of(step) == section).collect()
}

fn delete_limit(number: usize) -> Option<String> {
    (number > DEFAULT_MAX_DELETES).then(|| {
        format!("An apply refuses this number of deletes without `--max-deletes {number}`.")
    })
}

/// The label of a partial plan, the answers to a reviewer's questions, and the bar.
fn lead(document: &PlanDocument) -> Html {
    let partial = if document.partial {
        element("p").class("partial").with("Partial: only some documents were planned.")
    } else {
        Html::default()
    };
    let answers = [deletes(document), hosts_answer(document), blocked_answer(document)];
    let answers = element("ul").class("answers").with(Html::from(answers));
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

fn answer(class: &'static str, sign: &str, text: &str) -> Html {
    let sign = element("span").class("sign").attribute("aria-hidden", "true").with(sign);
    element("li").class(class).with(sign + element("span").with(prose(text)))
}

fn deletes(document: &PlanDocument) -> Html {
    match document.summary.delete {
        0 => answer("fine", "✓", "Nothing is deleted."),
        number => {
            let verb = if number == 1 { "is" } else { "are" };
            let text = format!("{} {verb} deleted.", count(number, "instance"));
            answer("grave", "-", &text)
        }
    }
}

fn hosts_answer(document: &PlanDocument) -> Html {
    let hosts = hosts::summarize(&document.notes);
    let changed = hosts.iter().filter(|host| host.is_changed).count();
    match (hosts.len(), changed) {
        (0, _) => answer("fine", "✓", "No host of the files gets secrets or events."),
        (_, 0) => answer("look", "→", &format!("Secrets or events go to {}.", named(&hosts))),
        (number, changed) => {
            let changed = named(hosts.get(..changed).unwrap_or_default());
            let all = count(number, "host");
            let text = format!("Secrets or events go to {all}. Changed: {changed}.");
            answer("grave", "!", &text)
        }
    }
}

/// Names a few hosts in full, or counts them.
fn named(hosts: &[HostSummary]) -> String {
    let name = |host: &HostSummary| {
        if host.host.contains(' ') { host.host.clone() } else { quoted(&host.host).to_string() }
    };
    match hosts {
        [one] => name(one),
        [one, other] => format!("{} and {}", name(one), name(other)),
        more => count(more.len(), "host"),
    }
}

fn blocked_answer(document: &PlanDocument) -> Html {
    match (document.blocked.len(), document.stale.len()) {
        (0, 0) => answer("fine", "✓", "Nothing is blocked."),
        (0, stale) => answer("grave", "!", &format!("{} stale.", count(stale, "document"))),
        (number, _) => {
            let verb = if number == 1 { "is" } else { "are" };
            answer("grave", "!", &format!("{} {verb} blocked.", count(number, "document")))
        }
    }
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
