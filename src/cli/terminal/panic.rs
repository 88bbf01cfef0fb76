//! The message for a panic, which is a bug in ocon. Secrets are removed from it. The exit code stays
//! 101, so that a pipeline can tell a bug from every other failure.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{self, PanicHookInfo};
use std::sync::{Mutex, PoisonError};

use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::{interrupt, output};
use crate::report::style::clean;

const HINT: &str =
    "report this bug with the command that you ran; set RUST_BACKTRACE=1 for a backtrace";

/// The sentence about the last panic.
static LAST: Mutex<Option<String>> = Mutex::new(None);

/// Reports panics without secrets from now on.
pub(crate) fn install_hook() {
    panic::set_hook(Box::new(|panic| {
        let payload = panic.payload_as_str().map(|text| format!(": {}", clean(text)));
        let sentence = sentence(&payload.unwrap_or_default(), panic);
        let instead = format!("error: {}\n", self::sentence("", panic));
        output::panic_message(&message(&sentence), &instead);
        *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some(sentence);
    }));
}

/// The failure of a command that panicked. The hook has printed its message.
pub(super) fn failure() -> Failure {
    let last = LAST.lock().unwrap_or_else(PoisonError::into_inner).take();
    let sentence = last.unwrap_or_else(|| "this is a bug in ocon".to_owned());
    interrupt::reported(Failure::new(Exit::Bug, sentence).hint(HINT))
}

fn message(sentence: &str) -> String {
    let mut message = format!("error: {sentence}\n\nhint: {HINT}\n");
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        message.push_str(&format!("\n{backtrace}"));
    }
    message
}

fn sentence(payload: &str, panic: &PanicHookInfo<'_>) -> String {
    let location = panic.location().map(|location| format!(" ({location})")).unwrap_or_default();
    format!("this is a bug in ocon{payload}{location}")
}
