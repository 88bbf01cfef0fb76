//! `ocon` keeps SAP Open Connectors *connector instances* equal to YAML files in Git.
//!
//! A run uses the modules in this order:
//!
//! 1. [`cli`] parses the command line and reads the environment.
//! 2. [`desired`] loads `instances/` into [`desired::Desired`], using the [`catalog`] of connectors. If
//!    files are invalid, it reports all problems of all files together.
//! 3. [`observed`] reads the platform through [`api::Read`] into [`observed::Observed`]. Reserved tags,
//!    which only [`ownership`] reads and writes, identify the instances of the project.
//! 4. [`plan`] compares the two. It is pure: it asks for what it still needs to know
//!    ([`plan::questions`]) and returns a value ([`plan::Plan`]), which is complete before the first
//!    write.
//! 5. [`apply`] executes an approved plan ([`plan::Approved`]) through [`api::Write`] and decides
//!    nothing.
//! 6. [`report`] renders plans, outcomes and problems as text and JSON.
//!
//! In the other direction, `import` writes files for instances that have none.
//!
//! `authorization` checks what a person grants at a provider. [`events`] and [`doctor`] check whether
//! events arrive.
//!
//! [`instance`] holds the nouns that all modules share: a wanted [`instance::Value`], a stored
//! [`instance::StoredValue`], and an [`instance::Secret`] that cannot be printed. `scrub` removes
//! secrets from everything that is written. [`safe_text`] makes text from files and from the platform
//! safe to show. `reader` reads files, with a limit and without following links out of the
//! repository. [`sandbox`] simulates the platform for tests and experiments. It shares no code with the
//! rest.

pub mod api;
pub mod apply;
mod authorization;
pub mod catalog;
pub mod cli;
pub mod desired;
pub mod doctor;
pub mod events;
mod import;
pub mod instance;
pub mod observed;
pub mod ownership;
pub mod plan;
mod reader;
pub mod report;
pub mod safe_text;
pub mod sandbox;
mod scrub;
