//! The platform's API from both sides: the client against scripted servers, and the sandbox against
//! the facts about the platform.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod client;
mod fixtures;
mod sandbox;

#[path = "../support/ports.rs"]
mod ports;
#[path = "../support/snapshot.rs"]
mod snapshot;
