//! A create whose answer was lost: it may have happened, and sending it again would double it.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Status;
use super::instance::{Run, failure};
use crate::api::{self, Keep, Read, Scope, Write};
use crate::instance::{InstanceId, Record};
use crate::ownership::{self, Claim};
use crate::plan::Step;

/// The waits before each look, 30 s in all: a create takes seconds at the provider, and the
/// platform gives an instance its id only when it is done.
const LOOKS: [Duration; 3] =
    [Duration::from_secs(5), Duration::from_secs(10), Duration::from_secs(15)];

impl<R: Read + Write> Run<'_, R> {
    /// Looks for the instance by our mark in the listing of the whole account, since the tag filter
    /// may lag behind.
    pub(super) async fn look_for_lost(
        &self,
        step: &Step,
        lost: api::Error,
    ) -> Result<Record, Status> {
        for wait in LOOKS {
            self.settings.clock.sleep(wait).await;
            if let Ok(Some(record)) = self.look(step).await {
                return Ok(record);
            }
        }
        let mut failure = failure(&lost);
        failure.message.push_str(
            ". Whether the instance exists is unknown: it did not show up within 30 s. Run again, which \
             finds it or creates it",
        );
        Err(Status::Unknown(failure))
    }

    async fn look(&self, step: &Step) -> Result<Option<Record>, api::Error> {
        let listing = self.remote.list(&Scope::Account, &Keep::Only(BTreeSet::new())).await?;
        let ours = listing.records.into_iter().filter(|record| self.is_marked(record, step));
        let lowest: Option<InstanceId> = ours.map(|record| record.id).min();
        match lowest {
            Some(id) => self.remote.instance(id, &Keep::All).await,
            None => Ok(None),
        }
    }

    fn is_marked(&self, record: &Record, step: &Step) -> bool {
        let (marks, _) = ownership::split(record.tags.clone());
        marks.claim(&self.plan.target.project) == Claim::Ours(step.key.clone())
    }
}
