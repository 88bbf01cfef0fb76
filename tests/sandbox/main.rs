//! The sandbox's own contract: what it answers, over real HTTP, against the facts about the
//! platform.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on is to stop")]

mod configuration;
mod connectors;
mod consent;
mod creation;
mod events;
mod fault_files;
mod faults;
mod holds;
mod instances;
mod lag;
mod listing;
mod oauth;
mod protocol;
mod refresh;
mod state;
mod support;
mod twists;
