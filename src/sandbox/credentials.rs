//! The secrets that callers of a sandbox must send.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::random_token;

/// User secret and organization secret.
#[derive(Clone, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SandboxCredentials {
    /// User secret.
    pub user: String,
    /// Organization secret.
    pub organization: String,
}

impl SandboxCredentials {
    /// Generates secrets of the same form as the platform's: 44 Base64 characters and 32 hexadecimal
    /// digits.
    pub(super) fn random() -> Self {
        Self { user: random_token(), organization: format!("{:032x}", fastrand::u128(..)) }
    }
}

impl fmt::Debug for SandboxCredentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SandboxCredentials").finish_non_exhaustive()
    }
}
