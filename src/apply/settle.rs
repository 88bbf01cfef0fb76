//! A create whose answer was lost: it may have happened, and sending it again would double it.

use std::collections::BTreeSet;
use std::time::Duration;

use tracing::debug;

use super::Status;
use super::instance::Run;
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
        let mut unread = None;
        for (number, wait) in (1..).zip(LOOKS) {
            self.settings.stop.pause(self.settings.clock, wait).await;
            let seen = self.look(step).await;
            debug!(key = step.key.as_str(), number, found = found(&seen), "look for a lost create");
            match seen {
                Ok(Some(record)) => return Ok(record),
                Ok(None) => unread = None,
                Err(error) => unread = Some(error),
            }
            let is_last = |error: &api::Error| error.request_limit().is_some();
            if self.settings.stop.is_requested() || unread.as_ref().is_some_and(is_last) {
                break;
            }
        }
        let mut failure = self.failure(&lost);
        let unseen = if self.settings.stop.is_requested() {
            "it had not shown up when the run was asked to end"
        } else {
            "it did not show up within 30 s"
        };
        let why = unread.map_or_else(
            || unseen.to_owned(),
            |error| format!("it could not be looked for, {}", self.failure(&error).message),
        );
        failure.message.push_str(&format!(
            ". Whether the instance exists is unknown: {why}. Run again, which finds it or creates it"
        ));
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

/// What a look came to, in a word.
fn found(seen: &Result<Option<Record>, api::Error>) -> String {
    match seen {
        Ok(Some(record)) => record.id.to_string(),
        Ok(None) => "nothing".to_owned(),
        Err(_) => "no answer".to_owned(),
    }
}
