//! The rows of the table: one fault each.

use std::time::Duration;

use crate::columns::Column;
use crate::columns::Column::{Adopt, Create, Enable, Finish, Update};

/// A fault, and where it can happen.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// The rules, as the table has them.
    rules: &'static str,
    /// How the journal calls it.
    pub(crate) fault: &'static str,
    pub(crate) columns: Vec<Column>,
    pub(crate) page_size: usize,
    pub(crate) timeout: Duration,
}

/// Longer than anything takes.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The actions that send an instance.
const BODIES: [Column; 4] = [Create, Finish, Update, Adopt];

/// The actions on an existing instance, except its deletion.
const THERE: [Column; 4] = [Finish, Update, Adopt, Enable];

impl Row {
    fn parse(line: &'static str) -> Self {
        let [name, fault, place, rules] = line.split(" | ").collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let columns = place.split(' ').flat_map(|word| match word {
            "ALL" => Column::ALL.to_vec(),
            "BODIES" => BODIES.to_vec(),
            "THERE" => THERE.to_vec(),
            word => Column::ALL.into_iter().filter(|it| format!("{it:?}") == word).collect(),
        });
        let has = |word| place.split(' ').any(|it| it == word);
        Self {
            name,
            rules,
            fault,
            columns: columns.collect(),
            page_size: if has("paged") { 3 } else { 200 },
            timeout: if has("impatient") { Duration::from_millis(500) } else { TIMEOUT },
        }
    }

    /// Whether a request is executed after its client stopped waiting.
    pub(crate) fn is_late(&self) -> bool {
        self.timeout < TIMEOUT
    }

    /// Whether such an apply may report success. An orphan that a listing leaves out is
    /// not seen, and deleted another time.
    pub(crate) fn is_success(&self, outcome: &str) -> bool {
        outcome.starts_with("done") || (outcome == "no step" && self.fault == "shift_listing")
    }

    pub(crate) fn rules(&self, column: Column) -> String {
        let rules = self.rules.split(" && ").map(|rule| {
            let (when, fault) = rule.split_once(" => ").unwrap();
            let when = when
                .replace("WRITES", column.write())
                .replace("WRITE", &format!("{}, occurrence: 1", column.write()))
                .replace("LISTING", "path: /instances, method: GET")
                .replace("SECOND", "method: PATCH, path: /instances/*")
                .replace("ANY", "");
            format!("- {{ when: {{ {when} }}, {fault} }}\n")
        });
        rules.collect()
    }
}

pub(crate) fn rows() -> Vec<Row> {
    TABLE.trim().lines().map(Row::parse).collect()
}

/// `NAME | FAULT IN THE JOURNAL | COLUMNS | REQUESTS => FAULT && …`.
///
/// `WRITE` is the first request of the action, `WRITES` is all of them, `SECOND` is the PATCH of a create,
/// and `LISTING` is any listing. A row with `paged` has three instances on a page, and one with `impatient`
/// a short timeout.
const TABLE: &str = r#"
400 | status | ALL | WRITE => status: 400
500 | status | ALL | WRITE => status: 500
502 | status | ALL | WRITE => status: 502
503 | status | ALL | WRITE => status: 503
503 each time | status | ALL | WRITES => status: 503
503 for the listing | status | ALL | LISTING, occurrence: 1 => status: 503
503 for each listing | status | ALL | LISTING => status: 503
429, `Retry-After: 2` | status | ALL | WRITE => status: 429, headers: { Retry-After: "2" }
429, `Retry-After` a date | status | ALL | WRITE => status: 429, headers: { Retry-After: "Tue, 01 Dec 2026 08:00:07 GMT" }
429, `Retry-After: 300`, each time | status | ALL | WRITES => status: 429, headers: { Retry-After: "300" }
429 of the provider | status | ALL | WRITE => status: 429, body: { message: Too much, providerMessage: slow down }
html, 502 | html | ALL | WRITE => html: true
html, 200 | html | ALL | WRITE => html: true, status: 200
html, 200, for the listing | html | ALL | LISTING => html: true, status: 200
redirect to another host | redirect | ALL | WRITE => redirect: "https://elsewhere.invalid/"
unauthorized from the write on | unauthorized | ALL | WRITES => unauthorized: true
unauthorized from the start | unauthorized | ALL | ANY => unauthorized: true
500, executed | status | ALL | WRITE => status: 500, processed: true
504, executed | status | ALL | WRITE => status: 504, processed: true
504, executed, each time | status | ALL | WRITES => status: 504, processed: true
429, executed | status | ALL | WRITE => status: 429, processed: true
400, executed | status | ALL | WRITE => status: 400, processed: true
html, 200, executed | html | ALL | WRITE => html: true, status: 200, processed: true
reset before | reset-before | ALL | WRITE => reset: before
reset before, each time | reset-before | ALL | WRITES => reset: before
reset after | reset-after | ALL | WRITE => reset: after
reset after, each time | reset-after | ALL | WRITES => reset: after
reset after, and no listing later | reset-after | Create | WRITE => reset: after && query: hydrate=false, occurrence: 2.. => status: 503
truncate | truncate | BODIES | WRITE => truncate: 40
truncate, for the listing | truncate | ALL | LISTING, occurrence: 1 => truncate: 40
drip | drip | BODIES | WRITE => drip: 1ms
delay | delay | ALL | WRITE => delay: 20ms
delay beyond the timeout | delay | ALL impatient | WRITE => delay: 1500ms
endless_pages | endless_pages | ALL paged | LISTING => endless_pages: true
endless_pages after the write | endless_pages | Create | query: hydrate=false, occurrence: 2.. => endless_pages: true
shift_listing: skip | shift_listing | ALL paged | LISTING => shift_listing: skip
shift_listing: skip, once | shift_listing | ALL paged | LISTING, query: nextPage, occurrence: 1 => shift_listing: skip && path: /instances, query: "hydrate=false", occurrence: 2 => shift_listing: skip
shift_listing: repeat | shift_listing | ALL paged | LISTING => shift_listing: repeat
page token expired, once | status | ALL paged | LISTING, query: nextPage, occurrence: 1 => status: 400, body: { message: expired }
page token expired, each time | status | ALL paged | LISTING, query: nextPage => status: 400, body: { message: expired }
tag_filter_empty | tag_filter_empty | ALL | LISTING => tag_filter_empty: true
ignore_keys | ignore_keys | BODIES | WRITE => ignore_keys: [event.notification.callback.url, oauth.callback.url, servicenow.subdomain]
drop_tags | drop_tags | BODIES | WRITE => drop_tags: true
hide_tags | hide_tags | BODIES | WRITE => hide_tags: true
hide_tags, each time | hide_tags | BODIES | WRITES => hide_tags: true
hide_tags for the listing | hide_tags | ALL | LISTING => hide_tags: true
empty_configuration | empty_configuration | BODIES | WRITE => empty_configuration: true
empty_configuration, each time | empty_configuration | BODIES | WRITES => empty_configuration: true
missing_privileges | missing_privileges | ALL | ANY => missing_privileges: [createElementInstances, viewElements]
a third party sets an undeclared key | edit | THERE | WRITE => edit: [{ instance: The target, set: { note: theirs } }]
a third party changes a declared key | edit | THERE | WRITE => edit: [{ instance: The target, set: { username: theirs, oauth.callback.url: "https://theirs.example/" } }]
a third party renames it | edit | THERE | WRITE => edit: [{ instance: The target, rename: theirs }]
a third party disables it | edit | THERE | WRITE => edit: [{ instance: The target, disabled: true }]
a third party deletes it | edit | Finish Update Enable Delete | WRITE => edit: [{ instance: The target, delete: true }]
a third party creates a namesake | edit | Create Update | WRITE => edit: [{ create: { element: { key: hootsuite }, name: The target, tags: [theirs] } }]
400 at the PATCH of a create | status | Create | SECOND, occurrence: 1 => status: 400
503 each time at the PATCH of a create | status | Create | SECOND => status: 503
reset after at the PATCH of a create | reset-after | Create | SECOND, occurrence: 1 => reset: after
ignore_keys at the PATCH of a create | ignore_keys | Create | SECOND, occurrence: 1 => ignore_keys: [event.notification.callback.url]
a third party deletes it before the PATCH of a create | edit | Create | SECOND, occurrence: 1 => edit: [{ instance: The target, delete: true }]
a third party disables it before the PATCH of a create | edit | Create | SECOND, occurrence: 1 => edit: [{ instance: The target, disabled: true }]
"#;
