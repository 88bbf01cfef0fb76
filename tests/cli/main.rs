//! The binary: its stdout, stderr and exit code as one text.
//!
//! `SNAPSHOTS=overwrite cargo test --locked --test cli` replaces the expected output:
//! read the difference before you commit it.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]
#![expect(clippy::needless_raw_string_hashes, reason = "snapbox writes them")]

mod apply;
mod authorization;
mod authorize;
mod authorize_again;
mod authorize_refused;
mod authorize_unasked;
mod browser;
mod changed;
mod comment_markdown;
mod comments;
mod consent;
mod credentials;
mod doctor;
mod echo;
mod events;
mod exhaustion;
mod explain;
mod fingerprint_key;
mod flags;
mod forms;
mod full_disk;
mod git;
mod grants;
mod help;
mod hostile;
mod import;
mod import_files;
mod import_tenant;
mod interruption;
mod leaks;
mod levels;
mod limits;
mod links;
mod log;
mod lookalike;
mod markdown;
mod narrow;
mod odd_secrets;
mod outputs;
mod own_credentials;
mod ownership;
mod plan;
mod project;
mod prune;
mod prune_checkout;
mod race;
mod redaction;
mod refusals;
mod rotation;
mod sandbox;
mod saved;
mod schema;
mod schema_pull;
mod selftest;
mod status;
mod stranger;
mod support;
mod target;
mod terminal;
mod text;
mod token;
mod unreachable;
mod usage;
mod validate;
mod variables;
mod worked;

#[path = "../support/ports.rs"]
mod ports;
#[path = "../support/snapshot.rs"]
mod snapshot;
