//! Recovers a create whose reply was lost. It may have taken effect, so sending it again could create a
//! duplicate.

use std::time::Duration;

use tracing::debug;

use super::StepStatus;
use super::run::Run;
use crate::api::{self, Projection, Read, Scope};
use crate::instance::{InstanceId, Record};
use crate::plan::Step;

/// The waits before each search, 30 s in total. A create takes seconds at the provider, and the
/// platform assigns the instance ID only after that.
const SEARCH_DELAYS: [Duration; 3] =
    [Duration::from_secs(5), Duration::from_secs(10), Duration::from_secs(15)];

enum NotFound {
    /// No listing shows one.
    NotListed,
    /// A listing shows this one, but it cannot be read.
    NotReadable(InstanceId),
    RequestFailed(api::Error),
}

pub(super) async fn recover<R: Read>(
    run: &Run<'_, R>,
    step: &Step,
    lost: api::Error,
) -> Result<Record, StepStatus> {
    let stop_signal = run.settings.stop;
    let mut not_found = NotFound::NotListed;
    for (number, delay) in (1..).zip(SEARCH_DELAYS) {
        stop_signal.pause(run.settings.clock, delay).await;
        let found = search(run, step).await;
        debug!(
            key = step.key.as_str(),
            number,
            found = summary(&found),
            "search for a lost create"
        );
        match found {
            Ok(record) => return Ok(record),
            Err(reason) => not_found = reason,
        }
        let is_last =
            matches!(&not_found, NotFound::RequestFailed(error) if error.request_limit().is_some());
        if stop_signal.is_requested() || is_last {
            break;
        }
    }
    let mut failure = run.failure(&lost);
    let reason = match not_found {
        NotFound::NotListed if stop_signal.is_requested() => {
            "it did not appear before the run was asked to stop".to_owned()
        }
        NotFound::NotListed => "it did not appear within 30 s".to_owned(),
        NotFound::NotReadable(id) => {
            format!("a listing shows instance {id}, but it cannot be read yet")
        }
        NotFound::RequestFailed(error) => {
            format!("the search failed: {}", run.failure(&error).message)
        }
    };
    failure.message.push_str(&format!(
        ". It is unknown whether the instance exists: {reason}. Wait 2 minutes, then run again. The next run finds the \
         instance or creates it"
    ));
    Err(StepStatus::Unknown(failure))
}

/// Searches in the listing of the account, then in the tag listing, because either may lag.
async fn search<R: Read>(run: &Run<'_, R>, step: &Step) -> Result<Record, NotFound> {
    let mut lowest = None;
    for scope in [Scope::Account, run.tagged()] {
        let listing = run.remote.list(&scope, &Projection::Only([].into())).await;
        let records = listing.map_err(NotFound::RequestFailed)?.records.into_iter();
        let matching = records.filter(|record| run.key_of(record).as_ref() == Some(&step.key));
        lowest = matching.map(|record| record.id).min();
        if lowest.is_some() {
            break;
        }
    }
    let id = lowest.ok_or(NotFound::NotListed)?;
    let read = run.waiting().instance(run.remote, id, &Projection::All).await;
    let (record, _) = read.map_err(NotFound::RequestFailed)?;
    record.ok_or(NotFound::NotReadable(id))
}

fn summary(found: &Result<Record, NotFound>) -> String {
    match found {
        Ok(record) => record.id.to_string(),
        Err(NotFound::NotListed) => "nothing".to_owned(),
        Err(NotFound::NotReadable(id)) => format!("{id}, not readable"),
        Err(NotFound::RequestFailed(_)) => "request failed".to_owned(),
    }
}
