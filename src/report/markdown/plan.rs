//! A plan as a comment.

use super::escape::{code, html, prose};
use super::page::{Entry, Page, Section};
use super::{Frame, changes, marker};
use crate::plan::Action;
use crate::report::hosts::{self, HostLine, HostNote};
use crate::report::json::{PlanBlocked, PlanDocument, PlanNote, PlanStep};
use crate::report::part;
use crate::report::style::count;
use crate::report::wording;

/// The most characters of a name in a title.
const LONGEST_NAME: usize = 120;
/// The most characters of a message in a table.
const LONGEST_MESSAGE: usize = 800;
/// More deletes than that are refused by an apply that is not told to allow them.
const USUAL_DELETES: usize = 3;

/// A plan.
pub fn plan(document: &PlanDocument, frame: &Frame) -> String {
    page(document, "plan", frame, None).render(frame.max_bytes)
}

/// A plan that is not carried out at all, and why.
pub fn refused(document: &PlanDocument, reason: &str, frame: &Frame) -> String {
    let row = Entry::line(format!("{}\n", prose(reason)));
    let refusal = Section::new("Refused, nothing was applied", "", vec![row]);
    page(document, "apply", frame, refusal).render(frame.max_bytes)
}

/// The first line of a comment for this command, on the plan's platform and project.
pub(super) fn marker_of(command: &str, document: &PlanDocument) -> String {
    marker(command, &document.target.project, &document.target.base_url)
}

fn page(document: &PlanDocument, command: &str, frame: &Frame, first: Option<Section>) -> Page {
    let of = |part| steps(document, part, frame);
    let deletes = Section::new("To delete", &deletes_intro(document), of(Part::Delete));
    let drift = "The files did not cause this; an apply puts it right as well.\n";
    let sections = [
        first,
        Section::new("Refused", BLOCKED, blocked(document, true, frame)),
        Section::new("Blocked", BLOCKED, blocked(document, false, frame)),
        Section::new("Where secrets and events go", HOSTS, hosts(document)),
        deletes,
        Section::new("To create", "", of(Part::Create)),
        Section::new("Secrets to rotate", "", of(Part::Rotate)),
        Section::new("To change", "", of(Part::Change)),
        Section::new("Drift that was there before", drift, of(Part::Drift)),
        Section::new("Notes", NOTES, notes(document)),
    ];
    Page {
        marker: marker_of(command, document),
        head: head(document, command),
        sections: sections.into_iter().flatten().collect(),
        elsewhere: "The whole is in the text and in the JSON form of the same plan.",
    }
}

const BLOCKED: &str = "| instance | code | what is in the way, and what to do |\n|---|---|---|\n";
const HOSTS: &str = "| host | what it gets |\n|---|---|\n";
const NOTES: &str = "| instance | code | note |\n|---|---|---|\n";

fn deletes_intro(document: &PlanDocument) -> String {
    let number = document.summary.delete;
    let limit = if number > USUAL_DELETES {
        format!("An apply refuses so many without `--max-deletes {number}`.\n\n")
    } else {
        String::new()
    };
    format!("{limit}| instance | name | connector | id |\n|---|---|---|---:|\n")
}

fn head(document: &PlanDocument, command: &str) -> String {
    let summary = &document.summary;
    let partial =
        if document.partial { "\n\n**Partial**: only some documents were looked at." } else { "" };
    let target = target(document);
    let nothing = document.steps.is_empty() && document.blocked.is_empty();
    if nothing {
        let matching = count(summary.unchanged, "instance");
        let verb = if summary.unchanged == 1 { "matches" } else { "match" };
        let orphans = match summary.orphan {
            0 => String::new(),
            orphans => format!("; {}", count(orphans, "orphan")),
        };
        return format!(
            "## ocon {command}: no changes\n\n{target}\n\n{matching} {verb} the files{orphans}.{partial}\n"
        );
    }
    let unmanaged = summary.unmanaged.map_or("–".to_owned(), |number| number.to_string());
    let requests = &document.requests;
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
        wording::requests(requests.read, requests.write, requests.check),
    )
}

/// The platform and the project.
pub(super) fn target(document: &PlanDocument) -> String {
    let target = &document.target;
    format!("Project {} at {}", code(&target.project), code(&target.base_url))
}

/// `1 to create, 2 to update (1 remote drift), 0 to delete; 1 blocked`.
fn headline(document: &PlanDocument) -> String {
    let always = [Action::Create, Action::Update, Action::Delete];
    let mut parts = Vec::new();
    for action in Action::ALL {
        let steps = || document.steps.iter().filter(|step| step.action == action.as_str());
        let (number, drifted) =
            (steps().count(), steps().filter(|step| step.cause == "remote").count());
        if number > 0 || always.contains(&action) {
            let drift =
                if drifted > 0 { format!(" ({drifted} remote drift)") } else { String::new() };
            parts.push(format!("{number} to {}{drift}", action.as_str()));
        }
    }
    let blocked = match document.summary.blocked {
        0 => String::new(),
        blocked => format!("; {blocked} blocked"),
    };
    parts.join(", ") + &blocked
}

/// The parts of a plan in which a reviewer looks for different things.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Delete,
    Create,
    Rotate,
    Change,
    Drift,
}

impl Part {
    fn of(step: &PlanStep) -> Self {
        match (step.action.as_str(), step.cause.as_str()) {
            ("delete", _) => Self::Delete,
            (_, "remote" | "unfinished") => Self::Drift,
            ("create", _) => Self::Create,
            _ if step.changes.iter().any(|change| change.kind == "rotate") => Self::Rotate,
            _ => Self::Change,
        }
    }
}

fn steps(document: &PlanDocument, part: Part, frame: &Frame) -> Vec<Entry> {
    let steps = document.steps.iter().filter(|step| Part::of(step) == part);
    match part {
        Part::Delete => steps.map(delete).collect(),
        _ => steps.map(|step| entry(step, &place(step, frame), "")).collect(),
    }
}

fn delete(step: &PlanStep) -> Entry {
    Entry::line(format!(
        "| {} | {} | {} | {} |\n",
        code(&step.key),
        code(&part::line(&step.name, LONGEST_NAME)),
        code(&step.connector),
        id(step)
    ))
}

/// A step, with its changes where it has any; `remark` stands before them.
pub(super) fn entry(step: &PlanStep, place: &str, remark: &str) -> Entry {
    let name = part::line(&step.name, LONGEST_NAME);
    let sign = Action::ALL.into_iter().find(|action| action.as_str() == step.action);
    let sign = sign.map_or("", Action::symbol);
    let cause = cause(step);
    let action = format!("{sign} {}", step.action);
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
        return Entry::line(brief);
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
    Entry { brief, full: Some(full) }
}

/// The causes that a part of the page does not tell already.
fn cause(step: &PlanStep) -> &'static str {
    match (step.cause.as_str(), step.action.as_str()) {
        ("remote", _) => " (remote drift)",
        ("unfinished", _) => " (unfinished create)",
        ("requested", "update") => " (requested)",
        ("unknown", "update") => " (cause unknown)",
        _ => "",
    }
}

/// Where the step's document stands; nothing for a step without one.
pub(super) fn place(step: &PlanStep, frame: &Frame) -> String {
    match (&step.file, step.line) {
        (Some(file), Some(line)) => frame.links.place(file, line),
        _ => String::new(),
    }
}

fn id(step: &PlanStep) -> String {
    step.instance_id.map(|id| format!("`#{id}`")).unwrap_or_default()
}

fn blocked(document: &PlanDocument, guard: bool, frame: &Frame) -> Vec<Entry> {
    let row = |blocked: &PlanBlocked| {
        Entry::line(format!(
            "| {} {} | `{}` | {} |\n",
            code(&blocked.key),
            frame.links.place(&blocked.file, blocked.line),
            blocked.code,
            message(&blocked.message)
        ))
    };
    document.blocked.iter().filter(|blocked| blocked.guard == guard).map(row).collect()
}

/// One row per host, which is never cut.
fn hosts(document: &PlanDocument) -> Vec<Entry> {
    let notes = document.notes.iter().filter_map(|note| {
        Some(HostNote {
            code: &note.code,
            host: note.host.as_deref()?,
            gets: note.gets.as_deref()?,
            key: &note.key,
            instance_id: note.instance_id,
        })
    });
    let row = |line: HostLine| {
        let mark = if line.is_new { "**changed** " } else { "" };
        let is_name = !line.host.contains(' ');
        let host = if is_name { code(&line.host) } else { prose(&line.host) };
        Entry::line(format!("| {mark}{host} | {} |\n", prose(&line.uses)))
    };
    hosts::lines(notes).into_iter().map(row).collect()
}

fn notes(document: &PlanDocument) -> Vec<Entry> {
    let row = |note: &PlanNote| {
        let id = note.instance_id.map(|id| format!(" `#{id}`")).unwrap_or_default();
        let (key, text) = (code(&note.key), message(&note.message));
        Entry::line(format!("| {key}{id} | `{}` | {text} |\n", note.code))
    };
    document.notes.iter().filter(|note| note.host.is_none()).map(row).collect()
}

/// A message in a cell.
pub(super) fn message(text: &str) -> String {
    prose(&part::message(text, LONGEST_MESSAGE))
}
