//! Two runs at once may both create an instance for one document: the platform has no lock.
//!
//! In: what a run created. Out: the same, after a look at who else carries those keys. The lowest id
//! stays. An id that came in answer to this run's own POST is taken back where a lower one is there;
//! no other is ever deleted. Whoever commits second sees the first, so at least one of two runs
//! looks when both instances are there.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::instance::Run;
use super::{Code, Failure, Note, Status, StepResult, Touched};
use crate::api::{self, Keep, Read, Scope, Write};
use crate::instance::{InstanceId, Key};
use crate::ownership::{self, Claim};
use crate::plan::Action;

/// The waits before each further look at a rival that has to go, 30 s in all.
const LOOKS: [Duration; 7] = [
    Duration::from_millis(250),
    Duration::from_millis(750),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(14),
];

/// All ids that carry each of our keys.
type Carriers = BTreeMap<Key, BTreeSet<InstanceId>>;

impl<R: Read + Write> Run<'_, R> {
    /// Takes back what another run created first, and waits until it took back its own. Says so
    /// where that could not be seen.
    pub(super) async fn settle_rivals(&self, results: &mut [StepResult]) -> Option<Note> {
        // Where no request is allowed any more, a step has said so, and the next run looks.
        if self.limit_reached() || !results.iter().any(|result| created(result).is_some()) {
            return None;
        }
        let mut carriers = match self.carriers().await {
            Ok(carriers) => carriers,
            Err(error) => return Some(self.unchecked(&error)),
        };
        let mut unread = None;
        for result in results.iter_mut() {
            if let Some((own, first)) = forestalled(result, &carriers) {
                self.take_back(result, own, first).await;
            }
        }
        for wait in LOOKS {
            let waits = |result: &StepResult| rival(result, &carriers).is_some();
            if self.settings.stop.is_requested() || !results.iter().any(waits) {
                break;
            }
            self.settings.stop.pause(self.settings.clock, wait).await;
            match self.carriers().await {
                Ok(seen) => (carriers, unread) = (seen, None),
                Err(error) => unread = Some(error),
            }
        }
        for result in results {
            if let Some((own, other)) = rival(result, &carriers) {
                result.status = Status::Failed(both_stay(&result.key, own, other));
            }
        }
        unread.map(|error| self.unchecked(&error))
    }

    /// What there is to say where nobody could look. If there are two instances, the next plan sees
    /// both: it names them and does nothing.
    fn unchecked(&self, error: &api::Error) -> Note {
        let message = format!(
            "whether another run created the same instances at the same time could not be seen: {}. Every plan \
             names both where that happened, so look at the next one",
            self.failure(error).message
        );
        Note { code: Code::UncheckedRivals.as_str(), message }
    }

    /// Who carries our keys, from the listing of the whole account: the tag filter may lag behind.
    async fn carriers(&self) -> Result<Carriers, api::Error> {
        let listing = self.remote.list(&Scope::Account, &Keep::Only(BTreeSet::new())).await?;
        let mut carriers = Carriers::new();
        for record in listing.records {
            let (marks, _) = ownership::split(record.tags);
            if let Claim::Ours(key) = marks.claim(&self.plan.target.project) {
                carriers.entry(key).or_default().insert(record.id);
            }
        }
        Ok(carriers)
    }

    /// Deletes the instance that this run created a moment ago.
    async fn take_back(&self, result: &mut StepResult, own: InstanceId, first: InstanceId) {
        let deleted = self.remote.delete(own).await;
        let what =
            format!("another run created instance {first} for this document at the same time");
        let (message, request_id) = match deleted {
            Ok(()) => {
                result.instance = None;
                (format!("{what}, so {own} was deleted again"), None)
            }
            Err(error) => {
                let Failure { message, request_id, .. } = self.failure(&error);
                (format!("{what}, and {own} could not be deleted: {message}"), request_id)
            }
        };
        let code = Code::ConcurrentApply.as_str();
        result.status = Status::Failed(Failure { code, message, request_id });
        result.register_webhook = false;
    }
}

/// The instance of a create, whether its id came in answer to it or was found afterwards.
fn created(result: &StepResult) -> Option<&Touched> {
    result.instance.as_ref().filter(|_| result.action == Some(Action::Create))
}

/// What this run itself created after another one did: its own id, and that of the other.
fn forestalled(result: &StepResult, carriers: &Carriers) -> Option<(InstanceId, InstanceId)> {
    let own_create = created(result).is_some_and(|touched| touched.from_own_create);
    rival(result, carriers).filter(|(own, other)| own_create && other < own)
}

/// The instance of a create, and the lowest other one that carries its key.
fn rival(result: &StepResult, carriers: &Carriers) -> Option<(InstanceId, InstanceId)> {
    let own = created(result)?.id;
    let other = carriers.get(&result.key)?.iter().find(|id| **id != own)?;
    Some((own, *other))
}

fn both_stay(key: &Key, own: InstanceId, other: InstanceId) -> Failure {
    let message = format!(
        "the instances {own} and {other} both carry the key `{key}`: another run created one at the same \
         time and did not take it back. Delete one of them"
    );
    Failure { code: Code::DuplicateInstance.as_str(), message, request_id: None }
}
