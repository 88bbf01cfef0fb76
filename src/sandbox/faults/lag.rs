//! How late the changes of a request become visible.
//!
//! In: a mapping of a rule. Out: a lag for each view and for the commit. It must never accept a lag
//! that delays nothing.

use std::time::Duration;

use serde::Deserialize;
use serde::de::Deserializer;

use super::{mapping::mapping, scalar, scalar::LagDuration};

/// How late each view shows the changes of a request. Zero is no lag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::sandbox) struct ReplicationLag {
    /// Lists that are filtered by tags.
    pub(in crate::sandbox) tag_listing: Duration,
    /// All other lists.
    pub(in crate::sandbox) account_listing: Duration,
    /// Reads of one instance.
    pub(in crate::sandbox) get: Duration,
    /// Time between the lost response and the processing of the request.
    pub(in crate::sandbox) commit: Duration,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawLag {
    #[serde(deserialize_with = "scalar::optional")]
    tag_listing: Option<LagDuration>,
    #[serde(deserialize_with = "scalar::optional")]
    account_listing: Option<LagDuration>,
    #[serde(deserialize_with = "scalar::optional")]
    get: Option<LagDuration>,
    #[serde(deserialize_with = "scalar::optional")]
    commit: Option<LagDuration>,
}

impl TryFrom<RawLag> for ReplicationLag {
    type Error = String;

    fn try_from(raw: RawLag) -> Result<Self, String> {
        let RawLag { tag_listing, account_listing, get, commit } = raw;
        let duration =
            |lag: Option<LagDuration>| lag.map_or(Duration::ZERO, |LagDuration(lag)| lag);
        let lag = Self {
            tag_listing: duration(tag_listing),
            account_listing: duration(account_listing),
            get: duration(get),
            commit: duration(commit),
        };
        if lag == Self::default() {
            return Err("the lag delays nothing: add one of `tag_listing`, `account_listing`, \
                        `get` and `commit`"
                .to_owned());
        }
        Ok(lag)
    }
}

impl<'de> Deserialize<'de> for ReplicationLag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        mapping::<D, RawLag, Self>(deserializer)
    }
}

impl ReplicationLag {
    /// Whether a view shows changes after their commit.
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
