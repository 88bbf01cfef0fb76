//! Phrases that more than one format uses.

use super::json::{
    AccountSummary, PlanDocument, PlanRequests, ResultDocument, StatusCounter, StatusDocument,
};
use super::style::count;
use crate::plan::{Action, Cause, status::SyncState};

/// The actions that a summary counts even if they are zero.
pub(super) const ALWAYS_COUNTED: [Action; 3] = [Action::Create, Action::Update, Action::Delete];

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

/// `There is no document yet, and the account has 3 instances (1 of other projects)`.
pub(super) fn account(account: &AccountSummary) -> String {
    let instances = match account.instances {
        0 => "no instance".to_owned(),
        number => count(number, "instance"),
    };
    let others = match account.of_other_projects {
        0 => String::new(),
        others => format!(" ({others} of other projects)"),
    };
    format!("There is no document yet, and the account has {instances}{others}")
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
    let create = "To create an instance, write its file, such as `instances/shop.yaml`. `ocon validate` checks it.";
    import.into_iter().chain([create.to_owned()]).collect()
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

pub(super) fn differs_in(hint: &str) -> String {
    format!("(differs in: {hint})")
}
