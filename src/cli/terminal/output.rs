//! Writes results to stdout and everything else to stderr, both without secrets.
//!
//! A message is written as a whole, so no secret can be divided between two writes.

use std::borrow::Cow;
use std::io::{self, ErrorKind, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cli::terminal::{Failure, Output, interrupt, redaction};
use crate::safe_text::escaped_apart_from_styles;

/// Whether the last message did not end its line. A question does not.
static IS_WITHIN_LINE: AtomicBool = AtomicBool::new(false);

/// Writes a result to stdout. It is not a failure if the reader closed the pipe.
pub(crate) fn result(result: &Output) -> Result<(), Failure> {
    to_stdout(&render(result))
}

fn render(result: &Output) -> Cow<'_, str> {
    match result {
        Output::Text(text) => fit(text),
        Output::Json(document) => redaction::scrub_json(document),
    }
}

/// Writes a result when the process is interrupted, and ignores errors.
pub(crate) fn final_result(output: &Output) {
    let _ = write_to_stdout(&render(output));
}

pub(crate) fn text(text: &str) -> Result<(), Failure> {
    to_stdout(&fit(text))
}

/// Writes a line of a result, and returns whether stdout still has a reader.
pub(crate) fn line(text: &str) -> Result<bool, Failure> {
    interrupt::stream_started();
    write_unless_closed(&fit(text))
}

/// Writes credentials to stdout, for commands that exist to print them.
pub(crate) fn credentials(text: &str) -> Result<(), Failure> {
    to_stdout(text)
}

/// Masks a secret in the log of GitHub Actions. Its runner reads stderr too.
pub(crate) fn mask(secret: &str) {
    to_stderr(&format!("::add-mask::{secret}\n"));
}

/// Writes a message to stderr, and ignores errors.
pub(crate) fn message(text: &str) {
    to_stderr(&fit(text));
}

/// Writes a message at the beginning of a line. A terminal shows `^C` where the cursor is.
pub(crate) fn message_on_new_line(text: &str) {
    if IS_WITHIN_LINE.load(Ordering::Relaxed) || io::stderr().is_terminal() {
        to_stderr("\n");
    }
    message(text);
}

/// Writes a URL that the reader must open to stderr, without removing secrets from it: it contains the
/// client ID of an application. The caller must check it for other secrets.
pub(crate) fn address(text: &str) {
    to_stderr(text);
}

pub(crate) fn json_message(line: &str) {
    to_stderr(&redaction::scrub_json(line));
}

/// Writes a message in a panic, or `instead` if its secrets cannot be removed now.
pub(crate) fn panic_message(text: &str, instead: &str) {
    let scrubbed = redaction::try_scrub(text);
    to_stderr(scrubbed.as_deref().unwrap_or(instead));
}

/// Removes secrets from a text, and escapes the remaining deceptive characters.
fn fit(text: &str) -> Cow<'_, str> {
    match without_secrets(text) {
        Cow::Borrowed(text) => escaped_apart_from_styles(text),
        Cow::Owned(text) => Cow::Owned(escaped_apart_from_styles(&text).into_owned()),
    }
}

/// Removes secrets from a text. A style can start or end within one, so it searches the plain text.
fn without_secrets(text: &str) -> Cow<'_, str> {
    if !text.contains('\u{1b}') {
        return redaction::scrub(text);
    }
    let plain = anstream::adapter::strip_str(text).to_string();
    match redaction::scrub(&plain) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(clean) => Cow::Owned(clean),
    }
}

/// Returns the columns of the terminal of stderr. Without a terminal, messages are not wrapped.
pub(crate) fn columns() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(io::stderr())?;
    Some(usize::from(width.0).max(40))
}

fn to_stdout(text: &str) -> Result<(), Failure> {
    interrupt::result_started();
    write_unless_closed(text)?;
    interrupt::set_consequence("the output is complete.");
    Ok(())
}

fn write_unless_closed(text: &str) -> Result<bool, Failure> {
    match write_to_stdout(text) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::unwritten("the result could not be written to stdout", &error)),
    }
}

fn write_to_stdout(text: &str) -> io::Result<()> {
    let mut stdout = anstream::stdout();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
}

fn to_stderr(text: &str) {
    IS_WITHIN_LINE.store(!text.ends_with('\n'), Ordering::Relaxed);
    let mut stderr = anstream::stderr();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}
