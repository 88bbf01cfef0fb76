//! Random tokens and IDs. They only protect a test double, so the source is not cryptographic.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Generates 32 random bytes in Base64, the form of the platform's tokens.
pub(super) fn random_token() -> String {
    let bytes: [u8; 32] = std::array::from_fn(|_| fastrand::u8(..));
    STANDARD.encode(bytes)
}

/// Generates a number as providers number their users.
pub(super) fn random_number() -> u32 {
    fastrand::u32(100_000_000..)
}

pub(super) fn random_id() -> String {
    format!("{:016x}", fastrand::u64(..))
}
