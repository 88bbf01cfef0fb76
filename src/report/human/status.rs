//! The text form of a status: a table, the blocked documents, the findings and the counters.

use super::layout::{Layout, push_webhook_url};
use crate::plan::status::SyncState;
use crate::report::json::{StatusDocument, StatusFinding, StatusInstance};
use crate::report::phrases;
use crate::report::style::{
    ADDED, CHANGED, FAINT, REMOVED, Styled, clean_line, hanging, sentence, width, wrapped,
};
use crate::safe_text::{quoted, unquoted};

const HEADINGS: [&str; 8] =
    ["key", "connector", "id", "state", "valid", "enabled", "events", "webhook URL"];

/// Renders a status.
pub fn status(status: &StatusDocument, layout: Layout) -> String {
    if status.instances.is_empty() && status.findings.is_empty() {
        return "No instances.\n".to_owned();
    }
    let mut text = String::new();
    push_table(&mut text, &status.instances, layout);
    for blocked in &status.blocked {
        let message = format!("{}: {} ({})", blocked.key, blocked.message, blocked.code);
        push_remark(&mut text, "blocked", &message, layout);
    }
    for finding in &status.findings {
        push_finding(&mut text, finding, layout);
    }
    text.push_str(&format!("\n{}", summary(status, layout)));
    text
}

/// Adds the table. Columns are as wide as their widest cell. The URL is never truncated, so you can copy
/// it: if the lines are too long, each URL has its own line, and if they still are, there are no columns.
/// Without a URL to register, there is no column for it.
fn push_table(text: &mut String, rows: &[StatusInstance], layout: Layout) {
    if rows.is_empty() {
        return;
    }
    let table: Vec<[String; 8]> = rows.iter().map(cells).collect();
    let widths: Vec<usize> = (0..HEADINGS.len())
        .map(|column| {
            let cells = table.iter().map(|cells| width(&cells[column]));
            cells.max().unwrap_or(0).max(width(HEADINGS[column]))
        })
        .collect();
    let fits =
        |widths: &[usize]| 2 + 2 * widths.len() + widths.iter().sum::<usize>() <= layout.width;
    let (all, but_url) = (&widths[..], &widths[..widths.len() - 1]);
    if !fits(but_url) {
        for row in rows {
            push_row(text, row, layout);
        }
        return;
    }
    let has_urls = rows.iter().any(|row| row.webhook_url.is_some());
    let shown = if has_urls && fits(all) { all } else { but_url };
    let heading = line(&HEADINGS.map(str::to_owned), shown);
    text.push_str(&format!("    {}\n", Styled(FAINT, &heading)));
    for (row, cells) in rows.iter().zip(&table) {
        let (symbol, style) = sign(row.state);
        text.push_str(&format!("  {} {}\n", Styled(style, symbol), line(cells, shown)));
        if let Some(url) = row.webhook_url.as_ref().filter(|_| shown.len() < HEADINGS.len()) {
            push_webhook_url(text, url, layout);
        }
    }
}

fn push_row(text: &mut String, row: &StatusInstance, layout: Layout) {
    let (symbol, style) = sign(row.state);
    let id = row.instance_id.map(|id| format!("  #{id}")).unwrap_or_default();
    let title = format!("{}{id}  {}", row.key, phrases::state(row.state));
    let first = format!("  {} ", Styled(style, symbol));
    text.push_str(&hanging(&first, &title, "      ", layout.width));
    let flags = [
        (row.valid, "valid", "not valid"),
        (row.enabled, "enabled", "disabled"),
        (row.events, "events", "no events"),
    ];
    let flags = flags.into_iter().filter_map(|(flag, yes, no)| Some(if flag? { yes } else { no }));
    let connector = clean_line(&row.connector);
    let about: Vec<&str> = std::iter::once(connector.as_str()).chain(flags).collect();
    text.push_str(&wrapped(&about.join(", "), "      ", layout.width));
    if let Some(url) = &row.webhook_url {
        push_webhook_url(text, url, layout);
    }
}

fn line(cells: &[String; 8], widths: &[usize]) -> String {
    let padded = cells.iter().zip(widths).map(|(cell, column)| {
        let fill = " ".repeat(column.saturating_sub(width(cell)));
        format!("{cell}{fill}")
    });
    padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
}

fn cells(row: &StatusInstance) -> [String; 8] {
    let flag = |flag: Option<bool>| match flag {
        Some(true) => "yes".to_owned(),
        Some(false) => "no".to_owned(),
        None => "-".to_owned(),
    };
    [
        row.key.clone(),
        clean_line(&row.connector),
        row.instance_id.map_or_else(|| "-".to_owned(), |id| id.to_string()),
        phrases::state(row.state),
        flag(row.valid),
        flag(row.enabled),
        flag(row.events),
        clean_line(row.webhook_url.as_deref().unwrap_or("-")),
    ]
}

fn sign(state: SyncState) -> (&'static str, anstyle::Style) {
    match state {
        SyncState::InSync => ("=", FAINT),
        SyncState::Drifted => ("~", CHANGED),
        SyncState::Unfinished => ("±", CHANGED),
        SyncState::Missing => ("+", ADDED),
        SyncState::Blocked => ("!", REMOVED),
        SyncState::Orphan => ("?", REMOVED),
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

/// `3 in sync, 1 drifted.`
fn summary(status: &StatusDocument, layout: Layout) -> String {
    sentence("Status:", &format!("{}.", phrases::states(status).join(", ")), layout.width)
}
