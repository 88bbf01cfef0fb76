//! Refuses secrets that are part of a reserved word.
//!
//! ocon hides a secret wherever its value occurs. Readers and programs interpret a plan by its diagnostic
//! codes, the words of its JSON documents, hosts and the base URL. If ocon had to hide a part of these, the
//! plan would no longer show what it does.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::cli::setup::global_args::GlobalArgs;
use crate::cli::terminal::{Exit, Failure, redaction};
use crate::desired::Desired;
use crate::instance::{Project, Secret, SecretSource};
use crate::plan::declared_hosts;
use crate::report::explanation;
use crate::report::json::{self, FailureDocument, PlanDocument, ResultDocument, StatusDocument};
use crate::scrub::Scrubber;

/// Fails if a secret is part of a reserved word, which it does not name: it would reveal the secret.
pub(crate) fn refuse_secrets(
    globals: &GlobalArgs,
    desired: &Desired,
    project: &Project,
) -> Result<(), Failure> {
    if desired.values_of_references().next().is_none() {
        return Ok(());
    }
    let mut words = reserved_words(globals, project);
    for host in declared_hosts(desired) {
        words.push_str(&format!("\n{host}"));
    }
    let sources = sources_hidden_in(&words, desired);
    let Some(first) = sources.first() else { return Ok(()) };
    let names = sources.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let verb = if sources.len() == 1 { "is" } else { "are" };
    let error = format!(
        "the value of {names} {verb} part of a diagnostic code, of a word in ocon's JSON documents, of a host, of \
         the project or of the base URL, and ocon would have to hide it there"
    );
    let variable = match first {
        SecretSource::Env(name) => name.to_lowercase(),
        SecretSource::File(_) | SecretSource::Authorization => "name".to_owned(),
    };
    Err(Failure::new(Exit::Invalid, error)
        .hint("nothing was contacted. Change the value of the secret")
        .hint(format!("if it is not secret, use a variable: ${{{{ var.{variable} }}}}")))
}

fn sources_hidden_in<'d>(text: &str, desired: &'d Desired) -> BTreeSet<&'d SecretSource> {
    if redaction::scrub(text) == text {
        return BTreeSet::new();
    }
    let is_hidden = |secret: &Secret| {
        let mut scrubber = Scrubber::default();
        scrubber.register(secret);
        scrubber.scrub(text) != text
    };
    let references = desired.values_of_references();
    references.filter(|(_, value)| is_hidden(value)).map(|(source, _)| source).collect()
}

fn reserved_words(globals: &GlobalArgs, project: &Project) -> String {
    let setting =
        |option: &Option<String>, name| option.clone().or_else(|| globals.environment.text(name));
    let codes = explanation::all().into_iter().map(|explanation| explanation.code.to_owned());
    let schemas = [
        json::schema::<FailureDocument>(),
        json::schema::<PlanDocument>(),
        json::schema::<ResultDocument>(),
        json::schema::<StatusDocument>(),
    ];
    let schemas = schemas.iter().filter_map(|schema| serde_json::from_str(schema).ok());
    let members = schemas.flat_map(|schema| members(&schema));
    let target = [
        setting(&globals.base_url, "OCON_BASE_URL"),
        setting(&globals.region, "OCON_REGION"),
        Some(project.to_string()),
    ];
    let words: BTreeSet<String> =
        codes.chain(members).chain(target.into_iter().flatten()).collect();
    words.into_iter().collect::<Vec<_>>().join("\n")
}

/// The names of members in a schema, and its constants.
fn members(schema: &Value) -> Vec<String> {
    match schema {
        Value::Object(members) => {
            let names = members.get("properties").and_then(Value::as_object).into_iter().flatten();
            let names = names.map(|(name, _)| name.clone());
            let one = members.get("const").into_iter();
            let several = members.get("enum").and_then(Value::as_array).into_iter().flatten();
            let words = one.chain(several).filter_map(Value::as_str).map(ToOwned::to_owned);
            names.chain(words).chain(members.values().flat_map(self::members)).collect()
        }
        Value::Array(items) => items.iter().flat_map(members).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}
