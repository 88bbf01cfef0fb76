//! The steps for one document, once it is known which instance belongs to it.

use std::collections::BTreeSet;

use super::comparison::Comparison;
use super::matching::Match;
use super::{Action, BlockCode, Blocked, Cause, Change, Plan, PlanContext, Step, StoredValues};
use crate::desired::{DesiredInstance, Field, GrantNeed};
use crate::instance::{Key, RenderContext, Secret, Template};
use crate::observed::ObservedInstance;
use crate::ownership::{Applied, FingerprintScope, Ownership, OwnershipMark, ReservedTags};
use crate::untrusted::quoted;

/// A document and what its plan is made with.
#[derive(Clone, Copy)]
pub(super) struct Document<'a> {
    pub(super) key: &'a Key,
    pub(super) wanted: &'a DesiredInstance,
    pub(super) context: &'a PlanContext<'a>,
}

impl Document<'_> {
    /// Adds what has to be done for the document.
    pub(super) fn plan(&self, plan: &mut Plan, found: &Match<'_>) {
        match found {
            Match::Managed(found) => self.update(plan, found, None),
            Match::Moved(found, carried) => self.update(plan, found, Some(carried)),
            Match::Adopt(found, carried) => self.adopt(plan, found, carried.as_ref()),
            Match::Missing => self.create(plan),
            Match::Blocked(code, message) => self.block(plan, *code, message.clone()),
        }
    }

    /// What the document is called in the digests of its own mark.
    pub(super) fn subject(&self) -> FingerprintScope<'_> {
        FingerprintScope { project: &self.context.target.project, key: self.key }
    }

    fn mark(&self, applied: Applied) -> OwnershipMark {
        OwnershipMark {
            project: self.context.target.project.clone(),
            key: self.key.clone(),
            protect: self.wanted.lifecycle.protect,
            applied,
        }
    }

    fn step(&self, action: Action, cause: Cause, found: Option<&ObservedInstance>) -> Step {
        Step {
            key: self.key.clone(),
            at: Some(self.wanted.at.clone()),
            connector: self.wanted.connector.clone(),
            name: self.wanted.name.clone(),
            id: found.map(|found| found.id),
            action,
            cause,
            changes: Vec::new(),
            hides_stored: found.is_some_and(|found| self.hides(found)),
            unchanged: 0,
            tags: None,
            second_tags: None,
            webhook_url_at_provider: self.wanted.listens_at_provider(),
            basis: String::new(),
        }
    }

    /// Whether the stored values of the instance are not shown.
    fn hides(&self, found: &ObservedInstance) -> bool {
        match self.context.options.stored_values {
            StoredValues::Public => false,
            StoredValues::OfProject => {
                !matches!(found.marks.ownership(&self.context.target.project), Ownership::Ours(_))
            }
            StoredValues::None => true,
        }
    }

    fn block(&self, plan: &mut Plan, code: BlockCode, message: String) {
        let (key, at) = (self.key.clone(), self.wanted.at.clone());
        plan.blocked.push(Blocked { key, at, code, message });
    }

    fn create(&self, plan: &mut Plan) {
        if let Some(reason) = self.lacks_grant() {
            return self.block(plan, BlockCode::NeedsAuthorization, reason);
        }
        let unset = self.unset_secrets();
        if self.context.options.allow_unset && !unset.is_empty() {
            return self.block(plan, BlockCode::MissingVariable, missing("a create", &unset));
        }
        let tags = self.wanted.tags.clone().unwrap_or_default();
        let list = |applied| self.mark(applied).with(&ReservedTags::default(), tags.clone());
        let holds_id = self.remembered_fields().any(|(_, field)| field.value.refers_to_instance());
        let basis =
            self.context.basis(&self.wanted.as_written(), Action::Create, &serde_json::Value::Null);
        let changes = self.creation();
        self.note_hosts(plan, None, &changes);
        self.note_likely_grant(plan);
        plan.steps.push(Step {
            changes,
            tags: Some(list(self.digests(|_, field| field.value.render(&self.placeholder())))),
            second_tags: holds_id.then(|| list(self.digests(|_, it| it.value.render_unplaced()))),
            basis: basis.clone(),
            ..self.step(Action::Create, Cause::File, None)
        });
        if self.wanted.enabled == Some(false) {
            plan.steps.push(Step { basis, ..self.step(Action::Disable, Cause::File, None) });
        }
    }

    /// The digests of the document and of those of its secrets whose applied value is known.
    fn digests(&self, applied_value: impl Fn(&str, &Field) -> Option<Secret>) -> Applied {
        let fingerprints = self.context.fingerprints;
        let mut applied = fingerprints.begin(self.subject(), &self.wanted.as_written());
        for (key, field) in self.remembered_fields() {
            if let Some(value) = applied_value(key, field) {
                fingerprints.add(&mut applied, self.subject(), key, &value);
            }
        }
        applied
    }

    /// Where values are sent before the instance exists.
    pub(super) fn placeholder(&self) -> RenderContext<'_> {
        let base_url = &self.context.target.base_url;
        RenderContext { base_url, connector: &self.wanted.connector, id: None }
    }

    /// Why the platform could not authenticate at the provider, if it could not.
    fn lacks_grant(&self) -> Option<String> {
        let wanted = self.wanted;
        let grants = wanted.provider_data.values().flat_map(|grant| grant.value.templates());
        let written = wanted.configuration.values().filter(|field| field.platform_written);
        let written = written.flat_map(|field| field.value.templates());
        let unset = unset(grants.chain(written));
        if !unset.is_empty() {
            return Some(format!(
                "a create needs the authorization grant, and {} is not set: set it for this one run, or \
                 `ocon authorize {}`",
                unset.join(", "),
                self.key
            ));
        }
        (wanted.facts.grant_need == GrantNeed::Certain && !self.has_grant()).then(|| {
            format!(
                "it authenticates at {} by OAuth, and has no authorization grant: `ocon authorize {}`, or add \
                 `providerData: {{ code: \"${{{{ env.… }}}}\" }}`, or `externalAuthentication: initial` with a \
                 refresh token",
                quoted(&wanted.connector), self.key
            )
        })
    }

    /// Whether the document has anything that a create could authenticate with at the provider.
    pub(super) fn has_grant(&self) -> bool {
        !self.wanted.provider_data.is_empty() || self.wanted.external_authentication.is_some()
    }

    /// The secrets of compared fields that are not set.
    fn unset_secrets(&self) -> Vec<String> {
        let fields = self.wanted.configuration.values().filter(|field| !field.platform_written);
        unset(fields.flat_map(|field| field.value.templates()))
    }

    /// Everything that the document declares.
    fn creation(&self) -> Vec<Change> {
        let wanted = self.wanted;
        let name = Change::Name { before: None, after: wanted.name.clone() };
        let tags = wanted.tags.clone().map(|after| Change::Tags { before: None, after });
        let form = wanted.external_authentication.clone().map(Change::ExternalAuthentication);
        let configuration = wanted.configuration.iter().map(|(key, field)| Change::Configuration {
            key: key.clone(),
            before: None,
            after: field.clone(),
        });
        let grants = wanted.provider_data.iter().map(|(key, grant)| Change::ProviderData {
            key: key.clone(),
            after: grant.value.clone(),
        });
        std::iter::once(name).chain(tags).chain(form).chain(configuration).chain(grants).collect()
    }

    fn update(&self, plan: &mut Plan, found: &ObservedInstance, carried: Option<&Key>) {
        let comparison = self.compare(found, carried);
        let (action, cause) = if self.is_unfinished(found, &comparison) {
            (Action::Finish, Cause::Unfinished)
        } else {
            (Action::Update, comparison.cause(carried))
        };
        self.push_write(plan, found, action, cause, comparison);
    }

    /// `carried` is the document key of the instance in the project that it is taken from.
    fn adopt(&self, plan: &mut Plan, found: &ObservedInstance, carried: Option<&Key>) {
        let mut comparison = self.compare(found, None);
        comparison.changes.retain(|change| !matches!(change, Change::Mark { .. }));
        let before = carried.filter(|carried| *carried != self.key).cloned();
        comparison.changes.insert(0, Change::Mark { before, after: self.key.clone() });
        self.push_write(plan, found, Action::Adopt, Cause::Adoption, comparison);
    }

    /// Adds the PATCH, if there is anything to change, and what goes with it.
    fn push_write(
        &self,
        plan: &mut Plan,
        found: &ObservedInstance,
        action: Action,
        cause: Cause,
        comparison: Comparison,
    ) {
        if !comparison.lacking.is_empty() {
            let message = missing("the rotation", &comparison.lacking);
            return self.block(plan, BlockCode::MissingVariable, message);
        }
        self.note(plan, found, &comparison);
        let steps = plan.steps.len();
        if !comparison.changes.is_empty() {
            let tags = self.tag_list(found, &comparison);
            let observed = self.observation(found);
            let basis = self.context.basis(&self.wanted.as_written(), action, &observed);
            let Comparison { changes, unchanged, .. } = comparison;
            self.note_hosts(plan, Some(found), &changes);
            plan.steps.push(Step {
                changes,
                unchanged,
                tags,
                basis,
                ..self.step(action, cause, Some(found))
            });
        }
        self.switch(plan, found);
        if plan.steps.len() == steps {
            plan.untouched.unchanged += 1;
        }
    }

    /// The complete list of tags, where it is not the one that is stored: fingerprints go with
    /// every write that changes them.
    fn tag_list(
        &self,
        found: &ObservedInstance,
        comparison: &Comparison,
    ) -> Option<BTreeSet<String>> {
        let others = match &self.wanted.tags {
            Some(tags) if !self.ignores("tags") => tags.clone(),
            _ => found.tags.as_set().clone(),
        };
        let is_applied = |key: &str| comparison.applied.contains(key);
        let mut applied =
            self.digests(|key, it| it.value.render_unplaced().filter(|_| is_applied(key)));
        // What is neither verified nor written now is still what it was: a later run, with its
        // variable set, can tell whether it changed.
        let (fingerprints, memory) = (self.context.fingerprints, found.marks.applied());
        // Under another project or document key, the digests of this one were not compared.
        let owner = found.marks.owner();
        let was_compared = owner.is_none_or(|(project, key)| {
            project == self.context.target.project && key == *self.key
        });
        let kept = comparison.unverified.iter().chain(&comparison.unplanned);
        for key in kept.filter(|_| was_compared) {
            fingerprints.keep(&mut applied, &memory, self.subject(), key);
        }
        let list = self.mark(applied).with(&found.marks, others);
        let stored = found.marks.as_set().union(found.tags.as_set()).cloned().collect();
        (list != stored).then_some(list)
    }

    /// Switches the instance on or off, where the file says which and it is not.
    fn switch(&self, plan: &mut Plan, found: &ObservedInstance) {
        let action = match (self.wanted.enabled, found.disabled) {
            (Some(true), true) => Action::Enable,
            (Some(false), false) => Action::Disable,
            (Some(true), false) | (Some(false), true) | (None, _) => return,
        };
        let observed = serde_json::json!({ "disabled": found.disabled });
        let basis = self.context.basis(&self.wanted.as_written(), action, &observed);
        plan.steps.push(Step { basis, ..self.step(action, Cause::Unknown, Some(found)) });
    }
}

/// The unset references in templates, each once.
fn unset<'a>(templates: impl Iterator<Item = &'a Template>) -> Vec<String> {
    let references =
        templates.flat_map(Template::secrets).filter(|reference| reference.value.is_none());
    let sources: BTreeSet<String> =
        references.map(|reference| reference.source.to_string()).collect();
    sources.into_iter().collect()
}

fn missing(what: &str, unset: &[String]) -> String {
    format!("{what} needs {}, which is not set: set it where ocon runs", unset.join(", "))
}
