//! `--outputs FILE`: writes what the next stage of a pipeline needs to use the instances.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::Serialize;

use crate::apply::Outcome;
use crate::cli::setup::{Connection, GlobalArgs};
use crate::cli::terminal::{Exit, Failure, atomic_file::AtomicFile, output};
use crate::desired::Desired;
use crate::instance::{BaseUrl, InstanceId, Key, Secret};
use crate::observed::Observed;
use crate::ownership::Fingerprints;
use crate::plan::{self, Target};
use crate::reader;
use crate::report::json;
use crate::safe_text::quoted;

/// How the outputs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputsFormat {
    /// A JSON object by key
    Json,
    /// Lines `OCON_INSTANCE_KEY_TOKEN=…`, for a shell and for dotenv files
    Env,
    /// The same lines, appended to the file of GitHub Actions, with the tokens masked in its log
    Github,
}

/// The destination of the outputs, which is checked before anything is applied.
pub(crate) struct Outputs {
    format: OutputsFormat,
    destination: Destination,
}

enum Destination {
    New(AtomicFile),
    /// The file of the runner, which has lines of other steps.
    Appended(File, PathBuf),
}

#[derive(Serialize)]
struct InstanceOutput<'a> {
    id: u64,
    token: &'a str,
    name: &'a str,
    connector: &'a str,
    /// `None` if the platform generates the URL.
    webhook_url: Option<String>,
}

impl Outputs {
    /// Checks that the file can be written, and that the documents fit the format.
    pub(crate) fn prepare(
        globals: &GlobalArgs,
        given: &Path,
        format: OutputsFormat,
        desired: &Desired,
    ) -> Result<Self, Failure> {
        if format != OutputsFormat::Json {
            check_names(desired)?;
        }
        if format == OutputsFormat::Github
            && globals.environment.text("GITHUB_ACTIONS").as_deref() != Some("true")
        {
            let sentence = "--outputs-format github would print tokens, which only GitHub Actions hides, \
                            so nothing was done";
            return Err(Failure::new(Exit::Usage, sentence).hint("elsewhere: --outputs-format env"));
        }
        let destination = match format {
            OutputsFormat::Json | OutputsFormat::Env => {
                Destination::New(AtomicFile::prepare(globals.folders(), given, "the outputs")?)
            }
            OutputsFormat::Github => {
                let file = open_for_append(globals, given).map_err(|error| {
                    let given = given.display();
                    let sentence =
                        format!("the outputs cannot be added to {given}, so nothing was done");
                    Failure::new(Exit::Usage, sentence)
                        .caused_by(&error)
                        .hint("name the file of the runner: --outputs \"$GITHUB_OUTPUT\"")
                })?;
                Destination::Appended(file, given.to_owned())
            }
        };
        Ok(Self { format, destination })
    }

    pub(crate) fn write(
        self,
        desired: &Desired,
        observed: &Observed,
        outcome: &Outcome,
        connection: &Connection,
    ) -> Result<(), Failure> {
        let Connection { target: Target { base_url, .. }, fingerprints, .. } = connection;
        let instances = instances(desired, observed, outcome, fingerprints);
        let outputs = outputs(desired, &instances, base_url);
        let text = match self.format {
            OutputsFormat::Json => json::render(&outputs),
            OutputsFormat::Env | OutputsFormat::Github => lines(&outputs)?,
        };
        match self.destination {
            Destination::New(file) => file.write_secrets(&text),
            Destination::Appended(mut file, given) => {
                // Before any output can contain them.
                let tokens = outputs.values().map(|output| output.token);
                tokens.filter(|token| !token.is_empty()).for_each(output::mask);
                append(&mut file, &text).map_err(|error| {
                    Failure::unwritten(format!("{} cannot be written", given.display()), &error)
                })
            }
        }
    }
}

/// Opens a file with lines of other steps, at the start of a line.
fn open_for_append(globals: &GlobalArgs, given: &Path) -> io::Result<File> {
    let path = globals.root.join(given);
    reader::check_output(&globals.root, &path)
        .map_err(|refusal| io::Error::other(refusal.to_string()))?;
    let path = path.as_path();
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let mut file = OpenOptions::new().read(true).append(true).open(path)?;
    let mut last = [b'\n'];
    if file.seek(SeekFrom::End(-1)).is_ok() {
        file.read_exact(&mut last)?;
    }
    if last != [b'\n'] {
        file.write_all(b"\n")?;
    }
    Ok(file)
}

/// Appends the text completely or not at all.
fn append(file: &mut File, text: &str) -> io::Result<()> {
    let before = file.metadata()?.len();
    file.write_all(text.as_bytes()).inspect_err(|_| {
        // A partial line would be a wrong value.
        let _ = file.set_len(before);
    })
}

/// Returns the prefix of the names of a document's variables. No other variable has it.
fn prefix(key: &str) -> String {
    let letter = |letter: char| {
        if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' }
    };
    format!("OCON_INSTANCE_{}", key.chars().map(letter).collect::<String>())
}

fn check_names(desired: &Desired) -> Result<(), Failure> {
    let mut seen: BTreeMap<String, &Key> = BTreeMap::new();
    for key in desired.instances.keys() {
        let prefix = prefix(key.as_str());
        if let Some(other) = seen.get(&prefix) {
            let sentence = format!(
                "{other} and {key} would both be {prefix}_TOKEN in the outputs, so nothing was done",
                other = quoted(&other),
                key = quoted(&key)
            );
            let hint = "use --outputs-format json, or give one of them another `key:`";
            return Err(Failure::new(Exit::Usage, sentence).hint(hint));
        }
        seen.insert(prefix, key);
    }
    Ok(())
}

/// Renders one assignment per line. The name of an instance is free text, so it is omitted.
fn lines(outputs: &BTreeMap<String, InstanceOutput<'_>>) -> Result<String, Failure> {
    let mut lines = String::new();
    for (key, output) in outputs {
        let id = output.id.to_string();
        let values = [
            ("ID", Some(id.as_str())),
            ("TOKEN", Some(output.token)),
            ("CONNECTOR", Some(output.connector)),
            ("WEBHOOK_URL", output.webhook_url.as_deref()),
        ];
        let values = values.into_iter().filter_map(|(what, value)| Some((what, value?)));
        for (what, value) in values {
            let name = format!("{}_{what}", prefix(key));
            if !value.chars().all(is_plain) {
                let sentence = format!(
                    "{name} has characters with a special meaning in a shell, so the outputs were not written"
                );
                return Err(Failure::new(Exit::Other, sentence).hint("use --outputs-format json"));
            }
            lines.push_str(&format!("{name}={value}\n"));
        }
    }
    Ok(lines)
}

/// Whether a character has no special meaning in an unquoted shell word, a dotenv file and a log.
fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "_./:=+@,-".contains(letter)
}

type Instances<'a> = BTreeMap<&'a Key, (InstanceId, Option<Secret>)>;

/// Returns every instance of a document, whether or not this apply changed it.
fn instances<'a>(
    desired: &'a Desired,
    observed: &'a Observed,
    outcome: &'a Outcome,
    fingerprints: &Fingerprints,
) -> Instances<'a> {
    let mut instances: Instances<'_> = plan::matched(desired, observed, fingerprints)
        .into_iter()
        .map(|(key, found)| (key, (found.id, Some(found.token.clone()))))
        .collect();
    for result in &outcome.results {
        if let Some(touched) = &result.instance {
            let known = instances.entry(&result.key).or_insert((touched.id, None));
            *known = (touched.id, touched.token.clone().or_else(|| known.1.take()));
        }
    }
    instances
}

fn outputs<'a>(
    desired: &'a Desired,
    instances: &'a Instances<'_>,
    base_url: &BaseUrl,
) -> BTreeMap<String, InstanceOutput<'a>> {
    instances
        .iter()
        .filter_map(|(key, (id, token))| {
            let wanted = desired.instances.get(*key)?;
            let form = wanted.facts.events.webhook_url.form();
            let output = InstanceOutput {
                id: id.get(),
                token: token.as_ref().map_or("", Secret::expose),
                name: &wanted.name,
                connector: wanted.connector.as_str(),
                webhook_url: form.map(|form| form.url(base_url, &wanted.connector, Some(*id))),
            };
            Some((key.to_string(), output))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_with_special_characters_is_refused() {
        for token in ["a b", "$(id)", "a\nPATH=/tmp", "a'b", "a;b", "ä"] {
            let webhook_url = Some("https://example.com/events/stripe/Nw==".to_owned());
            let output =
                InstanceOutput { id: 7, token, name: "Shop", connector: "stripe", webhook_url };
            let failure = lines(&BTreeMap::from([("shop".to_owned(), output)])).unwrap_err();
            assert_eq!(
                anstream::adapter::strip_str(&failure.render(None)).to_string(),
                "error: OCON_INSTANCE_SHOP_TOKEN has characters with a special meaning in a shell, \
                 so the outputs were not written\n\nhint: use --outputs-format json\n"
            );
        }
    }
}
