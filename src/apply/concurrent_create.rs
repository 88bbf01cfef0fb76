//! Checks new and moved instances: each document has one instance, and the next run will find it.
//!
//! Two runs may create an instance for one document, because the platform has no lock. In: the results
//! of a run. Out: the results after a check which other instances have these document keys. The
//! instance with the lowest ID stays. This run deletes its own instance if any listing shows one with a
//! lower ID. It deletes only an instance whose ID is from the reply to its own POST.
//!
//! The platform may show an instance later than it commits it
//! (docs/platform.md#limits-and-consistency). When a listing shows the second
//! instance, it also shows the first one. Therefore, a create is checked once a complete listing shows
//! it, which is also what the next run needs. Until then, the apply does not end. It also waits while
//! the tag listing shows an old document key, because the next run would trust it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::run::Run;
use super::{
    AffectedInstance, Event, FailureCode, OutcomeNote, StepFailure, StepResult, StepStatus,
};
use crate::api::{self, PartialListing, Projection, Read, Scope, Write};
use crate::instance::{InstanceId, Key, Record};
use crate::plan::Action;
use crate::safe_text::quoted;

const POLL_DELAYS_IN_MS: [u64; 13] =
    [250, 750, 1_000, 2_000, 4_000, 8_000, 14_000, 15_000, 15_000, 15_000, 15_000, 15_000, 15_000];

/// How long an apply waits until listings show its instances.
const MAX_LISTING_LAG: Duration = Duration::from_mins(1);

/// How long it then waits for another run to delete its own instance.
const MAX_ROLLBACK_TIME: Duration = Duration::from_secs(30);

/// How long it then waits for its own instance after it recovered another one in its place. A late
/// commit and a late listing may coincide.
const MAX_RECOVERY_LAG: Duration = Duration::from_mins(1);

/// Waits from this length on are reported.
const REPORTED_WAIT: Duration = Duration::from_secs(8);

/// The instances that have each of our document keys.
type IdsByKey = BTreeMap<Key, BTreeSet<InstanceId>>;

/// The instances with our document keys in the listings so far.
#[derive(Default)]
struct Listings {
    /// The instances that any listing ever showed.
    ever: IdsByKey,
    /// The instances that may still exist.
    now: IdsByKey,
    /// The instances that a complete listing showed.
    confirmed: BTreeSet<InstanceId>,
    /// The content of the last complete tag listing, which the next run begins with.
    tagged: Option<BTreeMap<InstanceId, Key>>,
    /// Why a listing of the last poll is incomplete.
    error: Option<api::Error>,
    /// The documents that took over an existing instance.
    moved: BTreeSet<Key>,
}

/// Rolls back instances that another run created first, waits until another run rolls back its own,
/// and until listings show all that remain. The notes name what could not be checked.
pub(super) async fn check_listings<R: Read + Write>(
    run: &Run<'_, R>,
    results: &mut [StepResult],
) -> Vec<OutcomeNote> {
    let mut listings = Listings { moved: moved(run, results), ..Listings::default() };
    let has_created = results.iter().any(|result| created(result).is_some());
    // After the limit of requests a step has failed, so the next run checks the listings.
    if run.limit_reached() || (!has_created && listings.moved.is_empty()) {
        return Vec::new();
    }
    let mut waited = Duration::ZERO;
    let mut listed_after = None;
    let delays = POLL_DELAYS_IN_MS.map(Duration::from_millis);
    for delay in delays.into_iter().map(Some).chain([None]) {
        poll(run, results, &mut listings).await;
        for result in results.iter_mut() {
            if let Some((own, first)) = listings.lost_race(result) {
                roll_back(run, result, own, first).await;
            }
        }
        let must_wait = if results.iter().all(|result| listings.show(result)) {
            let since = *listed_after.get_or_insert(waited);
            let waits = results.iter().filter_map(|result| listings.wait_for_others(result));
            waits.max().is_some_and(|wait| waited < since + wait)
        } else {
            waited < MAX_LISTING_LAG
        };
        let (Some(delay), true) = (delay, must_wait && !run.settings.stop.is_requested()) else {
            break;
        };
        if delay >= REPORTED_WAIT {
            (run.on_event)(Event::WaitingForListings(waited));
        }
        run.settings.stop.pause(run.settings.clock, delay).await;
        waited += delay;
    }
    for result in results.iter_mut() {
        if let Some((own, other)) = listings.concurrent_create(result) {
            result.status = StepStatus::Failed(duplicate(result, own, other));
        }
    }
    unconfirmed(run, results, listings).into_iter().collect()
}

/// The documents that took over an existing instance, so its old document key is outdated.
fn moved<R>(run: &Run<'_, R>, results: &[StepResult]) -> BTreeSet<Key> {
    let steps = run.plan.steps.iter().filter(|step| step.moves());
    let is_done = |key: &&Key| {
        results.iter().any(|result| result.key == **key && result.status == StepStatus::Done)
    };
    steps.map(|step| &step.key).filter(is_done).cloned().collect()
}

/// Lists the instances with our document keys: in the whole account after creates, and by tag if that
/// does not show all new and moved instances. Either listing may lag.
async fn poll<R: Read>(run: &Run<'_, R>, results: &[StepResult], listings: &mut Listings) {
    listings.error = None;
    let before = std::mem::take(&mut listings.now);
    let mut is_complete = false;
    let has_created = results.iter().any(|result| created(result).is_some());
    let scopes = [Some(Scope::Account).filter(|_| has_created), Some(run.tagged())];
    for scope in scopes.into_iter().flatten() {
        let glance = run.remote.list_partial(&scope, &Projection::Only(BTreeSet::new())).await;
        is_complete |= glance.error.is_none();
        listings.add(glance, scope != Scope::Account, |record| run.key_of(record));
        if results.iter().all(|result| listings.show(result)) {
            break;
        }
    }
    if !is_complete {
        // An instance that is missing from an incomplete listing may still exist.
        for (key, ids) in before {
            listings.now.entry(key).or_default().extend(ids);
        }
    }
}

/// Deletes the instance that this run created. A refused delete is sent again after the next poll.
async fn roll_back<R: Write>(
    run: &Run<'_, R>,
    result: &mut StepResult,
    own: InstanceId,
    first: InstanceId,
) {
    let problem = format!("another run created instance {first} for this document concurrently");
    let (message, request_id) = match run.remote.delete(own).await {
        Ok(()) => {
            result.instance = None;
            (format!("{problem}, so instance {own} was deleted"), None)
        }
        Err(error) => {
            let StepFailure { message, request_id, .. } = run.failure(&error);
            let message = format!("{problem}, and instance {own} could not be deleted: {message}");
            (message, request_id)
        }
    };
    let failure = StepFailure::new(FailureCode::ConcurrentApply, message);
    result.status = StepStatus::Failed(StepFailure { request_id, ..failure });
    result.register_webhook = false;
}

/// A note about the creates that could not be checked.
fn unconfirmed<R>(
    run: &Run<'_, R>,
    results: &[StepResult],
    listings: Listings,
) -> Option<OutcomeNote> {
    let is_unconfirmed = |result: &&StepResult| {
        !listings.show(result)
            || (listings.error.is_some() && listings.wait_for_others(result).is_some())
    };
    let named = results.iter().filter(is_unconfirmed).filter_map(|result| {
        Some(format!("{} (instance {})", quoted(&result.key), result.instance.as_ref()?.id))
    });
    let named: Vec<_> = named.collect();
    let them = match named.as_slice() {
        [] => return None,
        [_] => "it",
        _ => "them",
    };
    let named = named.join(", ");
    Some(match listings.error {
        None => OutcomeNote {
            code: FailureCode::NotListedYet,
            message: format!(
                "no listing shows {named} yet, so the next run could create {them} again or match {them} with \
                 another document. Wait 2 minutes before the next apply"
            ),
        },
        Some(error) => OutcomeNote {
            code: FailureCode::UncheckedRivals,
            message: format!(
                "it could not be checked whether another run created {named} concurrently: {}. If it did, the next \
                 plan names both instances",
                run.failure(&error).message
            ),
        },
    })
}

impl Listings {
    fn add(
        &mut self,
        glance: PartialListing,
        by_tag: bool,
        key_of: impl Fn(&Record) -> Option<Key>,
    ) {
        let is_complete = glance.error.is_none();
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
        self.error = glance.error.or(self.error.take());
    }

    /// If another run created the instance first: the IDs of this run's instance and of the other.
    fn lost_race(&self, result: &StepResult) -> Option<(InstanceId, InstanceId)> {
        let own = created(result).filter(|affected| affected.from_own_create)?.id;
        let first = *self.ever.get(&result.key)?.first()?;
        (first < own).then_some((own, first))
    }

    /// The instance of a create, and another one with the same document key.
    fn concurrent_create(&self, result: &StepResult) -> Option<(InstanceId, InstanceId)> {
        let own = created(result)?.id;
        let other = self.now.get(&result.key)?.iter().find(|id| **id != own)?;
        Some((own, *other))
    }

    /// Whether a complete listing shows the new instance, or the tag listing no longer shows the moved
    /// instance with its old key. If it does not show the instance, the next run lists the account.
    fn show(&self, result: &StepResult) -> bool {
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

    /// How long to wait for another run's create or rollback, or for this run's own instance if the
    /// recovered one may be another run's.
    fn wait_for_others(&self, result: &StepResult) -> Option<Duration> {
        let own = created(result)?;
        if !own.from_own_create {
            return Some(MAX_RECOVERY_LAG);
        }
        let has_other =
            self.concurrent_create(result).is_some() || self.lost_race(result).is_some();
        has_other.then_some(MAX_ROLLBACK_TIME)
    }
}

/// The instance of a create, whether its ID is from the reply or from a search.
fn created(result: &StepResult) -> Option<&AffectedInstance> {
    result.instance.as_ref().filter(|_| result.action == Some(Action::Create))
}

fn duplicate(result: &StepResult, own: InstanceId, other: InstanceId) -> StepFailure {
    let refused = result.status.failure().filter(|it| it.code.is(FailureCode::ConcurrentApply));
    let reason = refused
        .map_or("another run created one concurrently and did not delete it", |refused| {
            refused.message.as_str()
        });
    let message = format!(
        "instances {own} and {other} both have the document key {}: {reason}. Delete one of them",
        quoted(&result.key)
    );
    StepFailure {
        request_id: refused.and_then(|refused| refused.request_id.clone()),
        ..StepFailure::new(FailureCode::DuplicateInstance, message)
    }
}
