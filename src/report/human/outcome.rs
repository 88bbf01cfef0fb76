//! The text form of an outcome.

use super::layout::{Layout, push_webhook_url};
use crate::apply::{FailureCode, StepErrorCode, StepOutcome};
use crate::plan::Action;
use crate::report::json::{ResultAction, ResultDocument, ResultEntry};
use crate::report::phrases;
use crate::report::style::{ADDED, REMOVED, Styled, clean_line, hanging, sentence, wrapped};

/// Renders the failed steps, the webhook URLs of new instances, and the counters. The plan already
/// shows what is stale or blocked.
pub fn outcome(result: &ResultDocument, layout: Layout) -> String {
    let mut text = String::new();
    for entry in &result.results {
        match entry.outcome {
            StepOutcome::Done | StepOutcome::Stale | StepOutcome::Blocked => {}
            StepOutcome::Failed | StepOutcome::Unknown | StepOutcome::NotStarted => {
                push_problem(&mut text, entry, layout);
            }
        }
    }
    for entry in &result.results {
        push_instance(&mut text, entry, layout);
    }
    for note in &result.notes {
        let message = format!("{}: {}", note.code, clean_line(&note.message));
        let lines = wrapped(&message, "        ", layout.width);
        text.push_str(&format!("  note: {}", lines.trim_start()));
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&summary(result, layout));
    text
}

fn push_problem(text: &mut String, entry: &ResultEntry, layout: Layout) {
    let id = entry.instance_id.map(|id| format!("  #{id}")).unwrap_or_default();
    let title = format!("{}{id}  {} {}", entry.key, entry.action, entry.outcome);
    let first = format!("  {} ", Styled(REMOVED, "!"));
    text.push_str(&hanging(&first, &title, "      ", layout.width));
    let Some(error) = &entry.error else {
        return;
    };
    let message = format!("{}: {}", error.code, clean_line(&error.message));
    text.push_str(&wrapped(&message, "      ", layout.width));
    if let Some(id) = error.further_request_id() {
        let request = format!("request ID: {}", clean_line(id));
        text.push_str(&wrapped(&request, "      ", layout.width));
    }
    if let Some(advice) = advice(error.code) {
        text.push_str(&wrapped(advice, "      ", layout.width));
    }
}

/// What you can do about a failure that another run does not solve.
fn advice(code: StepErrorCode) -> Option<&'static str> {
    match code {
        StepErrorCode::Failure(FailureCode::ProviderRefused) => Some(
            "Check the credentials. An authorization code works only once and expires soon: the next run \
             needs a new one.",
        ),
        StepErrorCode::Failure(FailureCode::Unauthorized) => {
            Some("Check OCON_USER_SECRET and OCON_ORGANIZATION_SECRET.")
        }
        StepErrorCode::Failure(_) | StepErrorCode::Blocked(_) => None,
    }
}

/// Adds the ID and the webhook URL of an instance that was created or finished.
fn push_instance(text: &mut String, entry: &ResultEntry, layout: Layout) {
    let ResultAction::Step(Action::Create | Action::Finish) = entry.action else { return };
    let Some(id) = entry.instance_id else { return };
    let sign = match entry.outcome {
        StepOutcome::Done => Styled(ADDED, "+"),
        _ => Styled(REMOVED, "!"),
    };
    let title = format!("{}  #{id}", entry.key);
    text.push_str(&hanging(&format!("  {sign} "), &title, "      ", layout.width));
    let Some(webhook_url) = &entry.webhook_url else { return };
    push_webhook_url(text, webhook_url, layout);
    if entry.register_webhook {
        let todo = "Register this webhook URL at the provider: no event arrives before that.";
        text.push_str(&wrapped(todo, "      ", layout.width));
    }
    if entry.webhook_url_assumed {
        text.push_str(&wrapped(phrases::ASSUMED_URL, "      ", layout.width));
    }
}

fn summary(result: &ResultDocument, layout: Layout) -> String {
    let done = phrases::done(result);
    let done = if done.is_empty() { "nothing".to_owned() } else { done.join(", ") };
    let mut text = format!("{done}.");
    let summary = &result.summary;
    for (number, label) in [
        (summary.failed, "Failed"),
        (summary.unknown, "Outcome unknown"),
        (summary.stale, "Stale"),
        (summary.blocked, "Blocked"),
        (summary.not_started, "Not started"),
    ] {
        if number > 0 {
            text.push_str(&format!(" {label}: {number}."));
        }
    }
    let next_step = phrases::next_step(result);
    if !next_step.is_empty() {
        text.push_str(&format!(" {next_step}"));
    }
    sentence("Applied:", &text, layout.width)
}
