//! The state that all steps of an apply share.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{AffectedInstance, Event, FailureCode, StepFailure, StepStatus};
use crate::api::{self, Clock, ErrorKind, Scope, StopSignal, Waiter};
use crate::instance::{EventSettings, InstanceId, Key, Record, RenderContext, StoredValue};
use crate::ownership::{self, ReservedTags};
use crate::plan::{Plan, Step};

const BUG: &str = "this is a bug in ocon. Its message is in the log of this run. It is unknown whether the \
    step took effect. Run again: the next run continues from the state of the platform";

/// The settings of an apply.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    /// The number of instances that are written concurrently.
    pub concurrency: usize,
    /// The clock, for waits after a lost reply.
    pub clock: &'a dyn Clock,
    /// The signal that asks the run to stop.
    pub stop: &'a StopSignal,
}

pub(super) struct Run<'a, R> {
    pub(super) plan: &'a Plan,
    pub(super) remote: &'a R,
    pub(super) settings: Settings<'a>,
    pub(super) on_event: &'a (dyn Fn(Event<'_>) + Sync),
    /// Set if the platform did not store reserved tags. A further create could not be found again.
    pub(super) creates_halted: AtomicBool,
    limit_reached: AtomicBool,
    /// Set if a step panicked. No further step starts, because ocon is not in the state that it expects.
    has_bug: AtomicBool,
}

impl<'a, R> Run<'a, R> {
    pub(super) fn new(
        plan: &'a Plan,
        remote: &'a R,
        settings: Settings<'a>,
        on_event: &'a (dyn Fn(Event<'_>) + Sync),
    ) -> Self {
        Self {
            plan,
            remote,
            settings,
            on_event,
            creates_halted: AtomicBool::new(false),
            limit_reached: AtomicBool::new(false),
            has_bug: AtomicBool::new(false),
        }
    }

    /// Waits for a platform that lags.
    pub(super) fn waiting(&self) -> Waiter<'_> {
        Waiter { clock: self.settings.clock, stop: self.settings.stop }
    }

    /// The instances of this project, by the platform's filter.
    pub(super) fn tagged(&self) -> Scope {
        Scope::Tag(ownership::project_tag(&self.plan.target.project))
    }

    pub(super) fn limit_reached(&self) -> bool {
        self.limit_reached.load(Ordering::Relaxed)
    }

    pub(super) fn has_bug(&self) -> bool {
        self.has_bug.load(Ordering::Relaxed)
    }

    /// The status of a step that panicked. The panic hook has printed the reason.
    pub(super) fn panicked(&self) -> StepStatus {
        self.has_bug.store(true, Ordering::Relaxed);
        StepStatus::Unknown(StepFailure::new(FailureCode::Bug, BUG))
    }

    /// The document key of the instance in this project.
    pub(super) fn key_of(&self, record: &Record) -> Option<Key> {
        ReservedTags::of(&record.tags).key_in(&self.plan.target.project).cloned()
    }

    pub(super) fn render_context<'s>(
        &'s self,
        step: &'s Step,
        id: Option<InstanceId>,
    ) -> RenderContext<'s> {
        RenderContext { base_url: &self.plan.target.base_url, connector: &step.connector, id }
    }

    /// The instance of a step, without a token.
    pub(super) fn affected(&self, step: &Step, id: InstanceId) -> AffectedInstance {
        self.affected_with(step, id, step.events)
    }

    /// The instance of a step, as the platform returned it.
    pub(super) fn affected_record(&self, step: &Step, record: &Record) -> AffectedInstance {
        let stored = |key: &str| match record.configuration(key) {
            StoredValue::Text(text) => Some(text.expose()),
            StoredValue::Unset | StoredValue::Masked => None,
        };
        let affected = self.affected_with(step, record.id, step.events.or_stored(stored));
        AffectedInstance { token: Some(record.token.clone()), ..affected }
    }

    fn affected_with(
        &self,
        step: &Step,
        id: InstanceId,
        events: EventSettings,
    ) -> AffectedInstance {
        let arrival = events.arrival();
        let base_url = &self.plan.target.base_url;
        AffectedInstance {
            id,
            arrival,
            webhook_url: arrival.url_to_register(base_url, &step.connector, id),
            token: None,
            from_own_create: false,
        }
    }

    pub(super) fn failed(&self, error: &api::Error) -> StepStatus {
        if error.may_have_happened() {
            StepStatus::Unknown(self.failure(error))
        } else {
            StepStatus::Failed(self.failure(error))
        }
    }

    /// Converts an API error. If the limit of requests is reached, no further step starts.
    pub(super) fn failure(&self, error: &api::Error) -> StepFailure {
        self.limit_reached.fetch_or(error.request_limit().is_some(), Ordering::Relaxed);
        let (request_id, refusal) = match &error.kind {
            ErrorKind::Status { message, provider_message, request_id, .. } => {
                let texts: Vec<&str> =
                    [message, provider_message].into_iter().flatten().map(AsRef::as_ref).collect();
                (request_id.clone(), (!texts.is_empty()).then(|| texts.join("; ")))
            }
            _ => (None, None),
        };
        let failure = StepFailure::new(FailureCode::of(error), error.to_string());
        StepFailure { request_id, refusal, ..failure }
    }
}
