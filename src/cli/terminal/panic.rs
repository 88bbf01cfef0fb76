//! The message for a panic, which is a bug in ocon. Secrets are removed from it. The exit code stays
//! 101, so that a pipeline can tell a bug from every other failure.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{self, PanicHookInfo};

use crate::cli::terminal::output;
use crate::report::style::clean;

/// Reports panics without secrets from now on.
pub(crate) fn install_hook() {
    panic::set_hook(Box::new(|panic| output::panic_message(&message(panic), &error("", panic))));
}

fn message(panic: &PanicHookInfo<'_>) -> String {
    let payload = panic.payload_as_str().map(|text| format!(": {}", clean(text)));
    let mut message = error(&payload.unwrap_or_default(), panic);
    message.push_str(
        "\nhint: report this bug with the command that you ran; set RUST_BACKTRACE=1 for a backtrace\n",
    );
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        message.push_str(&format!("\n{backtrace}"));
    }
    message
}

fn error(payload: &str, panic: &PanicHookInfo<'_>) -> String {
    let location = panic.location().map(|location| format!(" ({location})")).unwrap_or_default();
    format!("error: this is a bug in ocon{payload}{location}\n")
}
