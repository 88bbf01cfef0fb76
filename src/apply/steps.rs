//! Executes the steps of one instance, in order.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{Either, select};

use super::run::Run;
use super::{
    AffectedInstance, Event, FailureCode, StepFailure, StepResult, StepStatus, lost_create,
    verification,
};
use crate::api::{self, Projection, Read, Write};
use crate::instance::{Draft, InstanceId, OmittedMembers, Record};
use crate::ownership::ReservedTags;
use crate::plan::{Action, Step};
use crate::safe_text::quoted;

/// The interval of progress events. A create takes seconds or minutes at the provider.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(30);

/// The instance of a step, if it is known, and how the step ended.
type Ended = (Option<AffectedInstance>, StepStatus);

/// Executes the steps of one instance. After a failed step, the others do not start.
pub(super) async fn execute<R: Read + Write>(run: &Run<'_, R>, steps: &[Step]) -> Vec<StepResult> {
    let mut results: Vec<StepResult> = Vec::with_capacity(steps.len());
    let mut known: Option<AffectedInstance> = None;
    for step in steps {
        let has_failed = results.iter().any(|result| result.status != StepStatus::Done);
        if has_failed || must_not_start(run, step) {
            results.push(result(step, None, StepStatus::NotStarted));
            continue;
        }
        (run.on_event)(Event::StepStarted(step));
        let id = step.id.or_else(|| known.as_ref().map(|affected| affected.id));
        let (affected, status) = without_panic(run, step, id).await;
        known = affected.or(known);
        let result = result(step, known.clone(), status);
        (run.on_event)(Event::StepFinished(&result));
        results.push(result);
    }
    results
}

fn must_not_start<R>(run: &Run<'_, R>, step: &Step) -> bool {
    let is_halted = step.action == Action::Create && run.creates_halted.load(Ordering::Relaxed);
    is_halted || run.limit_reached() || run.has_bug() || run.settings.stop.is_requested()
}

fn result(step: &Step, instance: Option<AffectedInstance>, status: StepStatus) -> StepResult {
    let completes_create = matches!(step.action, Action::Create | Action::Finish);
    let has_url = instance.as_ref().is_some_and(|instance| instance.webhook_url.is_some());
    StepResult {
        key: step.key.clone(),
        action: Some(step.action),
        register_webhook: completes_create && has_url && status == StepStatus::Done,
        instance,
        status,
    }
}

/// Executes a step. If it panics, the steps of other instances that wait for a reply still end, so that
/// the outcome names what they created.
async fn without_panic<R: Read + Write>(
    run: &Run<'_, R>,
    step: &Step,
    id: Option<InstanceId>,
) -> Ended {
    let ended = AssertUnwindSafe(with_progress(run, step, id)).catch_unwind().await;
    ended.unwrap_or_else(|_| (None, run.panicked()))
}

async fn with_progress<R: Read + Write>(
    run: &Run<'_, R>,
    step: &Step,
    id: Option<InstanceId>,
) -> Ended {
    let mut work = pin!(execute_step(run, step, id));
    let mut passed = Duration::ZERO;
    loop {
        match select(work.as_mut(), run.settings.clock.alarm(PROGRESS_INTERVAL)).await {
            Either::Left((ended, _)) => return ended,
            Either::Right(_) => passed += PROGRESS_INTERVAL,
        }
        (run.on_event)(Event::StepStillRunning(step, passed));
    }
}

async fn execute_step<R: Read + Write>(
    run: &Run<'_, R>,
    step: &Step,
    id: Option<InstanceId>,
) -> Ended {
    match (step.action, id) {
        (Action::Create, _) => create(run, step).await,
        (Action::Finish | Action::Adopt | Action::Update, Some(id)) => patch(run, step, id).await,
        (Action::Enable, Some(id)) => {
            let reply = run.remote.enable(id).await;
            verify_enabled(run, step, id, reply).await
        }
        (Action::Disable, Some(id)) => {
            let reply = run.remote.disable(id).await;
            verify_enabled(run, step, id, reply).await
        }
        (Action::Delete, Some(id)) => delete(run, step, id).await,
        (_, None) => {
            unreachable!("only a create has no instance, and the steps after it have its ID")
        }
    }
}

/// POST with placeholders, then the PATCH for values that refer to the instance.
async fn create<R: Read + Write>(run: &Run<'_, R>, step: &Step) -> Ended {
    let draft = step.draft();
    let created = match run.remote.create(&draft, &run.render_context(step, None)).await {
        Ok(record) => Ok((record, true)),
        Err(error) if error.may_have_happened() => {
            lost_create::recover(run, step, error).await.map(|record| (record, false))
        }
        Err(error) => Err(run.failed(&error)),
    };
    let (record, from_own_create) = match created {
        Ok(created) => created,
        Err(status) => return (None, status),
    };
    let affected = AffectedInstance { from_own_create, ..run.affected_record(step, &record) };
    let status = complete_create(run, step, draft, record).await;
    (Some(affected), status.unwrap_or_else(|status| status))
}

async fn complete_create<R: Read + Write>(
    run: &Run<'_, R>,
    step: &Step,
    draft: Draft,
    record: Record,
) -> Result<StepStatus, StepStatus> {
    let id = record.id;
    let record = ensure_reserved_tags(run, step, &draft, record).await?;
    let second = step.second_draft(&draft);
    let expected = step.expected(draft);
    let Some(second) = second else {
        return Ok(verification::of_write(run, step, &expected, id, Some(&record)).await);
    };
    Ok(match run.remote.patch(id, &second, &run.render_context(step, Some(id))).await {
        Ok(reply) => verification::of_write(run, step, &expected, id, reply.as_ref()).await,
        Err(error) => run.failed(&error),
    })
}

/// Ensures that the new instance can be found again by its reserved tags. Returns its current record.
async fn ensure_reserved_tags<R: Read + Write>(
    run: &Run<'_, R>,
    step: &Step,
    draft: &Draft,
    record: Record,
) -> Result<Record, StepStatus> {
    let (record, has_tags) = verification::of_reserved_tags(run, record, draft).await;
    if has_tags {
        return Ok(record);
    }
    let id = record.id;
    let tags = Draft { tags: draft.tags.clone(), ..Draft::default() };
    if let Ok(reply) = run.remote.patch(id, &tags, &run.render_context(step, Some(id))).await {
        let omitted = OmittedMembers { tags: true, disabled: true };
        let reply = reply.unwrap_or(Record { omitted, ..record });
        let (record, has_tags) = verification::of_reserved_tags(run, reply, draft).await;
        if has_tags {
            return Ok(record);
        }
    }
    run.creates_halted.store(true, Ordering::Relaxed);
    let message = format!(
        "instance {id} was created, but the platform did not store its `ocon:` tags, so the next run could not find it. \
         Delete it, or set its tags to {}. No further instance is created",
        draft.tags.iter().flatten().cloned().collect::<Vec<_>>().join(", ")
    );
    Err(StepStatus::Failed(StepFailure::new(FailureCode::MarkNotStored, message)))
}

async fn patch<R: Read + Write>(run: &Run<'_, R>, step: &Step, id: InstanceId) -> Ended {
    let draft = step.draft();
    match run.remote.patch(id, &draft, &run.render_context(step, Some(id))).await {
        Ok(reply) => {
            let affected = reply.as_ref().map(|record| run.affected_record(step, record));
            let affected = affected.unwrap_or_else(|| run.affected(step, id));
            let expected = step.expected(draft);
            let status = verification::of_write(run, step, &expected, id, reply.as_ref()).await;
            (Some(affected), status)
        }
        Err(error) => (Some(run.affected(step, id)), run.failed(&error)),
    }
}

async fn verify_enabled<R: Read + Write>(
    run: &Run<'_, R>,
    step: &Step,
    id: InstanceId,
    reply: Result<(), api::Error>,
) -> Ended {
    let status = match reply {
        Ok(()) => verification::of_enabled(run, step, id).await,
        Err(error) => run.failed(&error),
    };
    (Some(run.affected(step, id)), status)
}

/// DELETE, after a GET: another run may have given the instance to a document since the plan.
async fn delete<R: Read + Write>(run: &Run<'_, R>, step: &Step, id: InstanceId) -> Ended {
    let status = match run.remote.instance(id, &Projection::Only([].into())).await {
        Ok(Some(record)) if !is_orphan(run, &record, step) => {
            let message = format!(
                "instance {id} changed since the plan: it no longer has only the document key {} of this project, or it \
                 is protected now. It was not deleted. Plan again",
                quoted(&step.key)
            );
            StepStatus::Stale(StepFailure::new(FailureCode::Stale, message))
        }
        Ok(_) => match run.remote.delete(id).await {
            Ok(()) => StepStatus::Done,
            Err(error) => run.failed(&error),
        },
        Err(error) => StepStatus::Failed(run.failure(&error)),
    };
    (Some(run.affected(step, id)), status)
}

/// Whether the instance is still the one that the plan deletes.
fn is_orphan<R>(run: &Run<'_, R>, record: &Record, step: &Step) -> bool {
    let tags = ReservedTags::of(&record.tags);
    let has_key = tags.key_in(&run.plan.target.project) == Some(&step.key);
    record.omitted.tags || (has_key && !tags.protect())
}
