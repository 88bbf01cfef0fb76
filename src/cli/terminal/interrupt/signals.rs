//! The signals that ask a process to end.

use std::io;

/// A signal that came.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    HangUp,
    Other,
}

/// The signals that ask a process to end. From its creation on, none is lost and none kills.
pub(super) struct Signals {
    #[cfg(unix)]
    signals: Vec<(Kind, tokio::signal::unix::Signal)>,
    first: Option<Kind>,
}

impl Signals {
    /// Waits for the first signal.
    pub(super) async fn first(&mut self) {
        self.first = Some(self.next().await);
    }

    /// Waits for another one. A terminal that closes sends SIGHUP several times, through the shell and
    /// by itself: that is one event, not somebody who insists.
    pub(super) async fn another(&mut self) {
        while self.next().await == Kind::HangUp && self.first == Some(Kind::HangUp) {}
    }
}

#[cfg(unix)]
impl Signals {
    /// Begins to listen. Signals that the process was started without stay ignored: `nohup` asks for
    /// this, and so does a shell that runs a command in the background.
    ///
    /// A write beyond the file-size limit becomes an error instead of the end of the process.
    pub(super) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        // The handler stays when this is dropped.
        drop(signal(SignalKind::from_raw(libc::SIGXFSZ))?);
        let ignored = Ignored::read();
        let kinds = [
            (Kind::Other, SignalKind::interrupt()),
            (Kind::Other, SignalKind::terminate()),
            (Kind::HangUp, SignalKind::hangup()),
        ];
        let heard = kinds.into_iter().filter(|(_, kind)| !ignored.contains(kind.as_raw_value()));
        let signals = heard.map(|(kind, number)| Ok((kind, signal(number)?)));
        Ok(Self { signals: signals.collect::<io::Result<_>>()?, first: None })
    }

    async fn next(&mut self) -> Kind {
        use std::task::Poll;
        std::future::poll_fn(|context| {
            let came = self.signals.iter_mut().find_map(|(kind, signal)| {
                matches!(signal.poll_recv(context), Poll::Ready(Some(()))).then_some(*kind)
            });
            came.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

/// The signals that the process was started without.
#[cfg(unix)]
struct Ignored {
    /// A bit for each signal, the lowest for signal 1.
    mask: u64,
}

#[cfg(unix)]
impl Ignored {
    /// Asks Linux. Other systems do not say without unsafe code. There, `nohup` is recognized by what POSIX
    /// requires of it: neither stdout nor stderr is a terminal.
    fn read() -> Self {
        use std::io::IsTerminal as _;
        let mask = if cfg!(target_os = "linux") {
            let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
            mask(&status).unwrap_or_default()
        } else if io::stdout().is_terminal() || io::stderr().is_terminal() {
            0
        } else {
            bit(libc::SIGHUP)
        };
        Self { mask }
    }

    fn contains(&self, signal: i32) -> bool {
        self.mask & bit(signal) != 0
    }
}

#[cfg(unix)]
fn bit(signal: i32) -> u64 {
    1 << (signal - 1)
}

/// The ignored signals in what `/proc/self/status` says.
#[cfg(unix)]
fn mask(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(line.trim(), 16).ok()
}

#[cfg(not(unix))]
impl Signals {
    /// Begins to listen.
    #[expect(clippy::unnecessary_wraps, reason = "it can fail on other systems")]
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self { first: None })
    }

    async fn next(&mut self) -> Kind {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Kind::Other
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn ignored_signals_are_read_from_the_status() {
        let status = "Name:\tocon\nSigBlk:\t0000000000000002\nSigIgn:\t0000000000001001\n";
        let ignored = Ignored { mask: mask(status).unwrap() };
        assert!(ignored.contains(libc::SIGHUP) && ignored.contains(libc::SIGPIPE));
        assert!(!ignored.contains(libc::SIGINT) && !ignored.contains(libc::SIGTERM));
        assert_eq!(mask("Name:\tocon\n"), None);
    }
}
