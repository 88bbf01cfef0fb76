//! The text form of what became of a plan.

use super::{Layout, push_webhook_url};
use crate::apply::{FailureCode, Outcome, StepCode, StepOutcome, StepResult, StepStatus};
use crate::plan::Action;
use crate::report::json::ResultDocument;
use crate::report::style::{ADDED, Painted, REMOVED, clean_line, hanging, sentence, wrapped};
use crate::report::wording;

/// Renders the results that need words, the webhook URLs of new instances, and the numbers. What
/// is stale or blocked stands in the plan already.
pub fn outcome(outcome: &Outcome, layout: Layout) -> String {
    let mut text = String::new();
    let told = |result: &&StepResult| {
        matches!(result.status, StepStatus::Done | StepStatus::Stale(_) | StepStatus::Blocked(_))
    };
    for result in outcome.results.iter().filter(|result| !told(result)) {
        push_problem(&mut text, result, layout);
    }
    for result in &outcome.results {
        push_instance(&mut text, result, layout);
    }
    for note in &outcome.notes {
        let message = format!("{}: {}", note.code.as_str(), clean_line(&note.message));
        let lines = wrapped(&message, "        ", layout.width);
        text.push_str(&format!("  note: {}", lines.trim_start()));
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&summary(outcome, layout));
    text
}

fn push_problem(text: &mut String, result: &StepResult, layout: Layout) {
    let id =
        result.instance.as_ref().map(|touched| format!("  #{}", touched.id)).unwrap_or_default();
    let action = result.action.map(|action| format!("{} ", action.as_str())).unwrap_or_default();
    let title = format!("{}{id}  {action}{}", result.key, result.status.outcome());
    let first = format!("  {} ", Painted(REMOVED, "!"));
    text.push_str(&hanging(&first, &title, "      ", layout.width));
    let Some(failure) = result.status.failure() else {
        return;
    };
    let message = format!("{}: {}", failure.code, clean_line(&failure.message));
    text.push_str(&wrapped(&message, "      ", layout.width));
    if let Some(request_id) = &failure.request_id
        && !failure.message.contains(request_id.as_str())
    {
        let request = format!("request id: {}", clean_line(request_id));
        text.push_str(&wrapped(&request, "      ", layout.width));
    }
    if let Some(advice) = advice(failure.code) {
        text.push_str(&wrapped(advice, "      ", layout.width));
    }
}

/// What a person does about a failure that running again does not mend.
fn advice(code: StepCode) -> Option<&'static str> {
    match code {
        StepCode::Failure(FailureCode::ProviderRefused) => Some(
            "Check the credentials. An authorization code works once and not for long: the next run needs \
             another one.",
        ),
        StepCode::Failure(FailureCode::Unauthorized) => {
            Some("Check OCON_USER_SECRET and OCON_ORGANIZATION_SECRET.")
        }
        _ => None,
    }
}

/// The id and webhook URL of an instance that was created or finished.
fn push_instance(text: &mut String, result: &StepResult, layout: Layout) {
    let (Some(touched), Some(Action::Create | Action::Finish)) = (&result.instance, result.action)
    else {
        return;
    };
    let sign =
        if result.status == StepStatus::Done { Painted(ADDED, "+") } else { Painted(REMOVED, "!") };
    let title = format!("{}  #{}", result.key, touched.id);
    text.push_str(&hanging(&format!("  {sign} "), &title, "      ", layout.width));
    push_webhook_url(text, &touched.webhook_url, layout);
    if result.register_webhook {
        let todo = "Register this webhook URL at the provider: no event arrives before that.";
        text.push_str(&wrapped(todo, "      ", layout.width));
    }
}

fn summary(outcome: &Outcome, layout: Layout) -> String {
    let done = |action| {
        let results = outcome.results.iter().filter(|result| result.status == StepStatus::Done);
        results.filter(|result| result.action == Some(action)).count()
    };
    let mut applied: Vec<String> = Action::ALL
        .into_iter()
        .filter(|action| done(*action) > 0)
        .map(|action| format!("{} {}", done(action), action.participle()))
        .collect();
    if applied.is_empty() {
        applied.push("nothing".to_owned());
    }
    let mut text = format!("{}.", applied.join(", "));
    for (outcome_name, label) in [
        (StepOutcome::Failed, "Failed"),
        (StepOutcome::Unknown, "Outcome unknown"),
        (StepOutcome::Stale, "Stale"),
        (StepOutcome::Blocked, "Blocked"),
        (StepOutcome::NotStarted, "Not started"),
    ] {
        let number = outcome.count(outcome_name);
        if number > 0 {
            text.push_str(&format!(" {label}: {number}."));
        }
    }
    let next_step = wording::next_step(&ResultDocument::new(outcome, 0));
    if !next_step.is_empty() {
        text.push_str(&format!(" {next_step}"));
    }
    sentence("Applied:", &text, layout.width)
}
