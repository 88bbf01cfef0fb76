//! What a person at a terminal sees while a plan is carried out.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tracing::debug;

use super::globals::Globals;
use super::log::Verbosity;
use super::{known, output};
use crate::apply::Event;
use crate::report::style::clean_line;

/// A line on stderr that counts steps. Where stderr is no terminal, only retries are told, so that
/// the log of a pipeline says what it waited for.
pub(super) struct Progress {
    bar: ProgressBar,
    /// Whether nobody has to be told of retries: nobody wants to know, or the log tells them.
    is_told_already: bool,
}

impl Progress {
    /// A line that appears with the first step. A log would tear it up.
    pub(super) fn new(globals: &Globals) -> Self {
        let verbosity = globals.verbosity();
        let is_told_already = globals.quiet || verbosity >= Some(Verbosity::Decisions);
        if globals.quiet || verbosity.is_some() || !std::io::stderr().is_terminal() {
            return Self { bar: ProgressBar::hidden(), is_told_already };
        }
        let style = ProgressStyle::with_template("  {spinner} {pos}/{len} {wide_msg}")
            .expect("the template is a constant with known fields");
        Self { bar: ProgressBar::no_length().with_style(style), is_told_already }
    }

    /// Begins to count this many steps.
    pub(super) fn start(&self, steps: usize) {
        if steps == 0 {
            return;
        }
        self.bar.set_length(steps as u64);
        self.bar.enable_steady_tick(Duration::from_millis(120));
    }

    /// Takes notice of an event.
    pub(super) fn tell(&self, event: Event<'_>) {
        match event {
            Event::StepStarted(step) => {
                debug!(key = step.key.as_str(), action = step.action.as_str(), "step begins");
                let id = step.id.map(|id| format!(" #{id}")).unwrap_or_default();
                self.show(&format!("{} {}{id}", step.action.as_str(), step.key));
            }
            Event::StepFinished(result) => {
                debug!(key = result.key.as_str(), outcome = result.status.as_str(), "step ends");
                self.bar.inc(1);
                self.show(&format!("{} {}", result.key, result.status.as_str()));
            }
        }
    }

    /// Shows that a request will be sent again.
    pub(super) fn say(&self, text: &str) {
        let text = clean_line(text);
        let counting = self.bar.length().is_some() && !self.bar.is_hidden();
        if counting {
            self.show(&text);
        } else if !self.is_told_already {
            output::message(&format!("{text}\n"));
        }
    }

    fn show(&self, text: &str) {
        self.bar.set_message(known::scrub(text).into_owned());
    }

    /// Takes the line away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
