//! A plan as a comment: what decides comes first, then the changes by kind.

use super::account;
use super::comment::{CommentEntry, CommentPage, CommentSection};
use super::escape::{code, prose};
use super::first_screen::{FirstScreen, Topic};
use super::options::{CommentOptions, marker};
use super::step::title;
use super::steps;
use crate::plan::Action;
use crate::report::answers::{self, Answer, Concern};
use crate::report::grouping::{MAX_PLACES, first_places, for_any_key, grouped};
use crate::report::hosts::{self, HostSummary};
use crate::report::json::{PlanBlocked, PlanDocument, PlanNote};
use crate::report::note_group::{self, NoteGroup};
use crate::report::phrases::{self, Zeros};
use crate::report::truncate;

const MAX_MESSAGE_CHARS: usize = 400;
/// The default of `--max-deletes`.
const DEFAULT_MAX_DELETES: usize = 3;

/// Renders a plan.
pub fn plan(document: &PlanDocument, options: &CommentOptions) -> String {
    page(document, "plan", options, None).render(options.max_bytes)
}

/// Renders a plan that is not applied, and why.
pub fn refused(document: &PlanDocument, reason: &str, options: &CommentOptions) -> String {
    let refusal = Topic::sentence("Nothing was applied", format!("{}\n", prose(reason)));
    page(document, "apply", options, Some(refusal)).render(options.max_bytes)
}

/// Renders the first line of a comment for this command, on the platform and project of the plan.
pub(super) fn marker_of(command: &str, document: &PlanDocument) -> String {
    marker(command, &document.target.project, &document.target.base_url)
}

fn page(
    document: &PlanDocument,
    command: &str,
    options: &CommentOptions,
    refusal: Option<Topic>,
) -> CommentPage {
    let account = account::section(document.account.as_ref());
    let head = head(document, command) + &options.report_link() + &account;
    let mut screen = FirstScreen::after(&head);
    let topics = [
        refusal,
        blocked(document, true, options),
        blocked(document, false, options),
        deletes(document),
        hosts(document),
    ];
    let mut sections = screen.sections(topics.into_iter().flatten().collect());
    sections.extend(steps::sections(document, options, &mut screen));
    sections.extend(notes(document));
    CommentPage {
        marker: marker_of(command, document),
        head,
        sections,
        footer: format!(
            "\n`ocon explain CODE` explains the codes in brackets. Requests: {}\n",
            phrases::requests(&document.requests)
        ),
        complete_version: "The text and the JSON format of the plan are complete.",
    }
}

fn head(document: &PlanDocument, command: &str) -> String {
    let partial =
        if document.partial { "\n\n**Partial**: only some documents were planned." } else { "" };
    let target = target(document);
    if document.is_empty() {
        let matching = phrases::no_changes(document);
        return format!("## ocon {command}: no changes\n\n{target}\n\n{matching}.{partial}\n");
    }
    let counts = phrases::counts(document, Zeros::Hidden);
    let verdict = verdict(document);
    format!("## ocon {command}: {counts}\n\n{target}{partial}\n\n{verdict}\n")
}

pub(super) fn target(document: &PlanDocument) -> String {
    let target = &document.target;
    format!("Project {} at {}", code(&target.project), code(&target.base_url))
}

/// The answers that every reviewer looks for. What needs a decision is strong.
fn verdict(document: &PlanDocument) -> String {
    let answers = [
        Some(answers::deletes(document)),
        Some(answers::hosts(document)),
        answers::drift(document),
        Some(answers::blocked(document)),
    ];
    let line = |answer: &Answer| match answer.concern {
        Concern::Grave => format!("- **{}**", prose(&answer.text)),
        Concern::Fine | Concern::Look => format!("- {}", prose(&answer.text)),
    };
    answers.iter().flatten().map(line).collect::<Vec<_>>().join("\n")
}

/// Documents that are blocked for the same reason are one entry.
fn blocked(document: &PlanDocument, guard: bool, options: &CommentOptions) -> Option<Topic> {
    let of_kind = document.blocked.iter().filter(|blocked| blocked.guard == guard);
    let number = of_kind.clone().count();
    let (title, exit) = if guard { ("Refused", 7) } else { ("Blocked", 3) };
    let intro = format!("An apply leaves these unchanged, and ends with exit code {exit}.\n\n");
    Topic::new(title, number, intro, blocked_entries(of_kind, options))
}

pub(super) fn blocked_entries<'a>(
    blocked: impl IntoIterator<Item = &'a PlanBlocked>,
    options: &CommentOptions,
) -> Vec<CommentEntry> {
    let same = |blocked: &PlanBlocked| (blocked.code, for_any_key(&blocked.message, &blocked.key));
    let groups = grouped(blocked, same);
    groups.iter().filter_map(|group| blocked_entry(group, options)).collect()
}

fn blocked_entry(group: &[&PlanBlocked], options: &CommentOptions) -> Option<CommentEntry> {
    let first = group.first()?;
    let place = |blocked: &&PlanBlocked| {
        format!("{} {}", code(&blocked.key), options.place(&blocked.file, blocked.line))
    };
    let text = match group {
        [_] => first.message.clone(),
        _ => for_any_key(&first.message, &first.key),
    };
    Some(CommentEntry::line(format!(
        "- {} (`{}`): {}\n",
        first_places(group.iter().map(place)),
        first.code,
        message(&text)
    )))
}

fn deletes(document: &PlanDocument) -> Option<Topic> {
    let number = document.summary.delete;
    let intro = "No file describes these instances. A delete cannot be undone.";
    let limit = if number > DEFAULT_MAX_DELETES {
        format!(" An apply runs only with `--max-deletes {number}`.")
    } else {
        String::new()
    };
    let deletes = document.steps.iter().filter(|step| step.action == Action::Delete);
    let line = |step| CommentEntry::line(format!("- {}\n", title(step)));
    let intro = format!("{intro}{limit}\n\n");
    Topic::new("To delete", number, intro, deletes.map(line).collect())
}

/// Renders one line per host. A host is never truncated.
fn hosts(document: &PlanDocument) -> Option<Topic> {
    let line = |summary: HostSummary| {
        let mark = if summary.is_changed { "**changed** " } else { "" };
        let is_name = !summary.host.contains(' ');
        let host = if is_name { code(&summary.host) } else { prose(&summary.host) };
        CommentEntry::line(format!("- {mark}{host} {}\n", prose(&summary.uses)))
    };
    let hosts: Vec<_> = hosts::summarize(&document.notes).into_iter().map(line).collect();
    Topic::new("Hosts that get secrets or events", hosts.len(), "", hosts)
}

/// Renders the notes, apart from those about hosts. Notes with the same advice are one entry.
fn notes(document: &PlanDocument) -> Option<CommentSection> {
    let groups = note_group::groups(&document.notes);
    let unset = phrases::unset(&document.unset);
    let number = groups.iter().map(|group| group.notes.len()).sum::<usize>() + unset.iter().len();
    let unset =
        unset.map(|text| CommentEntry::line(format!("- {} (`unset-variable`)\n", prose(&text))));
    let entries = groups.iter().map(note_entry).chain(unset).collect();
    CommentSection::titled(format!("Notes: {number}"), "", entries)
}

fn note_entry(group: &NoteGroup<'_>) -> CommentEntry {
    let (notes, diagnostic_code) = (&group.notes, group.code);
    let place = |note: &&PlanNote| {
        let id = note.instance_id.map(|id| format!(" `#{id}`")).unwrap_or_default();
        format!("{}{id}", code(&note.key))
    };
    let common = message(&group.sentences());
    if group.message.is_some() {
        let places = first_places(notes.iter().map(place));
        return CommentEntry::line(format!("- {places} (`{diagnostic_code}`): {common}\n"));
    }
    let common = if common.is_empty() { common } else { format!(": {common}") };
    let mut text = format!("- {} (`{diagnostic_code}`){common}\n", group.about());
    for note in notes.iter().take(MAX_PLACES) {
        text.push_str(&format!("  - {}: {}\n", place(note), message(&note.message)));
    }
    let more = notes.len().saturating_sub(MAX_PLACES);
    text.push_str(&if more > 0 { format!("  - and {more} more\n") } else { String::new() });
    CommentEntry::line(text)
}

pub(super) fn message(text: &str) -> String {
    prose(&truncate::message(text, MAX_MESSAGE_CHARS))
}
