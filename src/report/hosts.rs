//! The hosts that a plan sends secrets and events to, each with what it gets and from where.
//!
//! In: the notes of a plan that are about a host. Out: one [`HostLine`] per host, changed hosts first.
//! A host is never cut; only the list of places is.

use std::collections::BTreeMap;

use crate::safe_text::quoted;

/// The most documents that are named for one use of a host.
const MAX_PLACES: usize = 3;

/// The codes that say that the host was another one before.
const CHANGED: [&str; 2] = ["credential-host-changed", "event-host-changed"];

/// What a note says of a host.
#[derive(Clone, Copy, Debug)]
pub(super) struct HostNote<'a> {
    pub(super) code: &'a str,
    pub(super) host: &'a str,
    pub(super) gets: &'a str,
    /// The document, with the ID of its instance if there is one.
    pub(super) key: &'a str,
    pub(super) instance_id: Option<u64>,
}

/// A host with all that it gets.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct HostLine {
    /// The host in full, or in words why it cannot be told.
    pub(super) host: String,
    /// Whether it gets something that another host got before.
    pub(super) is_new: bool,
    /// What it gets and from which documents, with the codes of the notes.
    pub(super) uses: String,
}

/// One line per host: those that are new for an instance, then the others in their order.
pub(super) fn lines<'a>(notes: impl Iterator<Item = HostNote<'a>>) -> Vec<HostLine> {
    let mut order: Vec<&str> = Vec::new();
    let mut hosts: BTreeMap<&str, Vec<HostNote<'_>>> = BTreeMap::new();
    for note in notes {
        let of_host = hosts.entry(note.host).or_default();
        if of_host.is_empty() {
            order.push(note.host);
        }
        of_host.push(note);
    }
    let mut lines: Vec<_> = order
        .into_iter()
        .map(|host| line(host, hosts.get(host).map(Vec::as_slice).unwrap_or_default()))
        .collect();
    lines.sort_by_key(|line| !line.is_new);
    lines
}

fn line(host: &str, notes: &[HostNote<'_>]) -> HostLine {
    let mut uses: Vec<((&str, &str), Vec<String>)> = Vec::new();
    for note in notes {
        let id = note.instance_id.map(|id| format!(" #{id}")).unwrap_or_default();
        let place = quoted(format!("{}{id}", note.key)).to_string();
        match uses.iter_mut().find(|(of, _)| *of == (note.code, note.gets)) {
            Some((_, places)) if places.contains(&place) => {}
            Some((_, places)) => places.push(place),
            None => uses.push(((note.code, note.gets), vec![place])),
        }
    }
    let uses = uses.iter().map(|((code, gets), places)| {
        let more = places.len().saturating_sub(MAX_PLACES);
        let mut named: Vec<_> = places.iter().take(MAX_PLACES).cloned().collect();
        if more > 0 {
            named.push(format!("{more} more"));
        }
        let verb = if CHANGED.contains(code) { "will get" } else { "gets" };
        format!("{verb} {gets} of {} ({code})", named.join(", "))
    });
    HostLine {
        host: host.to_owned(),
        is_new: notes.iter().any(|note| CHANGED.contains(&note.code)),
        uses: uses.collect::<Vec<_>>().join("; "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_one_line_and_only_its_places_are_shortened() {
        let note =
            |host, code, key| HostNote { code, host, gets: "password", key, instance_id: None };
        let keys = ["a", "b", "c", "d", "e"];
        let notes = keys.map(|key| note("good.example", "secret-to-host", key));
        let changed = HostNote {
            instance_id: Some(7),
            gets: "the stored credentials",
            ..note("evil.example", "credential-host-changed", "z")
        };
        let lines = lines(notes.into_iter().chain([changed, notes[0]]));
        let lines: Vec<_> = lines
            .iter()
            .map(|line| format!("{} {} {}", line.is_new, line.host, line.uses))
            .collect();
        assert_eq!(
            lines,
            [
                "true evil.example will get the stored credentials of `z #7` (credential-host-changed)",
                "false good.example gets password of `a`, `b`, `c`, 2 more (secret-to-host)",
            ]
        );
    }
}
