//! The log on stderr: one line per event, as text or as JSON.
//!
//! Input: the events of this crate and, at the highest verbosity, those of the HTTP libraries, through
//! `tracing` or `log`. Output: text lines without a timestamp, because pipelines add one, or JSON lines
//! with `time`, `level`, `target`, `message` and the fields. `-v` or `OCON_LOG` selects the events. No event of this
//! crate holds a body, nor a header except the platform's request ID. Events of the libraries below
//! their debug level are dropped: these would show the bytes of both.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use clap::ValueEnum;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{Targets, filter_fn};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry::LookupSpan;

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

/// The events that are logged.
#[derive(Clone, Debug)]
pub(crate) enum LogFilter {
    Verbosity(Verbosity),
    /// The directives of `OCON_LOG`, such as `ocon=debug,hyper=info`.
    Targets(Targets),
}

impl LogFilter {
    /// Whether an event is logged. Events that can hold a body or a header never are.
    fn allows(&self, target: &str, level: Level) -> bool {
        let Some(min) = verbosity(target, level) else { return false };
        match self {
            Self::Verbosity(max) => min <= *max,
            Self::Targets(targets) => targets.would_enable(target, &level),
        }
    }
}

pub(crate) fn init(filter: LogFilter, format: LogFormat, sandbox: SandboxLog) {
    let filter = Arc::new(filter);
    let of_events = Arc::clone(&filter);
    let is_logged = move |event: &Metadata<'_>| {
        let is_sandbox = event.target().starts_with("ocon::sandbox");
        !(is_sandbox && sandbox == SandboxLog::Hidden)
            && of_events.allows(event.target(), *event.level())
    };
    let layer = tracing_subscriber::fmt::layer()
        .event_format(Lines { format })
        .with_writer(move || ScrubbingWriter { format });
    // A second call in one process, as in tests, keeps the first log.
    let _ = tracing_subscriber::registry().with(layer.with_filter(filter_fn(is_logged))).try_init();
    if !matches!(*filter, LogFilter::Verbosity(max) if max < Verbosity::Libraries) {
        log::set_max_level(log::LevelFilter::Debug);
        let _ = log::set_boxed_logger(Box::new(LogBridge { filter, format }));
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

/// Formats an event as one line, without the secrets in its fields.
struct Lines {
    format: LogFormat,
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let (target, level) = (event.metadata().target(), *event.metadata().level());
        writer.write_str(&Line::new(target, level, fields).render(self.format))
    }
}

/// Writes complete lines to stderr, without secrets.
struct ScrubbingWriter {
    format: LogFormat,
}

impl io::Write for ScrubbingWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // Lines of several threads must not be mixed.
        static WRITE_LOCK: Mutex<()> = Mutex::new(());
        let _guard = WRITE_LOCK.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(line);
        match self.format {
            LogFormat::Text => output::message(&text),
            LogFormat::Json => output::json_message(&text),
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Logs the records of libraries that use `log` instead of `tracing`.
struct LogBridge {
    filter: Arc<LogFilter>,
    format: LogFormat,
}

fn tracing_level(level: log::Level) -> Level {
    match level {
        log::Level::Error => Level::ERROR,
        log::Level::Warn => Level::WARN,
        log::Level::Info => Level::INFO,
        log::Level::Debug => Level::DEBUG,
        log::Level::Trace => Level::TRACE,
    }
}

impl log::Log for LogBridge {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        self.filter.allows(metadata.target(), tracing_level(metadata.level()))
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            let fields = Fields { message: record.args().to_string(), ..Fields::default() };
            let line = Line::new(record.target(), tracing_level(record.level()), fields);
            let rendered = line.render(self.format);
            let _ =
                io::Write::write(&mut ScrubbingWriter { format: self.format }, rendered.as_bytes());
        }
    }

    fn flush(&self) {}
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
    target: String,
    level: Level,
    message: String,
    fields: Vec<(&'static str, Value)>,
}

impl Line {
    /// A line without secrets: they are removed before quoting changes a value, and again when it is written.
    fn new(target: &str, level: Level, fields: Fields) -> Self {
        let scrubbed = |text: &str| redaction::scrub(text).into_owned();
        let others = fields.others.into_iter().map(|(name, value)| match value {
            Value::String(text) => (name, scrubbed(&text).into()),
            other => (name, other),
        });
        let (target, message) = (target.to_owned(), scrubbed(&fields.message));
        Self { target, level, message, fields: others.collect() }
    }

    fn render(&self, format: LogFormat) -> String {
        match format {
            LogFormat::Text => self.text(),
            LogFormat::Json => self.json(&jiff::Timestamp::now()),
        }
    }

    fn text(&self) -> String {
        let is_library = verbosity(&self.target, self.level) == Some(Verbosity::Libraries);
        let mut line = if is_library {
            format!("library source={} message={}", quoted(&self.target), quoted(&self.message))
        } else {
            clean_line(&self.message)
        };
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

    /// One object: first the members of every line, in their order, then the fields.
    fn json(&self, time: &jiff::Timestamp) -> String {
        let cleaned = |value: &Value| match value {
            Value::String(text) => clean(text).into(),
            other => other.clone(),
        };
        let common = [
            ("time", Value::from(time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())),
            ("level", self.level.as_str().to_ascii_lowercase().into()),
            ("target", clean(&self.target).into()),
            ("message", clean(&self.message).into()),
        ];
        let is_field = |name: &str| common.iter().all(|(taken, _)| *taken != name);
        let fields = self.fields.iter().filter(|(name, _)| is_field(name));
        let fields = fields.map(|(name, value)| (*name, cleaned(value)));
        let fields: Map<String, Value> =
            fields.map(|(name, value)| (name.to_owned(), value)).collect();
        let common = common.iter().map(|(name, value)| format!("\"{name}\":{value}"));
        let fields = fields.iter().map(|(name, value)| format!("{}:{value}", Value::from(&**name)));
        format!("{{{}}}\n", common.chain(fields).collect::<Vec<_>>().join(","))
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
        let fields = Fields { message: "request".to_owned(), others: fields };
        Line::new("ocon::api::client::call", Level::INFO, fields)
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
            line(fields()).json(&jiff::Timestamp::UNIX_EPOCH),
            "{\"time\":\"1970-01-01T00:00:00.000Z\",\"level\":\"info\",\"target\":\"ocon::api::client::call\",\
             \"message\":\"request\",\"request_id\":\"a\\n\\\\u{3a}:error::b \\\\u{1b}[2J\\\\u{202e}\"}\n"
        );
    }

    #[test]
    fn directives_select_targets_but_never_the_bytes_of_a_library() {
        let filter = LogFilter::Targets("ocon=debug,hyper=info,h2=trace".parse().unwrap());
        for (target, level, expected) in [
            ("ocon::plan", Level::DEBUG, true),
            ("ocon::plan", Level::TRACE, false),
            ("hyper_util::client", Level::INFO, true),
            ("hyper_util::client", Level::DEBUG, false),
            ("h2::codec", Level::DEBUG, true),
            ("h2::codec", Level::TRACE, false),
            ("reqwest::connect", Level::ERROR, false),
        ] {
            assert_eq!(filter.allows(target, level), expected, "{target} {level}");
        }
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
