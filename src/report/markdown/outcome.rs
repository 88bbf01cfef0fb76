//! An outcome as a comment.

use super::changes;
use super::comment::{CommentEntry, CommentPage, CommentSection};
use super::escape::code;
use super::first_screen::{FirstScreen, Topic};
use super::options::CommentOptions;
use super::plan::{marker_of, message, target};
use super::step::{entry, place};
use crate::apply::StepOutcome;
use crate::plan::Action;
use crate::report::json::{
    PlanDocument, PlanStale, PlanStep, ResultAction, ResultDocument, ResultEntry, ResultNote,
};
use crate::report::phrases;

const REGISTER: &str = "No event arrives before these URLs are registered at the provider.\n\n";
/// Maximum number of completed steps that are not folded.
const MAX_UNFOLDED: usize = 10;

/// Renders an outcome: problems, URLs to register, and completed steps.
pub fn outcome(plan: &PlanDocument, result: &ResultDocument, options: &CommentOptions) -> String {
    let with = |outcome| result.results.iter().filter(move |entry| entry.outcome == outcome);
    let problems = |title, outcome| {
        let entries: Vec<_> = with(outcome).map(line).collect();
        Topic::new(title, entries.len(), "", entries)
    };
    let stale: Vec<_> = plan.stale.iter().map(stale_entry).collect();
    let to_register = to_register(result);
    let topics = [
        problems("Failed", StepOutcome::Failed),
        problems("Outcome unknown", StepOutcome::Unknown),
        Topic::new("Stale", stale.len(), "", stale),
        problems("Blocked", StepOutcome::Blocked),
        problems("Not started", StepOutcome::NotStarted),
        Topic::new("To register at the provider", to_register.len(), REGISTER, to_register),
    ];
    let head = head(plan, result) + &options.report_link();
    let mut sections = FirstScreen::after(&head).sections(topics.into_iter().flatten().collect());
    let done: Vec<_> = with(StepOutcome::Done).map(|entry| step_of(plan, entry, options)).collect();
    let is_long = done.len() > MAX_UNFOLDED;
    let done = CommentSection::new("Done", "", done);
    sections.extend(if is_long { done.map(CommentSection::folded) } else { done });
    sections.extend(CommentSection::new("Notes", "", result.notes.iter().map(note).collect()));
    CommentPage {
        marker: marker_of("apply", plan),
        head,
        sections,
        footer: String::new(),
        complete_version: "The log and the JSON format of the apply are complete.",
    }
    .render(options.max_bytes)
}

fn head(plan: &PlanDocument, result: &ResultDocument) -> String {
    let target = target(plan);
    if result.results.is_empty() {
        let matching = phrases::matching(result.summary.unchanged);
        return format!("## ocon apply: no changes\n\n{target}\n\n{matching}.\n");
    }
    let next_step = phrases::next_step(result);
    let advice = if next_step.is_empty() { String::new() } else { format!("\n{next_step}\n") };
    format!("## ocon apply: {}\n\n{target}\n{advice}", phrases::outcomes(result))
}

fn line(entry: &ResultEntry) -> CommentEntry {
    let id = entry.instance_id.map(|id| format!(" `#{id}`")).unwrap_or_default();
    let problem = entry.error.as_ref().map(|error| {
        let request = error.further_request_id();
        let request = request.map(|id| format!(", request {}", code(id))).unwrap_or_default();
        format!(": `{}`: {}{request}", error.code, message(&error.message))
    });
    let problem = problem.unwrap_or_default();
    CommentEntry::line(format!("- **{}**{id} {}{problem}\n", code(&entry.key), entry.action))
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
            let assumed = if entry.webhook_url_assumed { " (`webhook-url-assumed`)" } else { "" };
            let (key, url) = (code(&entry.key), code(url));
            Some(CommentEntry::line(format!("- **{key}** `#{id}` {url}{assumed}\n")))
        })
        .collect()
}

/// Renders a completed step of the plan, with the ID of its instance.
fn step_of(plan: &PlanDocument, done: &ResultEntry, options: &CommentOptions) -> CommentEntry {
    let planned =
        |step: &&PlanStep| step.key == done.key && ResultAction::Step(step.action) == done.action;
    let Some(step) = plan.steps.iter().find(planned) else {
        return line(done);
    };
    let url = done.webhook_url.as_ref().filter(|_| done.is_done(Action::Create));
    let remark = url.map(|url| format!("Webhook URL: {}", code(url))).unwrap_or_default();
    let step = PlanStep { instance_id: done.instance_id.or(step.instance_id), ..step.clone() };
    entry(&step, &place(&step, options), &remark)
}

fn note(note: &ResultNote) -> CommentEntry {
    CommentEntry::line(format!("- `{}`: {}\n", note.code, message(&note.message)))
}
