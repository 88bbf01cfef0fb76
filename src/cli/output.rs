//! Where text goes: results to stdout, everything else to stderr.

use std::io::{self, ErrorKind, Write as _};

use super::failure::{Exit, Failure};

/// Writes a result to stdout. A reader that went away is no failure: it has what it wanted.
///
/// # Errors
/// When stdout cannot be written for another reason, a full disk for one.
pub(super) fn result(text: &str) -> Result<(), Failure> {
    let mut stdout = anstream::stdout();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    written.or_else(ignore_broken_pipe).map_err(|error| {
        Failure::new(Exit::Other, "the result could not be written to stdout").caused_by(&error)
    })
}

/// Writes a message to stderr. Where stderr is gone there is nobody left to tell.
pub(super) fn message(text: &str) {
    let mut stderr = anstream::stderr();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

fn ignore_broken_pipe(error: io::Error) -> io::Result<()> {
    if error.kind() == ErrorKind::BrokenPipe { Ok(()) } else { Err(error) }
}
