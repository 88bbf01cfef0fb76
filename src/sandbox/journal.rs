//! The record of what was asked and how it was answered.
//!
//! In: every request that was answered, refused ones included. Out: the entries in the order in
//! which the answers were decided, which for writes is the order of their commits. Only the last
//! [`CAPACITY`] are kept, so that a sandbox that runs for weeks does not grow. Bodies are kept as
//! they came, secrets included: it lives in memory and must never be written to a file or a log.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::Value;

/// How many entries are kept.
const CAPACITY: usize = 10_000;

/// One request and the status that it was answered with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JournalEntry {
    /// The method, in capitals.
    pub method: String,
    /// The path below the base URL, as it was sent.
    pub path: String,
    /// The query as it was sent, without `?`; empty if there was none.
    pub query: String,
    /// The status of the reply; 0 if a scripted fault left the request unanswered before it was
    /// processed. Where the answer was lost, the one that it had.
    pub status: u16,
    /// The scripted faults that befell the request, like `reset-after` or `delay+status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// The body of the request, where it had one and that was JSON.
    pub body: Option<Value>,
}

/// The last entries.
#[derive(Debug, Default)]
pub(super) struct Journal {
    entries: VecDeque<JournalEntry>,
}

impl Journal {
    /// Adds an entry and forgets the oldest where there are too many.
    pub(super) fn record(&mut self, entry: JournalEntry) {
        if self.entries.len() == CAPACITY {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    /// The entries, oldest first.
    pub(super) fn entries(&self) -> impl Iterator<Item = &JournalEntry> {
        self.entries.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_entries_are_kept() {
        let mut journal = Journal::default();
        for number in 0..=CAPACITY {
            let (method, path) = ("GET".to_owned(), number.to_string());
            let query = String::new();
            journal.record(JournalEntry {
                method,
                path,
                query,
                status: 200,
                fault: None,
                body: None,
            });
        }
        let paths: Vec<_> = journal.entries().map(|entry| entry.path.as_str()).collect();
        assert_eq!((paths.len(), paths[0], paths[CAPACITY - 1]), (CAPACITY, "1", "10000"));
    }
}
