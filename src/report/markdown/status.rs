//! A status as a comment: instances that do not match come first.

use super::comment::{CommentEntry, CommentPage, CommentSection};
use super::escape::code;
use super::options::{CommentOptions, marker};
use super::plan::{MAX_NAME_CHARS, blocked_entries};
use crate::plan::status::SyncState;
use crate::report::json::{StatusDocument, StatusFinding, StatusInstance};
use crate::report::{phrases, truncate};

const INSTANCES_HEADER: &str = "| instance | name | connector | id | state | valid | enabled | events | webhook URL |\n\
                                |---|---|---|---:|---|---|---|---|---|\n";

/// The states of instances that do not match, in order of severity.
const DIFFERENT: [SyncState; 5] = [
    SyncState::Blocked,
    SyncState::Missing,
    SyncState::Unfinished,
    SyncState::Drifted,
    SyncState::Orphan,
];

/// Renders a status.
pub fn status(document: &StatusDocument, options: &CommentOptions) -> String {
    let rows = |states: &[SyncState]| -> Vec<CommentEntry> {
        let with =
            |state| document.instances.iter().filter(move |instance| instance.state == state);
        states.iter().flat_map(|state| with(*state)).map(row).collect()
    };
    let blocked = blocked_entries(&document.blocked, options);
    let sections = [
        CommentSection::new("Blocked", "", blocked),
        CommentSection::new(
            "Wrong callback URL",
            "",
            document.findings.iter().map(finding).collect(),
        ),
        CommentSection::new("Does not match", INSTANCES_HEADER, rows(&DIFFERENT)),
        CommentSection::new("In sync", INSTANCES_HEADER, rows(&[SyncState::InSync])),
    ];
    CommentPage {
        marker: marker("status", &document.target.project, &document.target.base_url),
        head: head(document) + &options.report_link(),
        sections: sections.into_iter().flatten().collect(),
        footer: String::new(),
        complete_version: "The text and the JSON format of the status are complete.",
    }
    .render(options.max_bytes)
}

fn head(document: &StatusDocument) -> String {
    let counters = phrases::states(document);
    let counters =
        if counters.is_empty() { "no instances".to_owned() } else { counters.join(", ") };
    let partial =
        if document.partial { "\n\n**Partial**: only some documents were checked." } else { "" };
    let (project, base_url) = (code(&document.target.project), code(&document.target.base_url));
    format!("## ocon status: {counters}\n\nProject {project} at {base_url}{partial}\n")
}

fn row(instance: &StatusInstance) -> CommentEntry {
    let flag = |flag: Option<bool>| match flag {
        Some(true) => "yes",
        Some(false) => "no",
        None => "",
    };
    CommentEntry::line(format!(
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
        code(&instance.key),
        code(&truncate::line(&instance.name, MAX_NAME_CHARS)),
        code(&instance.connector),
        instance.instance_id.map(|id| format!("`#{id}`")).unwrap_or_default(),
        phrases::state(instance.state),
        flag(instance.valid),
        flag(instance.enabled),
        flag(instance.events),
        instance.webhook_url.as_deref().map(code).unwrap_or_default(),
    ))
}

fn finding(finding: &StatusFinding) -> CommentEntry {
    CommentEntry::line(format!(
        "- {} {} `#{}`: its callback URL contains the ID of another instance, `#{}`, which receives its events\n",
        code(&finding.connector),
        code(&truncate::line(&finding.name, MAX_NAME_CHARS)),
        finding.instance_id,
        finding.carries
    ))
}
