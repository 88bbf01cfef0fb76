//! Everything a command needs before it starts: arguments, environment, platform, project, files and
//! connection. Does not import `commands`.

pub(crate) mod api_failures;
pub(crate) mod certificates;
pub(crate) mod committed_secrets;
pub(crate) mod connection;
pub(crate) mod credentials;
pub(crate) mod diagnostic_levels;
pub(crate) mod embedded_sandbox;
pub(crate) mod environment;
pub(crate) mod file_problems;
pub(crate) mod files;
pub(crate) mod forked_pull_request;
pub(crate) mod git;
pub mod global_args;
pub(crate) mod key_or_path;
pub(crate) mod network;
pub(crate) mod own_credentials;
pub(crate) mod platform;
pub(crate) mod project;
pub(crate) mod proxy;
pub(crate) mod repository_paths;
pub(crate) mod reserved_words;

pub(crate) use connection::Connection;
pub(crate) use environment::Environment;
pub(crate) use files::{Files, SecretAccess};
pub(crate) use global_args::{Format, GlobalArgs, ReportFile};
pub(crate) use key_or_path::KeyOrPath;
pub(crate) use platform::Platform;
