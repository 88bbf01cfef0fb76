//! The table of a status. Columns are as wide as their typical cells. A row with a longer cell is broken
//! into lines below, and the other rows keep their columns.

use crate::plan::status::SyncState;
use crate::report::human::layout::{Layout, push_webhook_url};
use crate::report::json::StatusInstance;
use crate::report::phrases;
use crate::report::style::{
    ADDED, CHANGED, FAINT, REMOVED, Styled, clean_line, hanging, width, wrapped,
};

const HEADINGS: [&str; 8] =
    ["key", "connector", "id", "state", "valid", "enabled", "events", "webhook URL"];
const KEY: usize = 0;
const URL: usize = HEADINGS.len() - 1;
/// Columns before the first cell: an indent, the sign and a space.
const MARGIN: usize = 4;
const GAP: usize = 2;
/// A cell of this width is never too long for its column.
const MIN_LIMIT: usize = 16;

/// Adds the rows. A URL is never truncated, so you can copy it: if the lines are too long, each URL has
/// its own line. Without a URL to register, there is no column for it. If most rows have a cell that is
/// too long, there are no columns.
pub(super) fn push(text: &mut String, rows: &[&StatusInstance], layout: Layout) {
    let table: Vec<Cells> = rows.iter().map(|row| cells(row)).collect();
    let Some(columns) = Columns::fitting(&table, layout) else {
        for row in rows {
            push_broken(text, row, layout);
        }
        return;
    };
    let heading = columns.line(&HEADINGS.map(str::to_owned));
    text.push_str(&format!("    {}\n", Styled(FAINT, &heading)));
    for (row, cells) in rows.iter().zip(&table) {
        if !columns.hold(cells) {
            push_broken(text, row, layout);
            continue;
        }
        let (symbol, style) = sign(row.state);
        text.push_str(&format!("  {} {}\n", Styled(style, symbol), columns.line(cells)));
        if let Some(url) = row.webhook_url.as_ref().filter(|_| !columns.show_urls) {
            push_webhook_url(text, url, layout);
        }
    }
}

/// Adds a row without columns: the document key, the instance ID and the state, then everything else.
fn push_broken(text: &mut String, row: &StatusInstance, layout: Layout) {
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

type Cells = [String; HEADINGS.len()];

struct Columns {
    widths: [usize; HEADINGS.len()],
    show_urls: bool,
}

impl Columns {
    /// The columns, if at least half of the rows fit into them.
    fn fitting(table: &[Cells], layout: Layout) -> Option<Self> {
        let cells = |column: usize| table.iter().filter_map(move |cells| cells.get(column));
        let mut widths = [0; HEADINGS.len()];
        for (column, (total, heading)) in widths.iter_mut().zip(HEADINGS).enumerate() {
            let cells: Vec<usize> = cells(column).map(|cell| width(cell)).collect();
            *total = typical_width(cells, usize::MAX).max(width(heading));
        }
        let used = |widths: &[usize]| {
            MARGIN + widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
        };
        let [key, others @ .., url] = &mut widths;
        let left = layout.width.checked_sub(used(others) + GAP)?;
        let keys: Vec<usize> = cells(KEY).map(|cell| width(cell)).collect();
        *key = typical_width(keys, left).max(width(HEADINGS[KEY]));
        // A URL is not broken, so the widest one counts.
        *url = cells(URL).map(|cell| width(cell)).max()?.max(width(HEADINGS[URL]));
        let has_urls = cells(URL).any(|cell| cell != "-");
        let columns = Self { widths, show_urls: has_urls && used(&widths) <= layout.width };
        let fits = *widths.first()? <= left;
        let held = table.iter().filter(|cells| columns.hold(cells)).count();
        (fits && 2 * held >= table.len()).then_some(columns)
    }

    /// Whether each cell of a row fits into its column.
    fn hold(&self, cells: &Cells) -> bool {
        self.shown(cells).all(|(cell, column)| width(cell) <= column)
    }

    fn shown<'c>(&self, cells: &'c Cells) -> impl Iterator<Item = (&'c String, usize)> {
        let number = if self.show_urls { HEADINGS.len() } else { URL };
        cells.iter().zip(self.widths).take(number)
    }

    fn line(&self, cells: &Cells) -> String {
        let padded = self.shown(cells).map(|(cell, column)| {
            let fill = " ".repeat(column.saturating_sub(width(cell)));
            format!("{cell}{fill}")
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    }
}

/// The width of the widest cell that is at most twice as wide as the median and at most `max` wide.
fn typical_width(mut cells: Vec<usize>, max: usize) -> usize {
    cells.sort_unstable();
    let median = cells.get(cells.len().saturating_sub(1) / 2).copied().unwrap_or_default();
    let limit = (2 * median).max(MIN_LIMIT).min(max);
    cells.into_iter().filter(|cell| *cell <= limit).max().unwrap_or_default()
}

fn cells(row: &StatusInstance) -> Cells {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_as_wide_as_its_typical_cells() {
        assert_eq!(typical_width(vec![4, 80], 100), 4);
        assert_eq!(typical_width(vec![16, 9], 100), 16);
        assert_eq!(typical_width(vec![30, 45, 80, 31], 100), 45);
        assert_eq!(typical_width(vec![30, 45, 31, 32], 40), 32);
        assert_eq!(typical_width(vec![80], 100), 80);
        assert_eq!(typical_width(vec![80], 40), 0);
    }
}
