//! The real client against the real sandbox with scripted faults: nothing is lost, nothing is duplicated.
//! Tests use virtual time, so none waits.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod checker;
mod columns;
mod concurrent_applies;
mod consistency;
mod fifty_instances;
#[cfg(unix)]
mod kills;
mod lag_schedules;
mod model;
mod regressions;
mod remote;
mod request_forecast;
mod rows;
mod saved_plan;
mod schedules;
mod script;
#[cfg(target_os = "linux")]
mod soak;
mod support;
mod table;
mod time;

#[path = "../support/snapshot.rs"]
mod snapshot;
