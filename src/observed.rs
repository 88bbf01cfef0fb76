//! The observed state: the instances on the platform.
//!
//! In: pages of the platform. Out: [`Observed`], the instances of this project. The whole account,
//! another project and single instances are read only if the planner asks for them. Replies are
//! normalized here: reserved tags are separate from user tags, and configuration values are
//! [`StoredValue`]s.
//!
//! This module knows no files, decides nothing and writes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use futures_util::future::try_join_all;

use crate::api::{Error, Listing, Projection, Read, Scope, Waiter};
use crate::catalog::Catalog;
use crate::instance::{
    ConnectorKey, EventSupport, InstanceId, Project, Record, Secret, StoredValue,
};
use crate::ownership::{self, Ownership, ReservedTags, UserTags};

/// The known part of the platform's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The project of this run.
    pub project: Project,
    /// The instances of this project, with the declared configuration values.
    pub ours: BTreeMap<InstanceId, ObservedInstance>,
    /// Every instance that the credentials can see, without configuration. `None` until it is read.
    pub account: Option<BTreeMap<InstanceId, ObservedInstance>>,
    /// Instances that were read by ID. `None` if the platform does not find the ID.
    pub by_id: BTreeMap<InstanceId, Option<ObservedInstance>>,
    /// The instances of the project of `--take-from`. `None` until they are read.
    pub taken: Option<BTreeMap<InstanceId, ObservedInstance>>,
    /// The number of requests that were made.
    pub reads: usize,
    /// The number of instances on a full page of a listing.
    pub page_size: usize,
}

/// An instance on the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedInstance {
    /// The instance ID.
    pub id: InstanceId,
    /// The connector key, as the reply spells it.
    pub connector: String,
    /// The display name.
    pub name: String,
    /// The reserved tags, also those of other projects.
    pub marks: ReservedTags,
    /// The other tags.
    pub tags: UserTags,
    /// The stored values of the declared keys.
    pub configuration: BTreeMap<String, StoredValue>,
    /// Whether the platform holds a working authentication at the provider.
    pub valid: bool,
    /// Whether the instance is disabled.
    pub disabled: bool,
    /// The credential for calls through the instance.
    pub token: Secret,
}

/// A part of the platform's state that the planner still has to know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// All instances of the account. The planner asks before a create, a move or an adoption.
    Account,
    /// The instances of another project, which are to be taken over.
    Project(Project),
    /// An instance that a file names, or that the tag listing omitted.
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
    /// The stored value of a declared key. An omitted one is unset.
    pub(crate) fn configuration(&self, key: &str) -> &StoredValue {
        self.configuration.get(key).unwrap_or(&StoredValue::Unset)
    }

    /// The stored text of a configuration key, unless it is masked or was not read.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        match self.configuration(key) {
            StoredValue::Text(text) => Some(text.expose()),
            StoredValue::Unset | StoredValue::Masked => None,
        }
    }

    /// What the catalog knows about the events of the connector.
    pub(crate) fn event_support(&self) -> EventSupport {
        let connector = self.connector.parse::<ConnectorKey>();
        connector.map(|key| Catalog::embedded().event_support(&key)).unwrap_or_default()
    }
}

impl From<Record> for ObservedInstance {
    fn from(record: Record) -> Self {
        let Record { id, connector, name, tags, configuration, valid, disabled, token, omitted: _ } =
            record;
        let (marks, tags) = ownership::split(tags);
        Self { id, connector, name, marks, tags, configuration, valid, disabled, token }
    }
}

/// Reads the instances of `project` with the values of the `declared` keys.
///
/// # Errors
/// Fails if the listing fails.
pub async fn fetch(
    remote: &impl Read,
    project: &Project,
    declared: BTreeSet<String>,
) -> Result<Observed, Error> {
    let scope = Scope::Tag(ownership::project_tag(project));
    let listing = remote.list(&scope, &Projection::Only(declared)).await?;
    let mut observed = Observed::new(project, &listing);
    observed.ours = by_id(listing);
    // The platform's filter may match more than whole names (docs/platform.md#open-questions).
    observed.ours.retain(|_, found| is_in(found, project));
    Ok(observed)
}

/// Reads every instance that the credentials can see, with the values of these keys.
///
/// # Errors
/// Fails if the listing fails.
pub async fn survey(
    remote: &impl Read,
    project: &Project,
    keys: BTreeSet<String>,
) -> Result<Observed, Error> {
    let listing = remote.list(&Scope::Everything, &Projection::Only(keys)).await?;
    let mut observed = Observed::new(project, &listing);
    let account = by_id(listing);
    let ours = account.iter().filter(|(_, found)| is_in(found, project));
    observed.ours = ours.map(|(id, found)| (*id, found.clone())).collect();
    observed.account = Some(account);
    Ok(observed)
}

/// Reads what `questions` ask for and adds it to `observed`. Instances are read concurrently, so the
/// waits for those that cannot be read yet overlap.
///
/// # Errors
/// Fails if a request fails.
pub async fn answer(
    remote: &impl Read,
    questions: &BTreeSet<Question>,
    declared: &BTreeSet<String>,
    observed: &mut Observed,
    waiting: Waiter<'_>,
) -> Result<(), Error> {
    let mut ids = Vec::new();
    for question in questions {
        match question {
            Question::Account => {
                let none = Projection::Only(BTreeSet::new());
                let mut listing = remote.list(&Scope::Account, &none).await?;
                if observed.omits_tags(&listing) {
                    observed.reads += listing.pages;
                    listing = remote.list(&Scope::Everything, &none).await?;
                }
                observed.reads += listing.pages;
                observed.page_size = listing.page_size;
                observed.account = Some(by_id(listing));
            }
            Question::Project(project) => {
                let scope = Scope::Tag(ownership::project_tag(project));
                let listing = remote.list(&scope, &Projection::Only(declared.clone())).await?;
                observed.reads += listing.pages;
                observed.taken = Some(by_id(listing));
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
    /// The state before anything of the listing is added.
    fn new(project: &Project, listing: &Listing) -> Self {
        Self {
            project: project.clone(),
            ours: BTreeMap::new(),
            account: None,
            by_id: BTreeMap::new(),
            taken: None,
            reads: listing.pages,
            page_size: listing.page_size,
        }
    }

    /// Whether a slim listing omits the tags, without which no instance has an owner. It omits them if
    /// it shows none for the instances that the tag listing found by a tag. No source documents that
    /// slim listings have tags.
    fn omits_tags(&self, listing: &Listing) -> bool {
        let ours = listing.records.iter().filter(|record| self.ours.contains_key(&record.id));
        let mut ours = ours.peekable();
        ours.peek().is_some() && ours.all(|record| record.omitted.tags)
    }
}

fn by_id(listing: Listing) -> BTreeMap<InstanceId, ObservedInstance> {
    let found = listing.records.into_iter().map(ObservedInstance::from);
    found.map(|found| (found.id, found)).collect()
}

fn is_in(found: &ObservedInstance, project: &Project) -> bool {
    matches!(found.marks.ownership(project), Ownership::Ours(_))
}

/// Reads one instance. Also returns the number of requests. An instance of a listing exists, even if
/// GET by ID does not find it at first, so it is read again for a while.
async fn read_by_id(
    remote: &impl Read,
    id: InstanceId,
    declared: &BTreeSet<String>,
    observed: &Observed,
    waiting: Waiter<'_>,
) -> Result<(Option<Record>, usize), Error> {
    let keep = Projection::Only(declared.clone());
    if observed.account.as_ref().is_some_and(|account| account.contains_key(&id)) {
        return waiting.instance(remote, id, &keep).await;
    }
    Ok((remote.instance(id, &keep).await?, 1))
}
