//! The text form of a list of connectors: a table, or two lines per connector in a narrow terminal.

use crate::report::human::layout::Layout;
use crate::report::json::{AuthenticationType, ConnectorEntry, ConnectorsDocument, EventMethod};
use crate::report::style::{STRONG, Styled, clean_line, count, gap, hanging, width, wrapped};

/// The minimum width of the column of names, in which long names take several lines.
const MIN_NAME_WIDTH: usize = 20;

/// The cell of a connector without events.
const NO_EVENTS: &str = "–";

/// The cell of a connector whose way to authenticate no source shows.
const UNKNOWN: &str = "not known";

const LEGEND: [(EventMethod, &str); 2] = [
    (
        EventMethod::WebhookYouRegister,
        "webhook (manual): you register the webhook URL of the instance at the provider.",
    ),
    (
        EventMethod::WebhookPlatformRegisters,
        "webhook (automatic): the platform sets up the webhook at the provider.",
    ),
];

/// The cells of a connector.
struct Row {
    key: String,
    name: String,
    authentication: String,
    events: String,
}

/// Renders the connectors, their number, and the meaning of the words in the table.
pub fn connectors(document: &ConnectorsDocument, layout: Layout) -> String {
    let rows: Vec<Row> = document.connectors.iter().map(row).collect();
    let mut text = match Table::fitting(&rows, layout.width) {
        Some(table) => table.render(&rows),
        None => stacked(&rows, layout.width),
    };
    let number = format!("\n{}.\n", count(rows.len(), "connector"));
    text.push_str(&number);
    for (method, meaning) in LEGEND {
        if document.connectors.iter().any(|connector| connector.events.contains(&method)) {
            text.push_str(&wrapped(meaning, "", layout.width));
        }
    }
    text
}

fn row(connector: &ConnectorEntry) -> Row {
    let authentication = connector.authentication.iter().map(|way| authentication(*way));
    let events = connector.events.iter().map(|method| events(*method));
    Row {
        key: clean_line(&connector.key),
        name: clean_line(&connector.name),
        authentication: joined(authentication, UNKNOWN),
        events: joined(events, NO_EVENTS),
    }
}

fn headings() -> Row {
    let [key, name, authentication, events] =
        ["CONNECTOR KEY", "NAME", "AUTHENTICATION", "EVENTS"].map(str::to_owned);
    Row { key, name, authentication, events }
}

fn joined(words: impl Iterator<Item = &'static str>, none: &str) -> String {
    let words: Vec<_> = words.collect();
    if words.is_empty() { none.to_owned() } else { words.join(", ") }
}

fn authentication(way: AuthenticationType) -> &'static str {
    match way {
        AuthenticationType::Oauth2 => "OAuth 2",
        AuthenticationType::Oauth1 => "OAuth 1",
        AuthenticationType::Basic => "basic",
        AuthenticationType::ApiKey => "API key",
        AuthenticationType::Custom => "custom",
    }
}

fn events(method: EventMethod) -> &'static str {
    match method {
        EventMethod::Polling => "polling",
        EventMethod::WebhookYouRegister => "webhook (manual)",
        EventMethod::WebhookPlatformRegisters => "webhook (automatic)",
    }
}

/// The widths of the columns before the last one.
struct Table {
    key: usize,
    name: usize,
    authentication: usize,
}

impl Table {
    /// The table of these rows, if it fits.
    fn fitting(rows: &[Row], columns: usize) -> Option<Self> {
        let headings = headings();
        let widest = |cell: fn(&Row) -> &String| {
            let cells = rows.iter().chain([&headings]).map(|row| width(cell(row)));
            cells.max().unwrap_or_default()
        };
        let [key, name, authentication, events] = [
            widest(|row| &row.key),
            widest(|row| &row.name),
            widest(|row| &row.authentication),
            widest(|row| &row.events),
        ];
        let for_names = columns.checked_sub(key + authentication + events + 6)?;
        let fits = for_names >= name.min(MIN_NAME_WIDTH);
        fits.then_some(Self { key, name: name.min(for_names), authentication })
    }

    fn render(&self, rows: &[Row]) -> String {
        let headings = self.line(&headings());
        let mut text = format!("{}\n", Styled(STRONG, headings.trim_end()));
        text.extend(rows.iter().map(|row| self.line(row)));
        text
    }

    /// A row as lines: the name continues below itself.
    fn line(&self, row: &Row) -> String {
        let names = wrapped(&row.name, "", self.name);
        let mut names = names.lines();
        let cell = |text: &str, column: usize| [text, &gap(width(text), column + 2)].concat();
        let cells = [
            cell(&row.key, self.key),
            cell(names.next().unwrap_or_default(), self.name),
            cell(&row.authentication, self.authentication),
        ];
        let first = format!("{}{}\n", cells.concat(), row.events);
        let below = names.map(|name| format!("{}{name}\n", gap(0, self.key + 2)));
        std::iter::once(first).chain(below).collect()
    }
}

/// Two lines per connector: its key and name, and the rest.
fn stacked(rows: &[Row], columns: usize) -> String {
    let entry = |Row { key, name, authentication, events }: &Row| {
        let first = format!("{}  ", Styled(STRONG, key));
        let way = match authentication.as_str() {
            UNKNOWN => "authentication not known",
            way => way,
        };
        let rest = match events.as_str() {
            NO_EVENTS => format!("{way}; no events"),
            events => format!("{way}; events: {events}"),
        };
        hanging(&first, name, "    ", columns) + &wrapped(&rest, "    ", columns)
    };
    rows.iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::human::Detail;

    const TABLE: &str = "\
CONNECTOR KEY        NAME                        AUTHENTICATION    EVENTS
abbyy                ABBYY                       basic             –
sapborestbylaunchbi  SAP Business Objects REST   OAuth 2, API key  polling, webhook (manual)
                     by LaunchBI
syncplicity          Syncplicity                 not known         –

3 connectors.
webhook (manual): you register the webhook URL of the instance at the provider.
";

    const STACKED: &str = "\
abbyy  ABBYY
    basic; no events
sapborestbylaunchbi  SAP Business Objects REST by LaunchBI
    OAuth 2, API key; events: polling, webhook (manual)
syncplicity  Syncplicity
    authentication not known; no events

3 connectors.
webhook (manual): you register the webhook URL of the instance at the provider.
";

    const NARROW: &str = "\
abbyy  ABBYY
    basic; no events
sapborestbylaunchbi
    SAP Business Objects REST by
    LaunchBI
    OAuth 2, API key; events: polling,
    webhook (manual)
syncplicity  Syncplicity
    authentication not known; no events

3 connectors.
webhook (manual): you register the
webhook URL of the instance at the
provider.
";

    fn rendered(width: usize) -> String {
        let entry = |key: &str, name: &str, authentication, events| ConnectorEntry {
            key: key.to_owned(),
            name: name.to_owned(),
            hub: None,
            authentication,
            events,
        };
        let document = ConnectorsDocument::new(
            None,
            vec![
                entry("abbyy", "ABBYY", vec![AuthenticationType::Basic], vec![]),
                entry(
                    "sapborestbylaunchbi",
                    "SAP Business Objects REST by LaunchBI",
                    vec![AuthenticationType::Oauth2, AuthenticationType::ApiKey],
                    vec![EventMethod::Polling, EventMethod::WebhookYouRegister],
                ),
                entry("syncplicity", "Syncplicity", vec![], vec![]),
            ],
        );
        let text = connectors(&document, Layout { width, detail: Detail::Grouped });
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn every_width_has_its_form_and_no_line_is_longer() {
        let expected = [(92, TABLE), (80, STACKED), (40, NARROW)];
        for (columns, expected) in expected {
            let text = rendered(columns);
            assert!(text.lines().all(|line| width(line) <= columns), "{text}");
            assert_eq!(text, expected);
        }
    }
}
