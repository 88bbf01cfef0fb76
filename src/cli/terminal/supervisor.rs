//! Runs a command on a thread while another thread owns the signals.
//!
//! Nothing that blocks the command delays the reaction to a signal: no read from a terminal, no
//! request, no pipe that nobody reads. This also holds for the first process of a container, which
//! signals do not end by default.

mod signals;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::interrupt::{self, GracefulStop};
use crate::cli::terminal::output;
use crate::cli::terminal::panic;
use crate::cli::terminal::progress;
use signals::Signals;

#[cfg(not(panic = "unwind"))]
compile_error!(
    "ocon needs `panic = \"unwind\"`: see \"A panic unwinds\" in docs/design.md for what it loses otherwise"
);

/// The time limit for the final message: stderr may be a pipe that nobody reads.
const FINAL_MESSAGE_TIMEOUT: Duration = Duration::from_secs(2);
/// The stack size of the command's thread, in bytes: that of a main thread.
const STACK_SIZE: usize = 8 << 20;

enum Event {
    CommandEnded(Exit),
    CommandPanicked,
    /// The first signal, and the command stops by itself.
    Stop(GracefulStop),
    /// The first signal, and the process ends.
    End,
    Abort,
}

/// Runs a command to its end, unless a signal ends the process before.
pub(crate) fn run(command: impl FnOnce() -> Exit + Send + 'static) -> Result<ExitCode, Failure> {
    let refused = |error: io::Error| {
        Failure::new(Exit::Other, "signals cannot be received").caused_by(&error)
    };
    let (events, received) = mpsc::channel();
    watch_signals(events.clone()).map_err(refused)?;
    let run = move || {
        // The hook has reported the panic.
        let ended = catch_unwind(AssertUnwindSafe(command));
        let _ = events.send(ended.map_or(Event::CommandPanicked, Event::CommandEnded));
    };
    thread::Builder::new().stack_size(STACK_SIZE).spawn(run).map_err(refused)?;
    loop {
        match received.recv() {
            Ok(Event::CommandEnded(exit)) => return Ok(interrupt::exit_after(exit).into()),
            Ok(Event::Stop(GracefulStop { stop, announcement })) => {
                stop.request();
                let message = format!("Interrupted: {announcement}\n");
                progress::write_above(|| output::message_on_new_line(&message));
            }
            Ok(Event::End) => return Ok(end("Interrupted").into()),
            Ok(Event::Abort) => return Ok(end("Aborted").into()),
            Ok(Event::CommandPanicked) | Err(_) => return Ok(end_with(&panic::failure()).into()),
        }
    }
}

/// Starts to receive signals. None is lost from now on.
fn watch_signals(events: Sender<Event>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let signals = {
        let _entered = runtime.enter();
        Signals::listen()?
    };
    let handle = move || runtime.block_on(handle_signals(signals, events));
    thread::Builder::new().spawn(handle).map(drop)
}

async fn handle_signals(mut signals: Signals, events: Sender<Event>) {
    signals.first().await;
    // The receiver is gone if the process ends by itself.
    if let Some(stop) = interrupt::first_signal() {
        let _ = events.send(Event::Stop(stop));
        signals.another().await;
        interrupt::second_signal();
        let _ = events.send(Event::Abort);
    } else {
        let _ = events.send(Event::End);
    }
    let _ = tokio::time::timeout(FINAL_MESSAGE_TIMEOUT, signals.another()).await;
    interrupt::clean_up();
    exit_now();
}

#[expect(clippy::exit, reason = "the main thread may be blocked by a pipe that nobody reads")]
fn exit_now() -> ! {
    std::process::exit(interrupt::exit_code().code().into())
}

/// Ends the process: cleans up and prints what was done.
fn end(word: &str) -> Exit {
    interrupt::clean_up();
    progress::clear();
    let failure = interrupt::failure(word);
    output::message_on_new_line(&failure.render(None));
    end_with(&failure)
}

/// Prints the document of a failure whose message is already on stderr.
fn end_with(failure: &Failure) -> Exit {
    // A failure to write cannot be reported any more.
    let _ = failure.result().map(output::final_result);
    failure.exit
}
