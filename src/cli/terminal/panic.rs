//! What is said when ocon itself makes a mistake and panics: what the message says of it, without
//! secrets. The exit code stays 101, by which a pipeline tells a mistake of ocon from all else.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{self, PanicHookInfo};

use crate::cli::terminal::output;
use crate::report::style::clean;

/// From now on panics are told without secrets.
pub(crate) fn set_up() {
    panic::set_hook(Box::new(|panic| output::last_words(&message(panic), &sentence("", panic))));
}

fn message(panic: &PanicHookInfo<'_>) -> String {
    let said = panic.payload_as_str().map(|said| format!(": {}", clean(said))).unwrap_or_default();
    let mut message = sentence(&said, panic);
    message.push_str(
        "\nhint: please report it, with the command that was run; RUST_BACKTRACE=1 tells more\n",
    );
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        message.push_str(&format!("\n{backtrace}"));
    }
    message
}

fn sentence(said: &str, panic: &PanicHookInfo<'_>) -> String {
    let place = panic.location().map(|place| format!(" ({place})")).unwrap_or_default();
    format!("error: this is a mistake in ocon{said}{place}\n")
}
