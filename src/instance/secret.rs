//! Text that must never be shown.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};

/// Text that cannot be printed or serialized. It is zeroized on drop.
///
/// There is no `Display` and no `Serialize`. `Debug` writes `(secret)`.
///
/// ```
/// # use ocon::instance::Secret;
/// assert_eq!(format!("{:?}", Secret::new("hunter2")), "(secret)");
/// ```
///
/// ```compile_fail
/// # use ocon::instance::Secret;
/// println!("{}", Secret::new("hunter2"));
/// ```
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes ownership of the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The text, for a request, a comparison or a file with mode 0600. It must not reach any output.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Removes what copying a text may add at its ends: whitespace and a byte order mark.
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Secret {}
