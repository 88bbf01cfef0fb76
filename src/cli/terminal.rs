//! Output, failures, progress, the log and signals. Imports neither `commands` nor `setup`.

pub(crate) mod atomic_file;
pub(crate) mod command_output;
pub mod failure;
pub(crate) mod interrupt;
pub(crate) mod log;
pub(crate) mod output;
pub(crate) mod panic;
pub(crate) mod progress;
pub(crate) mod redaction;
pub(crate) mod supervisor;

pub(crate) use command_output::Output;
pub(crate) use failure::{Exit, Failure};
