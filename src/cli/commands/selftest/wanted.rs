//! The secrets that are looked for.

use crate::desired::Desired;
use crate::instance::{Secret, SecretSource, Template};
use crate::scrub::SHORTEST;

/// Secrets by the names under which they are told.
#[derive(Default)]
pub(super) struct Wanted {
    secrets: Vec<(String, Secret)>,
    /// Variables that files refer to, with the values that every command gets.
    variables: Vec<(String, Secret)>,
}

impl Wanted {
    /// The secrets that the files refer to. A variable that is not set gets a value that occurs nowhere
    /// else.
    pub(super) fn new(desired: &Desired) -> Self {
        let mut wanted = Self::default();
        for document in desired.instances.values() {
            for field in document.configuration.values() {
                for template in field.value.templates() {
                    wanted.add_references(template);
                }
            }
            for grant in document.provider_data.values() {
                grant.value.templates().into_iter().for_each(|text| wanted.add_references(text));
            }
        }
        wanted
    }

    fn add_references(&mut self, template: &Template) {
        for reference in template.secrets() {
            let name = reference.source.to_string();
            if self.secrets.iter().any(|(known, _)| *known == name) {
                continue;
            }
            let value = match (&reference.source, reference.value.clone()) {
                (_, Some(value)) => value,
                (SecretSource::Env(_), None) => {
                    Secret::new(format!("made-up-{:032x}", fastrand::u128(..)))
                }
                (SecretSource::File(_) | SecretSource::Authorization, None) => continue,
            };
            if let SecretSource::Env(variable) = &reference.source {
                self.variables.push((variable.clone(), value.clone()));
            }
            self.secrets.push((name, value));
        }
    }

    /// Looks for another secret.
    pub(super) fn add(&mut self, name: &str, secret: Secret) {
        self.secrets.push((name.to_owned(), secret));
    }

    /// The variables that every command gets.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.expose()))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.secrets.len()
    }

    /// Those that are long enough to be told from ordinary text.
    pub(super) fn long_enough(&self) -> impl Iterator<Item = (&str, &Secret)> {
        let long =
            self.secrets.iter().filter(|(_, secret)| secret.expose().trim().len() >= SHORTEST);
        long.map(|(name, secret)| (name.as_str(), secret))
    }
}
