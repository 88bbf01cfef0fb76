//! What a plan says apart from its steps: blocked documents, deletes, hosts and notes.

use super::HtmlOptions;
use super::markup::{Html, element};
use super::page::{PageSection, PageSpace, row, table};
use super::text::{code, id, message, name, place, prose};
use crate::report::grouping::MAX_PLACES;
use crate::report::hosts::HostSummary;
use crate::report::json::{PlanBlocked, PlanNote, PlanStep, PlanUnset};
use crate::report::note_group::NoteGroup;
use crate::report::phrases;
use crate::report::style::count;

/// Renders blocked documents, with the reasons.
pub(super) fn blocked(blocked: &[&PlanBlocked], options: &HtmlOptions) -> Html {
    let (entries, rest) = PageSpace::new().entries(blocked, |blocked, _| {
        let title = element("p").with(Html::from([
            element("span").class("key").with(code(&blocked.key)),
            Html::from(" "),
            place(&options.links, &blocked.file, blocked.line),
        ]));
        let reason = element("p").with(message(&blocked.message) + codes(blocked.code.as_str()));
        element("li").with(title + reason)
    });
    element("ul").class("problems").with(entries) + rest
}

/// Renders a diagnostic code in brackets.
pub(super) fn codes(diagnostic_code: &str) -> Html {
    Html::from(" ") + element("span").class("faint").with(format!("({diagnostic_code})"))
}

/// Renders the instances to delete.
pub(super) fn deletes(steps: &[&PlanStep], limit: Option<String>) -> Html {
    let (rows, rest) = PageSpace::new().entries(steps, |step, _| {
        let connector = Html::from(step.connector.as_str());
        row(
            element("span").class("key").with(code(&step.key)) + Html::from(" ") + name(&step.name),
            [connector, id(step.instance_id)],
        )
    });
    let limit = limit.map(|limit| element("p").with(prose(&limit))).unwrap_or_default();
    limit + table("Instances to delete", &["instance", "connector", "ID"], rows) + rest
}

/// Renders one row per host. A host is never truncated.
pub(super) fn hosts(hosts: &[HostSummary]) -> Html {
    let (rows, rest) = PageSpace::new().entries(hosts, |summary, _| {
        let changed = element("span").class("badge red").with("changed");
        let is_name = !summary.host.contains(' ');
        let host = if is_name { code(&summary.host) } else { prose(&summary.host) };
        let mark = if summary.is_changed { changed + Html::from(" ") } else { Html::default() };
        row(mark + host, [prose(&summary.uses)])
    });
    table("Hosts that get secrets or events", &["host", "receives"], rows) + rest
}

/// Renders what several notes have in common once, with their places.
pub(super) fn notes(groups: &[NoteGroup<'_>]) -> Html {
    let (entries, rest) = PageSpace::new().entries(groups, |group, _| {
        let text = element("p").with(message(&group.sentences()) + codes(group.code.as_str()));
        element("li").with(text + places(group))
    });
    element("ul").class("notes").with(entries) + rest
}

/// The section of the secrets that are not set here, each with its place; `None` without any.
pub(super) fn unset_section(unset: &[PlanUnset], options: &HtmlOptions) -> Option<PageSection> {
    let sentence = phrases::unset(unset)?;
    PageSection::of("unset", "Secrets that are not set", unset, |unset| {
        let (entries, rest) = PageSpace::new().entries(unset, |secret, _| {
            let place = place(&options.links, &secret.file, secret.line);
            element("li").with(code(&secret.source) + Html::from(" ") + place)
        });
        let summary = element("summary").with(count(unset.len(), "place"));
        let list = element("ul").class("places").with(entries) + rest;
        element("p").with(prose(&sentence) + codes("unset-variable"))
            + element("details").with(summary + list)
    })
}

fn places(group: &NoteGroup<'_>) -> Html {
    let item = |note: &&PlanNote| {
        let text = match group.message {
            Some(_) => Html::default(),
            None => Html::from(" ") + message(&note.message),
        };
        element("li").with(code(&note.key) + id(note.instance_id) + text)
    };
    let list = element("ul").class("places").with(group.notes.iter().map(item).collect::<Html>());
    if group.notes.len() <= MAX_PLACES {
        return list;
    }
    element("details").with(element("summary").with(group.about()) + list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::NoteCode;
    use crate::report::note_group;

    #[test]
    fn equal_notes_are_one_entry_with_all_their_places() {
        let note = |key: &str, message: &str| PlanNote {
            code: NoteCode::Orphan,
            key: key.to_owned(),
            instance_id: Some(7),
            host: None,
            gets: None,
            message: message.to_owned(),
            help: None,
        };
        let all = [note("a", "same"), note("b", "other"), note("c", "same")];
        let groups = note_group::groups(&all);
        let page = notes(&groups).into_document();
        assert_eq!((groups.len(), page.matches("same").count()), (2, 1));
        assert!(["a", "b", "c"].iter().all(|key| page.contains(&format!("<code>{key}</code>"))));
    }
}
