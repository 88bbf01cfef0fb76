//! The files that a user writes: how they load, what is reported about them, and the schemas and
//! editors that check them.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod certainty;
mod diagnostics;
mod editors;
mod fuzz;
mod loading;
mod parallel;
mod schemas;

#[path = "../support/example.rs"]
mod example;
#[path = "../support/sarif.rs"]
mod sarif_schema;
#[path = "../support/snapshot.rs"]
mod snapshot;
