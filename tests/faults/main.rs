//! Nothing lost, nothing doubled: the real client against the real sandbox, which goes wrong as a
//! script says. Nobody waits: time is the test's own.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod columns;
mod consistency;
mod fifty;
mod forecast;
mod judge;
#[cfg(unix)]
mod kills;
mod lag_schedules;
mod model;
mod races;
mod regressions;
mod remote;
mod rows;
mod saved;
mod schedules;
mod script;
#[cfg(target_os = "linux")]
mod soak;
mod support;
mod table;
mod time;

#[path = "../support/snapshot.rs"]
mod snapshot;
