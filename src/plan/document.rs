//! A document and the inputs of its plan.

use super::PlanContext;
use crate::desired::{DeclaredValue, DesiredInstance};
use crate::instance::{EventSettings, InstanceId, Key, RenderContext, Secrecy, ValueComparison};
use crate::observed::ObservedInstance;
use crate::ownership::FingerprintScope;

pub(super) struct Document<'a> {
    pub(super) key: &'a Key,
    pub(super) wanted: &'a DesiredInstance,
    pub(super) context: &'a PlanContext<'a>,
    /// The canonical text of the document without its secrets.
    pub(super) as_written: String,
}

impl<'a> Document<'a> {
    pub(super) fn new(
        key: &'a Key,
        wanted: &'a DesiredInstance,
        context: &'a PlanContext<'a>,
    ) -> Self {
        Self { key, wanted, context, as_written: wanted.canonical_json() }
    }

    /// The owner in the digests of the document.
    pub(super) fn scope(&self) -> FingerprintScope<'a> {
        FingerprintScope { project: &self.context.target.project, key: self.key }
    }

    /// The context of values. Without an ID it gives the placeholders that a create sends.
    pub(super) fn render_context(&self, id: Option<InstanceId>) -> RenderContext<'a> {
        let base_url = &self.context.target.base_url;
        RenderContext { base_url, connector: &self.wanted.connector, id }
    }

    /// The settings that decide how events arrive: the declared ones, and else those of the instance.
    pub(super) fn event_settings(&self, found: Option<&ObservedInstance>) -> EventSettings {
        let declared = self.wanted.event_settings();
        found.map_or(declared, |found| declared.or_stored(|key| found.text(key)))
    }

    pub(super) fn ignores(&self, path: &str) -> bool {
        self.wanted.lifecycle.ignore.iter().any(|ignore| ignore.path == path)
    }

    fn ignores_configuration(&self, key: &str) -> bool {
        self.ignores(&format!("configuration.{key}"))
    }

    /// Whether the document has an authorization grant for a create.
    pub(super) fn has_grant(&self) -> bool {
        !self.wanted.provider_data.is_empty() || self.wanted.external_authentication.is_some()
    }

    /// The declared configuration that the platform does not overwrite.
    pub(super) fn managed_fields(&self) -> impl Iterator<Item = (&'a String, &'a DeclaredValue)> {
        self.wanted.configuration.iter().filter(|(_, field)| !field.platform_written)
    }

    /// The managed fields that are compared. An ignored one is compared only if it still holds the
    /// placeholder of an incomplete create, because the create includes ignored values.
    pub(super) fn compared_fields(
        &self,
        found: &ObservedInstance,
    ) -> impl Iterator<Item = (&'a String, &'a DeclaredValue)> {
        self.managed_fields().filter(|(key, field)| {
            !self.ignores_configuration(key) || self.holds_placeholder(key, field, found)
        })
    }

    fn holds_placeholder(
        &self,
        key: &str,
        field: &DeclaredValue,
        found: &ObservedInstance,
    ) -> bool {
        let compare =
            |id| field.value.compare(key, found.configuration(key), &self.render_context(id));
        field.value.refers_to_instance()
            && compare(None) == ValueComparison::Same
            && compare(Some(found.id)) == ValueComparison::Different
    }

    /// The fields whose values have a digest in the ownership mark.
    pub(super) fn digested_fields(&self) -> impl Iterator<Item = (&'a String, &'a DeclaredValue)> {
        self.managed_fields().filter(|(key, field)| {
            field.secrecy == Secrecy::Secret && !self.ignores_configuration(key)
        })
    }
}
