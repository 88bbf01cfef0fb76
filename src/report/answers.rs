//! The answers that a reviewer of a plan looks for first: what is deleted, where secrets and events go, what
//! is overwritten, and what is refused or blocked. A comment and a page show them with the same words.

use std::collections::BTreeSet;

use super::hosts::{self, HostSummary};
use super::json::{PlanDocument, PlanStep, PlanValues};
use super::phrases;
use super::step_kind::StepKind;
use super::style::count;
use crate::plan::ChangeKind;
use crate::safe_text::quoted;

/// How much a reviewer must care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Concern {
    /// Nothing to check.
    Fine,
    /// Something to look at.
    Look,
    /// Something to decide.
    Grave,
}

/// An answer in a few sentences, which quote foreign text in backticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) concern: Concern,
    pub(super) text: String,
}

impl Answer {
    fn new(concern: Concern, text: impl Into<String>) -> Self {
        Self { concern, text: text.into() }
    }
}

/// What is deleted.
pub(super) fn deletes(plan: &PlanDocument) -> Answer {
    match plan.summary.delete {
        0 => Answer::new(Concern::Fine, "Nothing is deleted."),
        1 => Answer::new(Concern::Grave, "1 instance is deleted."),
        number => Answer::new(Concern::Grave, format!("{number} instances are deleted.")),
    }
}

/// Where secrets and events go.
pub(super) fn hosts(plan: &PlanDocument) -> Answer {
    let hosts = hosts::summarize(&plan.notes);
    let changed = hosts.iter().filter(|host| host.is_changed).count();
    // Only hosts in fields that are known to name one are found, so nothing more can be promised.
    let none = format!("ocon finds no other host that gets secrets or events.{}", unset(plan));
    match (hosts.len(), changed, written_secrets(plan)) {
        (0, _, 0) => Answer::new(Concern::Fine, format!("This plan writes no secret, and {none}")),
        (0, _, number) => {
            let secrets = count(number, "secret");
            let text = format!("This plan writes {secrets} to the platform above, and {none}");
            Answer::new(Concern::Look, text)
        }
        (_, 0, _) => {
            Answer::new(Concern::Look, format!("Secrets or events go to {}.", named(&hosts)))
        }
        (_, changed, _) => {
            let changed = named(hosts.get(..changed).unwrap_or_default());
            let text = format!(
                "Secrets or events of existing instances go to another host: {changed}. Make sure that you trust it."
            );
            Answer::new(Concern::Grave, text)
        }
    }
}

/// ` 96 secrets are not set here, so they were not compared.`
fn unset(plan: &PlanDocument) -> String {
    match phrases::unset_sources(&plan.unset).len() {
        0 => String::new(),
        1 => " 1 secret is not set here, so it was not compared.".to_owned(),
        number => format!(" {number} secrets are not set here, so they were not compared."),
    }
}

/// What an apply overwrites on the platform; `None` without drift.
pub(super) fn drift(plan: &PlanDocument) -> Option<Answer> {
    let is_drift = |step: &&PlanStep| StepKind::of(step) == Some(StepKind::Drift);
    let keys: BTreeSet<&str> =
        plan.steps.iter().filter(is_drift).map(|step| step.key.as_str()).collect();
    let verb = if keys.len() == 1 { "was" } else { "were" };
    let text = format!(
        "{} {verb} changed on the platform. An apply overwrites that.",
        count(keys.len(), "instance")
    );
    (!keys.is_empty()).then(|| Answer::new(Concern::Look, text))
}

/// What is refused or blocked.
pub(super) fn blocked(plan: &PlanDocument) -> Answer {
    let refused = plan.refused();
    let counted = |number: usize| {
        let verb = if number == 1 { "is" } else { "are" };
        format!("{} {verb}", count(number, "document"))
    };
    let text = match (refused, plan.blocked.len() - refused, plan.stale.len()) {
        (0, 0, 0) => return Answer::new(Concern::Fine, "Nothing is refused or blocked."),
        (0, 0, stale) => format!("{} stale.", counted(stale)),
        (0, blocked, _) => format!("{} blocked.", counted(blocked)),
        (refused, 0, _) => format!("{} refused.", counted(refused)),
        (refused, 1, _) => format!("{} refused, and 1 is blocked.", counted(refused)),
        (refused, blocked, _) => {
            format!("{} refused, and {blocked} are blocked.", counted(refused))
        }
    };
    Answer::new(Concern::Grave, text)
}

fn written_secrets(plan: &PlanDocument) -> usize {
    let changes = plan.steps.iter().flat_map(|step| &step.changes);
    let is_written = |values: &PlanValues| matches!(values, PlanValues::Sensitive { .. });
    changes.filter(|change| is_written(&change.values) && change.kind != ChangeKind::Unset).count()
}

/// Names a few hosts in full, or counts them.
fn named(hosts: &[HostSummary]) -> String {
    let name = |host: &HostSummary| {
        if host.host.contains(' ') { host.host.clone() } else { quoted(&host.host).to_string() }
    };
    match hosts {
        [one] => name(one),
        [one, other] => format!("{} and {}", name(one), name(other)),
        many => count(many.len(), "host"),
    }
}
