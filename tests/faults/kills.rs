//! The binary is killed or interrupted during an apply: nothing is lost, nothing is duplicated, and no
//! other instance is changed.
//!
//! The sandbox runs in the process of the test and holds a request; the binary is ended while it
//! waits for that. So it is known, without a clock, what the platform had done by then.

#![expect(clippy::needless_raw_string_hashes, reason = "snapbox writes all snapshots in one form")]

mod boundaries;
mod first_process;
mod fixture;
mod late_create;
mod scenario;
mod signals;
mod signals_during_reads;
mod state;
