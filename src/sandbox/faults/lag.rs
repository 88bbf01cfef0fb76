//! How late the changes of a request become visible. A lag that delays nothing is refused.

use std::time::Duration;

use serde::Deserialize;
use serde::de::Deserializer;

use super::{mapping::mapping, scalar};

/// How late each view shows the changes of a request. Zero is no lag.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub(in crate::sandbox) struct ReplicationLag {
    /// Lists that are filtered by tags.
    #[serde(deserialize_with = "scalar::lag")]
    pub(in crate::sandbox) tag_listing: Duration,
    /// All other lists.
    #[serde(deserialize_with = "scalar::lag")]
    pub(in crate::sandbox) account_listing: Duration,
    /// Reads of one instance.
    #[serde(deserialize_with = "scalar::lag")]
    pub(in crate::sandbox) get: Duration,
    /// Time between the lost response and the processing of the request.
    #[serde(deserialize_with = "scalar::lag")]
    pub(in crate::sandbox) commit: Duration,
}

/// The lag of a rule, which delays something.
#[derive(Clone, Copy, Debug)]
pub(super) struct RuleLag(pub(super) ReplicationLag);

impl<'de> Deserialize<'de> for RuleLag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        mapping(deserializer, |lag| {
            if lag == ReplicationLag::default() {
                let names = "`tag_listing`, `account_listing`, `get` and `commit`";
                return Err(format!("the lag delays nothing: add one of {names}"));
            }
            Ok(Self(lag))
        })
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
