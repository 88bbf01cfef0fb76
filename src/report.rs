//! Telling: what was planned and what became of it, for people and for scripts.
//!
//! In: a [`Plan`](crate::plan::Plan), an [`Outcome`](crate::apply::Outcome) or a list of
//! [`Problems`](crate::desired::Problems). Out: text, or a document to serialise. This room makes
//! strings; whoever calls it writes them to stdout or stderr. It reads no file and no network, and
//! it is the same on every run: no clock, no order but that of what it is given.
//!
//! Text that comes from files or from the platform is never trusted: see [`style::clean`].

pub mod annotations;
pub mod diagnostics;
pub mod explanation;
mod hosts;
pub mod human;
pub mod json;
pub mod markdown;
mod part;
pub mod style;
mod text_diff;
mod wording;
