//! How late the changes of a request become visible.
//!
//! In: a mapping of a rule. Out: a lag for each view, and for the commit itself. It must never take
//! a lag that delays nothing.

use std::time::Duration;

use serde::Deserialize;
use serde::de::Deserializer;

use super::form::mapping;
use super::scalar::{self, LagDuration};

/// How late each view shows the changes of a request; a view that does not lag has zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::sandbox) struct ReplicationLag {
    /// Listings that are filtered by tags.
    pub(in crate::sandbox) tag_listing: Duration,
    /// All other listings.
    pub(in crate::sandbox) account_listing: Duration,
    /// Reads of one instance.
    pub(in crate::sandbox) get: Duration,
    /// How long after its answer was lost the request is processed.
    pub(in crate::sandbox) commit: Duration,
}

/// A lag as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default, deserialize_with = "scalar::optional")]
    tag_listing: Option<LagDuration>,
    #[serde(default, deserialize_with = "scalar::optional")]
    account_listing: Option<LagDuration>,
    #[serde(default, deserialize_with = "scalar::optional")]
    get: Option<LagDuration>,
    #[serde(default, deserialize_with = "scalar::optional")]
    commit: Option<LagDuration>,
}

impl TryFrom<Form> for ReplicationLag {
    type Error = String;

    fn try_from(form: Form) -> Result<Self, String> {
        let Form { tag_listing, account_listing, get, commit } = form;
        let length =
            |time: Option<LagDuration>| time.map_or(Duration::ZERO, |LagDuration(length)| length);
        let lag = Self {
            tag_listing: length(tag_listing),
            account_listing: length(account_listing),
            get: length(get),
            commit: length(commit),
        };
        if lag == Self::default() {
            return Err(
                "the lag delays nothing: add one of `tag_listing`, `account_listing`, `get` and \
                        `commit`"
                    .to_owned(),
            );
        }
        Ok(lag)
    }
}

impl<'de> Deserialize<'de> for ReplicationLag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        mapping::<D, Form, Self>(deserializer)
    }
}

impl ReplicationLag {
    /// Whether some view shows a change later than it is committed.
    pub(in crate::sandbox) fn hides(self) -> bool {
        let Self { tag_listing, account_listing, get, commit: _ } = self;
        !(tag_listing.is_zero() && account_listing.is_zero() && get.is_zero())
    }

    /// The longer of both lags, for each view.
    pub(super) fn max(self, other: Self) -> Self {
        Self {
            tag_listing: self.tag_listing.max(other.tag_listing),
            account_listing: self.account_listing.max(other.account_listing),
            get: self.get.max(other.get),
            commit: self.commit.max(other.commit),
        }
    }
}
