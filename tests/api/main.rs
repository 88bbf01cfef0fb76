//! The client against scripted servers: every byte of the answers is under the test's control, and
//! every request is kept.

// Clippy's leave to unwrap in tests covers helpers only where it sees that they are tests.
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod listing;
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
