//! The steps of one instance, in order.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::{Either, select};

use super::{AffectedInstance, Event, FailureCode, Settings, StepFailure, StepResult, StepStatus};
use crate::api::{self, Keep, Kind, Read, Scope, Waiting, Write};
use crate::instance::{Draft, InstanceId, OmittedMembers, Record, RenderContext};
use crate::ownership::{self, Ownership};
use crate::plan::{Action, Plan, Step};
use crate::untrusted::quoted;

/// How often a step that is still running is reported: a create takes seconds at the provider, or
/// minutes.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(30);

/// A run of a plan against a remote.
pub(super) struct Run<'a, R> {
    pub(super) plan: &'a Plan,
    pub(super) remote: &'a R,
    pub(super) settings: Settings<'a>,
    pub(super) tell: &'a (dyn Fn(Event<'_>) + Sync),
    /// Set when the platform did not keep our mark: a further create could not be found again.
    creates_halted: AtomicBool,
    /// Set when no further request is allowed.
    limit_reached: AtomicBool,
}

/// How a step ended, and what is known of its instance.
type Ended = (Option<AffectedInstance>, StepStatus);

impl<'a, R: Read + Write> Run<'a, R> {
    pub(super) fn new(
        plan: &'a Plan,
        remote: &'a R,
        settings: Settings<'a>,
        tell: &'a (dyn Fn(Event<'_>) + Sync),
    ) -> Self {
        let (creates_halted, limit_reached) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { plan, remote, settings, tell, creates_halted, limit_reached }
    }

    /// Carries out the steps of one instance; what follows a step that failed is not begun.
    pub(super) async fn carry_out(&self, steps: &[Step]) -> Vec<StepResult> {
        let mut results: Vec<StepResult> = Vec::with_capacity(steps.len());
        let mut known: Option<AffectedInstance> = None;
        for step in steps {
            let broken = results.iter().any(|result| result.status != StepStatus::Done);
            if broken || self.must_not_start(step) {
                results.push(not_started(step));
                continue;
            }
            (self.tell)(Event::StepStarted(step));
            let id = step.id.or_else(|| known.as_ref().map(|affected| affected.id));
            let (affected, status) = self.watched(step, id).await;
            known = affected.or(known);
            let result = result(step, known.clone(), status);
            (self.tell)(Event::StepFinished(&result));
            results.push(result);
        }
        results
    }

    fn must_not_start(&self, step: &Step) -> bool {
        let halted = step.action == Action::Create && self.creates_halted.load(Ordering::Relaxed);
        halted || self.limit_reached() || self.settings.stop.is_requested()
    }

    /// What waits for a platform that lags.
    pub(super) fn waiting(&self) -> Waiting<'_> {
        Waiting { clock: self.settings.clock, stop: self.settings.stop }
    }

    /// The instances that carry this project's mark, by the platform's filter.
    pub(super) fn tagged(&self) -> Scope {
        Scope::Tag(ownership::filter(&self.plan.target.project))
    }

    /// Whether a step met the limit of requests.
    pub(super) fn limit_reached(&self) -> bool {
        self.limit_reached.load(Ordering::Relaxed)
    }

    /// Carries out a step, and tells of it as long as it goes on.
    async fn watched(&self, step: &Step, id: Option<InstanceId>) -> Ended {
        let mut work = pin!(self.step(step, id));
        let mut passed = Duration::ZERO;
        loop {
            match select(work.as_mut(), self.settings.clock.alarm(PROGRESS_INTERVAL)).await {
                Either::Left((ended, _)) => return ended,
                Either::Right(_) => passed += PROGRESS_INTERVAL,
            }
            (self.tell)(Event::StepStillRunning(step, passed));
        }
    }

    async fn step(&self, step: &Step, id: Option<InstanceId>) -> Ended {
        match (step.action, id) {
            (Action::Create, _) => self.create(step).await,
            (Action::Finish | Action::Adopt | Action::Update, Some(id)) => {
                self.patch(step, id).await
            }
            (Action::Enable, Some(id)) => self.switch(step, id, self.remote.enable(id).await).await,
            (Action::Disable, Some(id)) => {
                self.switch(step, id, self.remote.disable(id).await).await
            }
            (Action::Delete, Some(id)) => self.delete(step, id).await,
            (_, None) => {
                unreachable!("only a create has no instance, and what follows one has its id")
            }
        }
    }

    /// POST with placeholders, then the PATCH that a value referring to the instance needs.
    async fn create(&self, step: &Step) -> Ended {
        let draft = step.draft();
        let created = match self.remote.create(&draft, &self.place(step, None)).await {
            Ok(record) => Ok((record, true)),
            Err(error) if error.may_have_happened() => {
                self.recover_lost_create(step, error).await.map(|record| (record, false))
            }
            Err(error) => Err(StepStatus::Failed(self.failure(&error))),
        };
        let (record, from_own_create) = match created {
            Ok(created) => created,
            Err(status) => return (None, status),
        };
        let (id, affected) =
            (record.id, AffectedInstance { from_own_create, ..self.affected(step, &record) });
        let record = match self.keep_mark(step, &draft, record).await {
            Ok(record) => record,
            Err(status) => return (Some(affected), status),
        };
        let second = step.second_draft();
        let status = if second.is_empty() {
            self.proved(step, id, Some(&record)).await
        } else {
            match self.remote.patch(id, &second, &self.place(step, Some(id))).await {
                Ok(patched) => self.proved(step, id, patched.as_ref()).await,
                Err(error) => self.ended(&error),
            }
        };
        (Some(affected), status)
    }

    /// Makes sure that the instance just created can be found again by its mark, and returns it as
    /// it is then.
    async fn keep_mark(
        &self,
        step: &Step,
        draft: &Draft,
        record: Record,
    ) -> Result<Record, StepStatus> {
        let (record, keeps) = self.keeps_marks(record, draft).await;
        if keeps {
            return Ok(record);
        }
        let id = record.id;
        let tags = Draft { tags: draft.tags.clone(), ..Draft::default() };
        if let Ok(patched) = self.remote.patch(id, &tags, &self.place(step, Some(id))).await {
            let silent = Record { absent: OmittedMembers { tags: true, disabled: true }, ..record };
            let (record, keeps) = self.keeps_marks(patched.unwrap_or(silent), draft).await;
            if keeps {
                return Ok(record);
            }
        }
        self.creates_halted.store(true, Ordering::Relaxed);
        Err(StepStatus::Failed(StepFailure {
            code: FailureCode::MarkNotStored.into(),
            message: format!(
                "instance {id} was created, and the platform did not keep its `ocon:` tags, so the next run could \
                 not find it: delete it, or set its tags to {}. No further instance is created",
                draft.tags.iter().flatten().cloned().collect::<Vec<_>>().join(", ")
            ),
            request_id: None,
        }))
    }

    async fn patch(&self, step: &Step, id: InstanceId) -> Ended {
        match self.remote.patch(id, &step.draft(), &self.place(step, Some(id))).await {
            Ok(reply) => {
                let affected = reply.as_ref().map(|record| self.affected(step, record));
                let affected = affected.unwrap_or_else(|| self.unread(step, id));
                (Some(affected), self.proved(step, id, reply.as_ref()).await)
            }
            Err(error) => (Some(self.unread(step, id)), self.ended(&error)),
        }
    }

    async fn switch(&self, step: &Step, id: InstanceId, reply: Result<(), api::Error>) -> Ended {
        let status = match reply {
            Ok(()) => self.proved_switch(step, id).await,
            Err(error) => self.ended(&error),
        };
        (Some(self.unread(step, id)), status)
    }

    /// DELETE, after a last look: between the plan and this step another run may have given the
    /// instance to a document.
    async fn delete(&self, step: &Step, id: InstanceId) -> Ended {
        let status = match self.remote.instance(id, &Keep::Only([].into())).await {
            Ok(Some(record)) if !self.is_orphan(&record, step) => StepStatus::Stale(StepFailure {
                code: FailureCode::Stale.into(),
                message: format!(
                    "instance {id} changed since the plan: it no longer carries the document key {} of this \
                     project alone, or it is protected now. It was not deleted. Plan again",
                    quoted(&step.key)
                ),
                request_id: None,
            }),
            Ok(_) => match self.remote.delete(id).await {
                Ok(()) => StepStatus::Done,
                Err(error) => self.ended(&error),
            },
            Err(error) => StepStatus::Failed(self.failure(&error)),
        };
        (Some(self.unread(step, id)), status)
    }

    /// Whether the instance still is what the plan deletes.
    fn is_orphan(&self, record: &Record, step: &Step) -> bool {
        let (marks, _) = ownership::split(record.tags.clone());
        let claim = marks.ownership(&self.plan.target.project);
        record.absent.tags || (claim == Ownership::Ours(step.key.clone()) && !marks.protect())
    }

    /// How a step ends whose request failed.
    fn ended(&self, error: &api::Error) -> StepStatus {
        if error.may_have_happened() {
            StepStatus::Unknown(self.failure(error))
        } else {
            StepStatus::Failed(self.failure(error))
        }
    }

    /// What is told of a request that failed. Where no further one is allowed, nothing more begins.
    pub(super) fn failure(&self, error: &api::Error) -> StepFailure {
        self.limit_reached.fetch_or(error.request_limit().is_some(), Ordering::Relaxed);
        let request_id = match &error.kind {
            Kind::Status { request_id, .. } => request_id.clone(),
            _ => None,
        };
        StepFailure { code: FailureCode::of(error).into(), message: error.to_string(), request_id }
    }

    pub(super) fn place<'b>(&'b self, step: &'b Step, id: Option<InstanceId>) -> RenderContext<'b> {
        RenderContext { base_url: &self.plan.target.base_url, connector: &step.connector, id }
    }

    fn affected(&self, step: &Step, record: &Record) -> AffectedInstance {
        AffectedInstance { token: Some(record.token.clone()), ..self.unread(step, record.id) }
    }

    fn unread(&self, step: &Step, id: InstanceId) -> AffectedInstance {
        AffectedInstance {
            id,
            webhook_url: self.place(step, Some(id)).webhook_url(),
            token: None,
            from_own_create: false,
        }
    }
}

fn result(step: &Step, instance: Option<AffectedInstance>, status: StepStatus) -> StepResult {
    let first_seen = matches!(step.action, Action::Create | Action::Finish);
    StepResult {
        key: step.key.clone(),
        action: Some(step.action),
        register_webhook: first_seen && step.webhook_url_at_provider && status == StepStatus::Done,
        instance,
        status,
    }
}

fn not_started(step: &Step) -> StepResult {
    result(step, None, StepStatus::NotStarted)
}
