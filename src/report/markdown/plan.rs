//! A plan as a comment.

use super::account;
use super::changes;
use super::comment::{CommentEntry, CommentPage, CommentSection};
use super::escape::{code, html, prose};
use super::options::{CommentOptions, marker};
use crate::plan::{Action, Cause, ChangeKind};
use crate::report::hosts::{self, HostSummary};
use crate::report::json::{PlanBlocked, PlanDocument, PlanNote, PlanStep};
use crate::report::{phrases, truncate};

pub(super) const MAX_NAME_CHARS: usize = 120;
const MAX_MESSAGE_CHARS: usize = 800;
/// The default of `--max-deletes`.
const DEFAULT_MAX_DELETES: usize = 3;

/// Renders a plan.
pub fn plan(document: &PlanDocument, options: &CommentOptions) -> String {
    page(document, "plan", options, None).render(options.max_bytes)
}

/// Renders a plan that is not applied, and why.
pub fn refused(document: &PlanDocument, reason: &str, options: &CommentOptions) -> String {
    let row = CommentEntry::line(format!("{}\n", prose(reason)));
    let refusal = CommentSection::new("Refused, nothing was applied", "", vec![row]);
    page(document, "apply", options, refusal).render(options.max_bytes)
}

/// Renders the first line of a comment for this command, on the platform and project of the plan.
pub(super) fn marker_of(command: &str, document: &PlanDocument) -> String {
    marker(command, &document.target.project, &document.target.base_url)
}

fn page(
    document: &PlanDocument,
    command: &str,
    options: &CommentOptions,
    first: Option<CommentSection>,
) -> CommentPage {
    let of = |section| steps(document, section, options);
    let deletes =
        CommentSection::new("To delete", &deletes_intro(document), of(ReviewSection::Delete));
    let drift = "The files did not cause these differences. An apply corrects them.\n";
    let sections = [
        first,
        CommentSection::new("Refused", BLOCKED_HEADER, blocked(document, true, options)),
        CommentSection::new("Blocked", BLOCKED_HEADER, blocked(document, false, options)),
        CommentSection::new("Where secrets and events go", HOSTS_HEADER, hosts(document)),
        deletes,
        CommentSection::new("To create", "", of(ReviewSection::Create)),
        CommentSection::new("Secrets to rotate", "", of(ReviewSection::Rotate)),
        CommentSection::new("To change", "", of(ReviewSection::Change)),
        CommentSection::new("Drift", drift, of(ReviewSection::Drift)),
        CommentSection::new("Notes", NOTES_HEADER, notes(document)),
    ];
    CommentPage {
        marker: marker_of(command, document),
        head: head(document, command) + &account::section(document.account.as_ref()),
        sections: sections.into_iter().flatten().collect(),
        complete_version: "The text and the JSON format of the plan are complete.",
    }
}

pub(super) const BLOCKED_HEADER: &str =
    "| instance | code | reason, and what to do |\n|---|---|---|\n";
const HOSTS_HEADER: &str = "| host | receives |\n|---|---|\n";
const NOTES_HEADER: &str = "| instance | code | note |\n|---|---|---|\n";

fn deletes_intro(document: &PlanDocument) -> String {
    let number = document.summary.delete;
    let limit = if number > DEFAULT_MAX_DELETES {
        format!("An apply refuses this number of deletes without `--max-deletes {number}`.\n\n")
    } else {
        String::new()
    };
    format!("{limit}| instance | name | connector | id |\n|---|---|---|---:|\n")
}

fn head(document: &PlanDocument, command: &str) -> String {
    let summary = &document.summary;
    let partial =
        if document.partial { "\n\n**Partial**: only some documents were planned." } else { "" };
    let target = target(document);
    let nothing = document.steps.is_empty() && document.blocked.is_empty();
    if nothing {
        let matching = phrases::no_changes(document);
        return format!("## ocon {command}: no changes\n\n{target}\n\n{matching}.{partial}\n");
    }
    let unmanaged = summary.unmanaged.map_or("–".to_owned(), |number| number.to_string());
    format!(
        "## ocon {command}: {}\n\n{target}{partial}\n\n\
         | create | finish | adopt | update | enable | disable | delete | blocked | unchanged | orphan | unmanaged |\n\
         |---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n\
         | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {unmanaged} |\n\n\
         Requests: {}\n",
        headline(document),
        summary.create,
        summary.finish,
        summary.adopt,
        summary.update,
        summary.enable,
        summary.disable,
        summary.delete,
        summary.blocked,
        summary.unchanged,
        summary.orphan,
        phrases::requests(&document.requests),
    )
}

pub(super) fn target(document: &PlanDocument) -> String {
    let target = &document.target;
    format!("Project {} at {}", code(&target.project), code(&target.base_url))
}

/// `1 to create, 2 to update (1 remote drift), 0 to delete; 1 blocked`.
fn headline(document: &PlanDocument) -> String {
    let mut parts = Vec::new();
    for action in Action::ALL {
        let is_drifted = |step: &&PlanStep| step.action == action && step.cause == Cause::Remote;
        let drifted = document.steps.iter().filter(is_drifted).count();
        let number = document.count(action);
        if number > 0 || phrases::ALWAYS_COUNTED.contains(&action) {
            let drift =
                if drifted > 0 { format!(" ({drifted} remote drift)") } else { String::new() };
            parts.push(format!("{number} to {action}{drift}"));
        }
    }
    let blocked = match document.summary.blocked {
        0 => String::new(),
        blocked => format!("; {blocked} blocked"),
    };
    parts.join(", ") + &blocked
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

fn steps(
    document: &PlanDocument,
    section: ReviewSection,
    options: &CommentOptions,
) -> Vec<CommentEntry> {
    let steps = document.steps.iter().filter(|step| ReviewSection::of(step) == section);
    match section {
        ReviewSection::Delete => steps.map(delete).collect(),
        _ => steps.map(|step| entry(step, &place(step, options), "")).collect(),
    }
}

fn delete(step: &PlanStep) -> CommentEntry {
    CommentEntry::line(format!(
        "| {} | {} | {} | {} |\n",
        code(&step.key),
        code(&truncate::line(&step.name, MAX_NAME_CHARS)),
        code(&step.connector),
        id(step)
    ))
}

/// Renders a step with its changes. `remark` comes before them.
pub(super) fn entry(step: &PlanStep, place: &str, remark: &str) -> CommentEntry {
    let name = truncate::line(&step.name, MAX_NAME_CHARS);
    let cause = cause(step);
    let action = format!("{} {}", step.action.symbol(), step.action);
    let line = format!(
        "- {} {} {} ({}){}{cause}",
        code(&action),
        code(&step.key),
        code(&name),
        code(&step.connector),
        step.instance_id.map(|id| format!(" `#{id}`")).unwrap_or_default(),
    );
    let brief = if place.is_empty() { format!("{line}\n") } else { format!("{line}, {place}\n") };
    let Some(block) = changes::block(step) else {
        return CommentEntry::line(brief);
    };
    let tag = |text: &str| format!("<code>{}</code>", html(text));
    let id = step.instance_id.map(|id| format!(" {}", tag(&format!("#{id}")))).unwrap_or_default();
    let summary = format!(
        "{} {} {} ({}){id}{cause}",
        tag(&action),
        tag(&step.key),
        tag(&name),
        tag(&step.connector)
    );
    let before = [place, remark]
        .iter()
        .filter(|line| !line.is_empty())
        .map(|line| format!("{line}\n\n"))
        .collect::<Vec<_>>()
        .concat();
    let full = format!("<details><summary>{summary}</summary>\n\n{before}{block}\n</details>\n\n");
    CommentEntry { brief, full: Some(full) }
}

/// The cause of a step, unless its action implies the cause.
fn cause(step: &PlanStep) -> String {
    let cause = phrases::cause(step.cause, step.action).filter(|_| step.cause != Cause::Adoption);
    cause.map(|cause| format!(" ({cause})")).unwrap_or_default()
}

/// Renders the place of the step's document; empty for a step without one.
pub(super) fn place(step: &PlanStep, options: &CommentOptions) -> String {
    match (&step.file, step.line) {
        (Some(file), Some(line)) => options.links.place(file, line),
        _ => String::new(),
    }
}

fn id(step: &PlanStep) -> String {
    step.instance_id.map(|id| format!("`#{id}`")).unwrap_or_default()
}

fn blocked(document: &PlanDocument, guard: bool, options: &CommentOptions) -> Vec<CommentEntry> {
    let blocked = document.blocked.iter().filter(|blocked| blocked.guard == guard);
    blocked.map(|blocked| blocked_row(blocked, options)).collect()
}

pub(super) fn blocked_row(blocked: &PlanBlocked, options: &CommentOptions) -> CommentEntry {
    CommentEntry::line(format!(
        "| {} {} | `{}` | {} |\n",
        code(&blocked.key),
        options.links.place(&blocked.file, blocked.line),
        blocked.code,
        message(&blocked.message)
    ))
}

/// Renders one row per host. A host is never truncated.
fn hosts(document: &PlanDocument) -> Vec<CommentEntry> {
    let row = |summary: HostSummary| {
        let mark = if summary.is_changed { "**changed** " } else { "" };
        let is_name = !summary.host.contains(' ');
        let host = if is_name { code(&summary.host) } else { prose(&summary.host) };
        CommentEntry::line(format!("| {mark}{host} | {} |\n", prose(&summary.uses)))
    };
    hosts::summarize(&document.notes).into_iter().map(row).collect()
}

fn notes(document: &PlanDocument) -> Vec<CommentEntry> {
    let row = |note: &PlanNote| {
        let id = note.instance_id.map(|id| format!(" `#{id}`")).unwrap_or_default();
        let (key, text) = (code(&note.key), message(&note.message));
        CommentEntry::line(format!("| {key}{id} | `{}` | {text} |\n", note.code))
    };
    document.notes.iter().filter(|note| note.host.is_none()).map(row).collect()
}

pub(super) fn message(text: &str) -> String {
    prose(&truncate::message(text, MAX_MESSAGE_CHARS))
}
