//! `ocon selftest --leaks`: looks for the secrets of a repository in everything that ocon writes.
//!
//! In: the files, and the secrets that they refer to as they are set here; what is not set is made
//! up. Out: a count, and what was found by name and encoding, never by value. The commands run as
//! processes of their own against a sandbox in this one, and against a server that repeats what it
//! is sent; never against the platform.

mod children;
mod echo;
mod encodings;
mod wanted;

use serde::Serialize;

use crate::cli::setup::arguments::{Format, Globals};
use crate::cli::setup::environment::Environment;
use crate::cli::setup::session::{self, Lookup};
use crate::cli::terminal::command_output::Output;
use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::output;
use crate::cli::terminal::redaction;
use crate::instance::Secret;
use crate::report::json;
use crate::report::style::count;
use children::{Children, Said};
use encodings::ENCODINGS;
use wanted::DesiredInstance;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Look for secrets in the output of every command that reads these files
    #[arg(long, required = true)]
    leaks: bool,
}

/// What was done, and what was found.
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

/// A secret in an output.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Finding {
    secret: String,
    encoding: &'static str,
    output: String,
}

pub(crate) fn run(
    globals: &Globals,
    arguments: &Arguments,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let Arguments { leaks: _ } = arguments;
    let files = session::load(globals, environment, Lookup::Asked)?;
    files.warn(globals);
    let runtime = session::runtime()?;
    let mut wanted = DesiredInstance::new(&files.desired);
    let children = runtime.block_on(Children::prepare(globals, environment, &mut wanted))?;
    let said = children.run_all()?;
    let report = Report::new(&wanted, &said);
    output::result(&match globals.format {
        Format::Json => Output::Json(json::render(&report)),
        _ => Output::Text(report.text()),
    })?;
    Ok(if report.findings.is_empty() { Exit::Success } else { Exit::Other })
}

impl Report {
    fn new(wanted: &DesiredInstance, said: &[Said]) -> Self {
        let mut findings: Vec<Finding> = Vec::new();
        let squeezed: Vec<String> =
            said.iter().map(|said| encodings::squeezed(&said.text)).collect();
        for (name, secret) in wanted.long_enough() {
            let mut find = |encoding, form: &Secret, has: &dyn Fn(usize, &Said) -> bool| {
                // What is text of the files is shown, whoever's value it is.
                if redaction::is_public(form.expose()) {
                    return;
                }
                let leaky = said.iter().enumerate().filter(|(index, said)| has(*index, said));
                findings.extend(leaky.map(|(_, said)| Finding {
                    secret: name.to_owned(),
                    encoding,
                    output: said.name.clone(),
                }));
            };
            for (encoding, form) in encodings::of(secret.expose()) {
                find(encoding, &form, &|_, said| said.text.contains(form.expose()));
            }
            for (encoding, form) in encodings::in_pieces(secret.expose()) {
                find(encoding, &form, &|index, _| {
                    squeezed.get(index).is_some_and(|text| text.contains(form.expose()))
                });
            }
        }
        findings.sort();
        findings.dedup();
        let secrets = wanted.long_enough().count();
        Self {
            format: "ocon-selftest",
            version: 1,
            commands: said.iter().filter(|said| said.ends_a_command).count(),
            bytes: said.iter().map(|said| said.text.len()).sum(),
            secrets,
            too_short: wanted.len() - secrets,
            encodings: ENCODINGS.to_vec(),
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
                "{} {verb} shorter than 8 bytes: too short to be told from ordinary text.\n",
                count(self.too_short, "more secret")
            ));
        }
        for Finding { secret, encoding, output } in &self.findings {
            text.push_str(&format!("\n  found  {secret}  {encoding}  {output}"));
        }
        text.push_str(&match self.findings.len() {
            0 => "\nNo secret was found.\n".to_owned(),
            found => format!(
                "\n\n{found} found. This is a mistake in ocon: please report it, without the values.\n"
            ),
        });
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaks_is_told_by_name_and_encoding_and_not_by_value() {
        let mut wanted = DesiredInstance::default();
        wanted.add("env.PASSWORD", Secret::new("pass \"word\""));
        wanted.add("env.PORT", Secret::new("443"));
        let said = |name: &str, text: &str| Said {
            name: name.to_owned(),
            text: text.to_owned(),
            ends_a_command: true,
        };
        let told = [said("a", "pass+%22word%22"), said("b", "443 (secret)")];
        let report = Report::new(&wanted, &told);
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
