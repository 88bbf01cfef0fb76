//! A status as a comment: what does not match first.

use super::escape::code;
use super::page::{Entry, Page, Section};
use super::plan::message;
use super::{Frame, marker};
use crate::report::json::{PlanBlocked, StatusDocument, StatusFinding, StatusInstance};
use crate::report::part;

const INSTANCES: &str = "| instance | name | connector | id | state | valid | enabled | events | webhook URL |\n\
                         |---|---|---|---:|---|---|---|---|---|\n";
const BLOCKED: &str = "| instance | code | what is in the way, and what to do |\n|---|---|---|\n";

/// How the platform compares with the files.
pub fn status(document: &StatusDocument, frame: &Frame) -> String {
    let rows = |states: &[&str]| -> Vec<Entry> {
        let of = |state: &&str| {
            let state = (*state).to_owned();
            document.instances.iter().filter(move |instance| instance.state == state).map(row)
        };
        states.iter().flat_map(of).collect()
    };
    let differs = rows(&["blocked", "missing", "unfinished", "drifted", "orphan"]);
    let sections = [
        Section::new(
            "Blocked",
            BLOCKED,
            document.blocked.iter().map(|it| blocked(it, frame)).collect(),
        ),
        Section::new("Wrong callback URL", "", document.findings.iter().map(finding).collect()),
        Section::new("Does not match", INSTANCES, differs),
        Section::new("In sync", INSTANCES, rows(&["in-sync"])),
    ];
    Page {
        marker: marker("status", &document.target.project, &document.target.base_url),
        head: head(document),
        sections: sections.into_iter().flatten().collect(),
        elsewhere: "The whole is in the text and in the JSON form of the same status.",
    }
    .render(frame.max_bytes)
}

fn head(document: &StatusDocument) -> String {
    let summary = &document.summary;
    let numbers = [
        (summary.in_sync, "in sync"),
        (summary.drifted, "drifted"),
        (summary.unfinished, "unfinished"),
        (summary.missing, "missing"),
        (summary.blocked, "blocked"),
        (summary.orphan, "orphan"),
        (document.findings.len(), "with a wrong callback URL"),
    ];
    let told = numbers.iter().filter(|(number, _)| *number > 0);
    let told: Vec<String> = told.map(|(number, what)| format!("{number} {what}")).collect();
    let told = if told.is_empty() { "no instances".to_owned() } else { told.join(", ") };
    let partial =
        if document.partial { "\n\n**Partial**: only some documents were looked at." } else { "" };
    let (project, base_url) = (code(&document.target.project), code(&document.target.base_url));
    format!("## ocon status: {told}\n\nProject {project} at {base_url}{partial}\n")
}

fn row(instance: &StatusInstance) -> Entry {
    let flag = |flag: Option<bool>| match flag {
        Some(true) => "yes",
        Some(false) => "no",
        None => "",
    };
    Entry::line(format!(
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
        code(&instance.key),
        code(&part::line(&instance.name, 120)),
        code(&instance.connector),
        instance.instance_id.map(|id| format!("`#{id}`")).unwrap_or_default(),
        instance.state.replace('-', " "),
        flag(instance.valid),
        flag(instance.enabled),
        flag(instance.events),
        instance.webhook_url.as_deref().map(code).unwrap_or_default(),
    ))
}

fn blocked(blocked: &PlanBlocked, frame: &Frame) -> Entry {
    let place = frame.links.place(&blocked.file, blocked.line);
    let text = message(&blocked.message);
    Entry::line(format!("| {} {place} | `{}` | {text} |\n", code(&blocked.key), blocked.code))
}

fn finding(finding: &StatusFinding) -> Entry {
    Entry::line(format!(
        "- {} {} `#{}`: its callback URL carries the id of another instance, `#{}`: its events go there\n",
        code(&finding.connector),
        code(&part::line(&finding.name, 120)),
        finding.instance_id,
        finding.carries
    ))
}
