//! Waits for the user's answer: at the callback URL, or pasted into the terminal.

use std::future::pending;
use std::io::{self, BufRead as _, IsTerminal as _, Read as _};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::callback_listener::{CallbackListener, Grant, GrantResult};
use crate::api::Clock;
use crate::authorization::{CallbackUrl, GrantError};
use crate::cli::terminal::{Exit, Failure, output};

const MAX_INPUT_BYTES: u64 = 1 << 20;

pub(super) struct Answer<'a> {
    pub(super) callback: &'a CallbackUrl,
    pub(super) wait: Duration,
    pub(super) clock: Arc<dyn Clock>,
}

impl Answer<'_> {
    /// Waits until `read_grant` accepts an answer, or the time limit is reached.
    pub(super) async fn wait(
        self,
        listener: Option<CallbackListener>,
        read_grant: impl Fn(&str) -> GrantResult + Clone + Send + Sync + 'static,
    ) -> Result<Grant, Failure> {
        let alarm = self.clock.alarm(self.wait);
        let listens = listener.is_some();
        let from_browser = async {
            match listener {
                Some(listener) => listener.answer(read_grant.clone()).await,
                None => pending().await,
            }
        };
        // Over SSH, the browser runs on another machine than the listener.
        let pastes = !listens || io::stdin().is_terminal();
        self.print_instructions(listens, pastes);
        let from_terminal = async {
            if pastes { self.pasted(&read_grant, listens).await } else { pending().await }
        };
        let result = tokio::select! {
            result = from_browser => Ok(result),
            result = from_terminal => result,
            () = alarm => Err(timed_out(self.wait)),
        };
        result?.map_err(|refusal| refused(&refusal))
    }

    fn print_instructions(&self, listens: bool, pastes: bool) {
        let callback = self.callback.as_str();
        output::message(&match (listens, pastes) {
            (true, false) => format!("Waiting for the answer at {callback}\n"),
            (true, true) => format!(
                "Waiting for the answer at {callback}\n\
                 If your browser is on another machine, paste the URL that it shows at the end here.\n"
            ),
            (false, _) => format!(
                "Then paste the URL that the browser shows at the end. It starts with {callback}\n"
            ),
        });
    }

    /// Reads lines until one is the callback URL with the right state.
    async fn pasted(
        &self,
        read_grant: &impl Fn(&str) -> GrantResult,
        listens: bool,
    ) -> Result<GrantResult, Failure> {
        let mut lines = lines();
        while let Some(line) = lines.recv().await {
            if line.trim().is_empty() {
                continue;
            }
            if let Some(query) = self.callback.query_of(&line) {
                match read_grant(&query) {
                    Err(refusal @ GrantError::WrongState) => output::message(&format!(
                        "This URL was refused: {refusal}. Paste the URL of this authorization.\n"
                    )),
                    result => return Ok(result),
                }
                continue;
            }
            let callback = self.callback.as_str();
            output::message(&format!("Paste the callback URL, which starts with {callback}\n"));
        }
        if listens {
            // Stdin is closed, but the browser may still send the answer.
            pending::<()>().await;
        }
        Err(Failure::new(
            Exit::Other,
            "stdin ended without an answer, so nothing was created or changed",
        )
        .hint("run ocon where you can paste the URL, or declare a callback URL on 127.0.0.1"))
    }
}

/// The lines of stdin, from a thread, because a blocking read cannot be canceled.
fn lines() -> mpsc::UnboundedReceiver<String> {
    let (sender, lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        let input = io::stdin().lock().take(MAX_INPUT_BYTES);
        for line in input.split(b'\n').map_while(Result::ok) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
        }
    });
    lines
}

fn timed_out(wait: Duration) -> Failure {
    let error = format!("no answer within {} s, so nothing was created or changed", wait.as_secs());
    Failure::new(Exit::Other, error).hint("run it again with more time: --wait 15m")
}

fn refused(refusal: &GrantError) -> Failure {
    let error = "access was not granted, so nothing was created or changed";
    let failure = Failure::new(Exit::Other, error).caused_by(refusal);
    match refusal {
        GrantError::Denied(_) => failure.hint("to ask again, run the same command"),
        _ => failure.hint("run the same command again, and open only the URL that it prints"),
    }
}
