//! Which instance really belongs to which document: the model saw every move. A plan only sees the
//! two ends, so it is judged by what it can know.

use std::collections::{BTreeMap, BTreeSet};

use ocon::desired::DesiredInstance;
use ocon::instance::{InstanceId, Key, Project, Record};
use ocon::ownership::{self, Ownership, ReservedTags};
use ocon::plan::{Action, BlockCode, Plan, Step};

use crate::world::World;

type Records = BTreeMap<InstanceId, Record>;

/// What happened to the instances so far.
#[derive(Default)]
pub(crate) struct Lineage {
    /// The document, wherever it is now, that each instance was last applied to.
    documents: BTreeMap<InstanceId, usize>,
    /// The document that was applied with these fingerprints, under which fingerprint key.
    applied: BTreeMap<Memory, (String, &'static str)>,
}

/// Project, document key and fingerprints of an instance.
type Memory = (Project, Key, String);

impl Lineage {
    /// Notes what a run left behind.
    pub(crate) fn learn(&mut self, world: &World, identities: &BTreeMap<usize, Key>) {
        let documents: BTreeMap<&Key, usize> =
            identities.iter().map(|(identity, key)| (key, *identity)).collect();
        for (id, record) in world.remote.records() {
            let marks = marks(&record);
            let Ownership::Ours(key) = marks.ownership(&project(world.project)) else { continue };
            let Some(wanted) = world.desired.instances.get(&key) else { continue };
            self.documents.insert(id, documents[&key]);
            if let Some(memory) = memory(&marks) {
                let applied = || (wanted.as_written(), world.fingerprint_key);
                self.applied.entry(memory).or_insert_with(applied);
            }
        }
    }
}

fn marks(record: &Record) -> ReservedTags {
    ownership::split(record.tags.clone()).0
}

fn memory(marks: &ReservedTags) -> Option<Memory> {
    let (project, key) = marks.owner()?;
    let mut tags = marks.as_set().iter().filter(|tag| tag.starts_with("ocon:applied="));
    let tag = tags.next().filter(|tag| tag.starts_with("ocon:applied=v1."))?;
    tags.next().is_none().then(|| (project.clone(), key.clone(), tag.clone()))
}

fn project(name: &str) -> Project {
    name.parse().unwrap()
}

/// Why an instance may be a document's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Evidence {
    /// It was last applied from exactly this document.
    content: bool,
    name: bool,
    /// How many segments at the end of both document keys are the same.
    end: usize,
}

/// What a plan is judged with.
pub(crate) struct Judge<'a> {
    pub(crate) world: &'a World,
    pub(crate) lineage: &'a Lineage,
    /// The documents by identity.
    pub(crate) identities: BTreeMap<usize, Key>,
    pub(crate) before: &'a Records,
    /// The plan for all documents.
    pub(crate) full: &'a Plan,
}

impl Judge<'_> {
    pub(crate) fn of_a_plan(&self, plan: &Plan) {
        for step in &plan.steps {
            match (step.action, step.id) {
                (Action::Create, _) => self.creates_nothing_that_exists(step),
                (Action::Delete, Some(id)) => self.deletes_what_lost_its_document(plan, id),
                (_, Some(id)) => self.is_entitled(plan, &step.key, id),
                (_, None) => {}
            }
        }
        self.gives_each_instance_once();
        self.follows_clear_moves();
    }

    /// The document key that an instance carries in this project, or in the one that is taken from.
    fn carried(&self, id: InstanceId) -> Option<Key> {
        let marks = marks(&self.before[&id]);
        let taken = self.world.options.take_from.clone();
        let mut projects = std::iter::once(project(self.world.project)).chain(taken);
        projects.find_map(|project| match marks.ownership(&project) {
            Ownership::Ours(key) => Some(key),
            _ => None,
        })
    }

    fn is_carried(&self, key: &Key) -> bool {
        self.before.keys().any(|id| self.carried(*id).as_ref() == Some(key))
    }

    fn wanted(&self, key: &Key) -> &DesiredInstance {
        &self.world.desired.instances[key]
    }

    /// The instances that no document claims by its key or by `id:`.
    fn orphans(&self) -> Vec<(InstanceId, Key)> {
        let documents = &self.world.desired.instances;
        let named: BTreeSet<_> =
            documents.values().filter_map(|wanted| Some(wanted.adopt.as_ref()?.id)).collect();
        let carried = |id: &InstanceId| Some((*id, self.carried(*id)?));
        let orphans = self.before.keys().filter_map(carried);
        orphans.filter(|(id, key)| !documents.contains_key(key) && !named.contains(id)).collect()
    }

    fn evidence(&self, key: &Key, id: InstanceId) -> Option<Evidence> {
        let (wanted, record) = (self.wanted(key), &self.before[&id]);
        let carried = self.carried(id)?;
        let applied = memory(&marks(record)).and_then(|it| self.lineage.applied.get(&it));
        let evidence = Evidence {
            content: applied == Some(&(wanted.as_written(), self.world.fingerprint_key)),
            name: wanted.name == record.name,
            end: common_end(key, &carried),
        };
        let is_some =
            record.connector == wanted.connector.as_str() && (evidence.content || evidence.name);
        is_some.then_some(evidence)
    }

    /// No instance is created while one like it is there, or one that the document may continue.
    fn creates_nothing_that_exists(&self, step: &Step) {
        let wanted = self.wanted(&step.key);
        let may_double = self.world.options.allow_duplicates.contains(&step.key);
        for (id, record) in self.before {
            assert_ne!(self.carried(*id).as_ref(), Some(&step.key), "{step:#?}");
            let is_namesake =
                record.name == wanted.name && record.connector == wanted.connector.as_str();
            match marks(record).ownership(&project(self.world.project)) {
                Ownership::Unmanaged | Ownership::Foreign(_) => {
                    assert!(!is_namesake || may_double, "{id} is a namesake of {step:#?}");
                }
                Ownership::Broken => assert!(!is_namesake, "{id} is a namesake of {step:#?}"),
                Ownership::Ours(_) => {}
            }
        }
        let is_create = |other: &&Step| other.key == step.key && other.action == Action::Create;
        assert!(self.full.steps.iter().any(|other| is_create(&other)), "{step:#?}");
        // Of a blocked document, nothing shows what it would continue.
        if may_double || self.full.blocked.iter().any(|it| hides_instance(it.code)) {
            return;
        }
        let blocked = self.full.blocked.iter().flat_map(|it| &self.wanted(&it.key).moved_from);
        let blocked: BTreeSet<&Key> = blocked.collect();
        let given: BTreeSet<_> =
            self.full.steps.iter().filter_map(given).map(|(_, id)| id).collect();
        for (id, key) in self.orphans() {
            if !given.contains(&id) && !blocked.contains(&key) {
                assert_eq!(self.evidence(&step.key, id), None, "{id} may be {step:#?}");
            }
        }
    }

    /// A document gets the instance that has its mark, that its lines name, or that looks like it and
    /// is not more likely another document's.
    fn is_entitled(&self, plan: &Plan, key: &Key, id: InstanceId) {
        let wanted = self.wanted(key);
        let is_named = wanted.adopt.as_ref().is_some_and(|adopt| adopt.id == id);
        let Some(carried) = self.carried(id) else {
            return assert!(is_named, "{id} is given to {key} without a mark");
        };
        if is_named || carried == *key {
            return;
        }
        assert!(!plan.partial, "a partial plan gives {id} to {key}");
        assert!(!self.world.desired.instances.contains_key(&carried), "{id} is of {carried}");
        assert!(!self.is_carried(key), "{key} has an instance and gets {id}");
        if wanted.moved_from.contains(&carried) {
            return;
        }
        let evidence = self.evidence(key, id);
        let evidence = evidence.unwrap_or_else(|| panic!("nothing says that {id} is {key}'s"));
        let owner = self.lineage.documents.get(&id).and_then(|it| self.identities.get(it));
        let Some(owner) = owner.filter(|owner| *owner != key && self.is_left_without(owner)) else {
            return;
        };
        let theirs = self.evidence(owner, id);
        let rank = |it: Evidence| (it.content, it.end);
        assert!(
            theirs.is_none_or(|theirs| rank(theirs) < rank(evidence)),
            "{id} is {owner}'s ({theirs:?}) and given to {key} ({evidence:?})"
        );
    }

    /// Whether the document has no instance and gets none by its own lines.
    fn is_left_without(&self, key: &Key) -> bool {
        let gets = self.full.steps.iter().filter_map(given).any(|(other, _)| other == key);
        !gets && !self.is_held_up(key) && !self.is_explicit(key) && !self.is_carried(key)
    }

    /// Whether the document has an instance that nothing can be done for now.
    fn is_held_up(&self, key: &Key) -> bool {
        self.full.blocked.iter().any(|it| it.key == *key && hides_instance(it.code))
    }

    /// Whether the document's own lines say which instance is its own.
    fn is_explicit(&self, key: &Key) -> bool {
        let wanted = self.wanted(key);
        wanted.adopt.is_some() || wanted.moved_from.iter().any(|old| self.is_carried(old))
    }

    /// An instance is deleted only if its document is gone, or has another instance for a reason.
    fn deletes_what_lost_its_document(&self, plan: &Plan, id: InstanceId) {
        assert!(!plan.partial);
        let owner = self.lineage.documents.get(&id).and_then(|it| self.identities.get(it));
        let Some(owner) = owner else { return };
        let record = &self.before[&id];
        let is_other_connector = self.wanted(owner).connector.as_str() != record.connector;
        if is_other_connector || self.is_carried(owner) || self.is_explicit(owner) {
            return;
        }
        let mut given = self.full.steps.iter().filter_map(given);
        let other = given.find(|(key, _)| *key == owner).map(|(_, id)| id);
        let other = other.unwrap_or_else(|| panic!("{id} is {owner}'s and is deleted"));
        // Only an instance that remembers exactly this document may be taken for its own.
        let evidence = self.evidence(owner, other);
        assert!(
            evidence.is_some_and(|evidence| evidence.content),
            "{id} is {owner}'s and is deleted, and {owner} gets {other} ({evidence:?})"
        );
    }

    fn gives_each_instance_once(&self) {
        let mut owners: BTreeMap<InstanceId, &Key> = BTreeMap::new();
        for (key, id) in self.full.steps.iter().filter_map(given) {
            let owner = owners.entry(id).or_insert(key);
            assert_eq!(*owner, key, "{id} is given to both");
        }
    }

    /// A document that moved gets its instance where no other one comes into question.
    fn follows_clear_moves(&self) {
        let orphans = self.orphans();
        let documents = self.world.desired.instances.keys();
        let open: Vec<&Key> =
            documents.filter(|key| !self.is_explicit(key) && !self.is_carried(key)).collect();
        let mut pairs = BTreeMap::new();
        for key in &open {
            for (id, _) in &orphans {
                pairs.extend(self.evidence(key, *id).map(|evidence| ((*key, *id), evidence)));
            }
        }
        let lines = self.world.desired.instances.values();
        let named: BTreeSet<&Key> = lines.flat_map(|wanted| &wanted.moved_from).collect();
        for (pair, evidence) in &pairs {
            let (key, id) = *pair;
            let carried = &orphans.iter().find(|(orphan, _)| *orphan == id).unwrap().1;
            let is_rival = |(other, _): &(&(&Key, InstanceId), &Evidence)| {
                **other != *pair && (other.0 == key || other.1 == id)
            };
            let rivals: Vec<Evidence> = pairs.iter().filter(is_rival).map(|(_, it)| *it).collect();
            // Of two that carry one document key, only a person knows which is meant.
            let has_twin = orphans.iter().filter(|(_, key)| key == carried).count() > 1;
            if !has_twin && !named.contains(carried) && is_clear(*evidence, &rivals) {
                self.gives(key, id);
            }
        }
    }

    fn gives(&self, key: &Key, id: InstanceId) {
        let is_given = self.full.steps.iter().filter_map(given).any(|it| it == (key, id));
        assert!(is_given || self.is_held_up(key), "{id} is clearly {key}'s: {:#?}", self.full);
    }
}

/// Whether a document that is blocked like this has an instance, which the plan does not show.
fn hides_instance(code: BlockCode) -> bool {
    matches!(code, BlockCode::MissingVariable | BlockCode::NotYetReadable)
}

/// The document and instance of a step.
fn given(step: &Step) -> Option<(&Key, InstanceId)> {
    step.id.filter(|_| step.action != Action::Delete).map(|id| (&step.key, id))
}

/// Whether no other pair of the document or of the instance comes into question.
fn is_clear(evidence: Evidence, rivals: &[Evidence]) -> bool {
    let is_only = |is: fn(&Evidence) -> bool| is(&evidence) && !rivals.iter().any(is);
    let no_rival_has_content = !rivals.iter().any(|rival| rival.content);
    let are_all_alike = evidence.content && rivals.iter().all(|it| it.content == it.name);
    is_only(|it| it.content)
        || (no_rival_has_content && is_only(|it| it.name))
        || ((no_rival_has_content || are_all_alike)
            && evidence.name
            && evidence.end > rivals.iter().map(|rival| rival.end).max().unwrap_or(0))
}

/// How many segments at the end of both document keys are the same.
fn common_end(one: &Key, other: &Key) -> usize {
    let (one, other) = (one.as_str().rsplit('/'), other.as_str().rsplit('/'));
    one.zip(other).take_while(|(one, other)| one == other).count()
}
