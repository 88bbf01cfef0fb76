//! The sandbox's own contract: its HTTP replies against the facts about the platform.

mod behavior_faults;
mod clones;
mod configuration;
mod connectors;
mod consent_page;
mod creation;
mod event_addresses;
mod events;
mod fault_files;
mod faults;
mod held_requests;
mod instances;
mod lag;
mod listing;
mod oauth;
mod protocol;
mod refresh;
mod response_shapes;
mod state;
mod support;
