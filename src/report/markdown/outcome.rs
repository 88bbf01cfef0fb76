//! An outcome as a comment.

use super::changes;
use super::comment::{CommentEntry, CommentPage, CommentSection};
use super::escape::code;
use super::options::CommentOptions;
use super::plan::{entry, marker_of, message, place, target};
use crate::apply::StepOutcome;
use crate::plan::Action;
use crate::report::json::{
    PlanDocument, PlanStale, PlanStep, ResultAction, ResultDocument, ResultEntry, ResultNote,
};
use crate::report::phrases;

const PROBLEMS_HEADER: &str = "| instance | action | what happened |\n|---|---|---|\n";
const WEBHOOKS_HEADER: &str = "No event arrives before these URLs are registered at the provider.\n\n\
                           | instance | ID | webhook URL |\n|---|---:|---|\n";

/// Renders an outcome: problems, URLs to register, and completed steps.
pub fn outcome(plan: &PlanDocument, result: &ResultDocument, options: &CommentOptions) -> String {
    let with = |outcome| result.results.iter().filter(move |entry| entry.outcome == outcome);
    let rows = |outcome| with(outcome).map(row).collect::<Vec<_>>();
    let done = with(StepOutcome::Done).map(|entry| step_of(plan, entry, options)).collect();
    let sections = [
        CommentSection::new("Failed", PROBLEMS_HEADER, rows(StepOutcome::Failed)),
        CommentSection::new("Outcome unknown", PROBLEMS_HEADER, rows(StepOutcome::Unknown)),
        CommentSection::new("Stale", "", plan.stale.iter().map(stale_entry).collect()),
        CommentSection::new("Blocked", PROBLEMS_HEADER, rows(StepOutcome::Blocked)),
        CommentSection::new("Not started", PROBLEMS_HEADER, rows(StepOutcome::NotStarted)),
        CommentSection::new("To register at the provider", WEBHOOKS_HEADER, to_register(result)),
        CommentSection::new("Done", "", done),
        CommentSection::new("Notes", "", result.notes.iter().map(note).collect()),
    ];
    CommentPage {
        marker: marker_of("apply", plan),
        head: head(plan, result) + &options.report_link(),
        sections: sections.into_iter().flatten().collect(),
        complete_version: "The log and the JSON format of the apply are complete.",
    }
    .render(options.max_bytes)
}

fn head(plan: &PlanDocument, result: &ResultDocument) -> String {
    let summary = &result.summary;
    let target = target(plan);
    if result.results.is_empty() {
        let matching = phrases::matching(summary.unchanged);
        return format!("## ocon apply: no changes\n\n{target}\n\n{matching}.\n");
    }
    let next_step = phrases::next_step(result);
    let advice = if next_step.is_empty() { String::new() } else { format!("\n{next_step}\n") };
    format!(
        "## ocon apply: {}\n\n{target}\n\n\
         | done | failed | unknown | stale | blocked | not started | unchanged |\n\
         |---:|---:|---:|---:|---:|---:|---:|\n\
         | {} | {} | {} | {} | {} | {} | {} |\n{advice}",
        headline(result),
        summary.done,
        summary.failed,
        summary.unknown,
        summary.stale,
        summary.blocked,
        summary.not_started,
        summary.unchanged,
    )
}

/// `2 created, 1 updated; 1 failed`.
fn headline(result: &ResultDocument) -> String {
    let done = phrases::done(result);
    let done = if done.is_empty() { "nothing done".to_owned() } else { done.join(", ") };
    let summary = &result.summary;
    let rest = [
        (summary.failed, "failed"),
        (summary.unknown, "unknown"),
        (summary.stale, "stale"),
        (summary.blocked, "blocked"),
        (summary.not_started, "not started"),
    ];
    let rest = rest.iter().filter(|(number, _)| *number > 0);
    let rest: Vec<String> = rest.map(|(number, what)| format!("{number} {what}")).collect();
    if rest.is_empty() { done } else { format!("{done}; {}", rest.join(", ")) }
}

fn row(entry: &ResultEntry) -> CommentEntry {
    let id = entry.instance_id.map(|id| format!(" `#{id}`")).unwrap_or_default();
    let problem = entry.error.as_ref().map(|error| {
        let request = error.further_request_id();
        let request = request.map(|id| format!(", request {}", code(id))).unwrap_or_default();
        format!("`{}`: {}{request}", error.code, message(&error.message))
    });
    let problem = problem.unwrap_or_default();
    CommentEntry::line(format!("| {}{id} | {} | {problem} |\n", code(&entry.key), entry.action))
}

/// Renders approved steps that were not applied, and the steps that the document needs now.
fn stale_entry(stale: &PlanStale) -> CommentEntry {
    let (key, message) = (code(&stale.key), message(&stale.message));
    let now: Vec<String> = stale.steps.iter().filter_map(changes::block).collect();
    let brief = format!("- {key} {}: {message}\n", stale.action);
    let full = (!now.is_empty()).then(|| {
        let now = now.join("\n");
        format!("{brief}\n<details><summary>the steps that it needs now</summary>\n\n{now}\n</details>\n\n")
    });
    CommentEntry { brief, full }
}

fn to_register(result: &ResultDocument) -> Vec<CommentEntry> {
    let waiting = result.results.iter().filter(|entry| entry.register_webhook);
    waiting
        .filter_map(|entry| {
            let (id, url) = (entry.instance_id?, entry.webhook_url.as_ref()?);
            Some(CommentEntry::line(format!(
                "| {} | `#{id}` | {} |\n",
                code(&entry.key),
                code(url)
            )))
        })
        .collect()
}

/// Renders a completed step of the plan, with the ID of its instance.
fn step_of(plan: &PlanDocument, done: &ResultEntry, options: &CommentOptions) -> CommentEntry {
    let planned =
        |step: &&PlanStep| step.key == done.key && ResultAction::Step(step.action) == done.action;
    let Some(step) = plan.steps.iter().find(planned) else {
        return row(done);
    };
    let url = done.webhook_url.as_ref().filter(|_| done.is_done(Action::Create));
    let remark = url.map(|url| format!("Webhook URL: {}", code(url))).unwrap_or_default();
    let step = PlanStep { instance_id: done.instance_id.or(step.instance_id), ..step.clone() };
    entry(&step, &place(&step, options), &remark)
}

fn note(note: &ResultNote) -> CommentEntry {
    CommentEntry::line(format!("- `{}`: {}\n", note.code, message(&note.message)))
}
