//! The pages, the pipelines of `examples/ci`, the threat model and the import rules are correct.
//!
//! The commands of the pages and pipelines run in `sh`, so Windows checks the rest.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod architecture;
#[cfg(unix)]
mod pages;
#[cfg(unix)]
mod platform_facts;
#[cfg(unix)]
mod pre_commit;
#[cfg(unix)]
mod recipes;
#[cfg(unix)]
mod release;
#[cfg(unix)]
mod secret_stores;
mod threat_model;

#[cfg(unix)]
#[path = "../support/example.rs"]
mod example;
#[cfg(unix)]
#[path = "../support/ports.rs"]
mod ports;
