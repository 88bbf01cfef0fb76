//! The log on stderr: one line per event, as text or as JSON.
//!
//! Input: the events of this crate and, at the highest verbosity, those of the HTTP libraries, through
//! `tracing` or `log`. Output: lines without a timestamp, because pipelines add one. No event of this
//! crate holds a body, nor a header except the platform's request ID. Events of the libraries below
//! their debug level are dropped: these would show the bytes of both.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use clap::ValueEnum;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::Context;
use tracing_subscriber::prelude::*;

use crate::cli::terminal::{output, redaction};
use crate::report::style::{clean, clean_line};

const LIBRARIES: [&str; 6] =
    ["h2", "hyper_rustls", "hyper_util", "reqwest", "rustls", "rustls_platform_verifier"];

/// The amount of logging. Each level includes the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    Requests,
    /// Decisions: retries, questions, steps.
    Decisions,
    /// Events of the HTTP libraries.
    Libraries,
}

/// The format of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// The event and its fields, as `name=value`
    #[default]
    Text,
    /// One JSON object per line
    Json,
}

/// The sandbox's own log, in a process that also is its client.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SandboxLog {
    Shown,
    /// Hidden, because the client logs the same requests.
    Hidden,
}

pub(crate) fn init(max: Verbosity, format: LogFormat, sandbox: SandboxLog) {
    let is_logged = move |event: &Metadata<'_>| {
        let is_sandbox = event.target().starts_with("ocon::sandbox");
        !(is_sandbox && sandbox == SandboxLog::Hidden)
            && verbosity(event.target(), *event.level()).is_some_and(|min| min <= max)
    };
    // A second call in one process, as in tests, keeps the first log.
    let _ = tracing_subscriber::registry()
        .with(TracingLayer { format }.with_filter(filter_fn(is_logged)))
        .try_init();
    if max >= Verbosity::Libraries {
        log::set_max_level(log::LevelFilter::Debug);
        let _ = log::set_boxed_logger(Box::new(LogBridge { format }));
    }
}

/// The lowest verbosity at which an event is logged; `None` if it never is.
fn verbosity(target: &str, level: Level) -> Option<Verbosity> {
    let crate_name = target.split("::").next().unwrap_or_default();
    match crate_name {
        // The sandbox makes no requests. It logs those that it answers.
        "ocon" if target.starts_with("ocon::sandbox") => Some(Verbosity::Requests),
        "ocon" if level <= Level::INFO => Some(Verbosity::Requests),
        "ocon" => Some(Verbosity::Decisions),
        _ if level > Level::DEBUG => None,
        _ => LIBRARIES.contains(&crate_name).then_some(Verbosity::Libraries),
    }
}

struct TracingLayer {
    format: LogFormat,
}

impl<S: Subscriber> Layer<S> for TracingLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let target = event.metadata().target();
        let line = match verbosity(target, *event.metadata().level()) {
            Some(Verbosity::Libraries) => library_line(target, fields),
            _ => Line { event: fields.message, fields: fields.others },
        };
        line.write(self.format);
    }
}

struct LogBridge {
    format: LogFormat,
}

impl log::Log for LogBridge {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        let crate_name = metadata.target().split("::").next().unwrap_or_default();
        metadata.level() <= log::Level::Debug && LIBRARIES.contains(&crate_name)
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            let fields = Fields { message: record.args().to_string(), ..Fields::default() };
            library_line(record.target(), fields).write(self.format);
        }
    }

    fn flush(&self) {}
}

fn library_line(target: &str, fields: Fields) -> Line {
    let mut all = vec![("source", target.into()), ("message", fields.message.into())];
    all.extend(fields.others);
    Line { event: "library".to_owned(), fields: all }
}

#[derive(Default)]
struct Fields {
    message: String,
    others: Vec<(&'static str, Value)>,
}

impl Fields {
    fn add(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(message)) => self.message = message,
            (name, value) => self.others.push((name, value)),
        }
    }
}

impl Visit for Fields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format!("{value:?}").into());
    }
}

struct Line {
    event: String,
    fields: Vec<(&'static str, Value)>,
}

impl Line {
    fn write(self, format: LogFormat) {
        // Lines of several threads must not be mixed.
        static WRITE_LOCK: Mutex<()> = Mutex::new(());
        let _guard = WRITE_LOCK.lock().unwrap_or_else(PoisonError::into_inner);
        // Secrets are removed here, before quoting changes a value, and again when the line is written.
        let line = self.without_secrets();
        match format {
            LogFormat::Text => output::message(&line.text()),
            LogFormat::Json => output::json_message(&line.json()),
        }
    }

    fn without_secrets(mut self) -> Self {
        for (_, value) in &mut self.fields {
            if let Value::String(text) = value {
                *text = redaction::scrub(text).into_owned();
            }
        }
        self
    }

    fn text(&self) -> String {
        let mut line = clean_line(&self.event);
        for (name, value) in &self.fields {
            let value = match value {
                Value::String(text) => quoted(text),
                other => other.to_string(),
            };
            line.push_str(&format!(" {name}={value}"));
        }
        line.push('\n');
        line
    }

    fn json(self) -> String {
        let cleaned = |value| match value {
            Value::String(text) => clean(&text).into(),
            other => other,
        };
        let fields = self.fields.into_iter().map(|(name, value)| (name.to_owned(), cleaned(value)));
        let event = ("event".to_owned(), cleaned(self.event.into()));
        let object: Map<String, Value> = std::iter::once(event).chain(fields).collect();
        format!("{}\n", Value::Object(object))
    }
}

fn quoted(text: &str) -> String {
    let text = clean_line(text);
    if text.is_empty() || text.contains([' ', '"']) {
        format!("\"{}\"", text.replace('"', "\\\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(fields: Vec<(&'static str, Value)>) -> Line {
        Line { event: "request".to_owned(), fields }
    }

    #[test]
    fn a_value_that_is_not_one_word_is_quoted() {
        let fields = vec![
            ("path", "/instances?tags%5B%5D=a&pageSize=2".into()),
            ("error", "cannot \"connect\"".into()),
            ("nothing", "".into()),
            ("ms", 12.into()),
        ];
        assert_eq!(
            line(fields).text(),
            "request path=/instances?tags%5B%5D=a&pageSize=2 error=\"cannot \\\"connect\\\"\" nothing=\"\" ms=12\n"
        );
    }

    #[test]
    fn no_value_ends_its_line_or_controls_a_terminal() {
        let fields = || vec![("request_id", "a\n::error::b \u{1b}[2J\u{202e}".into())];
        assert_eq!(
            line(fields()).text(),
            "request request_id=\"a\\n\\u{3a}:error::b \\u{1b}[2J\\u{202e}\"\n"
        );
        assert_eq!(
            line(fields()).json(),
            "{\"event\":\"request\",\"request_id\":\"a\\n\\\\u{3a}:error::b \\\\u{1b}[2J\\\\u{202e}\"}\n"
        );
    }

    #[test]
    fn libraries_are_logged_at_the_highest_verbosity_and_never_at_trace_level() {
        let table = [
            ("ocon::api::client::call", Level::INFO, Some(Verbosity::Requests)),
            ("ocon::api::client::call", Level::DEBUG, Some(Verbosity::Decisions)),
            ("ocon::sandbox::server", Level::DEBUG, Some(Verbosity::Requests)),
            ("reqwest::connect", Level::DEBUG, Some(Verbosity::Libraries)),
            ("h2::codec", Level::WARN, Some(Verbosity::Libraries)),
            ("h2::codec", Level::TRACE, None),
            ("reqwest::connect::verbose", Level::TRACE, None),
            ("mio::poll", Level::DEBUG, None),
            ("oconx", Level::ERROR, None),
        ];
        for (target, level, expected) in table {
            assert_eq!(verbosity(target, level), expected, "{target} {level}");
        }
    }
}
