//! The text form of a plan: changed lines only, one block per step.

use super::Layout;
use crate::instance::{FieldPath, InstanceId, Span};
use crate::plan::{
    Action, Blocked, Cause, ChangeKind, DisplayValue, Note, Plan, RedactedChange, Stale, Step,
};
use crate::report::hosts::{self, HostNote};
use crate::report::style::{
    ADDED, CHANGED, FAINT, Painted, REMOVED, clean, clean_line, count, gap, hanging, sentence,
    width, wrapped, wrapped_in,
};
use crate::report::{part, text_diff, wording};

/// Where the values of a step begin at most; longer paths push theirs to the right.
const WIDEST_PATH: usize = 40;
/// The most characters of a name or a path.
const LONGEST_NAME: usize = 400;
/// The most lines of a value that is not compared with another one.
const MOST_LINES: usize = 200;
/// The columns that values have at least where they begin below each other.
const LEAST_ROOM: usize = 20;

/// Renders a plan: target, steps, what is blocked, notes, and the numbers.
pub fn plan(plan: &Plan, layout: Layout) -> String {
    let target = format!("Project {} at {}", plan.target.project, plan.target.base_url);
    let mut text = format!("{}\n", wrapped(&target, "", layout.width));
    push_hosts(&mut text, plan, layout);
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
    text.push_str(&summary(plan, layout));
    text
}

/// `Plan: 1 to create, …` and the number of requests, or `No changes. …`.
fn summary(plan: &Plan, layout: Layout) -> String {
    let partial = if plan.partial { " This is a partial plan." } else { "" };
    if plan.is_empty() {
        let unchanged = plan.untouched.unchanged;
        let verb = if unchanged == 1 { "matches" } else { "match" };
        let instances = count(unchanged, "instance");
        let orphans = match plan.untouched.orphans {
            0 => String::new(),
            orphans => format!("; {}", count(orphans, "orphan")),
        };
        let text = format!("No changes. {instances} {verb} the files{orphans}.{partial}");
        return wrapped(&text, "", layout.width);
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
    let mut rest = vec![format!("{} unchanged", plan.untouched.unchanged)];
    if plan.untouched.orphans > 0 {
        rest.push(count(plan.untouched.orphans, "orphan"));
    }
    rest.extend(plan.untouched.unmanaged.map(|unmanaged| format!("{unmanaged} unmanaged")));
    let text = format!("{}; {}.{partial}", todo.join(", "), rest.join(", "));
    let requests = wording::requests(plan.reads, plan.writes(), plan.checks());
    let requests = wrapped(&format!("Requests: {requests}"), "", layout.width);
    sentence("Plan:", &text, layout.width) + &requests
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
    let title = format!("{}  {}{id}{cause}{}", step.key, shown_name(&step.name), verb(step.action));
    push_title(text, &symbol, &title, step.at.as_ref(), layout);
    let views: Vec<RedactedChange> = step.views(&plan.target.base_url).collect();
    if step.action == Action::Create {
        push_creation(text, &views, layout);
    } else {
        push_changes(text, &views, step.unchanged, layout);
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

/// A line with its place at the right margin, or below where there is no room for it.
fn push_title(text: &mut String, symbol: &str, title: &str, at: Option<&Span>, layout: Layout) {
    let first = format!("  {symbol} ");
    let Some(at) = at else {
        text.push_str(&hanging(&first, title, "      ", layout.width));
        return;
    };
    let place = format!("{}:{}", clean_line(&at.file), at.line);
    let (used, column) = (4 + width(title), layout.width.saturating_sub(width(&place)));
    if used + 2 <= column {
        let place = Painted(FAINT, &place).to_string();
        text.push_str(&format!("{first}{title}{}{place}\n", gap(used, column)));
        return;
    }
    text.push_str(&hanging(&first, title, "      ", layout.width));
    text.push_str(&wrapped_in(FAINT, &place, "      ", layout.width));
}

/// What was approved and cannot be done, with what would have to be done now set apart.
fn push_stale(text: &mut String, plan: &Plan, stale: &Stale, layout: Layout) {
    let symbol = Painted(REMOVED, "!").to_string();
    let title = format!("{}  stale {}", stale.key, stale.action.as_str());
    push_title(text, &symbol, &title, stale.at.as_ref(), layout);
    text.push_str(&wrapped(&clean(&part::counted(&stale.message)), "      ", layout.width));
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
    let message = format!("{}: {}", blocked.code.as_str(), clean(&part::counted(&blocked.message)));
    text.push_str(&wrapped(&message, "      ", layout.width));
}

/// The hosts that get secrets or events: what a reviewer decides first.
fn push_hosts(text: &mut String, plan: &Plan, layout: Layout) {
    let of_host = |note: &'_ Note| {
        let id = note.instance_id.map(InstanceId::get);
        note.host.clone().map(|used| (note.code, used, note.key.to_string(), id))
    };
    let notes: Vec<_> = plan.notes.iter().filter_map(of_host).collect();
    let notes = notes.iter().map(|(code, used, key, instance_id)| HostNote {
        code: code.as_str(),
        host: &used.host,
        gets: &used.gets,
        key,
        instance_id: *instance_id,
    });
    let lines = hosts::lines(notes);
    if lines.is_empty() {
        return;
    }
    text.push_str("Hosts that get secrets or events:\n");
    for line in lines {
        let (style, symbol) = if line.is_new { (REMOVED, "!") } else { (FAINT, "·") };
        let first = format!("  {} ", Painted(style, symbol));
        // A host is one word, so no line break cuts it.
        let line = clean_line(&format!("{}  {}", line.host, line.uses));
        text.push_str(&hanging(&first, &line, "      ", layout.width));
    }
    text.push('\n');
}

fn push_notes(text: &mut String, plan: &Plan, layout: Layout) {
    let notes: Vec<_> = plan.notes.iter().filter(|note| note.host.is_none()).collect();
    if notes.is_empty() {
        return;
    }
    if !plan.is_empty() {
        text.push('\n');
    }
    for note in notes {
        let id = note.instance_id.map(|id| format!(" #{id}")).unwrap_or_default();
        let message = clean_line(&part::counted(&note.message));
        let message = format!("{}{id}: {message} ({})", note.key, note.code);
        // The first line begins with the word that the others leave room for.
        let lines = wrapped(&message, "        ", layout.width);
        text.push_str(&format!("  note: {}", lines.trim_start()));
    }
    text.push('\n');
}

/// A create shows everything that the file declares, by section. The name stands in the title.
fn push_creation(text: &mut String, views: &[RedactedChange], layout: Layout) {
    let column = value_column(views, layout);
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
        push_change(text, view, label, Lines { indent, column, layout });
    }
}

fn push_changes(text: &mut String, views: &[RedactedChange], unchanged: usize, layout: Layout) {
    let column = value_column(views, layout);
    for view in views {
        let path = view.path.to_string();
        let label = match &view.path {
            FieldPath::Configuration(key) if !matches!(key.as_str(), "name" | "tags" | "key") => {
                key
            }
            FieldPath::Mark if view.before.is_some() => "key",
            _ => &path,
        };
        push_change(text, view, label, Lines { indent: "        ", column, layout });
    }
    if !views.is_empty() && unchanged > 0 {
        text.push_str(&format!(
            "          {}\n",
            Painted(FAINT, &format!("{unchanged} unchanged"))
        ));
    }
}

/// Where values begin; right behind their paths where they would have little room there.
fn value_column(views: &[RedactedChange], layout: Layout) -> usize {
    let label = |view: &RedactedChange| match &view.path {
        FieldPath::Configuration(key) | FieldPath::ProviderData(key) => width(key),
        path => width(&path.to_string()),
    };
    let column = 10 + views.iter().map(label).max().unwrap_or(0).min(WIDEST_PATH) + 2;
    if column + LEAST_ROOM > layout.width { 0 } else { column }
}

/// Where the lines of a change stand.
#[derive(Clone, Copy)]
struct Lines<'a> {
    indent: &'a str,
    /// Where values begin, but for those whose path is too long.
    column: usize,
    layout: Layout,
}

fn push_change(text: &mut String, view: &RedactedChange, label: &str, lines: Lines<'_>) {
    let Lines { indent, layout: Layout { width: columns }, .. } = lines;
    let (sign, style) = match view.kind {
        ChangeKind::Set => ("+", ADDED),
        ChangeKind::Change | ChangeKind::Rotate => ("~", CHANGED),
        ChangeKind::Unset => ("-", REMOVED),
        ChangeKind::Mark => (">", CHANGED),
    };
    let first = format!("{indent}{} ", Painted(style, sign));
    let block = format!("{indent}    ");
    let path = shown_name(label);
    let label = hanging(&first, &path, &block, columns);
    let label_with = |extent: &str| hanging(&first, &format!("{path}  {extent}"), &block, columns);
    match (text_of(view.before.as_ref()), text_of(view.after.as_ref())) {
        (Some(before), Some(after)) if is_long(&before) || is_long(&after) => {
            let counted = (part::counted(&before), part::counted(&after));
            let (old, new) = (clean(&counted.0), clean(&counted.1));
            let difference = text_diff::render(&old, &new, &block, columns);
            let is_whole = difference.is_whole && counted.0 == before && counted.1 == after;
            let extents = (!is_whole).then(|| part::extents(&before, &after));
            text.push_str(&extents.map_or(label, |extents| label_with(&extents)));
            text.push_str(&difference.shown);
        }
        (None, Some(after)) if after.contains('\n') => {
            let lines = part::lines(&after, MOST_LINES);
            let extent = (lines != after).then(|| part::extent(&after));
            text.push_str(&extent.map_or(label, |extent| label_with(&extent)));
            push_block(text, &clean(&known_later(view, &lines)), &block, columns);
        }
        (before, after) => {
            let (before, after) = inline(view, before, after);
            push_inline(text, &label, before.as_deref(), &after, lines);
        }
    }
    if let Some(hint) = &view.hint {
        text.push_str(&wrapped(&wording::differs_in(hint), &block, columns));
    }
}

/// Values beside their path, or below it where there is no room.
fn push_inline(
    text: &mut String,
    label: &str,
    before: Option<&str>,
    after: &str,
    lines: Lines<'_>,
) {
    let columns = lines.layout.width;
    let before = before.map(|before| [before, " → "].concat()).unwrap_or_default();
    let gap = gap(width(label.trim_end()), lines.column);
    if width(label.trim_end()) + gap.len() + width(&before) + width(after) <= columns {
        text.push_str(&format!("{}{gap}{before}{after}\n", label.trim_end()));
        return;
    }
    let block = format!("{}    ", lines.indent);
    text.push_str(label);
    text.push_str(&wrapped(before.trim_end_matches(" → "), &block, columns));
    let arrow = if before.is_empty() { "" } else { "→ " };
    let further = " ".repeat(width(&block) + width(arrow));
    text.push_str(&hanging(&format!("{block}{arrow}"), after, &further, columns));
}

/// A text of several lines, each of which keeps its own indent.
fn push_block(text: &mut String, value: &str, block: &str, columns: usize) {
    for line in value.lines() {
        let content = line.trim_start_matches(' ');
        let first = format!("{block}{}", " ".repeat(line.len() - content.len()));
        let lines = hanging(&first, content, &format!("{first}  "), columns);
        text.push_str(if content.is_empty() { "\n" } else { &lines });
    }
}

/// Whether a value is better shown by its changed lines.
fn is_long(value: &str) -> bool {
    value.contains('\n') || width(value) > 120
}

/// What was, where that is worth telling, and what will be.
fn inline(
    view: &RedactedChange,
    before: Option<String>,
    after: Option<String>,
) -> (Option<String>, String) {
    let after = if view.kind == ChangeKind::Unset {
        "(unset)".to_owned()
    } else if view.sensitive {
        secret(view)
    } else {
        after.map(|after| quoted(&known_later(view, &after))).unwrap_or_default()
    };
    let before = match before {
        Some(before) => quoted(&before),
        None if !view.before_hidden => return (None, after),
        None if !view.sensitive => "(not shown)".to_owned(),
        None if view.kind == ChangeKind::Unset => "(secret)".to_owned(),
        None => return (None, after),
    };
    (Some(before), after)
}

fn secret(view: &RedactedChange) -> String {
    let mut parts = vec!["secret".to_owned()];
    parts.extend(view.sources.iter().map(ToString::to_string));
    format!("({})", clean_line(&parts.join(", ")))
}

/// Says what a create will fill in.
fn known_later(view: &RedactedChange, after: &str) -> String {
    if view.known_after_create { wording::known_later(after) } else { after.to_owned() }
}

/// A value on one line; one that would not be seen stands in quotes.
fn quoted(value: &str) -> String {
    let shown = part::counted(value);
    let extent = if shown == value { String::new() } else { part::extent(value) + " " };
    if value.is_empty() || value.trim() != value {
        return format!("{extent}\"{}\"", clean_line(&shown));
    }
    extent + &clean_line(&shown)
}

/// A name or a path, on one line.
fn shown_name(name: &str) -> String {
    clean_line(&part::line(name, LONGEST_NAME))
}

fn text_of(shown: Option<&DisplayValue>) -> Option<String> {
    match shown? {
        DisplayValue::Text(text) => Some(text.clone()),
        DisplayValue::List(items) => Some(items.join(", ")),
    }
}
