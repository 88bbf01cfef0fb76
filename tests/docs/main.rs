//! The pages, the pipelines of `examples/ci`, the threat model and the import rules are correct.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod architecture;
mod pages;
mod platform_facts;
mod pre_commit;
mod recipes;
#[cfg(unix)]
mod release;
mod secret_stores;
mod threat_model;

#[path = "../support/example.rs"]
mod example;
#[path = "../support/ports.rs"]
mod ports;
