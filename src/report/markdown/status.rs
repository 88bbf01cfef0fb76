//! A status as a comment: instances that need attention come first, and the others are folded. Lists wrap
//! at any width, while a table with a long document key would be wider than the page.

use super::account;
use super::comment::{CommentEntry, CommentPage, CommentSection};
use super::escape::{code, prose};
use super::options::{CommentOptions, marker};
use super::plan::blocked_entries;
use crate::plan::status::SyncState;
use crate::report::json::{StatusDocument, StatusFinding, StatusInstance, StatusUnmanaged};
use crate::report::{phrases, truncate};

const MAX_NAME_CHARS: usize = 60;

/// Renders a status.
pub fn status(document: &StatusDocument, options: &CommentOptions) -> String {
    let (urgent, quiet): (Vec<_>, Vec<_>) =
        document.instances.iter().partition(|instance| instance.needs_attention);
    // The section of the blocked documents has everything about one without an instance.
    let is_row =
        |row: &&&StatusInstance| row.state != SyncState::Blocked || row.instance_id.is_some();
    let urgent: Vec<_> = urgent.iter().filter(is_row).copied().collect();
    let rows = |instances: &[&StatusInstance]| instances.iter().map(|row| entry(row)).collect();
    let blocked = blocked_entries(&document.blocked, options);
    let unmanaged = document.unmanaged.iter().flatten().map(unmanaged_entry).collect();
    let import =
        "`ocon import ID` writes a file for one of them, and `ocon import --all` for all.\n\n";
    let unset = phrases::unset(&document.unset);
    let unset =
        unset.map(|text| CommentEntry::line(format!("- {} (`unset-variable`)\n", prose(&text))));
    let unset = unset.into_iter().collect();
    let sections = [
        CommentSection::new("Blocked", "", blocked),
        CommentSection::new(
            "Wrong callback URL",
            "",
            document.findings.iter().map(finding).collect(),
        ),
        CommentSection::new("Needs attention", "", rows(&urgent)),
        CommentSection::new("Unmanaged", import, unmanaged),
        CommentSection::new("Notes", "", unset),
        CommentSection::new("In sync", "", rows(&quiet)).map(CommentSection::folded),
    ];
    CommentPage {
        marker: marker("status", &document.target.project, &document.target.base_url),
        head: head(document)
            + &options.report_link()
            + &account::section(document.account.as_ref()),
        sections: sections.into_iter().flatten().collect(),
        footer: String::new(),
        complete_version: "The text and the JSON format of the status are complete.",
    }
    .render(options.max_bytes)
}

fn head(document: &StatusDocument) -> String {
    let counters = phrases::status_counters(document);
    let counters =
        if counters.is_empty() { "no instances".to_owned() } else { counters.join(", ") };
    let partial =
        if document.partial { "\n\n**Partial**: only some documents were checked." } else { "" };
    let only: Vec<&str> = document.only.iter().map(|filter| filter.as_str()).collect();
    let only = match only.as_slice() {
        [] => String::new(),
        only => format!("\n\nOnly these entries are listed: {}.", only.join(", ")),
    };
    let (project, base_url) = (code(&document.target.project), code(&document.target.base_url));
    format!("## ocon status: {counters}\n\nProject {project} at {base_url}{partial}{only}\n")
}

/// `- **drifted** `desk` · `servicenow` · `#20931` · `Help desk` · disabled`: only what is not as usual
/// follows the name.
fn entry(instance: &StatusInstance) -> CommentEntry {
    let name = truncate::line(&instance.name, MAX_NAME_CHARS);
    let mut parts = vec![
        format!("**{}** {}", phrases::state(instance.state), code(&instance.key)),
        code(&instance.connector),
    ];
    parts.extend(instance.instance_id.map(|id| format!("`#{id}`")));
    parts.push(code(&name));
    let remarks = [
        (instance.valid == Some(false), "not valid"),
        (instance.enabled == Some(false), "disabled"),
        (instance.events == Some(true), "events"),
    ];
    parts.extend(remarks.iter().filter(|(is_so, _)| *is_so).map(|(_, text)| (*text).to_owned()));
    let url = instance.webhook_url.as_deref();
    let url = url.map(|url| format!("\\\n  webhook URL {}", code(url))).unwrap_or_default();
    CommentEntry::line(format!("- {}{url}\n", parts.join(" · ")))
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

fn unmanaged_entry(instance: &StatusUnmanaged) -> CommentEntry {
    let name = truncate::line(&instance.name, MAX_NAME_CHARS);
    let (connector, name) = (code(&instance.connector), code(&name));
    CommentEntry::line(format!("- `#{}` · {connector} · {name}\n", instance.instance_id))
}
