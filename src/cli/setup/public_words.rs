//! Words that no secret may be a part of.
//!
//! ocon hides a secret wherever its value occurs. Diagnostic codes, the words of its documents, hosts
//! and the address of the platform decide what a reader and a program take a plan for. If ocon had to hide a
//! part of them, a plan would no longer say what it does, so it is not made.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::cli::setup::arguments::Globals;
use crate::cli::setup::environment::Environment;
use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::redaction;
use crate::desired::Desired;
use crate::instance::{Project, SecretSource};
use crate::plan::declared_hosts;
use crate::report::explanation;
use crate::report::json::{self, PlanDocument, ResultDocument, StatusDocument};

/// Ends a command if the value of a reference is a part of such a word. The word is not named: whoever
/// wrote the reference would learn the value.
pub(crate) fn refuse_secrets(
    globals: &Globals,
    environment: &Environment,
    desired: &Desired,
    project: &Project,
) -> Result<(), Failure> {
    if desired.values_of_references().next().is_none() {
        return Ok(());
    }
    let mut words = words(globals, environment, project);
    for host in declared_hosts(desired) {
        words.push_str(&format!("\n{host}"));
    }
    let sources = redaction::hidden_in(desired, &words);
    let Some(first) = sources.first() else { return Ok(()) };
    let names = sources.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let verb = if sources.len() == 1 { "is" } else { "are" };
    let sentence = format!(
        "the value of {names} {verb} a part of a diagnostic code, of a word of ocon's documents, of a host, of the \
         project or of the address of the platform, and ocon would have to hide it there"
    );
    let public = match first {
        SecretSource::Env(name) => name.to_lowercase(),
        SecretSource::File(_) | SecretSource::Authorization => "name".to_owned(),
    };
    Err(Failure::new(Exit::Invalid, sentence)
        .hint("nothing was contacted. Give the secret another value")
        .hint(format!("what is no secret belongs in a variable: ${{{{ var.{public} }}}}")))
}

/// The words, one per line.
fn words(globals: &Globals, environment: &Environment, project: &Project) -> String {
    let setting = |flag: &Option<String>, name| flag.clone().or_else(|| environment.text(name));
    let codes = explanation::all().into_iter().map(|explanation| explanation.code.to_owned());
    let schemas = [
        json::schema::<PlanDocument>(),
        json::schema::<ResultDocument>(),
        json::schema::<StatusDocument>(),
    ];
    let schemas = schemas.iter().filter_map(|schema| serde_json::from_str(schema).ok());
    let documents = schemas.flat_map(|schema| members(&schema));
    let target = [
        setting(&globals.base_url, "OCON_BASE_URL"),
        setting(&globals.region, "OCON_REGION"),
        Some(project.to_string()),
    ];
    let words: BTreeSet<String> =
        codes.chain(documents).chain(target.into_iter().flatten()).collect();
    words.into_iter().collect::<Vec<_>>().join("\n")
}

/// The names of members that a schema has, and the words that it takes for some of them.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_enums_and_constants_are_words() {
        let schema = serde_json::from_str(&json::schema::<PlanDocument>()).unwrap();
        let words = members(&schema);
        for word in ["unfinished", "rotate", "ocon-plan", "known_after_create"] {
            assert!(words.iter().any(|known| known == word), "{word}");
        }
    }
}
