//! An outcome as a page: problems first, then what to register, then the completed steps.

use super::HtmlOptions;
use super::markup::{Html, element};
use super::page::{Page, PageSection, PageSpace, row, table};
use super::picture::{self, BarPart};
use super::plan::stale_entries;
use super::remarks::codes;
use super::step::{MAX_UNFOLDED, StepEntry};
use super::text::{code, id, message};
use crate::apply::StepOutcome;
use crate::plan::Action;
use crate::report::json::{
    PlanDocument, PlanStep, ResultAction, ResultDocument, ResultEntry, ResultNote,
};
use crate::report::phrases;

/// Renders an outcome.
pub fn outcome(plan: &PlanDocument, result: &ResultDocument, options: &HtmlOptions) -> String {
    Page {
        command: "ocon apply".to_owned(),
        project: plan.target.project.clone(),
        base_url: plan.target.base_url.clone(),
        sentence: sentence(result),
        lead: lead(plan, result),
        sections: sections(plan, result, options),
    }
    .render()
}

fn sections(
    plan: &PlanDocument,
    result: &ResultDocument,
    options: &HtmlOptions,
) -> Vec<PageSection> {
    let with = |outcome| -> Vec<&ResultEntry> {
        result.results.iter().filter(|entry| entry.outcome == outcome).collect()
    };
    let problem = |id, title, outcome| PageSection::of(id, title, &with(outcome), problems);
    let waiting = |entry: &&ResultEntry| entry.register_webhook && entry.webhook_url.is_some();
    let waiting: Vec<&ResultEntry> = result.results.iter().filter(waiting).collect();
    let done = with(StepOutcome::Done);
    let sections = [
        problem("failed", "Failed", StepOutcome::Failed),
        problem("unknown", "Outcome unknown", StepOutcome::Unknown),
        PageSection::of("stale", "Stale", &plan.stale, |stale| stale_entries(plan, stale, options)),
        problem("blocked", "Blocked", StepOutcome::Blocked),
        problem("not-started", "Not started", StepOutcome::NotStarted),
        PageSection::of("register", "To register at the provider", &waiting, to_register),
        PageSection::of("done", "Done", &done, |done| completed(plan, done, options)),
        PageSection::of("notes", "Notes", &result.notes, notes),
    ];
    sections.into_iter().flatten().collect()
}

/// `2 created, 1 updated; 1 failed.`
fn sentence(result: &ResultDocument) -> String {
    let summary = &result.summary;
    if result.results.is_empty() {
        return format!("No changes. {}.", phrases::matching(summary.unchanged));
    }
    let done = phrases::done(result);
    let done = if done.is_empty() { "Nothing done".to_owned() } else { done.join(", ") };
    let rest = [
        (summary.failed, "failed"),
        (summary.unknown, "unknown"),
        (summary.stale, "stale"),
        (summary.blocked, "blocked"),
        (summary.not_started, "not started"),
        (summary.unchanged, "unchanged"),
    ];
    let rest = rest.iter().filter(|(number, _)| *number > 0);
    let rest: Vec<String> = rest.map(|(number, what)| format!("{number} {what}")).collect();
    if rest.is_empty() { format!("{done}.") } else { format!("{done}; {}.", rest.join(", ")) }
}

fn lead(plan: &PlanDocument, result: &ResultDocument) -> Html {
    let next_step = phrases::next_step(result);
    let next_step = match next_step {
        "" => Html::default(),
        next_step => element("p").class("partial").with(next_step),
    };
    let partial = if plan.partial {
        element("p").class("partial").with("Partial: only some documents were planned.")
    } else {
        Html::default()
    };
    let summary = &result.summary;
    let part = |number, label, sign, class| BarPart { number, label, sign, class };
    let bar = picture::bar(&[
        part(summary.unchanged, "in sync before", "=", "sync"),
        part(summary.done, "done", "✓", "missing"),
        part(summary.failed, "failed", "×", "stuck"),
        part(summary.unknown, "unknown", "?", "orphan"),
        part(summary.stale, "stale", "!", "drifted"),
        part(summary.blocked, "blocked", "!", "stuck"),
        part(summary.not_started, "not started", "–", "incomplete"),
    ]);
    Html::from([partial, next_step, bar])
}

fn title(entry: &ResultEntry) -> Html {
    let key = element("span").class("key").with(code(&entry.key)) + id(entry.instance_id);
    key + Html::from(format!(" {}", entry.action))
}

fn problems(entries: &[&ResultEntry]) -> Html {
    let (items, rest) = PageSpace::new().entries(entries, |entry, _| {
        let reason = entry.error.as_ref().map(|error| {
            let request = error.further_request_id().map(|id| Html::from(", request ") + code(id));
            let reason = message(&error.message) + codes(&error.code.to_string());
            element("p").with(reason + request.unwrap_or_default())
        });
        element("li").with(element("p").with(title(entry)) + reason.unwrap_or_default())
    });
    element("ul").class("problems").with(items) + rest
}

fn to_register(entries: &[&ResultEntry]) -> Html {
    let intro =
        element("p").with("No event arrives before these URLs are registered at the provider.");
    let (rows, rest) = PageSpace::new().entries(entries, |entry, _| {
        let url = entry.webhook_url.as_deref().map(code).unwrap_or_default();
        let assumed = if entry.webhook_url_assumed {
            element("p").class("faint").with(phrases::ASSUMED_URL)
        } else {
            Html::default()
        };
        row(code(&entry.key) + id(entry.instance_id), [url + assumed])
    });
    intro + table("URLs to register", &["instance", "webhook URL"], rows) + rest
}

/// Renders the completed steps of the plan, with the IDs of their instances.
fn completed(plan: &PlanDocument, done: &[&ResultEntry], options: &HtmlOptions) -> Html {
    let mut unfolded = MAX_UNFOLDED;
    let (entries, rest) = PageSpace::new().entries(done, |entry, space| {
        let planned = |step: &&PlanStep| {
            step.key == entry.key && ResultAction::Step(step.action) == entry.action
        };
        let Some(step) = plan.steps.iter().find(planned) else {
            return element("p").with(title(entry));
        };
        let url = entry.webhook_url.as_ref().filter(|_| entry.is_done(Action::Create));
        let remark = url.map(|url| element("p").with(Html::from("Webhook URL: ") + code(url)));
        let step = PlanStep { instance_id: entry.instance_id.or(step.instance_id), ..step.clone() };
        let is_open = unfolded > 0;
        unfolded = unfolded.saturating_sub(1);
        StepEntry { step: &step, target: &plan.target, options, is_open }
            .render(space.has_details(), remark.unwrap_or_default())
    });
    element("div").class("steps").with(entries) + rest
}

fn notes(notes: &[ResultNote]) -> Html {
    let item =
        |note: &ResultNote| element("li").with(message(&note.message) + codes(note.code.as_str()));
    element("ul").class("notes").with(notes.iter().map(item).collect::<Html>())
}
