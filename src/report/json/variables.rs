//! The document of the secrets and public variables that the files read.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::desired::{Desired, SecretUse, VariableUse, environment_variable};
use crate::instance::{Key, Span};

/// The secrets and public variables that the files read. It never contains a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "ocon variables")]
pub struct VariablesDocument {
    /// Always `ocon-variables`.
    #[schemars(extend("const" = "ocon-variables"))]
    pub format: String,
    /// Version of this format: 1.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// Whether other documents are left out.
    pub partial: bool,
    /// Numbers of the entries.
    pub summary: VariablesSummary,
    /// The patterns for `OCON_ENV_ALLOW` that all documents together need, separated by commas.
    pub env_allow: String,
    /// The secrets, in the order of their sources.
    pub secrets: Vec<UsedSecret>,
    /// The public variables, in the order of their names. A document that reads a variable without a value
    /// is invalid.
    pub variables: Vec<PublicVariable>,
}

/// Numbers of the secrets and public variables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VariablesSummary {
    /// The number of secrets.
    pub secrets: usize,
    /// The number of secrets that are not set.
    pub unset: usize,
    /// The number of public variables.
    pub variables: usize,
}

/// A secret that documents read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UsedSecret {
    /// The source: `env.NAME` for an environment variable, or `file.PATH` for a file in the secrets folder.
    pub source: String,
    /// The name of the environment variable. Null for a file.
    pub variable: Option<String>,
    /// Whether it is set where ocon runs.
    pub set: bool,
    /// Whether only a create or a new authentication needs it.
    pub only_for_create: bool,
    /// The fields that read it.
    pub places: Vec<VariablePlace>,
}

/// A public variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublicVariable {
    /// The name, as in `${{ var.NAME }}`.
    pub name: String,
    /// The place of its value: `ocon.yaml`, a variable file, or `--var`.
    pub value_from: String,
    /// The references to it. Empty if no document reads it.
    pub places: Vec<VariablePlace>,
}

/// A place in a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VariablePlace {
    /// The document key.
    pub key: String,
    /// The file, relative to the root.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

impl VariablesDocument {
    /// Creates the document for the selected document keys, or for all. `values` has the place of the
    /// value of each public variable.
    pub fn new(
        desired: &Desired,
        uses: &[VariableUse],
        values: &BTreeMap<String, String>,
        selected: Option<&BTreeSet<Key>>,
    ) -> Self {
        let is_selected = |key: &Key| selected.is_none_or(|selected| selected.contains(key));
        let mut secrets: Vec<_> = desired.secret_uses();
        secrets.retain(|it| is_selected(it.key));
        let secrets = used_secrets(&secrets);
        let uses = uses.iter().filter(|it| is_selected(&it.key));
        let variables = public_variables(uses, values, selected.is_some());
        Self {
            format: "ocon-variables".to_owned(),
            version: 1,
            partial: selected.is_some(),
            summary: VariablesSummary {
                secrets: secrets.len(),
                unset: secrets.iter().filter(|secret| !secret.set).count(),
                variables: variables.len(),
            },
            env_allow: desired.variable_patterns().join(","),
            secrets,
            variables,
        }
    }
}

fn used_secrets(uses: &[SecretUse<'_>]) -> Vec<UsedSecret> {
    let mut secrets = BTreeMap::new();
    for it in uses {
        let secret = secrets.entry(it.source).or_insert_with(|| UsedSecret {
            source: it.source.to_string(),
            variable: environment_variable(it.source).map(str::to_owned),
            set: it.is_set,
            only_for_create: true,
            places: Vec::new(),
        });
        secret.only_for_create &= it.is_for_create;
        add_place(&mut secret.places, it.key, it.at);
    }
    secrets.into_values().collect()
}

fn public_variables<'a>(
    uses: impl Iterator<Item = &'a VariableUse>,
    values: &BTreeMap<String, String>,
    only_used: bool,
) -> Vec<PublicVariable> {
    let variable = |(name, value_from): (&String, &String)| PublicVariable {
        name: name.clone(),
        value_from: value_from.clone(),
        places: Vec::new(),
    };
    let mut variables: Vec<PublicVariable> = values.iter().map(variable).collect();
    for it in uses {
        if let Ok(at) = variables.binary_search_by(|variable| variable.name.cmp(&it.name))
            && let Some(variable) = variables.get_mut(at)
        {
            add_place(&mut variable.places, &it.key, &it.at);
        }
    }
    variables.retain(|variable| !only_used || !variable.places.is_empty());
    variables
}

/// Adds a place unless it is the last one: a line can contain a reference twice.
fn add_place(places: &mut Vec<VariablePlace>, key: &Key, at: &Span) {
    let place = VariablePlace { key: key.to_string(), file: at.file.to_string(), line: at.line };
    if places.last() != Some(&place) {
        places.push(place);
    }
}
