//! Reports: renders plans, outcomes, status and problems for people and for scripts.
//!
//! In: a [`Plan`](crate::plan::Plan), an [`Outcome`](crate::apply::Outcome) or a list of
//! [`Problems`](crate::desired::Problems). Each becomes a typed document of [`json`], and every format
//! is rendered from this document. Out: strings, which the caller writes to stdout or stderr. The module
//! reads no file, network or clock, so equal input gives equal output.
//!
//! Text from files and from the platform is never trusted: see [`style::clean`].

pub mod annotations;
mod answers;
pub mod diagnostics;
mod difference;
pub mod explanation;
pub mod file_links;
mod grouping;
mod hosts;
pub mod html;
pub mod human;
pub mod json;
pub mod markdown;
mod note_group;
mod phrases;
pub mod pipeline_lines;
mod step_kind;
pub mod style;
mod text_diff;
mod truncate;
