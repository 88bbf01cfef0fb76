//! The document of a search for secrets in the output of ocon.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the self-test ran, what it searched, and the secrets that it found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "ocon self-test")]
pub struct SelftestDocument {
    /// Always `ocon-selftest`.
    #[schemars(extend("const" = "ocon-selftest"))]
    pub format: String,
    /// Version of this format: 1.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// The number of commands that ran.
    pub commands: usize,
    /// The size of the searched text, in bytes.
    pub bytes: usize,
    /// The number of secrets that were searched for.
    pub secrets: usize,
    /// The number of secrets that are too short to be distinguished from ordinary text.
    pub too_short: usize,
    /// The names of the encodings in which each secret was searched for.
    pub encodings: Vec<String>,
    /// The secrets that were found. Empty if nothing leaks.
    pub findings: Vec<SelftestFinding>,
}

/// A secret that was found, by name and never by value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelftestFinding {
    /// The source of the secret, for example `env.NAME`.
    pub secret: String,
    /// The encoding in which it was found.
    pub encoding: String,
    /// The output in which it was found: a command and a stream, or a file.
    pub output: String,
}
