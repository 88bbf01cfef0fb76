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

/// Whether the value of a variable is a reference that a CI system left as it is, because it has no such
/// variable: `$(NAME)` of Azure Pipelines, with any name, or `$NAME` and `${NAME}` of GitLab.
///
/// Sources: <https://learn.microsoft.com/en-us/azure/devops/pipelines/process/variables#understand-variable-syntax>,
/// <https://docs.gitlab.com/ci/variables/where_variables_can_be_used/>
pub fn is_unresolved(name: &str, value: &str) -> bool {
    let is_name = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    };
    let Some(reference) = trimmed(value).strip_prefix('$') else { return false };
    let within = |open, close| reference.strip_prefix(open)?.strip_suffix(close);
    within('(', ')').is_some_and(is_name) || within('{', '}').unwrap_or(reference) == name
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_that_was_not_replaced_is_no_value() {
        for value in ["$(API_KEY)", " $(api-key.v1)\n", "$API_KEY", "${API_KEY}"] {
            assert!(is_unresolved("API_KEY", value), "{value}");
        }
        for value in
            ["", "$", "$()", "$(a b)", "$OTHER", "${OTHER}", "a$(API_KEY)", "API_KEY", "$(x"]
        {
            assert!(!is_unresolved("API_KEY", value), "{value}");
        }
    }
}
