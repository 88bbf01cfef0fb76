//! The rows of the table: one fault each.

use std::time::Duration;

use crate::columns::Column;
use crate::columns::Column::{Adopt, Create, Delete, Enable, Finish, Update};

/// A fault, and where it can happen.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// The rules; `WRITE` is the first request of the action, `WRITES` is all of them.
    rules: &'static str,
    /// How the journal calls it.
    pub(crate) fault: &'static str,
    pub(crate) columns: &'static [Column],
    pub(crate) page_size: usize,
    pub(crate) timeout: Duration,
}

/// Longer than anything takes.
const TIMEOUT: Duration = Duration::from_secs(30);

const ALL: &[Column] = &Column::ALL;

/// The actions that send an instance.
const BODIES: &[Column] = &[Create, Finish, Update, Adopt];

/// The actions on an existing instance, except its deletion.
const THERE: &[Column] = &[Finish, Update, Adopt, Enable];

impl Row {
    const fn new(name: &'static str, fault: &'static str, rules: &'static str) -> Self {
        Self { name, rules, fault, columns: ALL, page_size: 200, timeout: TIMEOUT }
    }

    const fn on(self, columns: &'static [Column]) -> Self {
        Self { columns, ..self }
    }

    /// With three instances on a page.
    const fn paged(self) -> Self {
        Self { page_size: 3, ..self }
    }

    const fn impatient(self) -> Self {
        Self { timeout: Duration::from_millis(500), ..self }
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
        let write = column.write();
        let first = format!("{write}, occurrence: 1");
        self.rules.replace("WRITES", write).replace("WRITE", &first)
    }
}

pub(crate) const ROWS: &[Row] = &[
    Row::new("400", "status", "- { when: { WRITE }, status: 400 }"),
    Row::new("500", "status", "- { when: { WRITE }, status: 500 }"),
    Row::new("502", "status", "- { when: { WRITE }, status: 502 }"),
    Row::new("503", "status", "- { when: { WRITE }, status: 503 }"),
    Row::new("503 each time", "status", "- { when: { WRITES }, status: 503 }"),
    Row::new(
        "503 for the listing",
        "status",
        "- { when: { path: /instances, method: GET, occurrence: 1 }, status: 503 }",
    ),
    Row::new(
        "503 for each listing",
        "status",
        "- { when: { path: /instances, method: GET }, status: 503 }",
    ),
    Row::new(
        "429, `Retry-After: 2`",
        "status",
        "- { when: { WRITE }, status: 429, headers: { Retry-After: \"2\" } }",
    ),
    Row::new(
        "429, `Retry-After` a date",
        "status",
        "- { when: { WRITE }, status: 429, headers: { Retry-After: \"Tue, 01 Dec 2026 08:00:07 GMT\" } }",
    ),
    Row::new(
        "429, `Retry-After: 300`, each time",
        "status",
        "- { when: { WRITES }, status: 429, headers: { Retry-After: \"300\" } }",
    ),
    Row::new(
        "429 of the provider",
        "status",
        "- { when: { WRITE }, status: 429, body: { message: Too much, providerMessage: slow down } }",
    ),
    Row::new("html, 502", "html", "- { when: { WRITE }, html: true }"),
    Row::new("html, 200", "html", "- { when: { WRITE }, html: true, status: 200 }"),
    Row::new(
        "html, 200, for the listing",
        "html",
        "- { when: { path: /instances, method: GET }, html: true, status: 200 }",
    ),
    Row::new(
        "redirect to another host",
        "redirect",
        "- { when: { WRITE }, redirect: \"https://elsewhere.invalid/\" }",
    ),
    Row::new(
        "unauthorized from the write on",
        "unauthorized",
        "- { when: { WRITES }, unauthorized: true }",
    ),
    Row::new(
        "unauthorized from the start",
        "unauthorized",
        "- { when: {}, unauthorized: true }",
    ),
    Row::new("500, executed", "status", "- { when: { WRITE }, status: 500, processed: true }"),
    Row::new("504, executed", "status", "- { when: { WRITE }, status: 504, processed: true }"),
    Row::new(
        "504, executed, each time",
        "status",
        "- { when: { WRITES }, status: 504, processed: true }",
    ),
    Row::new("429, executed", "status", "- { when: { WRITE }, status: 429, processed: true }"),
    Row::new("400, executed", "status", "- { when: { WRITE }, status: 400, processed: true }"),
    Row::new(
        "html, 200, executed",
        "html",
        "- { when: { WRITE }, html: true, status: 200, processed: true }",
    ),
    Row::new("reset before", "reset-before", "- { when: { WRITE }, reset: before }"),
    Row::new("reset before, each time", "reset-before", "- { when: { WRITES }, reset: before }"),
    Row::new("reset after", "reset-after", "- { when: { WRITE }, reset: after }"),
    Row::new("reset after, each time", "reset-after", "- { when: { WRITES }, reset: after }"),
    Row::new(
        "reset after, and no listing later",
        "reset-after",
        "- { when: { WRITE }, reset: after }\n- { when: { query: hydrate=false, occurrence: 2.. }, status: 503 }",
    )
    .on(&[Create]),
    Row::new("truncate", "truncate", "- { when: { WRITE }, truncate: 40 }").on(BODIES),
    Row::new(
        "truncate, for the listing",
        "truncate",
        "- { when: { path: /instances, method: GET, occurrence: 1 }, truncate: 40 }",
    ),
    Row::new("drip", "drip", "- { when: { WRITE }, drip: 1ms }").on(BODIES),
    Row::new("delay", "delay", "- { when: { WRITE }, delay: 20ms }"),
    Row::new("delay beyond the time-out", "delay", "- { when: { WRITE }, delay: 1500ms }").impatient(),
    Row::new(
        "endless_pages",
        "endless_pages",
        "- { when: { path: /instances, method: GET }, endless_pages: true }",
    )
    .paged(),
    Row::new(
        "endless_pages after the write",
        "endless_pages",
        "- { when: { query: hydrate=false, occurrence: 2.. }, endless_pages: true }",
    )
    .on(&[Create]),
    Row::new(
        "shift_listing: skip",
        "shift_listing",
        "- { when: { path: /instances, method: GET }, shift_listing: skip }",
    )
    .paged(),
    Row::new(
        "shift_listing: skip, once",
        "shift_listing",
        "- { when: { path: /instances, method: GET, query: nextPage, occurrence: 1 }, shift_listing: skip }\n\
         - { when: { path: /instances, query: \"hydrate=false\", occurrence: 2 }, shift_listing: skip }",
    )
    .paged(),
    Row::new(
        "shift_listing: repeat",
        "shift_listing",
        "- { when: { path: /instances, method: GET }, shift_listing: repeat }",
    )
    .paged(),
    Row::new(
        "page token expired, once",
        "status",
        "- { when: { path: /instances, method: GET, query: nextPage, occurrence: 1 }, status: 400, body: { message: expired } }",
    )
    .paged(),
    Row::new(
        "page token expired, each time",
        "status",
        "- { when: { path: /instances, method: GET, query: nextPage }, status: 400, body: { message: expired } }",
    )
    .paged(),
    Row::new(
        "tag_filter_empty",
        "tag_filter_empty",
        "- { when: { path: /instances, method: GET }, tag_filter_empty: true }",
    ),
    Row::new(
        "ignore_keys",
        "ignore_keys",
        "- { when: { WRITE }, ignore_keys: [event.notification.callback.url, oauth.callback.url, servicenow.subdomain] }",
    )
    .on(BODIES),
    Row::new("drop_tags", "drop_tags", "- { when: { WRITE }, drop_tags: true }").on(BODIES),
    Row::new(
        "a third party sets an undeclared key",
        "edit",
        "- { when: { WRITE }, edit: [{ instance: The target, set: { note: theirs } }] }",
    )
    .on(THERE),
    Row::new(
        "a third party changes a declared key",
        "edit",
        "- { when: { WRITE }, edit: [{ instance: The target, set: { username: theirs, oauth.callback.url: \"https://theirs.example/\" } }] }",
    )
    .on(THERE),
    Row::new(
        "a third party renames it",
        "edit",
        "- { when: { WRITE }, edit: [{ instance: The target, rename: theirs }] }",
    )
    .on(THERE),
    Row::new(
        "a third party switches it off",
        "edit",
        "- { when: { WRITE }, edit: [{ instance: The target, disabled: true }] }",
    )
    .on(THERE),
    Row::new(
        "a third party deletes it",
        "edit",
        "- { when: { WRITE }, edit: [{ instance: The target, delete: true }] }",
    )
    .on(&[Finish, Update, Enable, Delete]),
    Row::new(
        "a third party creates a namesake",
        "edit",
        "- { when: { WRITE }, edit: [{ create: { element: { key: hootsuite }, name: The target, tags: [theirs] } }] }",
    )
    .on(&[Create, Update]),
    Row::new("400 at the PATCH of a create", "status", "- { when: { method: PATCH, path: /instances/*, occurrence: 1 }, status: 400 }").on(&[Create]),
    Row::new("503 each time at the PATCH of a create", "status", "- { when: { method: PATCH, path: /instances/* }, status: 503 }").on(&[Create]),
    Row::new("reset after at the PATCH of a create", "reset-after", "- { when: { method: PATCH, path: /instances/*, occurrence: 1 }, reset: after }").on(&[Create]),
    Row::new("ignore_keys at the PATCH of a create", "ignore_keys", "- { when: { method: PATCH, path: /instances/*, occurrence: 1 }, ignore_keys: [event.notification.callback.url] }").on(&[Create]),
    Row::new("a third party deletes it before the PATCH of a create", "edit", "- { when: { method: PATCH, path: /instances/*, occurrence: 1 }, edit: [{ instance: The target, delete: true }] }").on(&[Create]),
    Row::new("a third party switches it off before the PATCH of a create", "edit", "- { when: { method: PATCH, path: /instances/*, occurrence: 1 }, edit: [{ instance: The target, disabled: true }] }").on(&[Create]),
];
