//! The client against scripted servers: every byte of the answers is under the test's control, and
//! every request is kept.

// Clippy's leave to unwrap in tests covers helpers only where it sees that they are tests.
#[cfg(test)]
mod bounds;
#[cfg(test)]
#[expect(clippy::needless_raw_string_hashes, reason = "snapbox writes all snapshots in one form")]
mod hostile;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod listing;
#[cfg(test)]
mod listing_restart;
#[cfg(test)]
#[path = "../cli/ports.rs"]
mod ports;
#[cfg(test)]
mod replies;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod retries;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tls;
