//! `--report FILE`: writes the result to files, in addition to stdout.
//!
//! A further format does not need a further plan. The ending of a file selects its format. A file is
//! complete or does not change, also if the command fails: then it has the failure.

use crate::cli::commands::failure_report;
use crate::cli::setup::{Format, GlobalArgs, ReportFile};
use crate::cli::terminal::{Failure, Output, atomic_file::AtomicFile, output, redaction};

/// Checks that the files can be written, before anything else happens.
pub(crate) fn check(globals: &GlobalArgs) -> Result<(), Failure> {
    globals.report.iter().try_for_each(|report| prepare(globals, report).map(drop))
}

/// Writes every file, with the result in its format. A format without a result is skipped.
pub(crate) fn write(
    globals: &GlobalArgs,
    render: impl Fn(Format) -> Option<Output>,
) -> Result<(), Failure> {
    globals.report.iter().try_for_each(|report| match render(report.format) {
        Some(Output::Json(document)) => prepare(globals, report)?.write(&document),
        Some(Output::Text(text)) => {
            prepare(globals, report)?.write_secrets(&redaction::scrub(&text))
        }
        None => Ok(()),
    })
}

/// Writes why there is no result, unless the command wrote its own files.
pub(crate) fn write_failure(failure: &Failure, command: &str, globals: &GlobalArgs) {
    if failure.has_reports() {
        return;
    }
    write_or_warn(globals, |format| failure_report::render(format, failure, command, globals));
}

/// Writes every file for a command that fails anyway.
pub(crate) fn write_or_warn(globals: &GlobalArgs, render: impl Fn(Format) -> Option<Output>) {
    if let Err(unwritten) = write(globals, render) {
        output::message(&unwritten.render(output::columns()));
    }
}

fn prepare(globals: &GlobalArgs, report: &ReportFile) -> Result<AtomicFile, Failure> {
    AtomicFile::prepare(globals.folders(), &report.path, "the report")
}
