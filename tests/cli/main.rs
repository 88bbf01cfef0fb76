//! The binary: its stdout, stderr and exit code as one text.
//!
//! `SNAPSHOTS=overwrite cargo test --locked --test cli` replaces the expected output:
//! read the difference before you commit it.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]
#![expect(clippy::needless_raw_string_hashes, reason = "snapbox writes all snapshots in one form")]

mod api_credentials;
mod apply;
mod authorization_grants;
mod authorize;
mod authorize_again;
mod authorize_denied;
mod authorize_preconditions;
mod browser;
mod changed_since;
mod chromium;
mod comment;
mod comment_markdown;
mod completions;
mod concurrent_applies;
mod confirmation;
mod connectors;
mod deny_and_allow;
mod doctor;
mod echo_server;
mod event_addresses;
mod events;
mod every_exit_code;
mod explain;
mod fingerprint_key;
mod flags;
mod format;
mod full_disk;
mod git;
mod grant_requirements;
mod help;
mod hostile;
mod html;
mod html_in_browser;
mod import;
mod import_dry_run;
mod import_files;
mod import_tenant;
mod init;
mod init_pipelines;
mod interruption;
mod key_or_path;
mod leaks;
mod lookalikes;
mod markdown;
mod max_requests;
mod narrow_terminal;
mod network;
mod new;
mod normalize;
mod outputs;
mod ownership;
mod plan;
mod platform_refusals;
mod project;
mod prune;
mod prune_checkout;
mod redaction;
mod repository_paths;
mod resource_limits;
mod rotate;
mod sample_values;
mod sandbox;
mod saved_plan;
mod schema;
mod schema_pull;
mod scripted_server;
mod secret_hosts;
mod secret_values;
mod selftest;
mod status;
mod status_at_scale;
mod status_selection;
mod support;
mod symlinks;
mod target;
mod terminal;
mod token;
mod unreachable;
mod usage;
mod validate;
mod variables;
mod variables_list;
mod verbose;
mod without_documents;
mod worked_examples;

#[path = "../support/example.rs"]
mod example;
#[path = "../support/ports.rs"]
mod ports;
#[path = "../support/sarif.rs"]
mod sarif_schema;
#[path = "../support/snapshot.rs"]
mod snapshot;
