//! Whether what was asked for is there: a write is done when its reply shows it, or else one GET.
//!
//! A reply that leaves a value out proves nothing. Documented replies to a POST have an empty
//! `configuration`, and those to enable and disable have no body.

use std::collections::BTreeSet;

use super::instance::Run;
use super::{FailureCode, StepFailure, StepStatus};
use crate::api::{self, Keep, Read, Write};
use crate::instance::{Draft, FieldPath, InstanceId, Record, ReplyCheck};
use crate::ownership::RESERVED;
use crate::plan::{Action, Step};

impl<R: Read + Write> Run<'_, R> {
    /// How a POST or PATCH ended that was answered with `reply`; `None` where that had no body.
    pub(super) async fn proved(
        &self,
        step: &Step,
        id: InstanceId,
        reply: Option<&Record>,
    ) -> StepStatus {
        let expected = step.expected();
        let base_url = &self.plan.target.base_url;
        match reply.map(|record| expected.proof(record, &step.connector, base_url)) {
            Some(ReplyCheck::Shown) => return StepStatus::Done,
            Some(ReplyCheck::Contradicted(fields)) => return not_stored(&fields),
            Some(ReplyCheck::Silent) | None => {}
        }
        match self.read_back(id).await {
            Ok(record) => match expected.unmet_by(&record, &step.connector, base_url).as_slice() {
                [] => StepStatus::Done,
                fields => not_stored(fields),
            },
            Err(status) => status,
        }
    }

    /// How enabling or disabling ended, whose replies say nothing.
    pub(super) async fn proved_switch(&self, step: &Step, id: InstanceId) -> StepStatus {
        let record = match self.read_back(id).await {
            Ok(record) => record,
            Err(status) => return status,
        };
        let is_wanted = record.disabled == (step.action == Action::Disable);
        if is_wanted || record.absent.disabled {
            return StepStatus::Done;
        }
        StepStatus::Failed(StepFailure {
            code: FailureCode::ValueNotStored.into(),
            message: format!(
                "the platform accepted the request, and instance {id} is still {}",
                if record.disabled { "disabled" } else { "enabled" }
            ),
            request_id: None,
        })
    }

    /// Whether the instance carries the reserved tags of the draft, byte for byte. Where the reply
    /// has no tags, one GET decides.
    pub(super) async fn keeps_marks(&self, record: Record, draft: &Draft) -> (Record, bool) {
        if !record.absent.tags {
            let keeps = carries_marks(&record, draft);
            return (record, keeps);
        }
        match self.read_back(record.id).await {
            Ok(read) => {
                let keeps = carries_marks(&read, draft);
                (read, keeps)
            }
            Err(_) => (record, false),
        }
    }

    /// The instance as it is after a write that was answered, or why that cannot be seen.
    async fn read_back(&self, id: InstanceId) -> Result<Record, StepStatus> {
        match self.waiting().instance(self.remote, id, &Keep::All).await {
            Ok((Some(record), _)) => Ok(record),
            Ok((None, _)) => Err(StepStatus::Unknown(StepFailure {
                code: FailureCode::UnexpectedAnswer.into(),
                message: format!(
                    "the platform accepted the request, and GET /instances/{id} does not find the instance, so \
                     whether it took effect is unknown"
                ),
                request_id: None,
            })),
            Err(error) => Err(StepStatus::Unknown(self.unproved(&error))),
        }
    }

    fn unproved(&self, error: &api::Error) -> StepFailure {
        let failure = self.failure(error);
        let message = format!(
            "the platform accepted the request, and whether it took effect could not be checked: {}",
            failure.message
        );
        StepFailure { message, ..failure }
    }
}

fn not_stored(fields: &[FieldPath]) -> StepStatus {
    let fields: Vec<_> = fields.iter().map(ToString::to_string).collect();
    StepStatus::Failed(StepFailure {
        code: FailureCode::ValueNotStored.into(),
        message: format!(
            "the platform accepted the request and kept another value of {}: check what the connector allows \
             there",
            fields.join(", ")
        ),
        request_id: None,
    })
}

/// Whether the reserved tags of the record are, byte for byte, those that were sent.
fn carries_marks(record: &Record, draft: &Draft) -> bool {
    let reserved = |tag: &&String| tag.starts_with(RESERVED);
    let sent: BTreeSet<_> = draft.tags.iter().flatten().filter(reserved).collect();
    record.tags.iter().filter(reserved).collect::<BTreeSet<_>>() == sent
}
