//! The syntax of references.

pub(in crate::desired) const OPENING: &str = "${{";
pub(in crate::desired) const CLOSING: &str = "}}";

/// The longest name of a variable, in characters.
pub(crate) const MAX_NAME_CHARS: usize = 128;

/// The references that a value may contain. Each level includes the levels before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::desired) enum Allowed {
    /// `element`, `key`: identifiers, which must be readable as written.
    Nothing,
    /// `name`, `tags` and the like: they are shown.
    Public,
    /// `providerData`: it is sent before the instance exists.
    Secrets,
    /// `configuration`
    All,
}

/// Whether an environment variable can have this name.
pub(super) fn is_environment_variable_name(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(letter) && name.chars().all(|c| letter(c) || c.is_ascii_digit())
}
