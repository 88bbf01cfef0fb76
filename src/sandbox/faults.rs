//! Scripted faults: what goes wrong, at which requests.
//!
//! In: a YAML file, or text of the same form from a test. Out: [`Faults`], whose rules
//! `script` asks at every request. `form` says how a rule is written, `scalar` how its words are
//! read; `edit` holds what third parties do, `lag` how late a change is seen, `hold` the requests that wait, and `effect` what
//! happens to an answer on its way.
//! It must never let a misspelt or meaningless rule pass: a fault that silently does not happen
//! makes the test that relies on it worthless.

pub(super) mod edit;
pub(super) mod effect;
mod form;
pub(super) mod hold;
pub(super) mod lag;
mod scalar;
pub(super) mod script;

use std::collections::BTreeSet;
use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use axum::http::HeaderMap;
use serde::Deserialize;

use super::SandboxError;
use super::reply::ErrorReply;
use edit::Edit;
use lag::ReplicationLag;
use scalar::{OccurrenceRange, PathPattern, Probability};

/// The largest file of faults. Such a file is written by hand, so a larger one is another file.
const FILE_LIMIT: u64 = 1024 * 1024;

/// Rules that say what goes wrong at which requests; none by default.
///
/// `docs/sandbox-faults.md` describes the form and every fault.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a mapping with `rules:`")]
pub struct Faults {
    /// Where the rules with a probability begin to draw.
    #[serde(default)]
    seed: u64,
    rules: Vec<Rule>,
}

/// Why a text is not one of faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidFaults {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What is wrong, and what to write instead.
    pub reason: String,
}

/// RequestMatcher something happens, and what.
#[derive(Clone, Debug)]
struct Rule {
    when: RequestMatcher,
    /// How long the request waits.
    delay: Duration,
    /// What third parties do before the request is processed.
    edits: Vec<Edit>,
    /// How late its changes become visible.
    lag: ReplicationLag,
    fault: Option<(&'static str, Fault)>,
}

/// The requests that a rule is about; what is not said holds for every request.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RequestMatcher {
    #[serde(deserialize_with = "scalar::method")]
    method: Option<String>,
    #[serde(deserialize_with = "scalar::optional")]
    path: Option<PathPattern>,
    /// Part of the decoded query, `key=value&key=value`.
    #[serde(deserialize_with = "scalar::text")]
    query: Option<String>,
    #[serde(deserialize_with = "scalar::optional")]
    occurrence: Option<OccurrenceRange>,
    #[serde(deserialize_with = "scalar::optional")]
    probability: Option<Probability>,
}

/// What goes wrong with a request.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// Another answer takes the place of the platform's.
    Replaced {
        answer: StubResponse,
        /// Whether the platform carries the request out nevertheless.
        processed: bool,
    },
    /// The platform answers, and does not do quite what it should.
    Behavior(BehaviorFault),
    /// The connection ends without a byte of an answer.
    Reset {
        /// Whether the platform carries the request out before.
        processed: bool,
    },
    /// The connection ends after so many bytes of the body.
    Truncated(usize),
    /// The body comes in small pieces, with this pause before each.
    Dripped(Duration),
    /// The request waits until it is released.
    Held {
        /// Whether the platform carries the request out before.
        processed: bool,
    },
}

/// An answer that is not the platform's.
#[derive(Clone, Debug)]
pub(super) struct StubResponse {
    pub(super) headers: HeaderMap,
    pub(super) content: StubContent,
}

/// What a stand-in says.
#[derive(Clone, Debug)]
pub(super) enum StubContent {
    /// A failure in the platform's form.
    Envelope(ErrorReply),
    Written {
        status: u16,
        media_type: &'static str,
        body: Vec<u8>,
    },
}

/// How the platform goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BehaviorFault {
    /// After its last page a listing begins again, under a token that was not used before.
    EndlessPages,
    /// A page after the first begins one instance later (or earlier) than the one before ended.
    ShiftedListing(ListingShift),
    /// These keys of the configuration keep the value that they have.
    IgnoredKeys(BTreeSet<String>),
    /// The tags stay as they are.
    DroppedTags,
    /// No instance has the tags that a listing asks for.
    TagFilterEmpty,
}

/// How an instance slips between two pages.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum ListingShift {
    /// It is on neither.
    Skip,
    /// It is on both.
    Repeat,
}

impl Faults {
    /// Reads faults from YAML.
    ///
    /// # Errors
    ///
    /// If the text is no YAML, or says something that no rule can say.
    pub fn parse(yaml: &str) -> Result<Self, InvalidFaults> {
        serde_yaml::from_str(yaml).map_err(|error| {
            let (line, column) = error.location().map_or((1, 1), |at| (at.line(), at.column()));
            InvalidFaults { line, column, reason: without_place(&error) }
        })
    }

    /// Reads a file of faults.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, is larger than 1 MiB, or does not parse.
    pub fn from_file(path: &Path) -> Result<Self, SandboxError> {
        let unreadable = |source| SandboxError::FaultsUnreadable { path: path.to_owned(), source };
        let mut text = String::new();
        let file = File::open(path).map_err(unreadable)?;
        file.take(FILE_LIMIT + 1).read_to_string(&mut text).map_err(unreadable)?;
        if text.len() as u64 > FILE_LIMIT {
            return Err(SandboxError::FaultsTooLarge { path: path.to_owned() });
        }
        Self::parse(&text)
            .map_err(|invalid| SandboxError::FaultsInvalid { path: path.to_owned(), invalid })
    }
}

/// What the error says, without the place that it ends with.
fn without_place(error: &serde_yaml::Error) -> String {
    let text = error.to_string();
    text.split_once(" at line ").map_or_else(|| text.clone(), |(reason, _)| reason.to_owned())
}

impl FromStr for Faults {
    type Err = InvalidFaults;

    fn from_str(yaml: &str) -> Result<Self, InvalidFaults> {
        Self::parse(yaml)
    }
}

impl fmt::Display for InvalidFaults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.line, self.column, self.reason)
    }
}

impl std::error::Error for InvalidFaults {}
