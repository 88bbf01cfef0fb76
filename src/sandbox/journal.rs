//! The journal of all requests, including refused ones, in the order in which they were processed.
//!
//! Only the last [`CAPACITY`] entries are kept, so that a sandbox can run for weeks. Bodies are
//! unchanged and contain secrets: the journal must never be written to a file or a log.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::Value;

const CAPACITY: usize = 10_000;

/// A request and the status of its reply.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JournalEntry {
    /// Method, in capitals.
    pub method: String,
    /// Path below the base URL, as it was sent.
    pub path: String,
    /// Query as it was sent, without `?`. Can be empty.
    pub query: String,
    /// Status of the reply, even if the reply was lost. 0 if a fault prevented the processing of the
    /// request and its reply.
    pub status: u16,
    /// Faults of the request, such as `reset-after` or `delay+status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// Body of the request, if it is JSON.
    pub body: Option<Value>,
}

#[derive(Debug, Default)]
pub(super) struct Journal(VecDeque<JournalEntry>);

impl Journal {
    pub(super) fn record(&mut self, entry: JournalEntry) {
        if self.0.len() == CAPACITY {
            self.0.pop_front();
        }
        self.0.push_back(entry);
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &JournalEntry> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_entries_are_kept() {
        let mut journal = Journal::default();
        for number in 0..=CAPACITY {
            let (method, path, query) = ("GET".to_owned(), number.to_string(), String::new());
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
