//! ocon keeps SAP Open Connectors *connector instances* equal to YAML files in Git.
//!
//! The tour, in the order in which a run meets the rooms:
//!
//! 1. [`cli`] parses the command line and gathers what the process was started with.
//! 2. [`desired`] loads `instances/` into [`desired::Desired`], with the help of the [`catalog`] of
//!    connectors, or says everything that is wrong in any file at once.
//! 3. [`observed`] reads the platform through [`api::Read`] into [`observed::Observed`]; by their
//!    marks, which only [`ownership`] reads and writes, it knows which instances are ours.
//! 4. [`plan`] compares the two. It is pure: what it still needs to know it asks for
//!    ([`plan::questions`]), and what it decides is a value ([`plan::Plan`]), complete before the
//!    first write.
//! 5. [`apply`] carries out a plan that was approved ([`plan::Approved`]) through [`api::Write`], and
//!    decides nothing.
//! 6. [`report`] turns plans, outcomes and problems into text and JSON.
//!
//! The other way round, [`import`] makes files of instances that nobody has declared yet.
//!
//! What a person grants at a provider is checked by [`authorization`]; whether events arrive, by
//! [`events`] and [`doctor`].
//!
//! The words that all rooms share are in [`instance`]: a wanted [`instance::Value`], a stored
//! [`instance::StoredValue`], and a [`instance::Secret`] that cannot be printed; what gets past that type is
//! taken out by [`scrub`] before anything is written. Text from files and from the platform is shown
//! as [`untrusted`] says. [`sandbox`] is the platform in miniature, for
//! trying things out and for tests; it shares no code with the rest.

pub mod api;
pub mod apply;
pub mod authorization;
pub mod catalog;
pub mod cli;
pub mod desired;
pub mod doctor;
pub mod events;
pub mod import;
pub mod instance;
pub mod observed;
pub mod ownership;
pub mod plan;
pub mod reader;
pub mod report;
pub mod sandbox;
pub mod scrub;
pub mod untrusted;
