//! ocon's own credentials: the user secret, the organization secret and the fingerprint key.

use std::path::Path;

use crate::cli::setup::environment::{
    Environment, FINGERPRINT_KEY, ORGANIZATION_SECRET, USER_SECRET,
};
use crate::cli::setup::global_args::GlobalArgs;
use crate::cli::terminal::{Exit, Failure, redaction};
use crate::instance::{Secret, is_unresolved, trimmed};
use crate::reader::FileScope;

/// The maximum size of a secret file, in bytes. A larger file holds something else.
const MAX_SECRET_BYTES: u64 = 64 * 1024;
/// The minimum length of a fingerprint key, that of `openssl rand -base64 24`: it cannot be guessed.
const MIN_FINGERPRINT_KEY_CHARS: usize = 32;

pub(crate) struct OwnCredential {
    pub(crate) name: &'static str,
    pub(crate) secret: Secret,
}

pub(crate) fn platform(globals: &GlobalArgs) -> Result<(Secret, Secret), Failure> {
    let user = user_secret(globals)?;
    let organization = organization_secret(globals)?;
    let missing = match (user, organization) {
        (Some(user), Some(organization)) => return Ok((user, organization)),
        (None, None) => format!("{USER_SECRET} and {ORGANIZATION_SECRET} are not set"),
        (None, Some(_)) => format!("{USER_SECRET} is not set"),
        (Some(_), None) => format!("{ORGANIZATION_SECRET} is not set"),
    };
    Err(Failure::new(Exit::Unreachable, missing)
        .hint("copy the user secret from My Profile and the organization secret from Security in the user interface")
        .hint("or give them as files: --user-secret-file, --organization-secret-file")
        .hint("or try ocon without a tenant: --sandbox"))
}

fn user_secret(globals: &GlobalArgs) -> Result<Option<Secret>, Failure> {
    secret(globals, globals.user_secret_file.as_deref(), USER_SECRET, "user secret")
}

fn organization_secret(globals: &GlobalArgs) -> Result<Option<Secret>, Failure> {
    let file = globals.organization_secret_file.as_deref();
    secret(globals, file, ORGANIZATION_SECRET, "organization secret")
}

fn secret(
    globals: &GlobalArgs,
    file: Option<&Path>,
    variable: &str,
    name: &str,
) -> Result<Option<Secret>, Failure> {
    if let Some(file) = file {
        return read_secret(&globals.root, file, name).map(Some);
    }
    let text = globals.environment.text(variable);
    Ok(text.filter(|text| !is_unresolved(variable, text)).map(Secret::new))
}

fn read_secret(root: &Path, file: &Path, name: &str) -> Result<Secret, Failure> {
    let unreadable = |reason: &dyn std::fmt::Display| {
        let error = format!("the {name} cannot be read from {}", file.display());
        Failure::new(Exit::Unreachable, error).caused_by(reason)
    };
    let text = FileScope::of(root, file).read_text(&root.join(file), MAX_SECRET_BYTES);
    match trimmed(&text.map_err(|refusal| unreadable(&refusal))?) {
        "" => Err(unreadable(&"the file is empty")),
        secret => {
            let secret = Secret::new(secret.to_owned());
            redaction::register([&secret]);
            Ok(secret)
        }
    }
}

/// Returns the credentials that no file may send. Unreadable ones are reported where they are needed.
pub(crate) fn own(globals: &GlobalArgs) -> Vec<OwnCredential> {
    let credentials = [
        ("user secret", user_secret(globals).unwrap_or_default()),
        ("organization secret", organization_secret(globals).unwrap_or_default()),
        ("fingerprint key", globals.environment.text(FINGERPRINT_KEY).map(Secret::new)),
    ];
    let own = credentials.into_iter();
    own.filter_map(|(name, secret)| Some(OwnCredential { name, secret: secret? })).collect()
}

pub(crate) fn fingerprint_key(environment: &Environment) -> Result<Option<Secret>, Failure> {
    let Some(raw) = environment.raw(FINGERPRINT_KEY) else {
        return Ok(None);
    };
    let problem = match raw.to_str().map(trimmed) {
        None => "is not valid UTF-8",
        Some("") => return Ok(None),
        Some(text) if text.chars().any(char::is_control) => {
            "contains a line break or another control character"
        }
        Some(text) if text.chars().count() < MIN_FINGERPRINT_KEY_CHARS => "is too short",
        Some(text) => return Ok(Some(Secret::new(text))),
    };
    Err(Failure::new(Exit::Usage, format!("{FINGERPRINT_KEY} {problem}"))
        .hint(format!("use at least {MIN_FINGERPRINT_KEY_CHARS} characters on one line"))
        .hint("create one with: openssl rand -base64 32"))
}
