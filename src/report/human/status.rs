//! The text form of a status: a table that begins with the instances that need attention, the blocked
//! documents, the findings, the unmanaged instances and the counters.

mod table;

use super::account;
use super::layout::{Detail, Layout};
use crate::report::json::{
    PlanBlocked, StatusDocument, StatusFilter, StatusFinding, StatusInstance, StatusUnmanaged,
};
use crate::report::style::{FAINT, Styled, clean_line, count, hanging, sentence, width, wrapped};
use crate::report::{phrases, truncate};
use crate::safe_text::{quoted, unquoted};

/// Maximum number of rows for instances that need no attention.
const MAX_QUIET_ROWS: usize = 10;
/// Maximum number of lines for the document keys of the instances that have no row.
const MAX_FOLDED_LINES: usize = 2;
const MAX_UNMANAGED_LINES: usize = 30;
const MAX_NAME_CHARS: usize = 60;
/// Maximum number of document keys that are blocked for one reason.
const MAX_BLOCKED_KEYS: usize = 3;

/// Renders a status.
pub fn status(status: &StatusDocument, layout: Layout) -> String {
    let counters = phrases::status_counters(status);
    let target = format!("Project {} at {}", status.target.project, status.target.base_url);
    let mut text = format!("{}\n", wrapped(&target, "", layout.width));
    account::push(&mut text, status.account.as_ref(), layout);
    if counters.is_empty() {
        let nothing = if status.account.is_none() { "No instances." } else { "" };
        return format!("{}\n", format!("{text}{nothing}").trim_end());
    }
    push_instances(&mut text, status, layout);
    push_blocked(&mut text, &status.blocked, layout);
    for finding in &status.findings {
        push_finding(&mut text, finding, layout);
    }
    if let Some(unset) = phrases::unset(&status.unset).filter(|_| status.only.is_empty()) {
        push_remark(&mut text, "note", &format!("{unset} (unset-variable)"), layout);
    }
    if let Some(unmanaged) = &status.unmanaged {
        push_unmanaged(&mut text, unmanaged, layout);
    }
    if !text.is_empty() && !text.ends_with("\n\n") {
        text.push('\n');
    }
    text.push_str(&sentence("Status:", &format!("{}.", counters.join(", ")), layout.width));
    text
}

/// Adds the rows. Many instances that need no attention become one line, unless they were asked for.
fn push_instances(text: &mut String, status: &StatusDocument, layout: Layout) {
    let (mut shown, mut folded): (Vec<_>, Vec<_>) =
        status.instances.iter().partition(|instance| instance.needs_attention);
    let is_complete = layout.detail == Detail::Complete || !status.only.is_empty();
    if is_complete || folded.len() <= MAX_QUIET_ROWS {
        shown.append(&mut folded);
    }
    if !shown.is_empty() {
        table::push(text, &shown, layout);
    }
    if !folded.is_empty() {
        push_folded(text, &folded, layout);
    }
    let is_listed = |filter: &StatusFilter| *filter == StatusFilter::Unmanaged;
    if status.instances.is_empty() && !status.only.iter().all(is_listed) {
        let only: Vec<&str> = status.only.iter().map(|filter| filter.as_str()).collect();
        let text_of_none = format!("`--only {}` selects no instance.", only.join(","));
        text.push_str(&wrapped(&text_of_none, "", layout.width));
    }
}

/// Adds the line for the instances without a row, with as many document keys as fit.
fn push_folded(text: &mut String, folded: &[&StatusInstance], layout: Layout) {
    let mut left = MAX_FOLDED_LINES * layout.width;
    let mut keys: Vec<&str> = Vec::new();
    for instance in folded {
        let needed = width(&instance.key) + ", ".len();
        if needed > left {
            break;
        }
        left -= needed;
        keys.push(&instance.key);
    }
    let rest = match folded.len() - keys.len() {
        0 => String::new(),
        rest => format!(", … and {rest} more"),
    };
    let line = format!("{} in sync, nothing to do: {}{rest}", folded.len(), keys.join(", "));
    let first = format!("  {} ", Styled(FAINT, "="));
    text.push_str(&hanging(&first, &line, "      ", layout.width));
    text.push_str(&wrapped("`ocon status -v` shows their rows.", "      ", layout.width));
}

/// Adds each reason once, with the first document keys.
fn push_blocked(text: &mut String, blocked: &[PlanBlocked], layout: Layout) {
    let mut reasons: Vec<(&PlanBlocked, Vec<&str>)> = Vec::new();
    for document in blocked {
        let is_same = |other: &PlanBlocked| {
            layout.detail == Detail::Grouped
                && (other.code, &other.message) == (document.code, &document.message)
        };
        match reasons.iter_mut().find(|(first, _)| is_same(first)) {
            Some((_, keys)) => keys.push(&document.key),
            None => reasons.push((document, vec![&document.key])),
        }
    }
    for (blocked, keys) in reasons {
        let named: Vec<&str> = keys.iter().take(MAX_BLOCKED_KEYS).copied().collect();
        let rest = match keys.len() - named.len() {
            0 => String::new(),
            rest => format!(" and {rest} more"),
        };
        let keys = named.join(", ");
        let message = format!("{keys}{rest}: {} ({})", blocked.message, blocked.code);
        push_remark(text, "blocked", &message, layout);
    }
}

fn push_finding(text: &mut String, finding: &StatusFinding, layout: Layout) {
    let message = format!(
        "{} {} #{}: its callback URL contains the ID of another instance, {}, which receives its events",
        unquoted(&finding.connector),
        quoted(&finding.name),
        finding.instance_id,
        finding.carries
    );
    push_remark(text, "note", &message, layout);
}

/// Adds a paragraph whose further lines are aligned with the end of its label.
fn push_remark(text: &mut String, label: &str, message: &str, layout: Layout) {
    let indent = " ".repeat(4 + width(label));
    let lines = wrapped(&clean_line(message), &indent, layout.width);
    text.push_str(&format!("\n  {label}: {}", lines.trim_start()));
}

/// Adds the instances that nobody manages, and how to write files for them.
fn push_unmanaged(text: &mut String, unmanaged: &[StatusUnmanaged], layout: Layout) {
    if !text.is_empty() && !text.ends_with("\n\n") {
        text.push('\n');
    }
    if unmanaged.is_empty() {
        text.push_str("No instance is unmanaged.\n");
        return;
    }
    let max = if layout.detail == Detail::Complete { usize::MAX } else { MAX_UNMANAGED_LINES };
    text.push_str(&format!("{}:\n", count(unmanaged.len(), "unmanaged instance")));
    for instance in unmanaged.iter().take(max) {
        let name = quoted(truncate::line(&instance.name, MAX_NAME_CHARS)).to_string();
        let line = clean_line(&format!("{}  {name}", unquoted(&instance.connector)));
        let first = format!("  #{}  ", instance.instance_id);
        text.push_str(&hanging(&first, &line, "      ", layout.width));
    }
    if unmanaged.len() > max {
        let rest = format!("… and {} more. `-v` shows all.", unmanaged.len() - max);
        text.push_str(&wrapped(&rest, "  ", layout.width));
    }
    let help = "`ocon import ID` writes a file for one of them, and `ocon import --all` for all.";
    text.push_str(&wrapped(help, "", layout.width));
}
