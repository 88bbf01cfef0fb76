//! What must hold after several applies, some of them killed, on a platform that lags.
//!
//! In: the documents, what was stored before and is stored now, and what each run reported and did.
//! Out: what is wrong. It shares no code with the planner or the client.

use std::collections::BTreeSet;

use ocon::apply::FailureCode;

use crate::model::{Document, Stored};
use crate::support::{Run, World};

/// Exit codes of a run that says that not all is well.
const WARNS: [u8; 3] = [3, 7, 130];

/// Notes about all creates of a run.
const OF_ALL_CREATES: [FailureCode; 2] = [FailureCode::UncheckedRivals, FailureCode::NotListedYet];

/// What is known independently of the client.
pub(crate) struct Judge<'a> {
    pub(crate) world: &'a World,
    pub(crate) before: &'a [Stored],
    pub(crate) runs: &'a [Run],
}

impl Judge<'_> {
    /// What is wrong once every run has ended and every lag has passed.
    pub(crate) fn after(&self) -> Vec<String> {
        let after = self.world.stored();
        let mut wrong = self.doubled(&after);
        wrong.extend(self.lost(&after));
        wrong.extend(self.runs.iter().flat_map(|run| self.promised(run, &after)));
        wrong
    }

    /// What is wrong after two more applies, one after the other, without lags and faults.
    pub(crate) fn finally(&self, last: &Run) -> Vec<String> {
        let after = self.world.stored();
        let doubled = self.doubled_keys(&after);
        let mut wrong = self.lost(&after);
        let expected = if doubled.is_empty() { 0 } else { 7 };
        wrong.extend((last.exit != expected).then(|| {
            format!(
                "the last apply ended with {}, not {expected}: {:#?}",
                last.exit,
                last.results()
            )
        }));
        for key in &doubled {
            wrong
                .extend((!names(last, key)).then(|| format!("the last apply does not name {key}")));
        }
        let documents = self.documents().filter(|document| !doubled.contains(&document.key));
        wrong.extend(documents.flat_map(|it| it.differences(&after, &self.world.variables)));
        let plan = self.world.plan();
        let left = plan.steps.iter().map(|step| (&step.key, step.action.as_str()));
        wrong.extend(left.map(|(key, action)| format!("left to do: {action} {key}")));
        let blocked = plan.blocked.iter().filter(|it| !doubled.contains(it.key.as_str()));
        wrong
            .extend(blocked.map(|it| format!("left to do: {} is blocked: {}", it.key, it.message)));
        wrong
    }

    /// Document keys with two instances, although no run says so.
    fn doubled(&self, after: &[Stored]) -> Vec<String> {
        let silent = self.doubled_keys(after).into_iter().filter(|key| !self.is_excused(key));
        silent
            .map(|key| {
                let ids = carriers(after, &key);
                format!("doubled: {key} has {ids:?}, and no run says so")
            })
            .collect()
    }

    /// Instances that went although their document is there, or that a run deleted which did not
    /// create them.
    fn lost(&self, after: &[Stored]) -> Vec<String> {
        let there: BTreeSet<u64> = after.iter().map(|instance| instance.id).collect();
        let gone = self.before.iter().filter(|instance| self.is_wanted(instance));
        let gone = gone.filter(|instance| !there.contains(&instance.id));
        let mut wrong: Vec<_> =
            gone.map(|it| format!("lost: {} of `{}`", it.id, it.name)).collect();
        let orphans = self.before.iter().filter(|it| it.is_ours() && !self.is_wanted(it));
        let orphans: BTreeSet<u64> = orphans.map(|instance| instance.id).collect();
        for (number, run) in (1..).zip(self.runs) {
            let mut deleted = run.touched.deleted.iter();
            let others =
                deleted.find(|id| !run.touched.created.contains(id) && !orphans.contains(id));
            wrong.extend(
                others.map(|id| format!("run {number} deleted {id}, which it did not create")),
            );
        }
        wrong
    }

    /// What a run that ended well leaves undone.
    fn promised(&self, run: &Run, after: &[Stored]) -> Vec<String> {
        if run.died || run.exit != 0 {
            return Vec::new();
        }
        let documents = self.documents().filter(|document| {
            carriers(after, &document.key).is_empty() || !self.is_excused(&document.key)
        });
        let differences = documents.flat_map(|it| it.differences(after, &self.world.variables));
        differences.map(|difference| format!("exit 0, and {difference}")).collect()
    }

    /// Whether a run says that something is wrong with this document, or cannot say so any more.
    fn is_excused(&self, key: &str) -> bool {
        self.runs.iter().any(|run| {
            if run.died {
                run.touched.asked.contains(key)
            } else {
                WARNS.contains(&run.exit) && names(run, key)
            }
        })
    }

    fn doubled_keys(&self, after: &[Stored]) -> BTreeSet<String> {
        let doubled = self.documents().filter(|document| carriers(after, &document.key).len() > 1);
        doubled.map(|document| document.key.clone()).collect()
    }

    fn documents(&self) -> impl Iterator<Item = &Document> {
        self.world.documents.iter()
    }

    fn is_wanted(&self, instance: &Stored) -> bool {
        let mut documents = self.documents();
        documents.any(|it| instance.is_for(&it.key) || it.id == Some(instance.id))
    }
}

/// The instances of a document, by id.
pub(crate) fn carriers(stored: &[Stored], key: &str) -> Vec<u64> {
    stored.iter().filter(|instance| instance.is_for(key)).map(|instance| instance.id).collect()
}

/// Whether a run names a document as one with which not all is well.
fn names(run: &Run, key: &str) -> bool {
    let Some((_, outcome)) = &run.done else { return false };
    let mut results = run.results().iter();
    let mut notes = outcome.notes.iter();
    results.any(|result| result.key.as_str() == key && result.status.failure().is_some())
        || notes.any(|it| {
            it.message.contains(&format!("`{key}`"))
                || (OF_ALL_CREATES.contains(&it.code) && run.touched.asked.contains(key))
        })
}
