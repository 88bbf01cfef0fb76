//! Shows the progress of long operations on stderr, and logs it.

use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use tracing::debug;

use crate::api::client::PageRead;
use crate::apply::Event;
use crate::cli::terminal::{interrupt, output, redaction};
use crate::instance::Key;
use crate::plan::Action;
use crate::report::style::{clean_line, count};

const REDRAW_INTERVAL: Duration = Duration::from_millis(120);

/// The line. The process has one, and removes it when it is interrupted.
static LINE: LazyLock<Mutex<ProgressBar>> = LazyLock::new(|| Mutex::new(ProgressBar::hidden()));

/// A line on stderr that counts what is read or written and shows the elapsed time. Where the line is
/// hidden, only retries and slow steps print a line, so that the log of a pipeline shows its waits.
pub(crate) struct Progress {
    options: ProgressOptions,
    /// The running steps, the oldest first. The line shows the oldest.
    running: Mutex<Vec<(Key, String)>>,
}

#[derive(Clone, Copy)]
pub(crate) struct ProgressOptions {
    pub(crate) line: bool,
    /// Whether retries and slow steps print a line where the progress line is hidden.
    pub(crate) notices: bool,
}

impl Progress {
    pub(crate) fn new(options: ProgressOptions) -> Self {
        Self { options, running: Mutex::default() }
    }

    pub(crate) fn start_reading(&self) {
        self.start(ProgressBar::no_length(), "Reading");
    }

    pub(crate) fn start_applying(&self, steps: usize) {
        if steps > 0 {
            self.start(ProgressBar::new(steps as u64), &applied(0, steps));
        }
    }

    fn start(&self, line: ProgressBar, prefix: &str) {
        if !self.options.line {
            return;
        }
        let seconds = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            // A line that cannot be drawn does not end the command.
            let _ = write!(out, "{} s", state.elapsed().as_secs());
        };
        let style = ProgressStyle::with_template("  {spinner} {prefix} · {seconds}{wide_msg}")
            .expect("the template is a constant with known fields")
            .with_key("seconds", seconds);
        let line = line.with_style(style).with_prefix(prefix.to_owned());
        interrupt::uninterrupted(|| (replace(line.clone()), None));
        // The command may end before the first redraw.
        line.tick();
        line.enable_steady_tick(REDRAW_INTERVAL);
    }

    /// Shows a page of a listing, if reading is what is shown.
    pub(crate) fn page_read(&self, page: &PageRead) {
        let line = line();
        // Reads between writes are not counted.
        if !self.options.line || line.length().is_some() {
            return;
        }
        let of = page.announced.map(|announced| format!(" of {announced}")).unwrap_or_default();
        let pages = count(page.pages, "page");
        line.set_prefix(format!("Reading: {}{of} instances, {pages}", page.instances));
        show("");
    }

    pub(crate) fn apply_event(&self, event: Event<'_>) {
        match event {
            Event::StepStarted(step) => {
                debug!(key = step.key.as_str(), action = step.action.as_str(), "step started");
                let id = step.id.map(|id| format!(" #{id}")).unwrap_or_default();
                let text = format!("{} {}{id}", step.action.as_str(), step.key);
                self.show_oldest(|steps| steps.push((step.key.clone(), text)));
            }
            Event::StepStillRunning(step, passed) => {
                let seconds = passed.as_secs();
                debug!(key = step.key.as_str(), seconds, "step still running");
                let verb = present_participle(step.action);
                self.notice(&format!("Still {verb} {} … [{seconds} s]\n", step.key));
            }
            Event::WaitingForListings(waited) => {
                let seconds = waited.as_secs();
                debug!(seconds, "waiting for listings");
                self.notice(&format!(
                    "Waiting until listings show the created and moved instances … [{seconds} s]\n"
                ));
            }
            Event::StepFinished(result) => {
                debug!(
                    key = result.key.as_str(),
                    outcome = result.status.outcome().as_str(),
                    "step finished"
                );
                let line = line();
                line.inc(1);
                let (done, all) = (line.position(), line.length().unwrap_or_default());
                line.set_prefix(applied(done, all));
                self.show_oldest(|steps| steps.retain(|(key, _)| *key != result.key));
            }
        }
    }

    fn notice(&self, text: &str) {
        if self.options.notices {
            write_above(|| output::message(text));
        }
    }

    pub(crate) fn retrying(&self, text: &str) {
        let text = clean_line(text);
        if line().is_hidden() {
            self.notice(&format!("{text}\n"));
        } else {
            show(&text);
        }
    }

    /// Changes the running steps, and shows the oldest.
    fn show_oldest(&self, change: impl FnOnce(&mut Vec<(Key, String)>)) {
        let mut steps = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut steps);
        show(steps.first().map_or("", |(_, text)| text));
    }
}

fn show(text: &str) {
    let separator = if text.is_empty() { "" } else { " · " };
    line().set_message(format!("{separator}{}", redaction::scrub(text)));
}

fn line() -> ProgressBar {
    LINE.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn replace(line: ProgressBar) {
    *LINE.lock().unwrap_or_else(PoisonError::into_inner) = line;
}

pub(crate) fn clear() {
    line().finish_and_clear();
    replace(ProgressBar::hidden());
}

/// Writes a warning above the line.
pub(crate) fn warn(text: &str) {
    write_above(|| output::message(&format!("warning: {}\n", clean_line(text))));
}

pub(crate) fn write_above(write: impl FnOnce()) {
    line().suspend(write);
}

fn applied(done: impl std::fmt::Display, all: impl std::fmt::Display) -> String {
    format!("Applying: {done} of {all} done")
}

fn present_participle(action: Action) -> &'static str {
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
