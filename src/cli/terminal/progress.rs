//! What a person at a terminal sees while something takes its time, and what a log is told of it.

use std::io::IsTerminal as _;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use tracing::debug;

use crate::api::client::PageRead;
use crate::apply::Event;
use crate::cli::setup::arguments::Globals;
use crate::cli::setup::environment::Environment;
use crate::cli::terminal::interrupt;
use crate::cli::terminal::log::Verbosity;
use crate::cli::terminal::output;
use crate::cli::terminal::redaction;
use crate::instance::Key;
use crate::plan::Action;
use crate::report::style::{clean_line, count};

/// How often the line is drawn anew.
const TICK: Duration = Duration::from_millis(120);

/// The line. There is one for the process, which takes it away when it is interrupted.
static LINE: LazyLock<Mutex<ProgressBar>> = LazyLock::new(|| Mutex::new(ProgressBar::hidden()));

/// A line on stderr that counts what is read or written, with the time that it takes. Where stderr is
/// no terminal, only retries and slow steps are told, so that the log of a pipeline says what it
/// waited for.
pub(crate) struct Progress {
    /// Whether there is somebody who would see the line.
    is_seen: bool,
    /// Whether nobody has to be told of retries: nobody wants to know, or the log tells them.
    is_told_already: bool,
    /// The steps under way, the oldest first: it is what one waits for.
    under_way: Mutex<Vec<(Key, String)>>,
}

impl Progress {
    /// Nothing is shown yet. A log would tear the line up.
    pub(crate) fn new(globals: &Globals, environment: &Environment) -> Self {
        let verbosity = globals.verbosity();
        let is_seen = !globals.quiet
            && verbosity.is_none()
            && environment.takes_progress()
            && std::io::stderr().is_terminal();
        let is_told_already = globals.quiet || verbosity >= Some(Verbosity::Decisions);
        Self { is_seen, is_told_already, under_way: Mutex::default() }
    }

    /// Begins to show how much was read.
    pub(crate) fn start_reading(&self) {
        self.start(ProgressBar::no_length(), "Reading");
    }

    /// Begins to count this many steps.
    pub(crate) fn start_applying(&self, steps: usize) {
        if steps > 0 {
            self.start(ProgressBar::new(steps as u64), &applied(0, steps));
        }
    }

    fn start(&self, line: ProgressBar, what: &str) {
        if !self.is_seen {
            return;
        }
        let seconds = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            // A line that cannot be drawn is no reason to end.
            let _ = write!(out, "{} s", state.elapsed().as_secs());
        };
        let style = ProgressStyle::with_template("  {spinner} {prefix} · {seconds}{wide_msg}")
            .expect("the template is a constant with known fields")
            .with_key("seconds", seconds);
        let line = line.with_style(style).with_prefix(what.to_owned());
        interrupt::undivided(|| (replace(line.clone()), None));
        // Drawn at once, also where the command ends before the first tick.
        line.tick();
        line.enable_steady_tick(TICK);
    }

    /// Takes notice of a page of a listing, where reading is what is shown.
    pub(crate) fn tell_page(&self, page: &PageRead) {
        let line = line();
        // Reads between writes are not counted.
        if !self.is_seen || line.length().is_some() {
            return;
        }
        let of = page.announced.map(|announced| format!(" of {announced}")).unwrap_or_default();
        let pages = count(page.pages, "page");
        let text = format!("Reading: {}{of} instances, {pages}", page.instances);
        line.set_prefix(text);
        show("");
    }

    /// Takes notice of an event.
    pub(crate) fn tell(&self, event: Event<'_>) {
        match event {
            Event::StepStarted(step) => {
                debug!(key = step.key.as_str(), action = step.action.as_str(), "step begins");
                let id = step.id.map(|id| format!(" #{id}")).unwrap_or_default();
                let text = format!("{} {}{id}", step.action.as_str(), step.key);
                self.show_oldest(|steps| steps.push((step.key.clone(), text)));
            }
            Event::StepStillRunning(step, passed) => {
                let seconds = passed.as_secs();
                debug!(key = step.key.as_str(), seconds, "step goes on");
                if !self.is_told_already {
                    let doing = doing(step.action);
                    let text = format!("Still {doing} {} … [{seconds} s]\n", step.key);
                    above(|| output::message(&text));
                }
            }
            Event::WaitingForListings(waited) => {
                let seconds = waited.as_secs();
                debug!(seconds, "creates not listed yet");
                if !self.is_told_already {
                    let text = format!(
                        "Waiting until listings show what was created or moved … [{seconds} s]\n"
                    );
                    above(|| output::message(&text));
                }
            }
            Event::StepFinished(result) => {
                debug!(
                    key = result.key.as_str(),
                    outcome = result.status.outcome().as_str(),
                    "step ends"
                );
                let line = line();
                line.inc(1);
                let (done, all) = (line.position(), line.length().unwrap_or_default());
                line.set_prefix(applied(done, all));
                self.show_oldest(|steps| steps.retain(|(key, _)| *key != result.key));
            }
        }
    }

    /// Shows that a request will be sent again.
    pub(crate) fn say(&self, text: &str) {
        let text = clean_line(text);
        if !line().is_hidden() {
            show(&text);
        } else if !self.is_told_already {
            output::message(&format!("{text}\n"));
        }
    }

    /// Changes what is under way, and shows what is so longest.
    fn show_oldest(&self, change: impl FnOnce(&mut Vec<(Key, String)>)) {
        let mut steps = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut steps);
        show(steps.first().map_or("", |(_, text)| text));
    }
}

fn show(text: &str) {
    let between = if text.is_empty() { "" } else { " · " };
    line().set_message(format!("{between}{}", redaction::scrub(text)));
}

fn line() -> ProgressBar {
    LINE.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn replace(line: ProgressBar) {
    *LINE.lock().unwrap_or_else(PoisonError::into_inner) = line;
}

/// Takes the line away.
pub(crate) fn clear() {
    line().finish_and_clear();
    replace(ProgressBar::hidden());
}

/// Writes something above the line.
pub(crate) fn above(write: impl FnOnce()) {
    line().suspend(write);
}

fn applied(done: impl std::fmt::Display, all: impl std::fmt::Display) -> String {
    format!("Applying: {done} of {all} done")
}

/// What is done in a step, as long as it is.
fn doing(action: Action) -> &'static str {
    match action {
        Action::Create => "creating",
        Action::Finish => "finishing",
        Action::Adopt => "adopting",
        Action::Update => "updating",
        Action::Enable => "enabling",
        Action::Disable => "disabling",
        Action::Delete => "deleting",
    }
}
