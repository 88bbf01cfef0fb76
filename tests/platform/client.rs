//! The client against scripted servers. A test controls every byte of a reply and sees every request.

mod bounds;
mod connector_keys;
mod empty_account;
#[expect(clippy::needless_raw_string_hashes, reason = "snapbox writes all snapshots in one form")]
mod hostile;
mod limits;
mod listing;
mod listing_restart;
mod replies;
mod requests;
mod response_shapes;
mod retries;
mod support;
mod tags;
mod tls;
mod wrong_types;
