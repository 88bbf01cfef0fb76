//! The text form of a plan: one block per step, with changed fields only.

use super::account;
use super::change::{push_changes, push_creation};
use super::layout::{Detail, Layout};
use super::marks::{self, MarkStep};
use super::notes;
use super::title::Title;
use crate::plan::Action;
use crate::report::grouping::{first_places, for_any_key, grouped};
use crate::report::json::{PlanBlocked, PlanDocument, PlanStale, PlanStep};
use crate::report::phrases::{self, Zeros};
use crate::report::style::{
    FAINT, REMOVED, Styled, clean, clean_line, count, hanging, sentence, wrapped,
};
use crate::report::{hosts, truncate};

/// Renders a plan: target, hosts, steps, blocked documents, notes and the counters.
pub fn plan(plan: &PlanDocument, layout: Layout) -> String {
    let target = format!("Project {} at {}", plan.target.project, plan.target.base_url);
    let mut text = format!("{}\n", wrapped(&target, "", layout.width));
    push_hosts(&mut text, plan, layout);
    account::push(&mut text, plan.account.as_ref(), layout);
    push_steps(&mut text, &plan.steps, layout);
    for stale in &plan.stale {
        push_stale(&mut text, stale, layout);
    }
    push_blocked(&mut text, &plan.blocked, layout);
    let notes = notes::notes(plan, layout);
    if !notes.is_empty() {
        text.push_str(if plan.is_empty() { "" } else { "\n" });
        text.push_str(&notes);
        text.push('\n');
    }
    if !text.ends_with("\n\n") {
        text.push('\n');
    }
    text.push_str(&summary(plan, layout));
    text
}

/// `Plan: 1 to create, …` and the number of requests, or `No changes. …`.
fn summary(plan: &PlanDocument, layout: Layout) -> String {
    let partial = if plan.partial { " This is a partial plan." } else { "" };
    if plan.is_empty() {
        let text = format!("No changes. {}.{partial}", phrases::no_changes(plan));
        return wrapped(&text, "", layout.width);
    }
    let text = format!("{}.{partial}", phrases::counts(plan, Zeros::Shown));
    let requests = format!("Requests: {}", phrases::requests(&plan.requests));
    sentence("Plan:", &text, layout.width) + &wrapped(&requests, "", layout.width)
}

/// Adds the steps. Many steps of one kind that change only a mark are summarized.
fn push_steps(text: &mut String, steps: &[PlanStep], layout: Layout) {
    let summarized = marks::summarized(steps, layout);
    let is_summarized = |step: &PlanStep| {
        let kinds = summarized.iter().filter_map(|kind| kind.first());
        step.only_mark().is_some()
            && kinds
                .map(|first| (first.action, first.cause))
                .any(|kind| kind == (step.action, step.cause))
    };
    for step in steps.iter().filter(|step| !is_summarized(step)) {
        push_step(text, step, layout);
    }
    marks::push_summaries(text, &summarized, layout);
}

fn push_step(text: &mut String, step: &PlanStep, layout: Layout) {
    if let Some(step) = MarkStep::new(step) {
        return step.push(text, layout);
    }
    Title::of_step(step, "").push(text, layout);
    if step.action == Action::Create {
        push_creation(text, step, layout);
    } else {
        push_changes(text, step, layout);
    }
}

/// Adds approved steps that cannot be applied, and the steps that the document needs now.
fn push_stale(text: &mut String, stale: &PlanStale, layout: Layout) {
    let place = stale.place.as_ref().map(|(file, line)| (file.as_str(), *line));
    Title::refused(format!("{}  stale {}", stale.key, stale.action), place).push(text, layout);
    text.push_str(&wrapped(&clean(&truncate::counted(&stale.message)), "      ", layout.width));
    let mut now = String::new();
    for step in &stale.steps {
        push_step(&mut now, step, Layout { width: layout.width.saturating_sub(6), ..layout });
    }
    for line in now.lines() {
        text.push_str(&format!("    | {line}\n"));
    }
}

/// Adds the blocked documents. Documents with the same reason are shown together.
fn push_blocked(text: &mut String, blocked: &[PlanBlocked], layout: Layout) {
    let groups = match layout.detail {
        Detail::Grouped => {
            grouped(blocked, |blocked| (blocked.code, for_any_key(&blocked.message, &blocked.key)))
        }
        Detail::Complete => blocked.iter().map(|blocked| vec![blocked]).collect(),
    };
    for group in groups {
        let Some(first) = group.first() else { continue };
        let mut message = first.message.clone();
        let word = if first.guard { "refused" } else { "blocked" };
        if group.len() == 1 {
            let place = Some((first.file.as_str(), first.line));
            Title::refused(format!("{}  {word}", first.key), place).push(text, layout);
        } else {
            message = for_any_key(&message, &first.key);
            let title = format!("{}  {word}", count(group.len(), "document"));
            Title::refused(title, None).push(text, layout);
            let place = |blocked: &&PlanBlocked| {
                let PlanBlocked { key, file, line, .. } = blocked;
                clean_line(&format!("{key} ({file}:{line})"))
            };
            let places = first_places(group.iter().map(place));
            text.push_str(&wrapped(&places, "      ", layout.width));
        }
        let message = format!("{}: {}", first.code, clean(&truncate::counted(&message)));
        text.push_str(&wrapped(&message, "      ", layout.width));
    }
}

/// Adds the hosts that receive secrets or events, which a reviewer checks first.
fn push_hosts(text: &mut String, plan: &PlanDocument, layout: Layout) {
    let hosts = hosts::summarize(&plan.notes);
    if hosts.is_empty() {
        return;
    }
    text.push_str("Hosts that get secrets or events:\n");
    for host in hosts {
        let (style, symbol) = if host.is_changed { (REMOVED, "!") } else { (FAINT, "·") };
        let first = format!("  {} ", Styled(style, symbol));
        // A host is one word, so no line break divides it.
        let line = clean_line(&format!("{}  {}", host.host, host.uses));
        text.push_str(&hanging(&first, &line, "      ", layout.width));
    }
    text.push('\n');
}
