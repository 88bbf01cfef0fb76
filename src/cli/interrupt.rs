//! Ctrl-C and SIGTERM: while a plan is carried out, and as the end of `ocon sandbox`.

use std::io;

use tokio::task::JoinHandle;

use super::failure::Exit;
use crate::api::Stop;

/// The signals that ask a process to end; from its making on, none is lost and none kills.
pub(super) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

/// Watches for signals: the first asks the run to end after what is under way, the second ends the
/// process at once. Where signals cannot be received, they end the process as ever.
pub(super) fn watch(stop: Stop, tell: impl Fn(&str) + Send + 'static) -> JoinHandle<()> {
    let signals = Signals::new();
    tokio::spawn(async move {
        let Ok(mut signals) = signals else {
            return;
        };
        signals.next().await;
        stop.request();
        tell(
            "\nInterrupted: what is under way is finished, nothing new is begun. Again to abort.\n",
        );
        signals.next().await;
        abort();
    })
}

#[expect(clippy::exit, reason = "the person asked twice; the next run recognises what was begun")]
fn abort() -> ! {
    std::process::exit(i32::from(Exit::Interrupted.code()))
}

#[cfg(unix)]
impl Signals {
    /// Begins to listen.
    pub(super) fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    /// Begins to listen.
    #[expect(clippy::unnecessary_wraps, reason = "it can fail on other systems")]
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
