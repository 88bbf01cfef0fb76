//! Random faults, and edits of third parties between them.

use std::fmt::Write as _;

use fastrand::Rng;
use ocon::sandbox::JournalEntry;

use crate::model::{Document, Stored};

/// Faults of any request.
const ANY: &[&str] = &[
    "status: 400",
    "status: 403",
    "status: 409",
    "status: 429",
    "status: 429, headers: { Retry-After: \"2\" }",
    "status: 429, headers: { Retry-After: \"300\" }",
    "status: 500",
    "status: 502",
    "status: 503, headers: { Retry-After: \"Tue, 01 Dec 2026 08:00:20 GMT\" }",
    "status: 504",
    "html: true",
    "html: true, status: 200",
    "redirect: \"https://elsewhere.invalid/\"",
    "unauthorized: true",
    "reset: before",
    "delay: 2ms",
    "truncate: 40",
];

/// Faults of a write, some of them after it was executed.
const WRITES: &[&str] = &[
    "status: 400, processed: true",
    "status: 500, processed: true",
    "status: 502, processed: true",
    "status: 504, processed: true",
    "status: 429, body: { message: Too much, providerMessage: slow down }",
    "status: 429, body: { message: Too much, providerMessage: slow down }, processed: true",
    "html: true, processed: true",
    "html: true, status: 200, processed: true",
    "reset: after",
    "reset: after",
    "drip: 1ms",
    "missing_privileges: [createElementInstances]",
];

/// Faults of a PATCH. A 429 without a provider message means that the request was
/// not executed, and a creation relies on that. A PATCH may be repeated in any case.
const PATCHES: &[&str] = &[
    "status: 429, processed: true",
    "drop_tags: true",
    "hide_tags: true",
    "empty_configuration: true",
    "ignore_keys: [username, oauth.callback.url]",
    "ignore_keys: [event.notification.callback.url, servicenow.subdomain]",
];

/// Faults of a listing.
const LISTINGS: &[&str] = &[
    "shift_listing: skip",
    "shift_listing: repeat",
    "tag_filter_empty: true",
    "hide_tags: true",
    "endless_pages: true",
];

/// Requests that change something.
const CHANGES: &[&str] = &[
    "method: POST, path: /instances",
    "method: PATCH, path: /instances/*",
    "method: PUT, path: /instances/*/enabled",
    "method: DELETE, path: /instances/*/enabled",
    "method: DELETE, path: /instances/*",
];

/// Rules for a sandbox, and the edits among them.
pub(crate) struct Script {
    pub(crate) rules: String,
    pub(crate) edits: Vec<Edit>,
}

/// An edit of a third party.
#[derive(Clone, Debug)]
pub(crate) struct Edit {
    pub(crate) id: u64,
    pub(crate) what: What,
    /// At which request: the path of a GET or PATCH, and the how manieth of them.
    method: &'static str,
    path: String,
    occurrence: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A value that no file declares.
    Undeclared,
    /// A value that the file declares, if there is one.
    Declared,
    SwitchedOff,
    Deleted,
}

impl Script {
    pub(crate) fn random(stored: &[Stored], documents: &[Document], random: &mut Rng) -> Self {
        let mut script = Self { rules: String::new(), edits: Vec::new() };
        // Without the instance that a document names, there is nothing to converge to.
        let named = |id: u64| documents.iter().any(|document| document.id == Some(id));
        let ours = stored.iter().filter(|instance| instance.is_ours() && !named(instance.id));
        let ours: Vec<_> = ours.collect();
        for _ in 0..random.usize(0..5) {
            let id = ours[random.usize(..ours.len())].id;
            // One for each instance, so that the result does not depend on their order.
            if script.edits.iter().all(|edit| edit.id != id) {
                script.edit(Edit::random(id, random));
            }
        }
        for _ in 0..random.usize(1..=8) {
            let (when, fault) = rule(random);
            let times = times(random);
            writeln!(script.rules, "- {{ when: {{ {when}{times} }}, {fault} }}").unwrap();
        }
        script
    }

    fn edit(&mut self, edit: Edit) {
        let Edit { id, method, path, occurrence, .. } = &edit;
        let what = match edit.what {
            What::Undeclared => "set: { note: theirs }",
            What::Declared => "rename: theirs, set: { username: theirs }",
            What::SwitchedOff => "disabled: true",
            What::Deleted => "delete: true",
        };
        writeln!(
            self.rules,
            "- {{ when: {{ method: {method}, path: {path}, occurrence: {occurrence} }}, edit: [{{ instance: {id}, {what} }}] }}"
        )
        .unwrap();
        self.edits.push(edit);
    }
}

/// Which requests, and what goes wrong with them.
fn rule(random: &mut Rng) -> (&'static str, &'static str) {
    let mut one_of = |texts: &[&'static str]| texts[random.usize(..texts.len())];
    match one_of(&["read", "listing", "write", "write", "write", "patch", "any"]) {
        "read" => ("method: GET, path: /instances", one_of(ANY)),
        "listing" => ("method: GET, path: /instances", one_of(LISTINGS)),
        "patch" => ("method: PATCH, path: /instances/*", one_of(PATCHES)),
        "any" => (one_of(CHANGES), one_of(ANY)),
        _ => (one_of(CHANGES), one_of(WRITES)),
    }
}

/// How often, as a part of `when`.
fn times(random: &mut Rng) -> String {
    let first = random.u8(1..=12);
    match random.u8(0..6) {
        0 => format!(", occurrence: {first}.."),
        1 => format!(", occurrence: {first}..{}", first + random.u8(1..=5)),
        2 => format!(", probability: 0.{}", random.u8(1..=6)),
        _ => format!(", occurrence: {first}"),
    }
}

impl Edit {
    fn random(id: u64, random: &mut Rng) -> Self {
        let what =
            [What::Undeclared, What::Undeclared, What::Declared, What::SwitchedOff, What::Deleted];
        let what = what[random.usize(..what.len())];
        let (method, path, occurrence) = match random.u8(0..3) {
            0 => ("PATCH", format!("/instances/{id}"), random.usize(1..=2)),
            1 => ("POST", "/instances".to_owned(), random.usize(1..=8)),
            _ => ("GET", "/instances".to_owned(), random.usize(1..=4)),
        };
        Self { id, what, method, path, occurrence }
    }

    /// Whether the request came at which it happens.
    pub(crate) fn happened(&self, journal: &[JournalEntry]) -> bool {
        let is_meant =
            |entry: &&JournalEntry| entry.method == self.method && entry.path == self.path;
        journal.iter().filter(is_meant).count() >= self.occurrence
    }
}
