//! `ocon selftest --leaks`: searches everything that ocon writes for the secrets of a repository.
//!
//! Input: the files and the secrets that they refer to; an unset variable gets a made-up value. Output:
//! counts, and each finding by name and encoding, never by value. The commands run as child processes
//! against a sandbox in this process and a server that repeats its requests, never against the platform.

mod child_processes;
mod echo_server;
mod encodings;
mod searched_secrets;

use serde::Serialize;

use crate::cli::setup::{Format, GlobalArgs, SecretAccess, connection, files};
use crate::cli::terminal::{Exit, Failure, Output, output, redaction};
use crate::instance::Secret;
use crate::report::{json, style::count};
use child_processes::{CapturedOutput, ChildProcesses};
use searched_secrets::SearchedSecrets;

#[derive(Debug, clap::Args)]
pub(crate) struct SelftestArgs {
    /// Search the output of every command for secrets of these files
    #[arg(long, required = true)]
    leaks: bool,
}

#[derive(Debug, Serialize)]
struct Report {
    format: &'static str,
    version: u32,
    commands: usize,
    bytes: usize,
    secrets: usize,
    too_short: usize,
    encodings: Vec<&'static str>,
    findings: Vec<Finding>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Finding {
    secret: String,
    encoding: &'static str,
    output: String,
}

pub(crate) fn run(
    globals: &GlobalArgs,
    SelftestArgs { leaks: _ }: &SelftestArgs,
) -> Result<Exit, Failure> {
    let files = files::load(globals, SecretAccess::Needed)?;
    files.warn(globals);
    let runtime = connection::runtime()?;
    let mut secrets = SearchedSecrets::new(&files.desired);
    let children = runtime.block_on(ChildProcesses::prepare(globals, &mut secrets))?;
    let report = Report::new(&secrets, &children.run_all()?);
    output::result(&match globals.format {
        Format::Json => Output::Json(json::render(&report)),
        _ => Output::Text(report.text()),
    })?;
    Ok(if report.findings.is_empty() { Exit::Success } else { Exit::Other })
}

impl Report {
    fn new(searched: &SearchedSecrets, outputs: &[CapturedOutput]) -> Self {
        let mut findings: Vec<Finding> = Vec::new();
        let squeezed: Vec<String> =
            outputs.iter().map(|output| encodings::squeezed(&output.text)).collect();
        for (name, secret) in searched.long_enough() {
            let mut find = |encoding, form: &Secret, contains: &dyn Fn(usize, &str) -> bool| {
                // Text of the files is shown, even if it equals a secret.
                if redaction::is_public(form.expose()) {
                    return;
                }
                let leaks = outputs.iter().enumerate();
                let leaks = leaks.filter(|(index, output)| contains(*index, &output.text));
                findings.extend(leaks.map(|(_, output)| Finding {
                    secret: name.to_owned(),
                    encoding,
                    output: output.name.clone(),
                }));
            };
            for (encoding, form) in encodings::of(secret.expose()) {
                find(encoding, &form, &|_, text| text.contains(form.expose()));
            }
            for (encoding, form) in encodings::in_pieces(secret.expose()) {
                find(encoding, &form, &|index, _| {
                    squeezed.get(index).is_some_and(|text| text.contains(form.expose()))
                });
            }
        }
        findings.sort();
        findings.dedup();
        let secrets = searched.long_enough().count();
        Self {
            format: "ocon-selftest",
            version: 1,
            commands: outputs.iter().filter(|output| output.is_last).count(),
            bytes: outputs.iter().map(|output| output.text.len()).sum(),
            secrets,
            too_short: searched.len() - secrets,
            encodings: encodings::names(),
            findings,
        }
    }

    fn text(&self) -> String {
        let mut text = format!(
            "Ran {} against a sandbox, and searched {} of stdout, stderr and plans.\n\
             Looked for {} in {}: {}.\n",
            count(self.commands, "command"),
            count(self.bytes, "byte"),
            count(self.secrets, "secret"),
            count(self.encodings.len(), "encoding"),
            self.encodings.join(", "),
        );
        if self.too_short > 0 {
            let verb = if self.too_short == 1 { "is" } else { "are" };
            text.push_str(&format!(
                "{} {verb} shorter than 8 bytes and cannot be distinguished from ordinary text.\n",
                count(self.too_short, "more secret")
            ));
        }
        for Finding { secret, encoding, output } in &self.findings {
            text.push_str(&format!("\n  found  {secret}  {encoding}  {output}"));
        }
        text.push_str(&match self.findings.len() {
            0 => "\nNo secret was found.\n".to_owned(),
            found => {
                format!("\n\n{found} found. This is a bug in ocon. Report it without the values.\n")
            }
        });
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leak_is_reported_by_name_and_encoding_and_not_by_value() {
        let mut searched = SearchedSecrets::default();
        searched.add("env.PASSWORD", Secret::new("pass \"word\""));
        searched.add("env.PORT", Secret::new("443"));
        let output = |name: &str, text: &str| CapturedOutput {
            name: name.to_owned(),
            text: text.to_owned(),
            is_last: true,
        };
        let outputs = [output("a", "pass+%22word%22"), output("b", "443 (secret)")];
        let report = Report::new(&searched, &outputs);
        let finding = |encoding| Finding {
            secret: "env.PASSWORD".to_owned(),
            encoding,
            output: "a".to_owned(),
        };
        assert_eq!(report.findings, [finding("form-encoded")]);
        let text = report.text();
        assert!(text.contains("\n  found  env.PASSWORD  form-encoded  a\n\n1 found."), "{text}");
        assert!(text.contains("Looked for 1 secret in 15 encodings: "), "{text}");
        assert!(text.contains("1 more secret is shorter than 8 bytes"), "{text}");
    }
}
