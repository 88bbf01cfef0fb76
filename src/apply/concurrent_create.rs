//! The check after creates and moves: nothing that this run created is there twice, and the next run
//! will find all of it.
//!
//! Two runs may both create an instance for one document, since the platform has no lock. In: what a
//! run created. Out: the same, after a look at who else carries those keys. The lowest ID stays. An
//! ID that came in answer to this run's own POST is deleted again where a lower one was seen in any
//! listing; no other is ever deleted.
//!
//! A platform may show an instance later than it commits it. Whoever commits second sees the first
//! one at the latest when a listing shows its own, so a create is checked once a complete listing
//! has it. That is also what the next run needs to find it: until then an apply does not end. Nor does
//! it while the tag listing shows an old document key, which the next run would believe.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::instance::Run;
use super::{
    AffectedInstance, Event, FailureCode, OutcomeNote, StepFailure, StepResult, StepStatus,
};
use crate::api::{self, Glance, Keep, Read, Scope, Write};
use crate::instance::{InstanceId, Key, Record};
use crate::ownership::{self, Ownership};
use crate::plan::Action;
use crate::untrusted::quoted;

/// The waits before each further look.
const POLL_DELAYS: [Duration; 13] = [
    Duration::from_millis(250),
    Duration::from_millis(750),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(14),
    Duration::from_secs(15),
    Duration::from_secs(15),
    Duration::from_secs(15),
    Duration::from_secs(15),
    Duration::from_secs(15),
    Duration::from_secs(15),
];

/// How long an apply waits until listings show what it created.
const LISTED_WITHIN: Duration = Duration::from_mins(1);

/// How long it waits, once they do, for another run to delete its own instance.
const ROLLED_BACK_WITHIN: Duration = Duration::from_secs(30);

/// How long it waits, once they do, for its own instance where it found one in its place: a late
/// commit and a late listing may come together.
const RECOVERED_WITHIN: Duration = Duration::from_mins(1);

/// From when on a wait is reported.
const LONG_WAIT: Duration = Duration::from_secs(8);

/// The instances that carry each of our keys.
type Carriers = BTreeMap<Key, BTreeSet<InstanceId>>;

/// The instances that listings showed under our keys.
#[derive(Default)]
struct Sightings {
    /// All that any listing ever showed.
    ever: Carriers,
    /// Those that are still there, as far as listings show that they are gone.
    now: Carriers,
    /// All that a complete listing showed.
    confirmed: BTreeSet<InstanceId>,
    /// What the last complete tag listing showed: the next run begins with it.
    tagged: Option<BTreeMap<InstanceId, Key>>,
    /// Why a listing of the last look was not complete.
    error: Option<api::Error>,
    /// The documents that got an instance which was there before.
    moved: BTreeSet<Key>,
}

impl<R: Read + Write> Run<'_, R> {
    /// Deletes again what another run created first, waits until another run deleted what it created
    /// second, and until listings show all that stays. The notes say what could not be seen.
    pub(super) async fn check_listings(&self, results: &mut [StepResult]) -> Vec<OutcomeNote> {
        // Where no request is allowed any more, a step failed for that reason, and the next run looks.
        let mut seen = Sightings { moved: self.moved(results), ..Sightings::default() };
        let has_created = results.iter().any(|result| created(result).is_some());
        if self.limit_reached() || (!has_created && seen.moved.is_empty()) {
            return Vec::new();
        }
        let mut waited = Duration::ZERO;
        let mut listed_after = None;
        for delay in POLL_DELAYS.into_iter().map(Some).chain([None]) {
            self.look(results, &mut seen).await;
            for result in results.iter_mut() {
                if let Some((own, first)) = seen.lost_race(result) {
                    self.roll_back(result, own, first).await;
                }
            }
            let is_open = if results.iter().all(|result| seen.is_listed(result)) {
                let since = *listed_after.get_or_insert(waited);
                let doubts = results.iter().filter_map(|result| seen.doubt(result));
                doubts.max().is_some_and(|within| waited < since + within)
            } else {
                waited < LISTED_WITHIN
            };
            let (Some(delay), true) = (delay, is_open && !self.settings.stop.is_requested()) else {
                break;
            };
            if delay >= LONG_WAIT {
                (self.tell)(Event::WaitingForListings(waited));
            }
            self.settings.stop.pause(self.settings.clock, delay).await;
            waited += delay;
        }
        for result in results.iter_mut() {
            if let Some((own, other)) = seen.rival(result) {
                result.status = StepStatus::Failed(both_stay(result, own, other));
            }
        }
        self.unconfirmed(results, seen).into_iter().collect()
    }

    /// The documents that got an instance which was there before, so that its old key must not be
    /// believed any more.
    fn moved(&self, results: &[StepResult]) -> BTreeSet<Key> {
        let steps = self.plan.steps.iter().filter(|step| step.moves());
        let is_done = |key: &&Key| {
            results.iter().any(|result| result.key == **key && result.status == StepStatus::Done)
        };
        steps.map(|step| &step.key).filter(is_done).cloned().collect()
    }

    /// Lists who carries our keys: the whole account after creates, and by tag where that does not
    /// show all that this run created or moved. Each of them may lag behind the other.
    async fn look(&self, results: &[StepResult], seen: &mut Sightings) {
        seen.error = None;
        let before = std::mem::take(&mut seen.now);
        let mut is_complete = false;
        let has_created = results.iter().any(|result| created(result).is_some());
        let scopes = [Some(Scope::Account).filter(|_| has_created), Some(self.tagged())];
        for scope in scopes.into_iter().flatten() {
            let glance = self.remote.glance(&scope, &Keep::Only(BTreeSet::new())).await;
            is_complete |= glance.broken_off.is_none();
            seen.add(glance, scope != Scope::Account, |record| self.key_of(record));
            if results.iter().all(|result| seen.is_listed(result)) {
                break;
            }
        }
        if !is_complete {
            // What a listing that broke off does not show may be there all the same.
            for (key, ids) in before {
                seen.now.entry(key).or_default().extend(ids);
            }
        }
    }

    /// The key that the instance carries in this project.
    fn key_of(&self, record: &Record) -> Option<Key> {
        let (marks, _) = ownership::split(record.tags.clone());
        match marks.ownership(&self.plan.target.project) {
            Ownership::Ours(key) => Some(key),
            Ownership::Unmanaged | Ownership::Foreign(_) | Ownership::Broken => None,
        }
    }

    /// Deletes the instance that this run created a moment ago. What is refused is tried again.
    async fn roll_back(&self, result: &mut StepResult, own: InstanceId, first: InstanceId) {
        let deleted = self.remote.delete(own).await;
        let what =
            format!("another run created instance {first} for this document at the same time");
        let (message, request_id) = match deleted {
            Ok(()) => {
                result.instance = None;
                (format!("{what}, so {own} was deleted again"), None)
            }
            Err(error) => {
                let StepFailure { message, request_id, .. } = self.failure(&error);
                (format!("{what}, and {own} could not be deleted: {message}"), request_id)
            }
        };
        let code = FailureCode::ConcurrentApply.into();
        result.status = StepStatus::Failed(StepFailure { code, message, request_id });
        result.register_webhook = false;
    }

    /// What there is to say about creates that could not be checked.
    fn unconfirmed(&self, results: &[StepResult], seen: Sightings) -> Option<OutcomeNote> {
        let unconfirmed = results.iter().filter(|result| {
            !seen.is_listed(result) || (seen.error.is_some() && seen.doubt(result).is_some())
        });
        let named = unconfirmed.filter_map(|result| {
            Some(format!("{} (instance {})", quoted(&result.key), result.instance.as_ref()?.id))
        });
        let named = named.collect::<Vec<_>>().join(", ");
        if named.is_empty() {
            return None;
        }
        let Some(error) = seen.error else {
            let message = format!(
                "no listing shows {named} yet, so the next run could create it again or take it for another \
                 document's: wait 2 minutes before the next apply"
            );
            return Some(OutcomeNote { code: FailureCode::NotListedYet, message });
        };
        let message = format!(
            "whether another run created {named} at the same time could not be checked: {}. If so, the next plan \
             names both instances",
            self.failure(&error).message
        );
        Some(OutcomeNote { code: FailureCode::UncheckedRivals, message })
    }
}

impl Sightings {
    fn add(&mut self, glance: Glance, by_tag: bool, key_of: impl Fn(&Record) -> Option<Key>) {
        let is_complete = glance.broken_off.is_none();
        let mut tagged = (is_complete && by_tag).then(BTreeMap::new);
        for record in &glance.records {
            if let Some(key) = key_of(record) {
                self.ever.entry(key.clone()).or_default().insert(record.id);
                self.now.entry(key.clone()).or_default().insert(record.id);
                if is_complete {
                    self.confirmed.insert(record.id);
                }
                if let Some(tagged) = &mut tagged {
                    tagged.insert(record.id, key);
                }
            }
        }
        self.tagged = tagged.or(self.tagged.take());
        self.error = glance.broken_off.or(self.error.take());
    }

    /// What this run itself created after another one did: its own ID, and that of the other.
    fn lost_race(&self, result: &StepResult) -> Option<(InstanceId, InstanceId)> {
        let own = created(result).filter(|affected| affected.from_own_create)?.id;
        let first = *self.ever.get(&result.key)?.first()?;
        (first < own).then_some((own, first))
    }

    /// The instance of a create, and another one that carries its key now.
    fn rival(&self, result: &StepResult) -> Option<(InstanceId, InstanceId)> {
        let own = created(result)?.id;
        let other = self.now.get(&result.key)?.iter().find(|id| **id != own)?;
        Some((own, *other))
    }

    /// Whether a complete listing showed what the step created, or the tag listing no longer shows what
    /// it moved under the old key. Where it does not show the instance at all, the next run asks the
    /// whole account.
    fn is_listed(&self, result: &StepResult) -> bool {
        let Some(own) = &result.instance else {
            return true;
        };
        if created(result).is_some() {
            return self.confirmed.contains(&own.id);
        }
        let is_settled =
            |tagged: &BTreeMap<_, _>| tagged.get(&own.id).is_none_or(|key| *key == result.key);
        !self.moved.contains(&result.key) || self.tagged.as_ref().is_some_and(is_settled)
    }

    /// How long to wait for what another run may have created or still has to delete, or for this
    /// run's own instance where the one that was found may be another run's.
    fn doubt(&self, result: &StepResult) -> Option<Duration> {
        let own = created(result)?;
        if !own.from_own_create {
            return Some(RECOVERED_WITHIN);
        }
        let has_rival = self.rival(result).is_some() || self.lost_race(result).is_some();
        has_rival.then_some(ROLLED_BACK_WITHIN)
    }
}

/// The instance of a create, whether its ID came in answer to it or was found afterwards.
fn created(result: &StepResult) -> Option<&AffectedInstance> {
    result.instance.as_ref().filter(|_| result.action == Some(Action::Create))
}

fn both_stay(result: &StepResult, own: InstanceId, other: InstanceId) -> StepFailure {
    let key = &result.key;
    let refused =
        result.status.failure().filter(|it| it.code == FailureCode::ConcurrentApply.into());
    let why = refused.map_or_else(
        || "another run created one at the same time and did not delete it again".to_owned(),
        |refused| refused.message.clone(),
    );
    StepFailure {
        code: FailureCode::DuplicateInstance.into(),
        message: format!(
            "the instances {own} and {other} both carry the key {key}: {why}. Delete one of them",
            key = quoted(&key)
        ),
        request_id: refused.and_then(|refused| refused.request_id.clone()),
    }
}
