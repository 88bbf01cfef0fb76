//! The text form of a plan: one block per step, with changed fields only.

use super::account;
use super::change::{push_changes, push_creation, shown_name};
use super::layout::Layout;
use crate::plan::{Action, Cause};
use crate::report::json::{PlanBlocked, PlanDocument, PlanStale, PlanStep};
use crate::report::style::{
    ADDED, CHANGED, FAINT, REMOVED, Styled, clean, clean_line, count, gap, hanging, sentence,
    width, wrapped, wrapped_in,
};
use crate::report::{hosts, phrases, truncate};

/// Renders a plan: target, hosts, steps, blocked documents, notes and the counters.
pub fn plan(plan: &PlanDocument, layout: Layout) -> String {
    let target = format!("Project {} at {}", plan.target.project, plan.target.base_url);
    let mut text = format!("{}\n", wrapped(&target, "", layout.width));
    push_hosts(&mut text, plan, layout);
    account::push(&mut text, plan.account.as_ref(), layout);
    for step in &plan.steps {
        push_step(&mut text, step, layout);
    }
    for stale in &plan.stale {
        push_stale(&mut text, stale, layout);
    }
    for blocked in &plan.blocked {
        push_blocked(&mut text, blocked, layout);
    }
    push_notes(&mut text, plan, layout);
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
    let summary = &plan.summary;
    let mut todo: Vec<String> = Action::ALL
        .into_iter()
        .map(|action| (plan.count(action), action))
        .filter(|(number, action)| *number > 0 || phrases::ALWAYS_COUNTED.contains(action))
        .map(|(number, action)| format!("{number} to {action}{}", causes(plan, action)))
        .collect();
    if !plan.stale.is_empty() {
        todo.push(format!("{} stale", plan.stale.len()));
    }
    if summary.blocked > 0 {
        todo.push(format!("{} blocked", summary.blocked));
    }
    let mut rest = vec![format!("{} unchanged", summary.unchanged)];
    if summary.orphan > 0 {
        rest.push(count(summary.orphan, "orphan"));
    }
    rest.extend(summary.unmanaged.map(|unmanaged| format!("{unmanaged} unmanaged")));
    let text = format!("{}; {}.{partial}", todo.join(", "), rest.join(", "));
    let requests = format!("Requests: {}", phrases::requests(&plan.requests));
    sentence("Plan:", &text, layout.width) + &wrapped(&requests, "", layout.width)
}

/// ` (1 remote drift, 1 requested)`: the causes that the action does not imply.
fn causes(plan: &PlanDocument, action: Action) -> String {
    let causes: Vec<String> = [Cause::Remote, Cause::Requested, Cause::Unknown]
        .into_iter()
        .filter_map(|cause| {
            let is_it = |step: &&PlanStep| step.action == action && step.cause == cause;
            let number = plan.steps.iter().filter(is_it).count();
            let phrase = phrases::cause(cause, action).filter(|_| number > 0)?;
            Some(format!("{number} {phrase}"))
        })
        .collect();
    if causes.is_empty() { String::new() } else { format!(" ({})", causes.join(", ")) }
}

fn push_step(text: &mut String, step: &PlanStep, layout: Layout) {
    let symbol = Styled(style(step.action), step.action.symbol()).to_string();
    let id = step.instance_id.map(|id| format!("  #{id}")).unwrap_or_default();
    let cause = phrases::cause(step.cause, step.action);
    let cause = cause.map(|cause| format!("  ({cause})")).unwrap_or_default();
    let title = format!("{}  {}{id}{cause}{}", step.key, shown_name(&step.name), verb(step.action));
    let place = step.file.as_deref().zip(step.line);
    push_title(text, &symbol, &title, place, layout);
    if step.action == Action::Create {
        push_creation(text, step, layout);
    } else {
        push_changes(text, step, layout);
    }
}

/// The word for an action whose step shows no changes.
fn verb(action: Action) -> &'static str {
    match action {
        Action::Enable => "  enable",
        Action::Disable => "  disable",
        Action::Delete => "  delete",
        Action::Create | Action::Finish | Action::Adopt | Action::Update => "",
    }
}

fn style(action: Action) -> anstyle::Style {
    match action {
        Action::Create | Action::Enable => ADDED,
        Action::Finish | Action::Adopt | Action::Update => CHANGED,
        Action::Disable | Action::Delete => REMOVED,
    }
}

/// Adds a line with its place at the right margin, or below if there is no space.
fn push_title(
    text: &mut String,
    symbol: &str,
    title: &str,
    place: Option<(&str, usize)>,
    layout: Layout,
) {
    let first = format!("  {symbol} ");
    let Some((file, line)) = place else {
        text.push_str(&hanging(&first, title, "      ", layout.width));
        return;
    };
    let place = format!("{}:{line}", clean_line(file));
    let (used, column) = (4 + width(title), layout.width.saturating_sub(width(&place)));
    if used + 2 <= column {
        let place = Styled(FAINT, &place).to_string();
        text.push_str(&format!("{first}{title}{}{place}\n", gap(used, column)));
        return;
    }
    text.push_str(&hanging(&first, title, "      ", layout.width));
    text.push_str(&wrapped_in(FAINT, &place, "      ", layout.width));
}

/// Adds approved steps that cannot be applied, and the steps that the document needs now.
fn push_stale(text: &mut String, stale: &PlanStale, layout: Layout) {
    let symbol = Styled(REMOVED, "!").to_string();
    let title = format!("{}  stale {}", stale.key, stale.action);
    let place = stale.place.as_ref().map(|(file, line)| (file.as_str(), *line));
    push_title(text, &symbol, &title, place, layout);
    text.push_str(&wrapped(&clean(&truncate::counted(&stale.message)), "      ", layout.width));
    let mut now = String::new();
    for step in &stale.steps {
        push_step(&mut now, step, Layout { width: layout.width.saturating_sub(6), ..layout });
    }
    for line in now.lines() {
        text.push_str(&format!("    | {line}\n"));
    }
}

fn push_blocked(text: &mut String, blocked: &PlanBlocked, layout: Layout) {
    let symbol = Styled(REMOVED, "!").to_string();
    let title = format!("{}  blocked", blocked.key);
    push_title(text, &symbol, &title, Some((&blocked.file, blocked.line)), layout);
    let message = format!("{}: {}", blocked.code, clean(&truncate::counted(&blocked.message)));
    text.push_str(&wrapped(&message, "      ", layout.width));
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

fn push_notes(text: &mut String, plan: &PlanDocument, layout: Layout) {
    let notes: Vec<_> = plan.notes.iter().filter(|note| note.host.is_none()).collect();
    if notes.is_empty() {
        return;
    }
    if !plan.is_empty() {
        text.push('\n');
    }
    for note in notes {
        let id = note.instance_id.map(|id| format!(" #{id}")).unwrap_or_default();
        let message = clean_line(&truncate::counted(&note.message));
        let message = format!("{}{id}: {message} ({})", note.key, note.code);
        // The label replaces the indent of the first line.
        let lines = wrapped(&message, "        ", layout.width);
        text.push_str(&format!("  note: {}", lines.trim_start()));
    }
    text.push('\n');
}
