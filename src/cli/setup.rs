//! Everything a command needs before it starts: arguments, environment, target, project, session.

pub mod arguments;
pub(crate) mod code_levels;
pub(crate) mod committed_secrets;
pub(crate) mod embedded_sandbox;
pub(crate) mod environment;
pub(crate) mod file_problems;
pub(crate) mod fork;
pub(crate) mod git;
pub(crate) mod own_credentials;
pub(crate) mod project;
pub(crate) mod public_words;
pub(crate) mod session;
pub(crate) mod target;
pub(crate) mod unreachable;
