//! A status as a page: instances that need attention come first.

use super::HtmlOptions;
use super::account;
use super::chain::EventChain;
use super::markup::{Html, element};
use super::page::{Page, PageSection, PageSpace, row, table};
use super::picture::{self, BarPart};
use super::remarks;
use super::step::MAX_UNFOLDED;
use super::text::{badge, code, id, name, prose};
use crate::plan::status::SyncState;
use crate::report::json::{
    PlanBlocked, StatusDocument, StatusFinding, StatusInstance, StatusUnmanaged,
};
use crate::report::phrases;

/// Renders a status.
pub fn status(document: &StatusDocument, options: &HtmlOptions) -> String {
    let partial = if document.partial {
        element("p").class("partial").with("Partial: only some documents were checked.")
    } else {
        Html::default()
    };
    let account = document.account.as_ref().map(account::summary).unwrap_or_default();
    Page {
        command: "ocon status".to_owned(),
        project: document.target.project.clone(),
        base_url: document.target.base_url.clone(),
        sentence: sentence(document),
        lead: partial + only(document) + account + picture::bar(&bar(document)),
        sections: sections(document, options),
    }
    .render()
}

/// Says which entries are listed, if not all are.
fn only(document: &StatusDocument) -> Html {
    let only: Vec<&str> = document.only.iter().map(|filter| filter.as_str()).collect();
    if only.is_empty() {
        return Html::default();
    }
    element("p")
        .class("partial")
        .with(format!("Only these entries are listed: {}.", only.join(", ")))
}

fn unmanaged(instances: &[StatusUnmanaged]) -> Html {
    let import = "`ocon import ID` writes a file for one of them, and `ocon import --all` for all.";
    let (rows, rest) = PageSpace::new().entries(instances, |instance, _| {
        let connector = Html::from(instance.connector.as_str());
        row(name(&instance.name), [connector, id(Some(instance.instance_id))])
    });
    element("p").with(prose(import))
        + table("Unmanaged instances", &["name", "connector", "ID"], rows)
        + rest
}

fn sentence(document: &StatusDocument) -> String {
    match phrases::status_counters(document) {
        counters if counters.is_empty() => "No instances.".to_owned(),
        counters => format!("{}.", counters.join(", ")),
    }
}

fn sections(document: &StatusDocument, options: &HtmlOptions) -> Vec<PageSection> {
    let blocked: Vec<&PlanBlocked> = document.blocked.iter().collect();
    // The blocked documents have their own section, with the reasons.
    let is_row =
        |row: &&StatusInstance| row.state != SyncState::Blocked || row.instance_id.is_some();
    let (attention, quiet): (Vec<_>, Vec<_>) =
        document.instances.iter().filter(is_row).partition(|instance| instance.needs_attention);
    let unmanaged = document.unmanaged.as_deref().unwrap_or_default();
    let mut space = PageSpace::new();
    let mut entries = |shown: &[&StatusInstance], unfolded: usize| {
        instances(document, shown, unfolded, &mut space)
    };
    let sections = [
        PageSection::of("blocked", "Blocked", &blocked, |rows| remarks::blocked(rows, options)),
        PageSection::of("findings", "Wrong callback URL", &document.findings, findings),
        PageSection::of("attention", "Needs attention", &attention, |all| {
            entries(all, MAX_UNFOLDED)
        }),
        PageSection::of("unmanaged", "Unmanaged", unmanaged, self::unmanaged),
        remarks::unset_section(&document.unset, options),
        PageSection::of("sync", "In sync", &quiet, |all| folded(all, entries(all, 0))),
    ];
    sections.into_iter().flatten().collect()
}

/// Folds a long list.
fn folded(all: &[&StatusInstance], entries: Html) -> Html {
    if all.len() <= MAX_UNFOLDED {
        return entries;
    }
    let summary = element("summary").with("Show the instances that match their files");
    element("details").class("fold").with(summary + entries)
}

fn bar(document: &StatusDocument) -> [BarPart; 6] {
    SyncState::ALL.map(|state| {
        let (label, sign, class) = look(state);
        BarPart { number: document.summary.of(state), label, sign, class }
    })
}

/// The words, the sign and the color of a state.
fn look(state: SyncState) -> (&'static str, &'static str, &'static str) {
    match state {
        SyncState::InSync => ("in sync", "=", "sync"),
        SyncState::Drifted => ("drifted", "≠", "drifted"),
        SyncState::Unfinished => ("unfinished", "±", "incomplete"),
        SyncState::Missing => ("missing", "+", "missing"),
        SyncState::Blocked => ("blocked", "!", "stuck"),
        SyncState::Orphan => ("orphan", "?", "orphan"),
    }
}

fn instances(
    document: &StatusDocument,
    shown: &[&StatusInstance],
    mut unfolded: usize,
    space: &mut PageSpace,
) -> Html {
    let (entries, rest) = space.entries(shown, |instance, space| {
        let chain = EventChain::of_instance(instance, &document.findings);
        let chain = chain.filter(|_| space.has_details());
        let chain = chain.as_ref().map(picture::chain).unwrap_or_default();
        let body = element("div").class("body").with(facts(instance) + chain);
        let summary = element("summary").with(title(instance));
        let is_open = unfolded > 0;
        unfolded = unfolded.saturating_sub(1);
        let entry = element("details").class("step").flag("open", is_open);
        entry.with(summary + body) + Html::line_break()
    });
    element("div").class("steps").with(entries) + rest
}

fn title(instance: &StatusInstance) -> Html {
    let (label, sign, _) = look(instance.state);
    let mut title = Html::from([
        badge(state_class(instance.state), &format!("{sign} {label}")),
        Html::from(" "),
        element("span").class("key").with(code(&instance.key)),
        Html::from(" "),
        name(&instance.name),
        Html::from(" "),
        element("span").class("connector").with(instance.connector.as_str()),
        id(instance.instance_id),
    ]);
    let warnings = [(instance.valid, "not valid"), (instance.enabled, "disabled")];
    for (_, word) in warnings.iter().filter(|(flag, _)| *flag == Some(false)) {
        title.push(Html::from(" ") + badge("badge red", word));
    }
    title
}

fn state_class(state: SyncState) -> &'static str {
    match state {
        SyncState::InSync => "badge",
        SyncState::Missing => "badge green",
        SyncState::Drifted | SyncState::Unfinished => "badge amber",
        SyncState::Blocked | SyncState::Orphan => "badge red",
    }
}

fn facts(instance: &StatusInstance) -> Html {
    let flag = |flag: Option<bool>| flag.map(|flag| if flag { "yes" } else { "no" });
    let rows = [
        ("valid", flag(instance.valid).map(Html::from)),
        ("enabled", flag(instance.enabled).map(Html::from)),
        ("events", flag(instance.events).map(Html::from)),
        ("webhook URL", instance.webhook_url.as_deref().map(code)),
    ];
    let rows = rows.into_iter().filter_map(|(label, value)| {
        Some(element("div").with(element("dt").with(label) + element("dd").with(value?)))
    });
    let rows: Html = rows.collect();
    if rows.is_empty() {
        element("p").class("faint").with("There is no instance.")
    } else {
        element("dl").class("facts").with(rows)
    }
}

fn findings(findings: &[StatusFinding]) -> Html {
    let (rows, rest) = PageSpace::new().entries(findings, |finding, _| {
        let instance =
            Html::from(finding.connector.as_str()) + Html::from(" ") + name(&finding.name);
        row(
            instance + id(Some(finding.instance_id)),
            [Html::from("contains the ID of")
                + id(Some(finding.carries))
                + ", which receives its events".into()],
        )
    });
    table("Wrong callback URLs", &["instance", "callback URL"], rows) + rest
}
