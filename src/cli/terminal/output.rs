//! Where text goes: results to stdout, everything else to stderr; both without secrets.
//!
//! A message is taken as a whole, so that no secret stands in two pieces of it.

use std::borrow::Cow;
use std::io::{self, ErrorKind, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cli::terminal::command_output::Output;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::interrupt;
use crate::cli::terminal::redaction;
use crate::untrusted::escaped_apart_from_styles;

/// Whether the last message did not end its line, as a question does not.
static IS_WITHIN_LINE: AtomicBool = AtomicBool::new(false);

/// Writes a result to stdout. A reader that went away is no failure: it has what it wanted.
///
/// # Errors
/// When stdout cannot be written for another reason, a full disk for one.
pub(crate) fn result(result: &Output) -> Result<(), Failure> {
    to_stdout(&render(result))
}

fn render(result: &Output) -> Cow<'_, str> {
    match result {
        Output::Text(text) => fit(text),
        Output::Json(document) => redaction::scrub_json(document),
    }
}

/// Writes a result when the process is interrupted, whatever becomes of it.
pub(crate) fn final_result(output: &Output) {
    let _ = write_to_stdout(&render(output));
}

/// Writes lines of text as a result.
///
/// # Errors
/// As [`result`].
pub(crate) fn text(text: &str) -> Result<(), Failure> {
    to_stdout(&fit(text))
}

/// Writes a line of a result that goes on: whether somebody still reads it.
///
/// # Errors
/// As [`result`].
pub(crate) fn line(text: &str) -> Result<bool, Failure> {
    match write_to_stdout(&fit(text)) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(unwritten(&error)),
    }
}

/// Writes credentials to stdout, for somebody who asked for nothing else.
///
/// # Errors
/// As [`result`].
pub(crate) fn credentials(text: &str) -> Result<(), Failure> {
    to_stdout(text)
}

/// Tells the runner of GitHub Actions, which reads stderr too, to hide this from now on.
pub(crate) fn mask(secret: &str) {
    to_stderr(&format!("::add-mask::{secret}\n"));
}

/// Writes a message to stderr. Where stderr is gone there is nobody left to tell.
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

/// Writes an address to stderr that a person has to open, as it is: the public id of an application
/// is a part of it, which is taken out elsewhere. Whoever calls this has looked for real secrets.
pub(crate) fn address(text: &str) {
    to_stderr(text);
}

/// Writes a line of JSON to stderr.
pub(crate) fn json_message(line: &str) {
    to_stderr(&redaction::scrub_json(line));
}

/// Writes a message in a panic, or what can be said `instead` where its secrets cannot be found now.
pub(crate) fn panic_message(text: &str, instead: &str) {
    let scrubbed = redaction::try_scrub(text);
    to_stderr(scrubbed.as_deref().unwrap_or(instead));
}

/// A text without secrets, and with every deceptive character escaped that whoever made it left in it.
fn fit(text: &str) -> Cow<'_, str> {
    match without_secrets(text) {
        Cow::Borrowed(text) => escaped_apart_from_styles(text),
        Cow::Owned(text) => Cow::Owned(escaped_apart_from_styles(&text).into_owned()),
    }
}

/// A style may begin or end within a secret, and is taken away where the output is no terminal: what
/// is looked at is the text without any.
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

/// The columns of the terminal that messages go to, if they go to one: where they do not, each
/// sentence is a line, however long.
pub(crate) fn columns() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(io::stderr())?;
    Some(usize::from(width.0).max(40))
}

fn to_stdout(text: &str) -> Result<(), Failure> {
    interrupt::result_started();
    let written =
        write_to_stdout(text).or_else(ignore_broken_pipe).map_err(|error| unwritten(&error));
    if written.is_ok() {
        interrupt::set_consequence("the output is complete.");
    }
    written
}

fn write_to_stdout(text: &str) -> io::Result<()> {
    let mut stdout = anstream::stdout();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
}

fn unwritten(error: &io::Error) -> Failure {
    Failure::unwritten("the result could not be written to stdout", error)
}

fn to_stderr(text: &str) {
    IS_WITHIN_LINE.store(!text.ends_with('\n'), Ordering::Relaxed);
    let mut stderr = anstream::stderr();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

fn ignore_broken_pipe(error: io::Error) -> io::Result<()> {
    if error.kind() == ErrorKind::BrokenPipe { Ok(()) } else { Err(error) }
}
