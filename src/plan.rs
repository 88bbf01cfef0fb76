//! The plan: what has to be done so that the API says what the files say.
//!
//! In: [`Desired`] and [`Observed`], both normalised. Out: first the [`Question`]s whose answers are
//! still missing ([`questions`]), then a complete [`Plan`] ([`compute`]), ordered and comparable,
//! before anything is written. What a step shows *is* what it will send: the request is derived from
//! its changes, so an update with nothing to show cannot be made.
//!
//! This room is pure: no files, no network, no clock, no environment, and no way to write.

mod change;
mod comparison;
mod document;
mod guard;
mod matching;
mod note;
mod orphan;
mod revision;
mod rotation;
pub mod status;
mod step;

use std::collections::{BTreeMap, BTreeSet};

pub use change::{Change, ChangeKind, DisplayValue, RedactedChange};
pub use guard::{Approved, Limits, Refused};
pub use note::{NoteCode, declared_hosts};
pub use revision::{ApprovedSteps, Stale};
pub use rotation::{Rotate, RotateRequest};
pub use step::{Action, Cause, Step, StepRequest};

use crate::desired::Desired;
use crate::instance::{BaseUrl, InstanceId, Key, Project, Span, vocabulary};
use crate::observed::{Observed, ObservedInstance, Question};
use crate::ownership::Fingerprints;
use document::Document;
use matching::Matching;

/// A complete plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Where it applies.
    pub target: Target,
    /// Whether some documents were left out on request.
    pub partial: bool,
    /// What to do, in the order in which it is shown.
    pub steps: Vec<Step>,
    /// What cannot be done, and why.
    pub blocked: Vec<Blocked>,
    /// What a saved plan asks for and the world no longer allows.
    pub stale: Vec<Stale>,
    /// What a reader should know besides.
    pub notes: Vec<Note>,
    /// What is left as it is.
    pub untouched: UntouchedCounts,
    /// The number of requests that were made to know all this.
    pub reads: usize,
    /// How large the account is; `None` when it was not listed.
    pub account: Option<AccountSize>,
    /// How large the project is.
    pub managed: AccountSize,
}

/// The size of an account or a project, which decides how many requests it takes to list it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountSize {
    /// The number of instances.
    pub instances: usize,
    /// How many of them a full page has.
    pub page_size: usize,
}

/// The platform and the project that a plan is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The base URL, as shown and as used in values.
    pub base_url: BaseUrl,
    /// The project.
    pub project: Project,
}

impl AccountSize {
    /// How many pages a listing has once so many instances were added and deleted.
    fn pages(self, added: usize, deleted: usize) -> usize {
        (self.instances + added).saturating_sub(deleted).div_ceil(self.page_size).max(1)
    }
}

/// Instances that no step touches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UntouchedCounts {
    /// Selected instances that match their file.
    pub unchanged: usize,
    /// Instances of ours that no file describes.
    pub orphans: usize,
    /// Instances without any mark; `None` when the account was not listed.
    pub unmanaged: Option<usize>,
}

/// A document that nothing can be done for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// The document.
    pub key: Key,
    /// Where it begins.
    pub at: Span,
    /// The kind of obstacle.
    pub code: BlockCode,
    /// What is in the way, and what to do.
    pub message: String,
}

vocabulary! {
    /// Why a document is blocked.
    pub enum BlockCode {
        /// Two instances carry the key.
        AmbiguousKey = "ambiguous-key",
        /// The document looks moved, and more than one instance or document is possible.
        AmbiguousMove = "ambiguous-move",
        /// An instance whose marks are incomplete or contradictory may be the document's.
        BrokenMark = "broken-mark",
        /// The platform cannot change the connector of an instance.
        ConnectorChanged = "connector-changed",
        /// The `id:` belongs to another project or another document.
        ForeignInstance = "foreign-instance",
        /// An instance of another project has the connector and name.
        ForeignNamesake = "foreign-namesake",
        /// Two documents name one `id:`.
        IdClaimedTwice = "id-claimed-twice",
        /// There is no instance with the `id:`.
        IdNotFound = "id-not-found",
        /// Another instance already carries the key of a document with `id:`.
        KeyTaken = "key-taken",
        /// Two views of the platform show the document's instance with different document keys.
        ListingsDisagree = "listings-disagree",
        /// A write needs a secret that is not set.
        MissingVariable = "missing-variable",
        /// A create needs an authorization grant that is not there.
        NeedsAuthorization = "needs-authorization",
        /// A listing names the document's instance, and GET by ID does not find it.
        NotYetReadable = "not-yet-readable",
        /// A part of the files says that a document moved; only the whole can tell.
        PartialRekey = "partial-rekey",
        /// An instance that nobody manages has the connector and name.
        UnmanagedNamesake = "unmanaged-namesake",
    }
}

impl BlockCode {
    /// Whether ownership itself is in doubt, which stops a pipeline with a code of its own.
    pub fn is_guard(self) -> bool {
        match self {
            Self::AmbiguousKey
            | Self::BrokenMark
            | Self::ForeignInstance
            | Self::ForeignNamesake
            | Self::IdClaimedTwice
            | Self::KeyTaken => true,
            Self::AmbiguousMove
            | Self::ConnectorChanged
            | Self::IdNotFound
            | Self::ListingsDisagree
            | Self::MissingVariable
            | Self::NeedsAuthorization
            | Self::NotYetReadable
            | Self::PartialRekey
            | Self::UnmanagedNamesake => false,
        }
    }
}

/// Something that a reader should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The kind of note.
    pub code: NoteCode,
    /// The document or mark it is about.
    pub key: Key,
    /// The instance it is about.
    pub instance_id: Option<InstanceId>,
    /// The host that it is about, if it is about one.
    pub host: Option<HostUse>,
    /// The text.
    pub message: String,
}

/// What a step sends to a host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostUse {
    /// The host in full, or in words why it cannot be told; foreign text in words is between backticks.
    pub host: String,
    /// What it gets, as an object of the sentence.
    pub gets: String,
}

/// What the caller asks of a plan besides the files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanOptions {
    /// Documents that may become another instance like one that is there already.
    pub allow_duplicates: BTreeSet<Key>,
    /// The project whose instances the documents take over.
    pub take_from: Option<Project>,
    /// What to do with orphans.
    pub orphans: OrphanPolicy,
    /// Which secrets to write on request.
    pub rotate: Rotate,
    /// Whether secrets that are not set are left alone, rather than the end of an apply.
    pub allow_unset: bool,
    /// The secrets that may be written to instances that exist, where a saved plan says which.
    pub planned_secrets: Option<BTreeSet<(Key, String)>>,
    /// Which stored values the plan shows.
    pub stored_values: StoredValues,
    /// The documents to look at; `None` for all of them.
    pub selection: Option<BTreeSet<Key>>,
}

/// Which stored values a plan shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StoredValues {
    /// Those that are public.
    #[default]
    Public,
    /// Of those, the ones of instances that this project manages: whoever proposed the change chose
    /// the others.
    OfProject,
    /// None: whoever proposed the change chose the project, too.
    None,
}

/// What to do with an instance of ours that no file describes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrphanPolicy {
    /// Mention it.
    #[default]
    Note,
    /// Delete it, unless it is protected.
    Prune,
}

/// What a plan is made with, besides files and platform.
#[derive(Clone, Copy, Debug)]
pub struct PlanContext<'a> {
    /// Where it applies.
    pub target: &'a Target,
    /// What the caller asks of it.
    pub options: &'a PlanOptions,
    /// What secrets and documents are recognised by.
    pub fingerprints: &'a Fingerprints,
}

impl PlanContext<'_> {
    /// What a step rests on: the document, the action and what was seen of the declared fields. A
    /// step of a saved plan is done only where this is the same.
    fn basis(&self, document: &str, action: Action, observed: &serde_json::Value) -> String {
        let text = serde_json::json!([document, action, observed]).to_string();
        self.fingerprints.seal("basis", &text)
    }
}

impl PlanOptions {
    /// Whether the document is looked at.
    pub fn selects(&self, key: &Key) -> bool {
        self.selection.as_ref().is_none_or(|selection| selection.contains(key))
    }
}

/// What has to be known besides before [`compute`] can decide; empty when nothing is missing.
pub fn questions(
    desired: &Desired,
    observed: &Observed,
    context: &PlanContext<'_>,
) -> BTreeSet<Question> {
    let options = context.options;
    let named = desired.instances.values().filter_map(|wanted| Some(wanted.adopt.as_ref()?.id));
    let missed = observed.missed_by_filter(options.take_from.as_ref()).map(|(_, found)| found.id);
    let unknown =
        |id: &InstanceId| !observed.ours.contains_key(id) && !observed.by_id.contains_key(id);
    let by_id: BTreeSet<Question> =
        named.chain(missed).filter(unknown).map(Question::Instance).collect();
    let takes = options.take_from.as_ref().filter(|_| observed.taken.is_none());
    if let Some(project) = takes {
        return std::iter::once(Question::Project(project.clone())).chain(by_id).collect();
    }
    let matching = Matching::new(desired, observed, context.options, context.fingerprints);
    let unmarked = matching.unmarked.iter().any(|key| options.selects(key));
    if unmarked && observed.account.is_none() {
        return std::iter::once(Question::Account).chain(by_id).collect();
    }
    by_id
}

/// Decides what to do. Call it when [`questions`] has none left.
pub fn compute(desired: &Desired, observed: &Observed, context: &PlanContext<'_>) -> Plan {
    let options = context.options;
    let matching = Matching::new(desired, observed, context.options, context.fingerprints);
    let mut plan = Plan {
        partial: options.selection.is_some(),
        steps: Vec::new(),
        blocked: Vec::new(),
        stale: Vec::new(),
        notes: Vec::new(),
        untouched: UntouchedCounts {
            unchanged: 0,
            orphans: matching.orphans.len(),
            unmanaged: matching.unmanaged(observed),
        },
        reads: observed.reads,
        account: observed.account.as_ref().map(|account| AccountSize {
            instances: account.len(),
            page_size: observed.page_size.max(1),
        }),
        managed: AccountSize {
            instances: observed.ours.len(),
            page_size: observed.page_size.max(1),
        },
        target: context.target.clone(),
    };
    for (key, wanted) in &desired.instances {
        if options.selects(key) {
            Document { key, wanted, context }.plan(&mut plan, &matching.by_key[key]);
        }
    }
    let orphan_planner = orphan::OrphanPlanner { desired, observed, context, matching: &matching };
    orphan_planner.note_possible_moves(&mut plan);
    orphan_planner.note_unmatched_moves(&mut plan);
    orphan_planner.note_left_behind(&mut plan);
    orphan_planner.plan_orphans(&mut plan);
    note::note_missed(&mut plan, observed, context);
    plan.order();
    plan
}

/// The instances that belong to a document, whether or not anything is to be done with them.
pub fn matched<'a>(
    desired: &'a Desired,
    observed: &'a Observed,
    fingerprints: &Fingerprints,
) -> BTreeMap<&'a Key, &'a ObservedInstance> {
    let matching = Matching::new(desired, observed, &PlanOptions::default(), fingerprints);
    matching.by_key.into_iter().filter_map(|(key, found)| Some((key, found.instance()?))).collect()
}

impl Plan {
    /// Whether there is nothing to do and nothing in the way.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.blocked.is_empty() && self.stale.is_empty()
    }

    /// Whether ownership of a document is in doubt.
    pub fn is_guarded(&self) -> bool {
        self.blocked.iter().any(|blocked| blocked.code.is_guard())
            || self.stale.iter().any(|stale| stale.guarded)
    }

    /// The number of steps with this action.
    pub fn count(&self, action: Action) -> usize {
        self.steps.iter().filter(|step| step.action == action).count()
    }

    /// The number of requests that carrying it out will take.
    pub fn writes(&self) -> usize {
        self.steps.iter().map(|step| step.requests().len()).sum()
    }

    /// The number of reads that go with the writes on a platform that does not lag. After creates the
    /// account is listed, and after moves the project, until they show them. Each enable, disable and delete takes one GET, since their replies say nothing and a delete cannot be undone.
    pub fn checks(&self) -> usize {
        let single = [Action::Enable, Action::Disable, Action::Delete];
        let single: usize = single.into_iter().map(|action| self.count(action)).sum();
        let (creates, deletes) = (self.count(Action::Create), self.count(Action::Delete));
        let account = self.account.filter(|_| creates > 0);
        let account = account.map_or(0, |size| size.pages(creates, deletes));
        let moves = self.steps.iter().any(Step::moves);
        let added = creates + self.count(Action::Adopt);
        let project = if moves { self.managed.pages(added, deletes) } else { 0 };
        single + account + project
    }

    fn order(&mut self) {
        self.steps.sort_by(|a, b| (&a.key, a.action.rank()).cmp(&(&b.key, b.action.rank())));
        self.notes
            .sort_by(|a, b| (a.code, &a.key, a.instance_id).cmp(&(b.code, &b.key, b.instance_id)));
    }
}
