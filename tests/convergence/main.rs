//! What a plan decides, and that applying it converges, against a platform in memory.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod credentials;
mod disturbance;
mod documents;
mod doubts;
mod files;
mod interrupted;
mod lineage;
mod masks;
mod matching;
mod model;
mod moves;
mod promises;
mod properties;
mod remote;
mod replies;
mod rivals;
mod rules;
mod runs;
mod secrets;
mod status;
mod world;
