//! Waits for the answer of the person: on the callback's address, or pasted into the terminal.

use std::collections::BTreeMap;
use std::future::pending;
use std::io::{self, BufRead as _, IsTerminal as _, Read as _};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::listener::{Listener, Verdict};
use crate::api::Clock;
use crate::authorization::{CallbackUrl, GrantError};
use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::output;
use crate::instance::Secret;

/// What anybody could paste, in bytes.
const LONGEST_INPUT: u64 = 1 << 20;

type Grant = BTreeMap<String, Secret>;

/// Where and how long an answer is waited for.
pub(super) struct Answer<'a> {
    pub(super) callback: &'a CallbackUrl,
    pub(super) wait: Duration,
    pub(super) clock: Arc<dyn Clock>,
}

impl Answer<'_> {
    pub(super) async fn wait(
        self,
        listener: Option<Listener>,
        judge: impl Fn(&str) -> Verdict<Grant> + Clone + Send + Sync + 'static,
    ) -> Result<Grant, Failure> {
        let minutes = self.wait;
        let alarm = self.clock.alarm(minutes);
        let listens = listener.is_some();
        let on_address = async {
            match listener {
                Some(listener) => listener.answer(judge.clone()).await,
                None => pending().await,
            }
        };
        // Over SSH the browser is on another machine than the listener.
        let pastes = !listens || io::stdin().is_terminal();
        self.say_where(listens, pastes);
        let in_terminal =
            async { if pastes { self.pasted(&judge, listens).await } else { pending().await } };
        let verdict = tokio::select! {
            verdict = on_address => Ok(verdict),
            verdict = in_terminal => verdict,
            () = alarm => Err(late(minutes)),
        };
        verdict?.map_err(|refusal| refused(&refusal))
    }

    fn say_where(&self, listens: bool, pastes: bool) {
        let begin = self.callback.as_str();
        output::message(&match (listens, pastes) {
            (true, false) => format!("Waiting for the answer at {begin}\n"),
            (true, true) => format!(
                "Waiting for the answer at {begin}\n\
                 If your browser is on another machine, paste here the address at which it ends up.\n"
            ),
            (false, _) => format!(
                "Then paste here the address at which the browser ends up, which begins with {begin}\n"
            ),
        });
    }

    /// Reads addresses until one is the callback's, with the right state.
    async fn pasted(
        &self,
        judge: &impl Fn(&str) -> Verdict<Grant>,
        listens: bool,
    ) -> Result<Verdict<Grant>, Failure> {
        let mut lines = lines();
        while let Some(line) = lines.recv().await {
            if line.trim().is_empty() {
                continue;
            }
            if let Some(query) = self.callback.query_of(&line) {
                match judge(&query) {
                    Err(refusal @ GrantError::WrongState) => output::message(&format!(
                        "This address was refused: {refusal}. Paste the address of this request.\n"
                    )),
                    verdict => return Ok(verdict),
                }
                continue;
            }
            let begin = self.callback.as_str();
            output::message(&format!(
                "This is not the address at which the browser ends up: it begins with {begin}\n"
            ));
        }
        if listens {
            // Nobody pastes any more; the browser may still come.
            pending::<()>().await;
        }
        Err(Failure::new(Exit::Other, "there was no answer, so nothing was created or changed")
            .hint("run it where you can paste the address, or declare a callback on 127.0.0.1"))
    }
}

/// The lines of the standard input. They are read by a thread, since nobody can stop to wait for one.
fn lines() -> mpsc::UnboundedReceiver<String> {
    let (sender, lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        let input = io::stdin().lock().take(LONGEST_INPUT);
        for line in input.split(b'\n').map_while(Result::ok) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
        }
    });
    lines
}

fn late(wait: Duration) -> Failure {
    let sentence =
        format!("nobody answered within {} s, so nothing was created or changed", wait.as_secs());
    Failure::new(Exit::Other, sentence).hint("run it again, with more time: --wait 15m")
}

fn refused(refusal: &GrantError) -> Failure {
    let failure =
        Failure::new(Exit::Other, "no access was granted, so nothing was created or changed")
            .caused_by(refusal);
    match refusal {
        GrantError::Denied(_) => failure.hint("run it again to ask again"),
        _ => failure.hint("run it again, and use only the address that it prints"),
    }
}
