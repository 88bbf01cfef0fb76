//! What became of a plan as a comment.

use super::escape::code;
use super::page::{Entry, Page, Section};
use super::plan::{entry, marker_of, message, place, target};
use super::{Frame, changes};
use crate::plan::Action;
use crate::report::json::{
    PlanDocument, PlanStale, PlanStep, ResultDocument, ResultEntry, ResultNote,
};
use crate::report::style::count;
use crate::report::wording;

const WENT_WRONG: &str = "| instance | action | what happened |\n|---|---|---|\n";
const TO_REGISTER: &str = "No event arrives before the provider knows these addresses.\n\n\
                           | instance | id | webhook URL |\n|---|---:|---|\n";

/// What became of a plan: what went wrong, what a person has to do, what was done.
pub fn outcome(plan: &PlanDocument, result: &ResultDocument, frame: &Frame) -> String {
    let with = |name: &str| -> Vec<&ResultEntry> {
        result.results.iter().filter(|entry| entry.outcome == name).collect()
    };
    let rows = |name: &str| with(name).into_iter().map(row).collect::<Vec<_>>();
    let done = with("done").into_iter().map(|entry| step_of(plan, entry, frame)).collect();
    let sections = [
        Section::new("Failed", WENT_WRONG, rows("failed")),
        Section::new("Outcome unknown", WENT_WRONG, rows("unknown")),
        Section::new("Stale", "", stale(plan)),
        Section::new("Blocked", WENT_WRONG, rows("blocked")),
        Section::new("Not started", WENT_WRONG, rows("not-started")),
        Section::new("To register at the provider", TO_REGISTER, to_register(result)),
        Section::new("Done", "", done),
        Section::new("Notes", "", result.notes.iter().map(note).collect()),
    ];
    Page {
        marker: marker_of("apply", plan),
        head: head(plan, result),
        sections: sections.into_iter().flatten().collect(),
        elsewhere: "The whole is in the log of the apply and in its JSON form.",
    }
    .render(frame.max_bytes)
}

fn head(plan: &PlanDocument, result: &ResultDocument) -> String {
    let summary = &result.summary;
    let target = target(plan);
    if result.results.is_empty() {
        let matching = count(summary.unchanged, "instance");
        let verb = if summary.unchanged == 1 { "matches" } else { "match" };
        return format!("## ocon apply: no changes\n\n{target}\n\n{matching} {verb} the files.\n");
    }
    let next_step = wording::next_step(result);
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
    let mut done: Vec<String> = Vec::new();
    for action in Action::ALL {
        let is_done =
            |entry: &&ResultEntry| entry.action == action.as_str() && entry.outcome == "done";
        let number = result.results.iter().filter(is_done).count();
        if number > 0 {
            done.push(format!("{number} {}", action.participle()));
        }
    }
    if done.is_empty() {
        done.push("nothing done".to_owned());
    }
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
    let done = done.join(", ");
    if rest.is_empty() { done } else { format!("{done}; {}", rest.join(", ")) }
}

fn row(entry: &ResultEntry) -> Entry {
    let id = entry.instance_id.map(|id| format!(" `#{id}`")).unwrap_or_default();
    let told = entry.error.as_ref().map(|error| {
        let request = error.request_id.as_deref().filter(|id| !error.message.contains(*id));
        let request = request.map(|id| format!(", request {}", code(id))).unwrap_or_default();
        format!("`{}`: {}{request}", error.code, message(&error.message))
    });
    let told = told.unwrap_or_default();
    Entry::line(format!("| {}{id} | {} | {told} |\n", code(&entry.key), entry.action))
}

/// What was approved and not done, each with what would have to be done now.
fn stale(plan: &PlanDocument) -> Vec<Entry> {
    plan.stale.iter().map(stale_entry).collect()
}

fn stale_entry(stale: &PlanStale) -> Entry {
    let told = format!("{} {}: {}", code(&stale.key), stale.action, message(&stale.message));
    let now: Vec<String> = stale.steps.iter().filter_map(changes::block).collect();
    let brief = format!("- {told}\n");
    let full = (!now.is_empty()).then(|| {
        let now = now.join("\n");
        format!("{brief}\n<details><summary>what would have to be done now</summary>\n\n{now}\n</details>\n\n")
    });
    Entry { brief, full }
}

fn to_register(result: &ResultDocument) -> Vec<Entry> {
    let waiting = result.results.iter().filter(|entry| entry.register_webhook);
    waiting
        .filter_map(|entry| {
            let (id, url) = (entry.instance_id?, entry.webhook_url.as_ref()?);
            Some(Entry::line(format!("| {} | `#{id}` | {} |\n", code(&entry.key), code(url))))
        })
        .collect()
}

/// The step that was done, as the plan has it, with the instance that it made.
fn step_of(plan: &PlanDocument, done: &ResultEntry, frame: &Frame) -> Entry {
    let planned = |step: &&PlanStep| step.key == done.key && step.action == done.action;
    let Some(step) = plan.steps.iter().find(planned) else {
        return row(done);
    };
    let url = done.webhook_url.as_ref().filter(|_| done.action == Action::Create.as_str());
    let remark = url.map(|url| format!("Webhook URL: {}", code(url))).unwrap_or_default();
    let step = PlanStep { instance_id: done.instance_id.or(step.instance_id), ..step.clone() };
    entry(&step, &place(&step, frame), &remark)
}

fn note(note: &ResultNote) -> Entry {
    Entry::line(format!("- `{}`: {}\n", note.code, message(&note.message)))
}
