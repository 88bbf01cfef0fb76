//! A plan as a comment: what decides comes first, then the changes by kind.

use super::account;
use super::changes;
use super::comment::{CommentEntry, CommentPage, CommentSection};
use super::escape::{code, html, prose};
use super::first_screen::{FirstScreen, Topic};
use super::options::{CommentOptions, marker};
use crate::plan::{Action, Cause, ChangeKind};
use crate::report::grouping::{MAX_PLACES, first_places, for_any_key, grouped};
use crate::report::hosts::{self, HostSummary};
use crate::report::json::{PlanBlocked, PlanDocument, PlanNote, PlanStep, PlanValues};
use crate::report::note_group::{self, NoteGroup};
use crate::report::phrases::{self, Zeros};
use crate::report::truncate;

pub(super) const MAX_NAME_CHARS: usize = 120;
const MAX_MESSAGE_CHARS: usize = 400;
/// Maximum number of steps that are not folded by kind.
const MAX_UNFOLDED: usize = 10;
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
    sections.extend(changes(document, options, &mut screen));
    sections.extend(notes(document));
    CommentPage {
        marker: marker_of(command, document),
        head,
        sections,
        footer: format!("\nRequests: {}\n", phrases::requests(&document.requests)),
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

/// What a reviewer looks for and does not find below, in sentences.
fn verdict(document: &PlanDocument) -> String {
    let summary = &document.summary;
    let nothing = match (summary.delete, summary.blocked) {
        (0, 0) => Some("Nothing is deleted, refused or blocked."),
        (0, _) => Some("Nothing is deleted."),
        (_, 0) => Some("Nothing is refused or blocked."),
        _ => None,
    };
    let is_written = |values: &PlanValues| matches!(values, PlanValues::Sensitive { .. });
    let changes = document.steps.iter().flat_map(|step| &step.changes);
    let written = changes
        .filter(|change| is_written(&change.values) && change.kind != ChangeKind::Unset)
        .count();
    let secrets = match written {
        0 => Some("No secret is written.".to_owned()),
        _ if document.notes.iter().any(|note| note.host.is_some()) => None,
        1 => Some(
            "1 secret is written. It goes only to the platform and the provider of the connector."
                .to_owned(),
        ),
        _ => Some(format!(
            "{written} secrets are written. They go only to the platform and the providers of the connectors."
        )),
    };
    let sentences: Vec<_> = nothing.map(str::to_owned).into_iter().chain(secrets).collect();
    sentences.join(" ")
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
    let limit = if number > DEFAULT_MAX_DELETES {
        format!("An apply refuses this number of deletes without `--max-deletes {number}`.\n\n")
    } else {
        String::new()
    };
    let deletes = document.steps.iter().filter(|step| step.action == Action::Delete);
    let line = |step| CommentEntry::line(format!("- {}\n", title(step)));
    Topic::new("To delete", number, limit, deletes.map(line).collect())
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

/// The kinds of steps, in the order of a review.
#[derive(Clone, Copy, PartialEq, Eq)]
enum StepKind {
    Create,
    Rotate,
    Change,
    Adopt,
    Move,
    Drift,
}

impl StepKind {
    const ALL: [Self; 6] =
        [Self::Create, Self::Rotate, Self::Change, Self::Adopt, Self::Move, Self::Drift];

    /// Returns the kind of a step; `None` for a delete, which is a topic.
    fn of(step: &PlanStep) -> Option<Self> {
        let rotates = || step.changes.iter().any(|change| change.kind == ChangeKind::Rotate);
        let only_mark = step.only_mark().is_some();
        Some(match (step.action, step.cause) {
            (Action::Delete, _) => return None,
            (_, Cause::Remote | Cause::Unfinished) => Self::Drift,
            (Action::Create, _) => Self::Create,
            (Action::Adopt, _) if only_mark => Self::Adopt,
            _ if only_mark => Self::Move,
            _ if rotates() => Self::Rotate,
            _ => Self::Change,
        })
    }

    fn title(self) -> &'static str {
        match self {
            Self::Create => "To create",
            Self::Rotate => "To change, with new secrets",
            Self::Change => "To change",
            Self::Adopt => "To adopt, without another change",
            Self::Move => "To mark with another document key, without another change",
            Self::Drift => "Drift",
        }
    }

    fn intro(self) -> &'static str {
        match self {
            Self::Drift => "The files did not cause these differences. An apply corrects them.\n\n",
            _ => "",
        }
    }
}

/// Renders the steps by kind. The first ones are not folded, as far as the screen has space.
fn changes(
    document: &PlanDocument,
    options: &CommentOptions,
    screen: &mut FirstScreen,
) -> Vec<CommentSection> {
    let mut left = MAX_UNFOLDED;
    let mut sections = Vec::new();
    for kind in StepKind::ALL {
        let steps = document.steps.iter().filter(|step| StepKind::of(step) == Some(kind));
        let steps: Vec<_> = steps.collect();
        let (first, rest) = steps.split_at(left.min(steps.len()));
        left -= first.len();
        let title = format!("{}: {}", kind.title(), steps.len());
        if !first.is_empty() {
            screen.take_title();
        }
        let shown = first.iter().map(|step| unfolded(step, options, screen)).collect();
        let folded: Vec<_> =
            rest.iter().map(|step| open_entry(step, &place(step, options))).collect();
        let rest_title = match first.len() {
            0 => title.clone(),
            _ => format!("{}: {} more", kind.title(), folded.len()),
        };
        let intro = kind.intro();
        sections.extend(CommentSection::titled(title, intro, shown));
        let intro = if first.is_empty() { intro } else { "" };
        let folded = CommentSection::titled(rest_title, intro, folded);
        sections.extend(folded.map(CommentSection::folded));
    }
    sections
}

/// Renders a step with its changes, or with a fold around them if the screen has no space.
fn unfolded(step: &PlanStep, options: &CommentOptions, screen: &mut FirstScreen) -> CommentEntry {
    let place = place(step, options);
    let open = open_entry(step, &place);
    if screen.take(open.whole()) {
        return open;
    }
    screen.take("one line");
    entry(step, &place, "")
}

/// `> adopt key name (connector) #id (cause)`.
fn title(step: &PlanStep) -> String {
    let action = format!("{} {}", step.action.symbol(), step.action);
    let name = truncate::line(&step.name, MAX_NAME_CHARS);
    let id = step.instance_id.map(|id| format!(" `#{id}`")).unwrap_or_default();
    format!(
        "{} **{}** {} ({}){id}{}",
        code(&action),
        code(&step.key),
        code(&name),
        code(&step.connector),
        cause(step)
    )
}

fn brief(step: &PlanStep, place: &str) -> String {
    let title = title(step);
    if place.is_empty() { format!("- {title}\n") } else { format!("- {title}, {place}\n") }
}

/// Renders a step as a list item with its changes.
fn open_entry(step: &PlanStep, place: &str) -> CommentEntry {
    let brief = brief(step, place);
    let block = changes::block(step).map(|block| changes::indented(&block));
    let full = block.map(|block| format!("{brief}\n{block}\n"));
    CommentEntry { brief, full }
}

/// Renders a step whose changes are folded. `remark` comes before them.
pub(super) fn entry(step: &PlanStep, place: &str, remark: &str) -> CommentEntry {
    let brief = brief(step, place);
    let Some(block) = changes::block(step) else {
        return CommentEntry::line(brief);
    };
    let tag = |text: &str| format!("<code>{}</code>", html(text));
    let id = step.instance_id.map(|id| format!(" {}", tag(&format!("#{id}")))).unwrap_or_default();
    let summary = format!(
        "{} {} {} ({}){id}{}",
        tag(&format!("{} {}", step.action.symbol(), step.action)),
        tag(&step.key),
        tag(&truncate::line(&step.name, MAX_NAME_CHARS)),
        tag(&step.connector),
        cause(step)
    );
    let before = [place, remark].into_iter().filter(|line| !line.is_empty());
    let before: String = before.flat_map(|line| [line, "\n\n"]).collect();
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
        (Some(file), Some(line)) => options.place(file, line),
        _ => String::new(),
    }
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
