//! The syntax of references.

pub(in crate::desired) const OPENING: &str = "${{";
pub(in crate::desired) const CLOSING: &str = "}}";

/// The longest name of a variable, in characters.
pub(crate) const MAX_NAME_CHARS: usize = 128;

/// The source of a value: the word before the dot.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::desired) enum Source {
    Env,
    File,
    Instance,
    Var,
}

impl Source {
    pub(in crate::desired) const ALL: [(&'static str, Self); 4] = [
        ("env", Self::Env),
        ("file", Self::File),
        ("instance", Self::Instance),
        ("var", Self::Var),
    ];

    pub(in crate::desired) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(name, _)| *name == word).map(|(_, source)| source)
    }
}

/// The properties of an instance that references name.
pub(super) const INSTANCE_PROPERTIES: [&str; 3] = ["id", "id_base64", "webhook_url"];

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

pub(super) fn is_environment_variable_name(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(letter) && name.chars().all(|c| letter(c) || c.is_ascii_digit())
}
