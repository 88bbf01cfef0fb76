//! The pipelines of `examples/ci`, and those that `ocon init` writes, run by small interpreters against a forge in memory.

mod action;
mod azure;
mod azure_condition;
mod azure_forge;
mod azure_pipeline;
mod expression;
mod fixture;
mod forge;
mod github;
mod gitlab;
mod groovy;
mod image;
#[expect(clippy::needless_raw_string_hashes, reason = "snapbox writes all snapshots in one form")]
mod install;
#[expect(clippy::needless_raw_string_hashes, reason = "snapbox writes all snapshots in one form")]
mod install_content;
#[expect(clippy::needless_raw_string_hashes, reason = "snapbox writes all snapshots in one form")]
mod install_lines;
#[expect(clippy::needless_raw_string_hashes, reason = "snapbox writes all snapshots in one form")]
mod install_refused;
mod jenkins;
mod kubernetes;
mod own_pipelines;
mod pins;
mod pipeline;
pub(crate) mod release;
mod workflow;
