//! The secrets that a self-test searches for.

use crate::desired::Desired;
use crate::instance::{Secret, SecretSource, Template};
use crate::scrub::MIN_SECRET_LENGTH;

#[derive(Default)]
pub(super) struct SearchedSecrets {
    secrets: Vec<(String, Secret)>,
    /// The variables that files refer to, with their values for the commands.
    variables: Vec<(String, Secret)>,
}

impl SearchedSecrets {
    /// Collects the secrets that the files refer to. An unset variable gets a unique value.
    pub(super) fn new(desired: &Desired) -> Self {
        let mut searched = Self::default();
        for document in desired.instances.values() {
            for field in document.configuration.values() {
                for template in field.value.templates() {
                    searched.add_references(template);
                }
            }
            for grant in document.provider_data.values() {
                grant.value.templates().into_iter().for_each(|text| searched.add_references(text));
            }
        }
        searched
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

    pub(super) fn add(&mut self, name: &str, secret: Secret) {
        self.secrets.push((name.to_owned(), secret));
    }

    pub(super) fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.expose()))
    }

    pub(super) fn len(&self) -> usize {
        self.secrets.len()
    }

    /// The secrets that are long enough to be distinguished from ordinary text.
    pub(super) fn long_enough(&self) -> impl Iterator<Item = (&str, &Secret)> {
        let long = self
            .secrets
            .iter()
            .filter(|(_, secret)| secret.expose().trim().len() >= MIN_SECRET_LENGTH);
        long.map(|(name, secret)| (name.as_str(), secret))
    }
}
