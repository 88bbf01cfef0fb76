//! The observed state: what the API says.
//!
//! In: pages of the platform. Out: [`Observed`], the instances that carry our marks, and, only
//! where the planner asks for it, the whole account or a single instance. What comes in is brought
//! to one shape here: marks apart from tags, configuration values as [`StoredValue`].
//!
//! This room knows no files, decides nothing and writes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use futures_util::future::try_join_all;

use crate::api::{Error, Keep, Listing, Read, Scope, Waiting};
use crate::instance::{InstanceId, Project, Record, Secret, StoredValue};
use crate::ownership::{self, Ownership, ReservedTags, UserTags};

/// What is known of the platform's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The project that looks.
    pub project: Project,
    /// The instances of this project, with the declared configuration values.
    pub ours: BTreeMap<InstanceId, ObservedInstance>,
    /// Every instance that the credentials can see, without configuration; `None` until asked.
    pub account: Option<BTreeMap<InstanceId, ObservedInstance>>,
    /// Instances that were asked for by id; `None` where the platform has none.
    pub by_id: BTreeMap<InstanceId, Option<ObservedInstance>>,
    /// The instances of a project whose documents move here; `None` until asked.
    pub taken: Option<BTreeMap<InstanceId, ObservedInstance>>,
    /// The number of requests that it took to know this.
    pub reads: usize,
    /// How many instances a full page of a listing has.
    pub page_size: usize,
}

/// An instance as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedInstance {
    /// The platform's number for it.
    pub id: InstanceId,
    /// Its connector, as the reply spells it.
    pub connector: String,
    /// The display name.
    pub name: String,
    /// Our marks and those of other projects.
    pub marks: ReservedTags,
    /// The tags of people.
    pub tags: UserTags,
    /// The stored values of the declared keys.
    pub configuration: BTreeMap<String, StoredValue>,
    /// Whether the platform holds a working authentication at the provider.
    pub valid: bool,
    /// Whether the instance is switched off.
    pub disabled: bool,
    /// The credential for calls through the instance.
    pub token: Secret,
}

/// Something that the planner has to know before it can decide.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// Which instances there are at all: asked before a create, a re-key or an adoption.
    Account,
    /// Which instances another project has: asked where they are to be taken over.
    Project(Project),
    /// What this instance is: asked for an id that a file names or the tag filter missed.
    Instance(InstanceId),
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account => write!(f, "the whole account"),
            Self::Project(project) => write!(f, "project {project}"),
            Self::Instance(id) => write!(f, "instance {id}"),
        }
    }
}

impl ObservedInstance {
    /// The stored value of a declared key; an absent one is unset.
    pub fn configuration(&self, key: &str) -> &StoredValue {
        self.configuration.get(key).unwrap_or(&StoredValue::Unset)
    }
}

impl From<Record> for ObservedInstance {
    fn from(record: Record) -> Self {
        let (marks, tags) = ownership::split(record.tags);
        Self {
            id: record.id,
            connector: record.connector,
            name: record.name,
            marks,
            tags,
            configuration: record.configuration,
            valid: record.valid,
            disabled: record.disabled,
            token: record.token,
        }
    }
}

/// Reads the instances of `project`, keeping the values of `declared` keys.
///
/// # Errors
/// When the listing fails.
pub async fn fetch(
    remote: &impl Read,
    project: &Project,
    declared: BTreeSet<String>,
) -> Result<Observed, Error> {
    let scope = Scope::Tag(ownership::filter(project));
    let listing = remote.list(&scope, &Keep::Only(declared)).await?;
    let is_ours =
        |found: &ObservedInstance| matches!(found.marks.ownership(project), Ownership::Ours(_));
    let ours = listing.records.into_iter().map(ObservedInstance::from).filter(is_ours);
    Ok(Observed {
        project: project.clone(),
        ours: ours.map(|found| (found.id, found)).collect(),
        account: None,
        by_id: BTreeMap::new(),
        taken: None,
        reads: listing.pages,
        page_size: listing.page_size,
    })
}

/// Reads every instance that the credentials can see, keeping the values of these keys.
///
/// # Errors
/// When the listing fails.
pub async fn survey(
    remote: &impl Read,
    project: &Project,
    keys: BTreeSet<String>,
) -> Result<Observed, Error> {
    let listing = remote.list(&Scope::Everything, &Keep::Only(keys)).await?;
    let found = listing.records.into_iter().map(ObservedInstance::from);
    let account: BTreeMap<_, _> = found.map(|found| (found.id, found)).collect();
    let is_ours =
        |found: &&ObservedInstance| matches!(found.marks.ownership(project), Ownership::Ours(_));
    let ours = account.values().filter(is_ours).map(|found| (found.id, found.clone())).collect();
    Ok(Observed {
        project: project.clone(),
        ours,
        account: Some(account),
        by_id: BTreeMap::new(),
        taken: None,
        reads: listing.pages,
        page_size: listing.page_size,
    })
}

/// Adds the answers to `questions` to what is known. Instances are read side by side, so that all
/// of those that cannot be read yet are waited for at once.
///
/// # Errors
/// When a request fails.
pub async fn answer(
    remote: &impl Read,
    questions: &BTreeSet<Question>,
    declared: &BTreeSet<String>,
    observed: &mut Observed,
    waiting: Waiting<'_>,
) -> Result<(), Error> {
    let mut ids = Vec::new();
    for question in questions {
        match question {
            Question::Account => {
                let none = Keep::Only(BTreeSet::new());
                let mut listing = remote.list(&Scope::Account, &none).await?;
                if observed.is_untagged(&listing) {
                    observed.reads += listing.pages;
                    listing = remote.list(&Scope::Everything, &none).await?;
                }
                observed.page_size = listing.page_size;
                observed.account = Some(observed.listed(listing));
            }
            Question::Project(project) => {
                let scope = Scope::Tag(ownership::filter(project));
                let listing = remote.list(&scope, &Keep::Only(declared.clone())).await?;
                observed.taken = Some(observed.listed(listing));
            }
            Question::Instance(id) => ids.push(*id),
        }
    }
    let known = &*observed;
    let reading = ids.iter().map(|id| read_by_id(remote, *id, declared, known, waiting));
    let read = try_join_all(reading).await?;
    for (id, (record, reads)) in ids.into_iter().zip(read) {
        observed.by_id.insert(id, record.map(ObservedInstance::from));
        observed.reads += reads;
    }
    Ok(())
}

impl Observed {
    /// Whether a slim listing leaves out the tags, without which nobody knows whose an instance is: it
    /// shows none of an instance that the tag listing showed because of its tag. No source says that
    /// slim listings have tags.
    fn is_untagged(&self, listing: &Listing) -> bool {
        let ours = listing.records.iter().filter(|record| self.ours.contains_key(&record.id));
        let mut ours = ours.peekable();
        ours.peek().is_some() && ours.all(|record| record.absent.tags)
    }

    /// The instances of a listing, which counts as read.
    fn listed(&mut self, listing: Listing) -> BTreeMap<InstanceId, ObservedInstance> {
        self.reads += listing.pages;
        let found = listing.records.into_iter().map(ObservedInstance::from);
        found.map(|found| (found.id, found)).collect()
    }
}

/// Reads one instance, and how many requests that took. One that a listing names exists, even if
/// GET by ID does not find it at first.
async fn read_by_id(
    remote: &impl Read,
    id: InstanceId,
    declared: &BTreeSet<String>,
    observed: &Observed,
    waiting: Waiting<'_>,
) -> Result<(Option<Record>, usize), Error> {
    let keep = Keep::Only(declared.clone());
    if observed.account.as_ref().is_some_and(|account| account.contains_key(&id)) {
        return waiting.instance(remote, id, &keep).await;
    }
    Ok((remote.instance(id, &keep).await?, 1))
}
