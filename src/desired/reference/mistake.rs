//! What can be wrong with a reference, in words.

use super::{Allowed, MAX_NAME, is_variable_name};
use crate::catalog::closest;
use crate::desired::Code;
use crate::desired::text::{Finding, Mark};
use crate::instance::{SecretSource, trimmed};
use crate::untrusted::quoted;

const SOURCES: [&str; 4] = ["env", "file", "instance", "var"];
const OWN: [&str; 3] = ["id", "id_base64", "webhook_url"];

pub(super) fn no_source(inside: &str, at: Mark) -> Finding {
    let finding = Finding::new(
        Code::UnknownReference,
        at,
        "this reference does not say where the value comes from",
    );
    // What was pasted between the braces may be the secret itself.
    let looks_like_a_variable =
        inside.contains('_') && !inside.contains(|c: char| c.is_ascii_lowercase());
    let is_short = inside.chars().count() <= MAX_NAME;
    if is_short && is_variable_name(inside) && looks_like_a_variable {
        return finding
            .help(format!("for the environment variable write `${{{{ env.{inside} }}}}`"));
    }
    finding.help(
        "write `${{ env.NAME }}`, `${{ file.PATH }}`, `${{ var.NAME }}` or `${{ instance.id }}`",
    )
}

pub(super) fn unknown_source(source: &str, at: Mark) -> Finding {
    let nearest = closest(source, SOURCES.into_iter());
    // What is not much like a source may be a secret that was pasted between the braces.
    let message = match nearest {
        Some(_) => format!("{source} is not a source of values", source = quoted(&source)),
        None => "what stands before the dot is not a source of values".to_owned(),
    };
    Finding::new(Code::UnknownReference, at, message)
        .suggest(nearest)
        .help("there are `env`, `file`, `var` and `instance`")
}

pub(super) fn not_allowed(inside: &str, allowed: Allowed, at: Mark) -> Finding {
    let rule = match allowed {
        Allowed::Nothing => "no reference can stand here: write the name itself",
        Allowed::Public => "only `var` references can stand here, since this text is shown",
        Allowed::Secrets | Allowed::All => {
            "`instance` references can stand in `configuration` only: this is sent before the instance exists"
        }
    };
    Finding::new(
        Code::ReferenceNotAllowed,
        at,
        format!("the reference {inside} cannot be used here", inside = quoted(&inside)),
    )
    .help(rule)
}

pub(super) fn unclosed(at: Mark) -> Finding {
    Finding::new(Code::UnclosedReference, at, "this reference is not closed")
        .label("opened here")
        .help("close it with `}}`; for the characters themselves write `$${{`")
}

pub(super) fn unknown_variable(name: &str, nearest: Option<&str>, at: Mark) -> Finding {
    let message = format!("there is no variable {name}", name = quoted(&name));
    Finding::new(Code::UnknownReference, at, message)
        .suggest(nearest)
        .help("declare it under `vars:` in ocon.yaml, or give it with `--var` or `--var-file`")
}

pub(super) fn unknown_own(name: &str, at: Mark) -> Finding {
    let message = format!("an instance has no {name}", name = quoted(&name));
    Finding::new(Code::UnknownReference, at, message)
        .suggest(closest(name, OWN.into_iter()))
        .help("there are `instance.id`, `instance.id_base64` and `instance.webhook_url`")
}

pub(super) fn expansion_limit(name: &str, at: Mark) -> Finding {
    let message = format!(
        "the variables in this file have more than 1 MiB up to {name}",
        name = quoted(&name)
    );
    Finding::new(Code::ExpansionLimit, at, message)
        .help("use a shorter variable, or refer to it less often")
}

pub(super) fn long_name(at: Mark) -> Finding {
    let message = format!("the name in this reference has more than {MAX_NAME} characters");
    Finding::new(Code::InvalidName, at, message).help("give the variable a shorter name")
}

pub(super) fn no_variable_name(at: Mark) -> Finding {
    Finding::new(Code::InvalidName, at, "this is not the name of an environment variable")
        .help("use letters, digits and `_`, beginning with a letter or `_`")
}

/// What a copy or a script left around the value of a variable, if anything. The value itself is
/// never told.
pub(super) fn odd_secret(name: &str, value: &str, at: Mark) -> Option<Finding> {
    let unmarked = value.strip_prefix('\u{feff}');
    let ends = |quote: char| {
        let inside = trimmed(value).strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        inside.is_some()
    };
    let breaks = |c: Option<char>| c.is_some_and(|c| c == '\n' || c == '\r');
    let blank = |c: Option<char>| c.is_some_and(char::is_whitespace);
    let text = unmarked.unwrap_or(value);
    let (first, last) = (text.chars().next(), text.chars().next_back());
    let odd = [
        (unmarked.is_some(), "begins with a byte-order mark"),
        (breaks(first), "begins with a line break"),
        (blank(first) && !breaks(first), "begins with a blank"),
        (breaks(last), "ends with a line break"),
        (blank(last) && !breaks(last), "ends with a blank"),
        (last == Some('\u{feff}'), "ends with a byte-order mark"),
        (ends('"') || ends('\''), "is in quotes"),
    ];
    let odd: Vec<_> = odd.into_iter().filter_map(|(is, what)| is.then_some(what)).collect();
    let (last, others) = odd.split_last()?;
    let what = if others.is_empty() {
        (*last).to_owned()
    } else {
        format!("{} and {last}", others.join(", "))
    };
    let message = format!("the value of {name} {what}", name = quoted(&name));
    let help = "ocon sends the value byte for byte: set the variable again without that";
    Some(Finding::new(Code::OddSecret, at, message).help(help))
}

pub(super) fn refused(source: &SecretSource, message: String, help: String, at: Mark) -> Finding {
    let code = match source {
        SecretSource::Env(_) => Code::RefusedVariable,
        SecretSource::File(_) | SecretSource::Authorization => Code::RefusedFile,
    };
    Finding::new(code, at, message).help(help)
}
