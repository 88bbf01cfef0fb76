//! Rules: which requests each applies to, and its faults.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::http::HeaderMap;
use serde::Deserialize;

use super::{
    scalar, scalar::MethodName, scalar::OccurrenceRange, scalar::PathPattern, scalar::Probability,
};
use crate::sandbox::{Edit, ErrorReply, Privilege, ReplicationLag};

#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) when: RequestMatcher,
    pub(super) delay: Duration,
    /// Edits of third parties before the request is processed.
    pub(super) edits: Vec<Edit>,
    /// How late the changes of the request become visible.
    pub(super) lag: ReplicationLag,
    /// The fault with its name in the journal.
    pub(super) fault: Option<(&'static str, Fault)>,
}

/// The requests that a rule applies to. An absent condition holds for every request.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RequestMatcher {
    #[serde(deserialize_with = "scalar::optional")]
    pub(super) method: Option<MethodName>,
    #[serde(deserialize_with = "scalar::optional")]
    pub(super) path: Option<PathPattern>,
    /// Part of the decoded query, `key=value&key=value`.
    #[serde(deserialize_with = "scalar::optional")]
    pub(super) query: Option<String>,
    #[serde(deserialize_with = "scalar::optional")]
    pub(super) occurrence: Option<OccurrenceRange>,
    #[serde(deserialize_with = "scalar::optional")]
    pub(super) probability: Option<Probability>,
}

#[derive(Clone, Debug)]
pub(in crate::sandbox) enum Fault {
    /// Another response replaces the platform's.
    Replaced {
        answer: StubResponse,
        /// Whether the platform still processes the request.
        processed: bool,
    },
    /// The platform processes the request incorrectly.
    Behavior(BehaviorFault),
    /// The connection ends without any byte of a response.
    Reset(FaultTiming),
    /// The connection ends after this many bytes of the body.
    Truncated(usize),
    /// The body arrives in small pieces, with this pause before each.
    Dripped(Duration),
    /// The request waits until it is released.
    Held(FaultTiming),
}

/// Whether a fault happens before or after the platform processes the request.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(in crate::sandbox) enum FaultTiming {
    Before,
    After,
}

#[derive(Clone, Debug)]
pub(in crate::sandbox) struct StubResponse {
    pub(super) headers: HeaderMap,
    pub(super) content: StubContent,
}

#[derive(Clone, Debug)]
pub(super) enum StubContent {
    /// An error in the platform's format.
    Error(ErrorReply),
    Custom {
        status: u16,
        media_type: &'static str,
        body: Vec<u8>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum BehaviorFault {
    /// After its last page, a list starts again with an unused token.
    EndlessPages,
    /// Each page after the first starts one instance too late or too early.
    ShiftedListing(ListingShift),
    /// These configuration keys keep their values.
    IgnoredKeys(BTreeSet<String>),
    DroppedTags,
    /// A list that is filtered by tags is empty.
    TagFilterEmpty,
    /// Responses show an empty configuration.
    EmptyConfiguration,
    /// Responses show no tags.
    HiddenTags,
    /// The caller does not have these privileges.
    MissingPrivileges(BTreeSet<Privilege>),
}

/// What happens to an instance between two pages.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(in crate::sandbox) enum ListingShift {
    /// It is on neither page.
    Skip,
    /// It is on both pages.
    Repeat,
}
