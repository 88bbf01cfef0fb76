//! `--deny` and `--allow`: how each diagnostic code is reported.

use crate::catalog::closest;
use crate::desired::{Code, Level, Levels, Severity};
use crate::safe_text::quoted;

/// The value of `--deny`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// One code.
    Code(Code),
    /// All warnings.
    Warnings,
}

/// Combines the options. A code that is both allowed and denied is denied.
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

pub(crate) fn parse_denied(name: &str) -> Result<Denied, String> {
    if name == "warnings" { Ok(Denied::Warnings) } else { parse_code(name).map(Denied::Code) }
}

pub(crate) fn parse_allowed(name: &str) -> Result<Code, String> {
    let code = parse_code(name)?;
    match code.level() {
        _ if code == Code::PlainTextSecret => {
            Err("to accept secrets in plain text with a warning, use --allow-plain-text-secrets"
                .to_owned())
        }
        Level::Fatal => Err("a file with this problem cannot be used".to_owned()),
        Level::Error | Level::Warning => Ok(code),
    }
}

fn parse_code(name: &str) -> Result<Code, String> {
    let names = Code::ALL.iter().map(|code| code.as_str());
    name.parse().map_err(|_| match closest(name, names) {
        Some(nearest) => format!("unknown code; did you mean {}?", quoted(&nearest)),
        None => "unknown code; `ocon explain` lists all codes".to_owned(),
    })
}
