//! Renders documents as text for a terminal.

mod account;
mod change;
mod connectors;
mod doctor;
mod events;
mod failure;
mod layout;
mod marks;
mod notes;
mod outcome;
mod plan;
mod selftest;
mod status;
mod title;
mod variables;

pub use connectors::connectors;
pub use doctor::doctor;
pub use events::{delivery, events};
pub use failure::failure;
pub use layout::{Detail, Layout};
pub use outcome::outcome;
pub use plan::plan;
pub use selftest::selftest;
pub use status::status;
pub use variables::variables;
