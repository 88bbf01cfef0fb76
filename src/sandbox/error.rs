//! Errors of starting and filling a sandbox.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a sandbox cannot start or cannot be seeded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// Other machines can reach the address.
    #[error(
        "the sandbox listens only on loopback addresses, and {0} is not one: use 127.0.0.1 or [::1] with any port"
    )]
    NotLoopback(SocketAddr),
    /// The sandbox cannot listen on the address.
    #[error("the sandbox cannot listen on {0}: choose another port, or 0 for a free one")]
    Bind(SocketAddr, #[source] io::Error),
    /// The state file, its folder or its lock cannot be opened.
    #[error("the sandbox cannot open its state file {}: check the folder and its permissions", .0.display())]
    StateUnreadable(PathBuf, #[source] io::Error),
    /// The state file is not a complete file that a sandbox wrote.
    #[error(
        "the sandbox cannot read its state file {}:{line}:{column}: {reason}; restore the file, or move it away to start without instances",
        path.display()
    )]
    StateCorrupt {
        /// The file.
        path: PathBuf,
        /// Line, from 1. 0 for an empty file.
        line: usize,
        /// Column, from 1. 0 at the end of a line.
        column: usize,
        /// What is wrong with the file.
        reason: String,
    },
    /// Another sandbox uses the state file.
    #[error("another sandbox uses the state file {}: stop that sandbox, or use another file", .0.display())]
    StateLocked(PathBuf),
    /// The state file cannot be written.
    #[error(
        "the sandbox cannot write its state file: check the folder, its permissions and the free space"
    )]
    StateUnwritable(#[source] io::Error),
    /// The faults file cannot be read.
    #[error("the sandbox cannot read its faults file {}: check the name and the permissions of the file", .0.display())]
    FaultsUnreadable(PathBuf, #[source] io::Error),
    /// The faults file is too large.
    #[error("the sandbox cannot read its faults file {}: the file is larger than 1 MiB; write fewer rules, or name another file", .0.display())]
    FaultsTooLarge(PathBuf),
    /// The faults file has an invalid rule.
    #[error("the sandbox cannot read its faults file {}:{}; docs/sandbox-faults.md has an example of every fault", .0.display(), .1)]
    FaultsInvalid(PathBuf, InvalidFaults),
    /// A seed is not a valid body for creating an instance.
    #[error("the seed {index} does not describe an instance: {reason}")]
    Seed {
        /// Index of the seed, from 0.
        index: usize,
        /// What is wrong with it.
        reason: String,
    },
}

/// Why a text does not describe faults.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {reason}")]
pub struct InvalidFaults {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What is wrong, and what to write instead.
    pub reason: String,
}
