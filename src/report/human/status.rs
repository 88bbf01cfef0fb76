//! The text form of a status: a table, what goes astray, and the numbers.

use super::{Layout, push_webhook_url};
use crate::plan::status::{
    CallbackMismatch, InstanceHealth, InstanceStatus, StatusReport, SyncState,
};
use crate::report::style::{
    ADDED, CHANGED, FAINT, Painted, REMOVED, clean_line, hanging, sentence, width, wrapped,
};
use crate::untrusted::{quoted, unquoted};

const HEADINGS: [&str; 8] =
    ["key", "connector", "id", "state", "valid", "enabled", "events", "webhook URL"];

/// Renders a status.
pub fn status(status: &StatusReport, layout: Layout) -> String {
    if status.rows.is_empty() && status.findings.is_empty() {
        return "No instances.\n".to_owned();
    }
    let mut text = String::new();
    push_table(&mut text, &status.rows, layout);
    for blocked in &status.blocked {
        let message = format!("{}: {} ({})", blocked.key, blocked.message, blocked.code.as_str());
        push_remark(&mut text, "blocked", &message, layout);
    }
    for finding in &status.findings {
        push_finding(&mut text, finding, layout);
    }
    text.push_str(&format!("\n{}", summary(status, layout)));
    text
}

/// Columns are as wide as their widest cell. The last one, the URL, is there to be copied and never
/// cut: where the lines would be longer than the page, each URL has one to itself, and where they
/// still would be, there are no columns.
fn push_table(text: &mut String, rows: &[InstanceStatus], layout: Layout) {
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
    let shown = if fits(all) { all } else { but_url };
    let heading = line(&HEADINGS.map(str::to_owned), shown);
    text.push_str(&format!("    {}\n", Painted(FAINT, &heading)));
    for (row, cells) in rows.iter().zip(&table) {
        let (symbol, style) = sign(row.state);
        text.push_str(&format!("  {} {}\n", Painted(style, symbol), line(cells, shown)));
        if !fits(all) && row.instance.is_some() {
            push_webhook_url(text, &cells[HEADINGS.len() - 1], layout);
        }
    }
}

/// A row without columns.
fn push_row(text: &mut String, row: &InstanceStatus, layout: Layout) {
    let (symbol, style) = sign(row.state);
    let instance = row.instance.as_ref();
    let id = instance.map(|instance| format!("  #{}", instance.id)).unwrap_or_default();
    let title = format!("{}{id}  {}", row.key, row.state.as_str().replace('-', " "));
    let first = format!("  {} ", Painted(style, symbol));
    text.push_str(&hanging(&first, &title, "      ", layout.width));
    let mut about = vec![clean_line(&row.connector)];
    if let Some(instance) = instance {
        let flags = [instance.valid, instance.enabled, instance.events];
        let said = [("valid", "not valid"), ("enabled", "disabled"), ("events", "no events")];
        about.extend(
            said.iter().zip(flags).map(
                |((yes, no), flag)| {
                    if flag { (*yes).to_owned() } else { (*no).to_owned() }
                },
            ),
        );
    }
    text.push_str(&wrapped(&about.join(", "), "      ", layout.width));
    if let Some(url) = instance.and_then(|instance| instance.webhook_url.as_deref()) {
        push_webhook_url(text, url, layout);
    }
}

/// The first of the cells, as many as there are widths.
fn line(cells: &[String; 8], widths: &[usize]) -> String {
    let padded = cells.iter().zip(widths).map(|(cell, column)| {
        let fill = " ".repeat(column.saturating_sub(width(cell)));
        format!("{cell}{fill}")
    });
    padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
}

fn cells(row: &InstanceStatus) -> [String; 8] {
    let yes = |flag: bool| if flag { "yes" } else { "no" }.to_owned();
    let of = |show: &dyn Fn(&InstanceHealth) -> String| {
        row.instance.as_ref().map_or("-".to_owned(), show)
    };
    [
        row.key.to_string(),
        clean_line(&row.connector),
        of(&|instance| instance.id.to_string()),
        row.state.as_str().replace('-', " "),
        of(&|instance| yes(instance.valid)),
        of(&|instance| yes(instance.enabled)),
        of(&|instance| yes(instance.events)),
        of(&|instance| clean_line(instance.webhook_url.as_deref().unwrap_or("-"))),
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

fn push_finding(text: &mut String, finding: &CallbackMismatch, layout: Layout) {
    let message = format!(
        "{} {} #{}: its callback URL carries the id of another instance, {}: its events go there",
        unquoted(&finding.connector),
        quoted(&finding.name),
        finding.id,
        finding.carries
    );
    push_remark(text, "note", &message, layout);
}

/// A paragraph whose further lines stand below the end of its first word.
fn push_remark(text: &mut String, word: &str, message: &str, layout: Layout) {
    let indent = " ".repeat(4 + width(word));
    let lines = wrapped(&clean_line(message), &indent, layout.width);
    text.push_str(&format!("\n  {word}: {}", lines.trim_start()));
}

/// `3 in sync, 1 drifted.`
fn summary(status: &StatusReport, layout: Layout) -> String {
    let numbers = SyncState::ALL.into_iter().filter(|state| status.count(*state) > 0);
    let mut numbers: Vec<String> = numbers
        .map(|state| format!("{} {}", status.count(state), state.as_str().replace('-', " ")))
        .collect();
    if !status.findings.is_empty() {
        numbers.push(format!("{} with a wrong callback URL", status.findings.len()));
    }
    sentence("Status:", &format!("{}.", numbers.join(", ")), layout.width)
}
