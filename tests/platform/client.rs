//! The client against scripted servers: every byte of the answers is under the test's control, and
//! every request is kept.

mod bounds;
#[expect(clippy::needless_raw_string_hashes, reason = "snapbox writes all snapshots in one form")]
mod hostile;
mod limits;
mod listing;
mod listing_restart;
mod replies;
mod requests;
mod retries;
mod support;
mod tls;
