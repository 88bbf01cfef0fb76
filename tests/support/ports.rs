//! Ports on which a test listens later, or never.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// A free port below those that the system assigns to programs that ask for any.
/// Concurrent test processes start at different ports.
pub(crate) fn free() -> u16 {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let next = || std::process::id().wrapping_mul(16).wrapping_add(TAKEN.fetch_add(1, Relaxed));
    let ports = std::iter::repeat_with(|| 10_000 + (next() % 22_000) as u16);
    ports.take(1_000).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).unwrap()
}
