//! Recovers a create whose answer was lost: it may have happened, and sending it again would
//! duplicate it.

use std::time::Duration;

use tracing::debug;

use super::StepStatus;
use super::instance::Run;
use crate::api::{self, Keep, Read, Scope, Write};
use crate::instance::{InstanceId, Record};
use crate::ownership::{self, Ownership};
use crate::plan::Step;

/// The waits before each search, 30 s in all: a create takes seconds at the provider, and the
/// platform gives an instance its ID only when it is done.
const SEARCH_DELAYS: [Duration; 3] =
    [Duration::from_secs(5), Duration::from_secs(10), Duration::from_secs(15)];

/// Why a search gave no instance.
enum Unfound {
    /// No listing names one.
    NotListed,
    /// A listing names this one, and it cannot be read.
    NotReadable(InstanceId),
    /// A request failed.
    Unread(api::Error),
}

impl<R: Read + Write> Run<'_, R> {
    /// Searches for the instance by our mark, first in the listing of the whole account, then by tag:
    /// each of them may lag behind the other.
    pub(super) async fn recover_lost_create(
        &self,
        step: &Step,
        lost: api::Error,
    ) -> Result<Record, StepStatus> {
        let mut unfound = Unfound::NotListed;
        for (number, delay) in (1..).zip(SEARCH_DELAYS) {
            self.settings.stop.pause(self.settings.clock, delay).await;
            let found = self.search(step).await;
            debug!(
                key = step.key.as_str(),
                number,
                found = summary(&found),
                "search for a lost create"
            );
            match found {
                Ok(record) => return Ok(record),
                Err(reason) => unfound = reason,
            }
            let is_last =
                matches!(&unfound, Unfound::Unread(error) if error.request_limit().is_some());
            if self.settings.stop.is_requested() || is_last {
                break;
            }
        }
        let mut failure = self.failure(&lost);
        let reason = match unfound {
            Unfound::NotListed if self.settings.stop.is_requested() => {
                "it had not shown up when the run was asked to end".to_owned()
            }
            Unfound::NotListed => "it did not show up within 30 s".to_owned(),
            Unfound::NotReadable(id) => {
                format!("a listing names instance {id}, which cannot be read yet")
            }
            Unfound::Unread(error) => {
                format!("it could not be searched for, {}", self.failure(&error).message)
            }
        };
        failure.message.push_str(&format!(
            ". Whether the instance exists is unknown: {reason}. Wait 2 minutes, then run again, which finds it or \
             creates it"
        ));
        Err(StepStatus::Unknown(failure))
    }

    async fn search(&self, step: &Step) -> Result<Record, Unfound> {
        let mut lowest = None;
        for scope in [Scope::Account, self.tagged()] {
            let listing = self.remote.list(&scope, &Keep::Only([].into())).await;
            let records = listing.map_err(Unfound::Unread)?.records.into_iter();
            let ours = records.filter(|record| self.is_marked(record, step));
            lowest = ours.map(|record| record.id).min();
            if lowest.is_some() {
                break;
            }
        }
        let id = lowest.ok_or(Unfound::NotListed)?;
        let read = self.waiting().instance(self.remote, id, &Keep::All).await;
        let (record, _) = read.map_err(Unfound::Unread)?;
        record.ok_or(Unfound::NotReadable(id))
    }

    fn is_marked(&self, record: &Record, step: &Step) -> bool {
        let (marks, _) = ownership::split(record.tags.clone());
        marks.ownership(&self.plan.target.project) == Ownership::Ours(step.key.clone())
    }
}

/// What a search came to, in a word.
fn summary(found: &Result<Record, Unfound>) -> String {
    match found {
        Ok(record) => record.id.to_string(),
        Err(Unfound::NotListed) => "nothing".to_owned(),
        Err(Unfound::NotReadable(id)) => format!("{id}, not readable"),
        Err(Unfound::Unread(_)) => "no answer".to_owned(),
    }
}
