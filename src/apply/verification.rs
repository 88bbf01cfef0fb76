//! Verifies writes: a write is done if its reply, or otherwise one GET, shows the requested values.
//!
//! An omitted value proves nothing. Documented replies to a POST have an empty `configuration`, and
//! those to enable and disable have no body (docs/platform.md#update).

use std::collections::BTreeSet;

use super::run::Run;
use super::{FailureCode, StepFailure, StepStatus};
use crate::api::{Projection, Read};
use crate::instance::{Draft, FieldPath, InstanceId, Record, ReplyCheck};
use crate::ownership::RESERVED;
use crate::plan::{Action, Step};

/// The status of a step after a POST or PATCH. `reply` is `None` if the reply had no body.
pub(super) async fn of_write<R: Read>(
    run: &Run<'_, R>,
    step: &Step,
    expected: &Draft,
    id: InstanceId,
    reply: Option<&Record>,
) -> StepStatus {
    let base_url = &run.plan.target.base_url;
    match reply.map(|record| expected.check_reply(record, &step.connector, base_url)) {
        Some(ReplyCheck::Confirmed) => return StepStatus::Done,
        Some(ReplyCheck::Contradicted(fields)) => return not_stored(&fields),
        Some(ReplyCheck::Incomplete) | None => {}
    }
    match read_back(run, id).await {
        Ok(record) => match expected.unmet_by(&record, &step.connector, base_url).as_slice() {
            [] => StepStatus::Done,
            fields => not_stored(fields),
        },
        Err(status) => status,
    }
}

/// The status of a step after enabling or disabling, whose replies have no content.
pub(super) async fn of_enabled<R: Read>(
    run: &Run<'_, R>,
    step: &Step,
    id: InstanceId,
) -> StepStatus {
    let record = match read_back(run, id).await {
        Ok(record) => record,
        Err(status) => return status,
    };
    if record.omitted.disabled || record.disabled == (step.action == Action::Disable) {
        return StepStatus::Done;
    }
    let state = if record.disabled { "disabled" } else { "enabled" };
    let message = format!("the platform accepted the request, but instance {id} is still {state}");
    StepStatus::Failed(StepFailure::new(FailureCode::ValueNotStored, message))
}

/// Whether the instance has exactly the reserved tags of the draft. If the record omits the tags, one
/// GET decides. Returns the newest record.
pub(super) async fn of_reserved_tags<R: Read>(
    run: &Run<'_, R>,
    record: Record,
    draft: &Draft,
) -> (Record, bool) {
    let (record, is_known) = if record.omitted.tags {
        match read_back(run, record.id).await {
            Ok(read) => (read, true),
            Err(_) => (record, false),
        }
    } else {
        (record, true)
    };
    let has_tags = is_known && has_reserved_tags(&record, draft);
    (record, has_tags)
}

async fn read_back<R: Read>(run: &Run<'_, R>, id: InstanceId) -> Result<Record, StepStatus> {
    match run.waiting().instance(run.remote, id, &Projection::All).await {
        Ok((Some(record), _)) => Ok(record),
        Ok((None, _)) => {
            let message = format!(
                "the platform accepted the request, but GET /instances/{id} does not find the instance, so it is \
                 unknown whether the change took effect"
            );
            Err(StepStatus::Unknown(StepFailure::new(FailureCode::UnexpectedAnswer, message)))
        }
        Err(error) => {
            let failure = run.failure(&error);
            let message = format!(
                "the platform accepted the request, but it could not be checked whether the change took effect: {}",
                failure.message
            );
            Err(StepStatus::Unknown(StepFailure { message, ..failure }))
        }
    }
}

fn not_stored(fields: &[FieldPath]) -> StepStatus {
    let fields: Vec<_> = fields.iter().map(ToString::to_string).collect();
    let message = format!(
        "the platform accepted the request but stored another value of {}. Check which values the connector allows",
        fields.join(", ")
    );
    StepStatus::Failed(StepFailure::new(FailureCode::ValueNotStored, message))
}

/// Whether the reserved tags of the record are exactly those that were sent.
fn has_reserved_tags(record: &Record, draft: &Draft) -> bool {
    let is_reserved = |tag: &&String| tag.starts_with(RESERVED);
    let sent: BTreeSet<_> = draft.tags.iter().flatten().filter(is_reserved).collect();
    record.tags.iter().filter(is_reserved).collect::<BTreeSet<_>>() == sent
}
