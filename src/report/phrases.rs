//! Phrases that more than one format uses.

use std::collections::BTreeSet;

use super::grouping::first_places;
use super::json::{
    AccountSummary, PlanDocument, PlanRequests, PlanStep, PlanUnset, ResultDocument, StatusCounter,
    StatusDocument,
};
use super::style::count;
use crate::instance::FieldPath;
use crate::plan::{Action, Cause, status::SyncState};
use crate::safe_text::quoted;

/// The actions that a summary in a terminal counts even if they are zero.
const ALWAYS_COUNTED: [Action; 3] = [Action::Create, Action::Update, Action::Delete];

/// Whether a summary has numbers that are zero.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Zeros {
    Shown,
    Hidden,
}

/// `1 to create, 2 to update (1 remote drift), 1 blocked; 46 unchanged, 2 orphans, 4 unmanaged`.
pub(super) fn counts(plan: &PlanDocument, zeros: Zeros) -> String {
    let is_shown = |number: usize| number > 0 || zeros == Zeros::Shown;
    let mut todo: Vec<String> = Action::ALL
        .into_iter()
        .map(|action| (plan.count(action), action))
        .filter(|(number, action)| {
            *number > 0 || (is_shown(*number) && ALWAYS_COUNTED.contains(action))
        })
        .map(|(number, action)| format!("{number} to {action}{}", causes(plan, action)))
        .collect();
    let summary = &plan.summary;
    let (stale, refused) = (plan.stale.len(), plan.refused());
    let not_done = [(stale, "stale"), (refused, "refused"), (summary.blocked - refused, "blocked")];
    todo.extend(
        not_done.iter().filter(|(number, _)| *number > 0).map(|(n, what)| format!("{n} {what}")),
    );
    let unchanged = Some(summary.unchanged).filter(|number| is_shown(*number));
    let unmanaged = summary.unmanaged.filter(|number| is_shown(*number));
    let orphans = Some(summary.orphan).filter(|number| *number > 0);
    let rest = [
        unchanged.map(|number| format!("{number} unchanged")),
        orphans.map(|number| count(number, "orphan")),
        unmanaged.map(|number| format!("{number} unmanaged")),
    ];
    let rest: Vec<String> = rest.into_iter().flatten().collect();
    let parts = [todo.join(", "), rest.join(", ")];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("; ")
}

/// ` (1 remote drift, 1 requested)`: the causes that the action does not imply.
fn causes(plan: &PlanDocument, action: Action) -> String {
    let causes: Vec<String> = [Cause::Remote, Cause::Requested, Cause::Unknown]
        .into_iter()
        .filter_map(|cause| {
            let is_it = |step: &&PlanStep| step.action == action && step.cause == cause;
            let number = plan.steps.iter().filter(is_it).count();
            let phrase = self::cause(cause, action).filter(|_| number > 0)?;
            Some(format!("{number} {phrase}"))
        })
        .collect();
    if causes.is_empty() { String::new() } else { format!(" ({})", causes.join(", ")) }
}

pub(super) fn requests(requests: &PlanRequests) -> String {
    let PlanRequests { read, write, check } = requests;
    let check = if *check > 0 { format!(", {check} to check") } else { String::new() };
    format!("{read} read, {write} to write{check}.")
}

/// `3 instances match the files`.
pub(super) fn matching(unchanged: usize) -> String {
    let verb = if unchanged == 1 { "matches" } else { "match" };
    format!("{} {verb} the files", count(unchanged, "instance"))
}

/// `3 instances match the files; 1 orphan`: the result of a plan without changes.
pub(super) fn no_changes(plan: &PlanDocument) -> String {
    let matching = match plan.account {
        Some(_) => "No document exists".to_owned(),
        None => matching(plan.summary.unchanged),
    };
    let orphans = match plan.summary.orphan {
        0 => String::new(),
        orphans => format!("; {}", count(orphans, "orphan")),
    };
    matching + &orphans
}

/// Maximum number of connectors that are listed for an account.
pub(super) const MAX_CONNECTORS: usize = 5;
pub(super) const MAX_CONNECTOR_CHARS: usize = 60;

/// `There is no document, and the account has 3 instances (1 of other projects)`.
pub(super) fn account(account: &AccountSummary) -> String {
    let instances = match account.instances {
        0 => "no instance".to_owned(),
        number => count(number, "instance"),
    };
    let others = match account.of_other_projects {
        0 => String::new(),
        others => format!(" ({others} of other projects)"),
    };
    format!("There is no document, and the account has {instances}{others}")
}

/// `12 other connectors`.
pub(super) fn others(connectors: usize) -> String {
    count(connectors, "other connector")
}

/// What to do first in a repository without any document.
pub(super) fn first_steps(account: &AccountSummary) -> Vec<String> {
    let import = match account.importable() {
        0 => None,
        1 => Some("To write a file for the existing instance, run `ocon import --all`.".to_owned()),
        number => Some(format!(
            "To write files for {number} existing instances, run `ocon import --all`."
        )),
    };
    let create = "To create an instance, write its file with `ocon new CONNECTOR`. `ocon connectors` lists the connectors.";
    import.into_iter().chain([create.to_owned()]).collect()
}

/// `1 to create, 2 to update (1 remote drift); 12 unchanged, 1 orphan.`: every number that is not 0.
pub(super) fn plan_numbers(plan: &PlanDocument) -> String {
    if plan.is_empty() {
        return format!("No changes. {}.", no_changes(plan));
    }
    format!("{}.", counts(plan, Zeros::Hidden))
}

/// The cause of a step, unless its action implies the cause.
pub(super) fn cause(cause: Cause, action: Action) -> Option<&'static str> {
    match (cause, action) {
        (Cause::Remote, _) => Some("remote drift"),
        (Cause::Unfinished, _) => Some("incomplete create"),
        (Cause::Adoption, _) => Some("adoption"),
        (Cause::Requested, Action::Update) => Some("requested"),
        (Cause::Unknown, Action::Update) => Some("cause unknown"),
        (Cause::Requested | Cause::Unknown | Cause::File, _) => None,
    }
}

/// The secrets that are not set, each once.
pub(super) fn unset_sources(unset: &[PlanUnset]) -> BTreeSet<&str> {
    unset.iter().map(|secret| secret.source.as_str()).collect()
}

/// `94 secrets are not set where this plan was made, …: env.A, env.B, env.C and 91 more. …`: what a plan could not compare;
/// `None` if there is nothing.
pub(super) fn unset(unset: &[PlanUnset]) -> Option<String> {
    let sources = unset_sources(unset);
    let (are, them) = if sources.len() == 1 { ("is", "it") } else { ("are", "them") };
    let list = if sources.len() == 1 { "" } else { ". `ocon variables` lists them all" };
    (!sources.is_empty()).then(|| {
        format!(
            "{} {are} not set where this plan was made, which is usual in a review: {}. The fields that use {them} are \
             not compared. An apply that has the values writes those that changed. An apply without them needs --allow-unset{list}",
            count(sources.len(), "secret"),
            first_places(sources.iter().map(|source| quoted(*source).to_string()))
        )
    })
}

/// `in sync`.
pub(super) fn state(state: SyncState) -> String {
    state.as_str().replace('-', " ")
}

/// `1 drifted`, `3 in sync`, `1 not valid`: every number of a status that is not 0.
pub(super) fn status_counters(status: &StatusDocument) -> Vec<String> {
    let phrase = |counter| match counter {
        StatusCounter::State(state) => self::state(state),
        StatusCounter::Invalid => "not valid".to_owned(),
        StatusCounter::Disabled => "disabled".to_owned(),
        StatusCounter::WrongCallback => "with a wrong callback URL".to_owned(),
        StatusCounter::Unmanaged => "unmanaged".to_owned(),
    };
    let counters = status.counters().into_iter();
    counters.map(|(number, counter)| format!("{number} {}", phrase(counter))).collect()
}

/// `2 created`, `1 updated`: the steps that are done, by action.
pub(super) fn done(result: &ResultDocument) -> Vec<String> {
    Action::ALL
        .into_iter()
        .map(|action| (result.done(action), action.participle()))
        .filter(|(number, _)| *number > 0)
        .map(|(number, participle)| format!("{number} {participle}"))
        .collect()
}

/// `2 created, 1 updated; 1 failed; 12 unchanged`.
pub(super) fn outcomes(result: &ResultDocument) -> String {
    let done = done(result);
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
    let unchanged = Some(summary.unchanged).filter(|number| *number > 0);
    let unchanged = unchanged.map(|number| format!("{number} unchanged"));
    let parts = [Some(done), Some(rest.join(", ")).filter(|rest| !rest.is_empty()), unchanged];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// What to do after an apply that is not complete; empty after a complete one.
pub(super) fn next_step(result: &ResultDocument) -> &'static str {
    let summary = &result.summary;
    if summary.stale > 0 {
        "Plan again: the state changed since the plan."
    } else if summary.unknown > 0 || !result.notes.is_empty() {
        "Wait 2 minutes, then run it again."
    } else if summary.done == result.results.len() {
        ""
    } else if result.done(Action::Delete) > 0 {
        // The same run could delete further instances.
        "Plan again before you run it again."
    } else if summary.failed + summary.not_started == 0 {
        "Resolve what is blocked, and run it again."
    } else {
        "Running it again is safe."
    }
}

/// What to add to a webhook URL whose form no source documents.
pub(super) const ASSUMED_URL: &str =
    "No source documents the form of this URL, so it is assumed (webhook-url-assumed).";

pub(super) fn known_after_create(after: &str) -> String {
    after
        .replace("{base64(id)}", "(base64 of the id, known after create)")
        .replace("{id}", "(id, known after create)")
}

/// Returns a configuration key as in the file, unless it looks like a field of the document itself.
pub(super) fn field(path: &FieldPath) -> String {
    match path {
        FieldPath::Configuration(key)
            if !matches!(key.as_str(), "name" | "tags" | "key" | "mark" | "protect") =>
        {
            key.clone()
        }
        _ => path.to_string(),
    }
}

pub(super) fn differs_in(hint: &str) -> String {
    format!("(differs in: {hint})")
}
