//! The signals that ask a process to end.

use std::io;

#[derive(Clone, Copy, PartialEq, Eq)]
enum SignalType {
    HangUp,
    Other,
}

/// Receives the signals that ask a process to end. While it exists, no signal is lost and none kills.
pub(super) struct Signals {
    #[cfg(unix)]
    signals: Vec<(SignalType, tokio::signal::unix::Signal)>,
    #[cfg(windows)]
    ctrl_c: tokio::signal::windows::CtrlC,
    #[cfg(windows)]
    ctrl_break: tokio::signal::windows::CtrlBreak,
    #[cfg(windows)]
    ctrl_close: tokio::signal::windows::CtrlClose,
    first: Option<SignalType>,
}

impl Signals {
    pub(super) async fn first(&mut self) {
        self.first = Some(self.next().await);
    }

    /// Waits for another signal. A terminal that closes sends SIGHUP several times, which count as one.
    pub(super) async fn another(&mut self) {
        while self.next().await == SignalType::HangUp && self.first == Some(SignalType::HangUp) {}
    }
}

#[cfg(unix)]
impl Signals {
    /// Starts to listen. Signals that were ignored when the process started stay ignored: `nohup`
    /// relies on this, and so does a shell that runs a command in the background.
    ///
    /// A write beyond the file-size limit becomes an error instead of ending the process.
    pub(super) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        // The handler stays installed after the drop.
        drop(signal(SignalKind::from_raw(libc::SIGXFSZ))?);
        let ignored = ignored();
        let kinds = [
            (SignalType::Other, SignalKind::interrupt()),
            (SignalType::Other, SignalKind::terminate()),
            (SignalType::HangUp, SignalKind::hangup()),
        ];
        let received =
            kinds.into_iter().filter(|(_, kind)| ignored & bit(kind.as_raw_value()) == 0);
        let signals = received.map(|(kind, number)| Ok((kind, signal(number)?)));
        Ok(Self { signals: signals.collect::<io::Result<_>>()?, first: None })
    }

    async fn next(&mut self) -> SignalType {
        use std::task::Poll;
        std::future::poll_fn(|context| {
            let kind = self.signals.iter_mut().find_map(|(kind, signal)| {
                matches!(signal.poll_recv(context), Poll::Ready(Some(()))).then_some(*kind)
            });
            kind.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

/// The signals that were ignored when the process started: one bit each, the lowest for signal 1.
///
/// Reading them needs unsafe code except on Linux. Elsewhere, `nohup` is recognized by what POSIX requires
/// of it: neither stdout nor stderr is a terminal.
#[cfg(unix)]
fn ignored() -> u64 {
    use std::io::IsTerminal as _;
    if cfg!(target_os = "linux") {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        mask(&status).unwrap_or_default()
    } else if io::stdout().is_terminal() || io::stderr().is_terminal() {
        0
    } else {
        bit(libc::SIGHUP)
    }
}

#[cfg(unix)]
fn bit(signal: i32) -> u64 {
    1 << (signal - 1)
}

#[cfg(unix)]
fn mask(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(line.trim(), 16).ok()
}

#[cfg(windows)]
impl Signals {
    /// Starts to listen. A runner that cancels a job sends Ctrl-C and then Ctrl-Break. Ctrl-Close is a
    /// console whose window closes.
    pub(super) fn listen() -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close};
        let (ctrl_c, ctrl_break, ctrl_close) = (ctrl_c()?, ctrl_break()?, ctrl_close()?);
        Ok(Self { ctrl_c, ctrl_break, ctrl_close, first: None })
    }

    async fn next(&mut self) -> SignalType {
        tokio::select! {
            _ = self.ctrl_c.recv() => {}
            _ = self.ctrl_break.recv() => {}
            _ = self.ctrl_close.recv() => {}
        }
        SignalType::Other
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn ignored_signals_are_read_from_the_status() {
        let status = "Name:\tocon\nSigBlk:\t0000000000000002\nSigIgn:\t0000000000001001\n";
        assert_eq!(mask(status), Some(bit(libc::SIGHUP) | bit(libc::SIGPIPE)));
        assert_eq!(mask("Name:\tocon\n"), None);
    }
}
