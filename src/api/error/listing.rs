//! Why a listing could not be completed although its pages were answers of the platform.

use std::time::Duration;

use super::{Kind, seconds};

/// A listing that could not be completed.
#[derive(Debug, thiserror::Error)]
pub enum ListingFailure {
    /// Instances move between its pages, each time it is read.
    #[error("the account changes while it is listed: {found}")]
    Changing {
        /// How that shows.
        found: String,
    },
    /// The platform refused a token of its own for the next page, and again after the listing had
    /// started once more.
    #[error(
        "the listing was started again and the token of a next page was refused again: {refusal}"
    )]
    TokenExpired {
        /// The refusal.
        refusal: Box<Kind>,
    },
    /// Its pages take longer than all of a listing may.
    #[error("the listing is not complete after {}", seconds(*.after))]
    TooLong {
        /// The limit that passed.
        after: Duration,
    },
    /// Its pages have more bytes than all of a listing may.
    #[error("the listing is larger than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
}
