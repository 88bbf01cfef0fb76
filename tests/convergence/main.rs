//! What a plan decides, and that applying it converges, against a platform in memory.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod ambiguity;
mod concurrent_creates;
mod interruption;
mod invariants;
mod lineage;
mod masks;
mod matching;
mod model;
mod model_documents;
mod model_files;
mod model_runs;
mod moves;
mod partial_replies;
mod properties;
mod remote;
mod remote_edits;
mod rules;
mod secret_hosts;
mod secret_lifecycle;
mod status;
mod world;
