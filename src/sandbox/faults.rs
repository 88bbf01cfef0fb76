//! Scripted faults: what goes wrong, and for which requests.
//!
//! `form` and `scalar` parse rules, `script` evaluates them for each request, `edit` changes instances
//! as a third party does, `lag` delays the visibility of changes, `hold` makes requests wait, and
//! `effect` damages responses. A misspelled or meaningless rule must never be accepted: a test that
//! relies on a fault that does not happen is worthless.

pub(super) mod edit;
pub(super) mod effect;
mod form;
pub(super) mod hold;
pub(super) mod lag;
mod mapping;
pub(super) mod rule;
mod scalar;
pub(super) mod script;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::str::FromStr;

use serde::Deserialize;

use super::{InvalidFaults, SandboxError};
use rule::Rule;

/// Maximum size of a faults file. People write such files, so a larger file is another kind of file.
const MAX_FILE_SIZE: u64 = 1024 * 1024;

/// Rules that say what goes wrong, and for which requests. The default has no rules.
///
/// `docs/sandbox-faults.md` describes the format and every fault.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a mapping with `rules:`")]
pub struct Faults {
    /// Seed of the random numbers for rules with a probability.
    #[serde(default)]
    seed: u64,
    rules: Vec<Rule>,
}

impl Faults {
    /// Parses faults from YAML.
    ///
    /// # Errors
    ///
    /// If the text is not YAML, or contains an invalid rule.
    pub fn parse(yaml: &str) -> Result<Self, InvalidFaults> {
        serde_yaml::from_str(yaml).map_err(|error| {
            let (line, column) = error.location().map_or((1, 1), |at| (at.line(), at.column()));
            InvalidFaults { line, column, reason: without_position(&error) }
        })
    }

    /// Reads a faults file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or parsed, or is larger than 1 MiB.
    pub fn from_file(path: &Path) -> Result<Self, SandboxError> {
        let unreadable = |source| SandboxError::FaultsUnreadable(path.to_owned(), source);
        let mut text = String::new();
        let file = File::open(path).map_err(unreadable)?;
        file.take(MAX_FILE_SIZE + 1).read_to_string(&mut text).map_err(unreadable)?;
        if text.len() as u64 > MAX_FILE_SIZE {
            return Err(SandboxError::FaultsTooLarge(path.to_owned()));
        }
        Self::parse(&text).map_err(|invalid| SandboxError::FaultsInvalid(path.to_owned(), invalid))
    }
}

/// The error message without the position at its end.
fn without_position(error: &serde_yaml::Error) -> String {
    let text = error.to_string();
    text.split_once(" at line ").map_or_else(|| text.clone(), |(reason, _)| reason.to_owned())
}

impl FromStr for Faults {
    type Err = InvalidFaults;

    fn from_str(yaml: &str) -> Result<Self, InvalidFaults> {
        Self::parse(yaml)
    }
}
