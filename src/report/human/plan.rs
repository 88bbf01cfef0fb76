//! The text form of a plan: changed lines only, one block per step.

use super::Layout;
use crate::instance::{FieldPath, Span};
use crate::plan::{Action, Blocked, Cause, Kind, Plan, Shown, Stale, Step, View};
use crate::report::style::{
    ADDED, CHANGED, FAINT, Painted, REMOVED, STRONG, clean, clean_line, count, gap, width, wrapped,
};
use crate::report::{text_diff, wording};

/// Where the values of a step begin at most; longer paths push theirs to the right.
const WIDEST_PATH: usize = 40;

/// Renders a plan: target, steps, what is blocked, notes, and the numbers.
pub fn plan(plan: &Plan, layout: Layout) -> String {
    let mut text = format!("Project {} at {}\n\n", plan.target.project, plan.target.base_url);
    for step in &plan.steps {
        push_step(&mut text, plan, step, layout);
    }
    for stale in &plan.stale {
        push_stale(&mut text, plan, stale, layout);
    }
    for blocked in &plan.blocked {
        push_blocked(&mut text, blocked, layout);
    }
    push_notes(&mut text, plan, layout);
    if text.ends_with(|last| last != '\n') || !text.ends_with("\n\n") {
        text.push('\n');
    }
    text.push_str(&summary(plan));
    text
}

/// `Plan: 1 to create, …` and the number of requests, or `No changes. …`.
fn summary(plan: &Plan) -> String {
    let partial = if plan.partial { " This is a partial plan." } else { "" };
    if plan.is_empty() {
        let unchanged = plan.tally.unchanged;
        let verb = if unchanged == 1 { "matches" } else { "match" };
        let instances = count(unchanged, "instance");
        let orphans = match plan.tally.orphans {
            0 => String::new(),
            orphans => format!("; {}", count(orphans, "orphan")),
        };
        return format!("No changes. {instances} {verb} the files{orphans}.{partial}\n");
    }
    let always = [Action::Create, Action::Update, Action::Delete];
    let counted =
        Action::ALL.into_iter().filter(|action| always.contains(action) || plan.count(*action) > 0);
    let mut todo: Vec<String> = counted
        .map(|action| {
            format!("{} to {}{}", plan.count(action), action.as_str(), causes(plan, action))
        })
        .collect();
    if !plan.stale.is_empty() {
        todo.push(format!("{} stale", plan.stale.len()));
    }
    if !plan.blocked.is_empty() {
        todo.push(format!("{} blocked", plan.blocked.len()));
    }
    let mut rest = vec![format!("{} unchanged", plan.tally.unchanged)];
    if plan.tally.orphans > 0 {
        rest.push(count(plan.tally.orphans, "orphan"));
    }
    rest.extend(plan.tally.unmanaged.map(|unmanaged| format!("{unmanaged} unmanaged")));
    format!(
        "{} {}; {}.{partial}\nRequests: {} read, {} to write.\n",
        Painted(STRONG, "Plan:"),
        todo.join(", "),
        rest.join(", "),
        plan.reads,
        plan.writes()
    )
}

/// ` (1 remote drift, 1 requested)`: the causes that an action does not already tell.
fn causes(plan: &Plan, action: Action) -> String {
    let steps = || plan.steps.iter().filter(|step| step.action == action);
    let number = |cause| steps().filter(|step| step.cause == cause).count();
    let causes: Vec<String> = [Cause::Remote, Cause::Requested, Cause::Unknown]
        .into_iter()
        .filter(|cause| number(*cause) > 0)
        .filter_map(|cause| Some(format!("{} {}", number(cause), told(cause, action)?)))
        .collect();
    if causes.is_empty() { String::new() } else { format!(" ({})", causes.join(", ")) }
}

/// A cause in words, unless the action tells it, or nothing is told of it.
fn told(cause: Cause, action: Action) -> Option<&'static str> {
    match (cause, action) {
        (Cause::Remote, _) => Some("remote drift"),
        (Cause::Unfinished, _) => Some("unfinished create"),
        (Cause::Adoption, _) => Some("adoption"),
        (Cause::Requested, Action::Update) => Some("requested"),
        (Cause::Unknown, Action::Update) => Some("cause unknown"),
        (Cause::Requested | Cause::Unknown | Cause::File, _) => None,
    }
}

fn push_step(text: &mut String, plan: &Plan, step: &Step, layout: Layout) {
    let symbol = Painted(style(step.action), step.action.symbol()).to_string();
    let id = step.id.map(|id| format!("  #{id}")).unwrap_or_default();
    let cause =
        told(step.cause, step.action).map(|cause| format!("  ({cause})")).unwrap_or_default();
    let title = format!("{}  {}{id}{cause}{}", step.key, clean_line(&step.name), verb(step.action));
    push_title(text, &symbol, &title, step.at.as_ref(), layout);
    let views: Vec<View> = step.views(&plan.target.base_url).collect();
    if step.action == Action::Create {
        push_creation(text, &views);
    } else {
        push_changes(text, &views, step.unchanged);
    }
}

/// What the symbol of an action without changes stands for.
fn verb(action: Action) -> &'static str {
    match action {
        Action::Enable => "  switch on",
        Action::Disable => "  switch off",
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

/// A line with its place at the right margin.
fn push_title(text: &mut String, symbol: &str, title: &str, at: Option<&Span>, layout: Layout) {
    let place = at.map(|at| format!("{}:{}", clean_line(&at.file), at.line)).unwrap_or_default();
    let used = 4 + width(title);
    let gap = gap(used, layout.width.saturating_sub(width(&place)));
    let place = if place.is_empty() { place } else { format!("{gap}{}", Painted(FAINT, &place)) };
    text.push_str(&format!("  {symbol} {title}{place}\n"));
}

/// What was approved and cannot be done, with what would have to be done now set apart.
fn push_stale(text: &mut String, plan: &Plan, stale: &Stale, layout: Layout) {
    let symbol = Painted(REMOVED, "!").to_string();
    let title = format!("{}  stale {}", stale.key, stale.action.as_str());
    push_title(text, &symbol, &title, stale.at.as_ref(), layout);
    text.push_str(&wrapped(&clean(&stale.message), "      ", layout.width));
    let mut now = String::new();
    for step in &stale.steps {
        push_step(&mut now, plan, step, Layout { width: layout.width.saturating_sub(6) });
    }
    for line in now.lines() {
        text.push_str(&format!("    | {line}\n"));
    }
}

fn push_blocked(text: &mut String, blocked: &Blocked, layout: Layout) {
    let symbol = Painted(REMOVED, "!").to_string();
    push_title(text, &symbol, &format!("{}  blocked", blocked.key), Some(&blocked.at), layout);
    let message = format!("{}: {}", blocked.code.as_str(), clean(&blocked.message));
    text.push_str(&wrapped(&message, "      ", layout.width));
}

fn push_notes(text: &mut String, plan: &Plan, layout: Layout) {
    if plan.notes.is_empty() {
        return;
    }
    if !plan.is_empty() {
        text.push('\n');
    }
    for note in &plan.notes {
        let id = note.instance_id.map(|id| format!(" #{id}")).unwrap_or_default();
        let message = clean_line(&note.message);
        let message = format!("{}{id}: {message} ({})", note.key, note.code);
        // The first line begins with the word that the others leave room for.
        let lines = wrapped(&message, "        ", layout.width);
        text.push_str(&format!("  note: {}", lines.trim_start()));
    }
    text.push('\n');
}

/// A create shows everything that the file declares, by section. The name stands in the title.
fn push_creation(text: &mut String, views: &[View]) {
    let column = value_column(views);
    let mut section = "";
    for view in views {
        let (own, label) = match &view.path {
            FieldPath::Name | FieldPath::Mark | FieldPath::Protect => continue,
            FieldPath::Tags => ("", "tags"),
            FieldPath::ExternalAuthentication => ("", "externalAuthentication"),
            FieldPath::Configuration(key) => ("configuration", key.as_str()),
            FieldPath::ProviderData(key) => ("providerData", key.as_str()),
        };
        if own != section {
            section = own;
            text.push_str(&format!("      {section}\n"));
        }
        let indent = if own.is_empty() { "      " } else { "        " };
        push_change(text, view, label, indent, column);
    }
}

fn push_changes(text: &mut String, views: &[View], unchanged: usize) {
    let column = value_column(views);
    for view in views {
        let path = view.path.to_string();
        let label = match &view.path {
            FieldPath::Configuration(key) if !matches!(key.as_str(), "name" | "tags" | "key") => {
                key
            }
            FieldPath::Mark if view.before.is_some() => "key",
            _ => &path,
        };
        push_change(text, view, label, "        ", column);
    }
    if !views.is_empty() && unchanged > 0 {
        text.push_str(&format!(
            "          {}\n",
            Painted(FAINT, &format!("{unchanged} unchanged"))
        ));
    }
}

fn value_column(views: &[View]) -> usize {
    let label = |view: &View| match &view.path {
        FieldPath::Configuration(key) | FieldPath::ProviderData(key) => width(key),
        path => width(&path.to_string()),
    };
    10 + views.iter().map(label).max().unwrap_or(0).min(WIDEST_PATH) + 2
}

fn push_change(text: &mut String, view: &View, label: &str, indent: &str, column: usize) {
    let (sign, style) = match view.kind {
        Kind::Set => ("+", ADDED),
        Kind::Change | Kind::Rotate => ("~", CHANGED),
        Kind::Unset => ("-", REMOVED),
        Kind::Mark => (">", CHANGED),
    };
    let sign = Painted(style, sign);
    let label = clean_line(label);
    let start = indent.len() + 2 + width(&label);
    let block = format!("{indent}    ");
    match (text_of(view.before.as_ref()), text_of(view.after.as_ref())) {
        (Some(before), Some(after)) if is_long(&before) || is_long(&after) => {
            text.push_str(&format!("{indent}{sign} {label}\n"));
            text.push_str(&text_diff::render(&clean(&before), &clean(&after), &block));
        }
        (None, Some(after)) if after.contains('\n') => {
            text.push_str(&format!("{indent}{sign} {label}\n"));
            for line in clean(&known_later(view, &after)).lines() {
                text.push_str(format!("{block}{line}").trim_end());
                text.push('\n');
            }
        }
        (before, after) => {
            let value = inline(view, before, after);
            text.push_str(&format!("{indent}{sign} {label}{}{value}\n", gap(start, column)));
        }
    }
}

/// Whether a value is better shown by its changed lines.
fn is_long(value: &str) -> bool {
    value.contains('\n') || width(value) > 120
}

fn inline(view: &View, before: Option<String>, after: Option<String>) -> String {
    let after = if view.kind == Kind::Unset {
        "(unset)".to_owned()
    } else if view.sensitive {
        secret(view)
    } else {
        after.map(|after| quoted(&known_later(view, &after))).unwrap_or_default()
    };
    match before {
        Some(before) => format!("{} → {after}", quoted(&before)),
        None if view.before_hidden && view.sensitive && view.kind != Kind::Unset => after,
        None if view.before_hidden && view.sensitive => format!("(secret) → {after}"),
        None if view.before_hidden => format!("(not shown) → {after}"),
        None => after,
    }
}

fn secret(view: &View) -> String {
    let mut parts = vec!["secret".to_owned()];
    parts.extend(view.sources.iter().map(ToString::to_string));
    format!("({})", clean_line(&parts.join(", ")))
}

/// Says what a create will fill in.
fn known_later(view: &View, after: &str) -> String {
    if view.known_after_create { wording::known_later(after) } else { after.to_owned() }
}

/// A value on one line; one that would not be seen stands in quotes.
fn quoted(value: &str) -> String {
    if value.is_empty() || value.trim() != value {
        return format!("\"{}\"", clean_line(value));
    }
    clean_line(value)
}

fn text_of(shown: Option<&Shown>) -> Option<String> {
    match shown? {
        Shown::Text(text) => Some(text.clone()),
        Shown::List(items) => Some(items.join(", ")),
    }
}
