//! The sandbox's own contract: what it answers, over real HTTP, against the facts about the
//! platform.

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
