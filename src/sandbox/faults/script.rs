//! InstanceSelector faults befall a request.
//!
//! In: the rules, and requests in the order in which they arrive. Out: a decision for each. A rule
//! counts every request that it is about and draws once for each, whatever other rules do, so that
//! one rule's requests never move another rule's numbers. It must never read a clock or randomness
//! other than its seed.

use std::time::Duration;

use axum::http::Method;
use fastrand::Rng;

use super::edit::Edit;
use super::lag::ReplicationLag;
use super::{BehaviorFault, Fault, Faults, RequestMatcher, Rule};
use crate::sandbox::request::ApiRequest;

/// Rules and how far they have come.
pub(in crate::sandbox) struct Script {
    rules: Vec<RunningRule>,
}

struct RunningRule {
    rule: Rule,
    /// How many requests it was about.
    seen: u64,
    rng: Rng,
}

/// What is to happen to one request.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct FaultDecision {
    pub(in crate::sandbox) delay: Duration,
    pub(in crate::sandbox) edits: Vec<Edit>,
    pub(in crate::sandbox) lag: ReplicationLag,
    pub(in crate::sandbox) fault: Option<Fault>,
    names: Vec<&'static str>,
}

impl Script {
    /// Begins with the first request.
    pub(in crate::sandbox) fn new(faults: Faults) -> Self {
        let mut rng = Rng::with_seed(faults.seed);
        let running = |rule| RunningRule { rule, seen: 0, rng: rng.fork() };
        Self { rules: faults.rules.into_iter().map(running).collect() }
    }

    /// Decides about the next request: delays and edits add up, of lags the longest counts for each
    /// view, of faults the first.
    pub(in crate::sandbox) fn decide(&mut self, request: &ApiRequest) -> FaultDecision {
        let mut decision = FaultDecision::default();
        for running in &mut self.rules {
            if running.fires(request) {
                decision.add(&running.rule, request);
            }
        }
        decision
    }
}

impl RunningRule {
    fn fires(&mut self, request: &ApiRequest) -> bool {
        let when = &self.rule.when;
        if !when.is_about(request) {
            return false;
        }
        self.seen += 1;
        let drawn = self.rng.f64();
        when.occurrence.is_none_or(|occurrence| occurrence.has(self.seen))
            && when.probability.is_none_or(|probability| drawn < probability.0)
    }
}

impl RequestMatcher {
    fn is_about(&self, request: &ApiRequest) -> bool {
        let path = request.path.strip_suffix('/').unwrap_or(&request.path);
        let segments: Vec<_> = path.split('/').skip(1).collect();
        self.method.as_deref().is_none_or(|method| method == request.method.as_str())
            && self.path.as_ref().is_none_or(|pattern| pattern.matches(&segments))
            && self.query.as_ref().is_none_or(|part| decoded(request.query()).contains(part))
    }
}

/// The query as people write it.
fn decoded(query: &[(String, String)]) -> String {
    let pairs: Vec<_> = query.iter().map(|(key, value)| format!("{key}={value}")).collect();
    pairs.join("&")
}

impl FaultDecision {
    fn add(&mut self, rule: &Rule, request: &ApiRequest) {
        let Rule { when: _, delay, edits, lag, fault } = rule;
        // A rule whose fault comes too late is passed over as a whole.
        if self.fault.is_some() && fault.is_some() {
            return;
        }
        if !delay.is_zero() {
            self.delay = self.delay.saturating_add(*delay);
            self.names.push("delay");
        }
        if !edits.is_empty() {
            self.edits.extend(edits.iter().cloned());
            self.names.push("edit");
        }
        // A read changes nothing, so there is nothing to be late.
        if *lag != ReplicationLag::default() && (request.method != Method::GET || !edits.is_empty())
        {
            if self.lag == ReplicationLag::default() {
                self.names.push("lag");
            }
            self.lag = self.lag.max(*lag);
        }
        if let Some((name, fault)) = fault {
            self.fault = Some(fault.clone());
            self.names.push(name);
        }
    }

    /// What the journal says of it: the names of what happened; none if nothing did.
    pub(in crate::sandbox) fn name(&self) -> Option<String> {
        (!self.names.is_empty()).then(|| self.names.join("+"))
    }

    /// How the platform is to go wrong.
    pub(in crate::sandbox) fn behavior_fault(&self) -> Option<&BehaviorFault> {
        match &self.fault {
            Some(Fault::Behavior(behavior_fault)) => Some(behavior_fault),
            _ => None,
        }
    }

    /// Whether the request waits to be released, and if so, whether after it is carried out.
    pub(in crate::sandbox) fn held(&self) -> Option<bool> {
        match self.fault {
            Some(Fault::Held { processed }) => Some(processed),
            _ => None,
        }
    }

    /// Whether the platform carries the request out.
    pub(in crate::sandbox) fn is_processed(&self) -> bool {
        match self.fault {
            Some(Fault::Replaced { processed, .. } | Fault::Reset { processed }) => processed,
            _ => true,
        }
    }
}
