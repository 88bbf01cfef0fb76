//! `--deny` and `--allow`: what whoever runs ocon thinks of each kind of problem.

use crate::catalog::closest;
use crate::desired::{Code, Level, Levels, Severity};
use crate::safe_text::quoted;

/// What `--deny` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// One code.
    Code(Code),
    /// All warnings.
    Warnings,
}

/// Combines the flags; of one code that is both allowed and denied, the denial counts.
pub(crate) fn levels(denied: &[Denied], allowed: &[Code], plain_text: Severity) -> Levels {
    let mut levels = Levels::default();
    levels.report(Code::PlainTextSecret, plain_text);
    for code in allowed {
        levels.allow(*code);
    }
    for denied in denied {
        match denied {
            Denied::Code(code) => levels.report(*code, Severity::Error),
            Denied::Warnings => levels.deny_warnings(),
        }
    }
    levels
}

/// Reads the value of `--deny`.
pub(crate) fn denied(name: &str) -> Result<Denied, String> {
    if name == "warnings" { Ok(Denied::Warnings) } else { code(name).map(Denied::Code) }
}

/// Reads the value of `--allow`.
pub(crate) fn allowed(name: &str) -> Result<Code, String> {
    let code = code(name)?;
    match code.level() {
        _ if code == Code::PlainTextSecret => {
            Err("for secrets in clear there is --allow-plain-text-secrets, with a warning"
                .to_owned())
        }
        Level::Fatal => Err("a file with this problem cannot be used at all".to_owned()),
        Level::Error | Level::Warning => Ok(code),
    }
}

/// Reads the name of a code.
pub(crate) fn code(name: &str) -> Result<Code, String> {
    let names = Code::ALL.iter().map(|code| code.as_str());
    name.parse().map_err(|_| match closest(name, names) {
        Some(nearest) => {
            format!("there is no such code; did you mean {nearest}?", nearest = quoted(&nearest))
        }
        None => "there is no such code; `ocon explain` lists them".to_owned(),
    })
}
