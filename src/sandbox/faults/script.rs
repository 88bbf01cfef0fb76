//! Decides which faults apply to a request.
//!
//! Every rule counts the requests that match it and draws one random number for each, so that rules do
//! not influence each other. It must never use a clock or randomness other than its seed.

use std::time::Duration;

use axum::http::Method;
use fastrand::Rng;

use super::rule::{RequestMatcher, Rule};
use crate::sandbox::{ApiRequest, BehaviorFault, Edit, Fault, FaultTiming, Faults, ReplicationLag};

pub(in crate::sandbox) struct Script {
    rules: Vec<RunningRule>,
}

struct RunningRule {
    rule: Rule,
    matched: u64,
    rng: Rng,
}

#[derive(Debug, Default)]
pub(in crate::sandbox) struct FaultDecision {
    pub(in crate::sandbox) delay: Duration,
    pub(in crate::sandbox) edits: Vec<Edit>,
    pub(in crate::sandbox) lag: ReplicationLag,
    pub(in crate::sandbox) fault: Option<Fault>,
    names: Vec<&'static str>,
}

impl Script {
    pub(in crate::sandbox) fn new(faults: Faults) -> Self {
        let mut rng = Rng::with_seed(faults.seed);
        let running = |rule| RunningRule { rule, matched: 0, rng: rng.fork() };
        Self { rules: faults.rules.into_iter().map(running).collect() }
    }

    /// Decides about the next request. Delays and edits of several rules are combined. The longest
    /// lag applies to each view. The first fault applies.
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
        if !when.matches(request) {
            return false;
        }
        self.matched += 1;
        let drawn = self.rng.f64();
        when.occurrence.is_none_or(|occurrence| occurrence.contains(self.matched))
            && when.probability.is_none_or(|probability| drawn < probability.0)
    }
}

impl RequestMatcher {
    fn matches(&self, request: &ApiRequest) -> bool {
        let path = request.path.strip_suffix('/').unwrap_or(&request.path);
        let segments: Vec<_> = path.split('/').skip(1).collect();
        self.method.as_ref().is_none_or(|method| method.0 == request.method.as_str())
            && self.path.as_ref().is_none_or(|pattern| pattern.matches(&segments))
            && self.query.as_ref().is_none_or(|part| decoded(request.query()).contains(part))
    }
}

fn decoded(query: &[(String, String)]) -> String {
    let pairs: Vec<_> = query.iter().map(|(key, value)| format!("{key}={value}")).collect();
    pairs.join("&")
}

impl FaultDecision {
    fn add(&mut self, rule: &Rule, request: &ApiRequest) {
        let Rule { when: _, delay, edits, lag, fault } = rule;
        // A rule whose fault cannot apply is ignored completely.
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
        // A read without an edit changes nothing that could be late.
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

    /// Names of the faults for the journal, if any apply.
    pub(in crate::sandbox) fn name(&self) -> Option<String> {
        (!self.names.is_empty()).then(|| self.names.join("+"))
    }

    pub(in crate::sandbox) fn behavior_fault(&self) -> Option<&BehaviorFault> {
        match &self.fault {
            Some(Fault::Behavior(fault)) => Some(fault),
            _ => None,
        }
    }

    pub(in crate::sandbox) fn hold(&self) -> Option<FaultTiming> {
        match self.fault {
            Some(Fault::Held(timing)) => Some(timing),
            _ => None,
        }
    }

    pub(in crate::sandbox) fn is_processed(&self) -> bool {
        match self.fault {
            Some(Fault::Replaced { processed, .. }) => processed,
            Some(Fault::Reset(timing)) => timing == FaultTiming::After,
            _ => true,
        }
    }
}
