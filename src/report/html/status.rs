//! A status as a page: instances that need attention come first.

use super::HtmlOptions;
use super::chain::EventChain;
use super::markup::{Html, element};
use super::page::{Page, PageSection, PageSpace, row, table};
use super::picture::{self, BarPart};
use super::remarks;
use super::step::MAX_UNFOLDED;
use super::text::{badge, code, id, name};
use crate::plan::status::SyncState;
use crate::report::json::{PlanBlocked, StatusDocument, StatusFinding, StatusInstance};
use crate::report::phrases;

/// Renders a status.
pub fn status(document: &StatusDocument, options: &HtmlOptions) -> String {
    let partial = if document.partial {
        element("p").class("partial").with("Partial: only some documents were checked.")
    } else {
        Html::default()
    };
    Page {
        command: "ocon status".to_owned(),
        project: document.target.project.clone(),
        base_url: document.target.base_url.clone(),
        sentence: sentence(document),
        lead: partial + picture::bar(&bar(document)),
        sections: sections(document, options),
    }
    .render()
}

fn sentence(document: &StatusDocument) -> String {
    match phrases::states(document) {
        counters if counters.is_empty() => "No instances.".to_owned(),
        counters => format!("{}.", counters.join(", ")),
    }
}

fn sections(document: &StatusDocument, options: &HtmlOptions) -> Vec<PageSection> {
    let of = |states: &[SyncState]| -> Vec<&StatusInstance> {
        let with = |state| document.instances.iter().filter(move |found| found.state == state);
        states.iter().flat_map(|state| with(*state)).collect()
    };
    let blocked: Vec<&PlanBlocked> = document.blocked.iter().collect();
    let (mut attention, rest) = (of(&NEED_ATTENTION), of(&[SyncState::InSync]));
    // The blocked documents have their own section, with the reasons.
    attention.retain(|found| found.state != SyncState::Blocked || found.instance_id.is_some());
    let (ill, well): (Vec<_>, Vec<_>) = rest.into_iter().partition(|found| is_ill(found, document));
    let mut space = PageSpace::new();
    let mut entries = |shown: &[&StatusInstance], unfolded: usize| {
        instances(document, shown, unfolded, &mut space)
    };
    let sections = [
        PageSection::of("blocked", "Blocked", &blocked, |rows| remarks::blocked(rows, options)),
        PageSection::of("findings", "Wrong callback URL", &document.findings, findings),
        PageSection::of("attention", "Does not match", &attention, |all| {
            entries(all, MAX_UNFOLDED)
        }),
        PageSection::of("ill", "In sync, but does not work", &ill, |all| {
            entries(all, MAX_UNFOLDED)
        }),
        PageSection::of("sync", "In sync", &well, |all| folded(all, entries(all, 0))),
    ];
    sections.into_iter().flatten().collect()
}

/// The states of instances that do not match, in order of severity.
const NEED_ATTENTION: [SyncState; 5] = [
    SyncState::Blocked,
    SyncState::Missing,
    SyncState::Unfinished,
    SyncState::Drifted,
    SyncState::Orphan,
];

/// Whether an instance that matches its file does not work.
fn is_ill(instance: &StatusInstance, document: &StatusDocument) -> bool {
    let has_finding =
        || document.findings.iter().any(|found| Some(found.instance_id) == instance.instance_id);
    instance.valid == Some(false) || instance.enabled == Some(false) || has_finding()
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
        let number = document.instances.iter().filter(|found| found.state == state).count();
        BarPart { number, label, sign, class }
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
