//! The diagnostics of references.

use super::syntax::{
    Allowed, INSTANCE_PROPERTIES, MAX_NAME_CHARS, Source, is_environment_variable_name,
};
use crate::catalog::closest;
use crate::desired::{Code, Diagnostic, TextRange};
use crate::instance::{SecretSource, trimmed};
use crate::safe_text::quoted;

pub(super) fn no_source(inside: &str, at: TextRange) -> Diagnostic {
    let message = "this reference does not name the source of the value";
    let diagnostic = Diagnostic::new(Code::UnknownReference, at, message);
    // The text between the braces may be the secret itself.
    let looks_like_a_variable =
        inside.contains('_') && !inside.contains(|c: char| c.is_ascii_lowercase());
    let is_short = inside.chars().count() <= MAX_NAME_CHARS;
    if is_short && is_environment_variable_name(inside) && looks_like_a_variable {
        let help = format!("for the environment variable, write `${{{{ env.{inside} }}}}`");
        return diagnostic.help(help);
    }
    let sources =
        "`${{ env.NAME }}`, `${{ file.PATH }}`, `${{ var.NAME }}` or `${{ instance.id }}`";
    diagnostic.help(format!("write {sources}"))
}

pub(super) fn unknown_source(source: &str, at: TextRange) -> Diagnostic {
    let nearest = closest(source, Source::ALL.into_iter().map(|(name, _)| name));
    // Text that does not resemble a source may be a secret between the braces.
    let message = match nearest {
        Some(_) => format!("{} is not a source of values", quoted(&source)),
        None => "the text before the dot is not a source of values".to_owned(),
    };
    let diagnostic = Diagnostic::new(Code::UnknownReference, at, message)
        .suggest(nearest)
        .help("use one of the sources `env`, `file`, `var` and `instance`");
    let of_ci =
        "a secret of the CI system is an environment variable of its job: `${{ env.NAME }}`";
    if nearest.is_none() { diagnostic.help(of_ci) } else { diagnostic }
}

pub(super) fn not_allowed(inside: &str, allowed: Allowed, at: TextRange) -> Diagnostic {
    let help = match allowed {
        Allowed::Nothing => "write the name itself: no reference is allowed here",
        Allowed::Public => {
            "use a `var` reference: this text is shown, so it cannot contain a secret"
        }
        Allowed::Secrets | Allowed::All => {
            "use `instance` references only in `configuration`: this value is sent before the instance exists"
        }
    };
    let message = format!("the reference {} is not allowed here", quoted(&inside));
    Diagnostic::new(Code::ReferenceNotAllowed, at, message).help(help)
}

pub(super) fn unclosed(at: TextRange) -> Diagnostic {
    Diagnostic::new(Code::UnclosedReference, at, "this reference is not closed")
        .label("opened here")
        .help("close it with `}}`, or write `$${{` for the characters themselves")
}

pub(super) fn unknown_variable(name: &str, nearest: Option<&str>, at: TextRange) -> Diagnostic {
    let message = format!("no `vars:` entry has the name {}", quoted(&name));
    Diagnostic::new(Code::UnknownReference, at, message)
        .suggest(nearest)
        .help("declare it under `vars:` in ocon.yaml, or set it with `--var` or `--var-file`")
}

pub(super) fn unknown_instance_property(name: &str, at: TextRange) -> Diagnostic {
    let message = format!("an instance has no property {}", quoted(&name));
    Diagnostic::new(Code::UnknownReference, at, message)
        .suggest(closest(name, INSTANCE_PROPERTIES.into_iter()))
        .help("use `instance.id`, `instance.id_base64` or `instance.webhook_url`")
}

pub(super) fn no_webhook_url(at: TextRange) -> Diagnostic {
    let message =
        "the platform generates the webhook URL of this connector, so ocon does not know it";
    Diagnostic::new(Code::NoWebhookUrl, at, message)
        .help("write the URL of your application, or remove the line")
        .help(
            "if your tenant has another form of the URL, set `x-ocon-webhook-url-form` in the schema of the connector",
        )
}

pub(super) fn expansion_limit(name: &str, at: TextRange) -> Diagnostic {
    let message =
        format!("the variables in this file, up to {}, add more than 1 MiB", quoted(&name));
    Diagnostic::new(Code::ExpansionLimit, at, message)
        .help("use a shorter variable, or refer to it less often")
}

pub(super) fn long_name(at: TextRange) -> Diagnostic {
    let message = format!("the name in this reference has more than {MAX_NAME_CHARS} characters");
    Diagnostic::new(Code::InvalidName, at, message).help("give the variable a shorter name")
}

pub(super) fn invalid_variable_name(at: TextRange) -> Diagnostic {
    Diagnostic::new(Code::InvalidName, at, "this is not a valid name for an environment variable")
        .help("use letters, digits and `_`, and begin with a letter or `_`")
}

/// A warning if a copy or a script left something around the value of a variable. The message never
/// contains the value.
pub(super) fn odd_secret(name: &str, value: &str, at: TextRange) -> Option<Diagnostic> {
    let without_mark = value.strip_prefix('\u{feff}');
    let is_in =
        |quote: char| trimmed(value).strip_prefix(quote).is_some_and(|rest| rest.ends_with(quote));
    let is_break = |c: Option<char>| c.is_some_and(|c| c == '\n' || c == '\r');
    let is_blank = |c: Option<char>| c.is_some_and(char::is_whitespace);
    let text = without_mark.unwrap_or(value);
    let (first, last) = (text.chars().next(), text.chars().next_back());
    let odd = [
        (without_mark.is_some(), "begins with a byte-order mark"),
        (is_break(first), "begins with a line break"),
        (is_blank(first) && !is_break(first), "begins with whitespace"),
        (is_break(last), "ends with a line break"),
        (is_blank(last) && !is_break(last), "ends with whitespace"),
        (last == Some('\u{feff}'), "ends with a byte-order mark"),
        (is_in('"') || is_in('\''), "is in quotes"),
    ];
    let odd: Vec<_> = odd.into_iter().filter_map(|(is, what)| is.then_some(what)).collect();
    let (last, others) = odd.split_last()?;
    let others = if others.is_empty() { String::new() } else { others.join(", ") + " and " };
    let message = format!("the value of {} {others}{last}", quoted(&name));
    let help = "set the variable to the exact secret: ocon sends the value byte for byte";
    Some(Diagnostic::new(Code::OddSecret, at, message).help(help))
}

pub(super) fn refused(
    source: &SecretSource,
    message: String,
    help: String,
    at: TextRange,
) -> Diagnostic {
    let code = match source {
        SecretSource::Env(_) => Code::RefusedVariable,
        SecretSource::File(_) | SecretSource::Authorization => Code::RefusedFile,
    };
    Diagnostic::new(code, at, message).help(help)
}
