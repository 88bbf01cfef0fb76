//! `ocon selftest --leaks`: searches everything that ocon writes for the secrets of a repository.
//!
//! Input: the files and the secrets that they refer to; an unset variable gets a made-up value. Output:
//! counts, and each finding by name and encoding, never by value. The commands run as child processes
//! against a sandbox in this process and a server that repeats its requests, never against the platform.

mod child_processes;
mod echo_server;
mod encodings;
mod searched_secrets;

use crate::cli::setup::{Format, GlobalArgs, SecretAccess, connection, files};
use crate::cli::terminal::{Exit, Failure, Output, output, redaction};
use crate::instance::Secret;
use crate::report::human;
use crate::report::json::{self, SelftestDocument, SelftestFinding};
use child_processes::{CapturedOutput, ChildProcesses};
use searched_secrets::SearchedSecrets;

#[derive(Debug, clap::Args)]
pub(crate) struct SelftestArgs {
    /// Search the output of every command for secrets of these files
    #[arg(long, required = true)]
    leaks: bool,
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
    let document = search(&secrets, &children.run_all()?);
    output::result(&match globals.format {
        Format::Json => Output::Json(json::render(&document)),
        _ => Output::Text(human::selftest(&document)),
    })?;
    Ok(if document.findings.is_empty() { Exit::Success } else { Exit::Other })
}

fn search(searched: &SearchedSecrets, outputs: &[CapturedOutput]) -> SelftestDocument {
    let secrets = searched.long_enough().count();
    SelftestDocument {
        format: "ocon-selftest".to_owned(),
        version: 1,
        commands: outputs.iter().filter(|output| output.is_last).count(),
        bytes: outputs.iter().map(|output| output.text.len()).sum(),
        secrets,
        too_short: searched.len() - secrets,
        encodings: encodings::names().into_iter().map(ToOwned::to_owned).collect(),
        findings: findings(searched, outputs),
    }
}

/// The secrets in the outputs, without duplicates.
fn findings(searched: &SearchedSecrets, outputs: &[CapturedOutput]) -> Vec<SelftestFinding> {
    let mut findings: Vec<SelftestFinding> = Vec::new();
    let squeezed: Vec<String> =
        outputs.iter().map(|output| encodings::squeezed(&output.text)).collect();
    for (name, secret) in searched.long_enough() {
        let mut find = |encoding: &str, form: &Secret, contains: &dyn Fn(usize, &str) -> bool| {
            // Text of the files is shown, even if it equals a secret.
            if redaction::is_public(form.expose()) {
                return;
            }
            let leaks = outputs.iter().enumerate();
            let leaks = leaks.filter(|(index, output)| contains(*index, &output.text));
            findings.extend(leaks.map(|(_, output)| SelftestFinding {
                secret: name.to_owned(),
                encoding: encoding.to_owned(),
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
    findings
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
        let document = search(&searched, &outputs);
        let finding = |encoding: &str| SelftestFinding {
            secret: "env.PASSWORD".to_owned(),
            encoding: encoding.to_owned(),
            output: "a".to_owned(),
        };
        assert_eq!(document.findings, [finding("form-encoded")]);
        let text = human::selftest(&document);
        assert!(text.contains("\n  found  env.PASSWORD  form-encoded  a\n\n1 found."), "{text}");
        assert!(text.contains("Looked for 1 secret in 15 encodings: "), "{text}");
        assert!(text.contains("1 more secret is shorter than 8 bytes"), "{text}");
    }
}
