//! Summarizes the hosts that a plan sends secrets and events to.
//!
//! In: the notes of a plan. Out: one [`HostSummary`] per host, changed hosts first. A host is never
//! truncated, only the list of documents is.

use super::truncate;
use crate::plan::NoteCode;
use crate::report::json::PlanNote;
use crate::safe_text::quoted;

/// Maximum number of documents in the summary of one use of a host.
const MAX_DOCUMENTS: usize = 3;

/// Maximum number of characters for the names of what a host gets. JSON has all of them.
const MAX_GETS_CHARS: usize = 240;

/// A host with everything that is sent to it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct HostSummary {
    /// The complete host, or why it is not known.
    pub(super) host: String,
    /// Whether it receives something that another host received before.
    pub(super) is_changed: bool,
    /// What it receives and from which documents, with the codes of the notes.
    pub(super) uses: String,
}

/// Creates one summary per host: changed hosts first, otherwise in the order of the notes.
pub(super) fn summarize(notes: &[PlanNote]) -> Vec<HostSummary> {
    let mut hosts: Vec<(&str, Vec<&PlanNote>)> = Vec::new();
    for note in notes {
        let Some(host) = note.host.as_deref() else { continue };
        match hosts.iter_mut().find(|(known, _)| *known == host) {
            Some((_, notes)) => notes.push(note),
            None => hosts.push((host, vec![note])),
        }
    }
    let mut summaries: Vec<_> = hosts.iter().map(|(host, notes)| summary(host, notes)).collect();
    summaries.sort_by_key(|summary| !summary.is_changed);
    summaries
}

fn summary(host: &str, notes: &[&PlanNote]) -> HostSummary {
    let mut uses: Vec<((NoteCode, &str), Vec<String>)> = Vec::new();
    for note in notes {
        let id = note.instance_id.map(|id| format!(" #{id}")).unwrap_or_default();
        let document = quoted(format!("{}{id}", note.key)).to_string();
        let what = (note.code, note.gets.as_deref().unwrap_or_default());
        match uses.iter_mut().find(|(known, _)| *known == what) {
            Some((_, documents)) if documents.contains(&document) => {}
            Some((_, documents)) => documents.push(document),
            None => uses.push((what, vec![document])),
        }
    }
    let uses = uses.into_iter().map(|((code, gets), mut documents)| {
        let more = documents.len().saturating_sub(MAX_DOCUMENTS);
        documents.truncate(MAX_DOCUMENTS);
        if more > 0 {
            documents.push(format!("{more} more"));
        }
        let verb = if code.is_host_change() { "will get" } else { "gets" };
        let gets = truncate::shortened(gets, MAX_GETS_CHARS);
        format!("{verb} {gets} of {} ({code})", documents.join(", "))
    });
    HostSummary {
        host: host.to_owned(),
        is_changed: notes.iter().any(|note| note.code.is_host_change()),
        uses: uses.collect::<Vec<_>>().join("; "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_one_summary_and_only_its_documents_are_truncated() {
        let note = |host: &str, code, key: &str| PlanNote {
            code,
            key: key.to_owned(),
            instance_id: None,
            host: Some(host.to_owned()),
            gets: Some("password".to_owned()),
            help: None,
            message: String::new(),
        };
        let keys = ["a", "b", "c", "d", "e", "a"];
        let mut notes: Vec<_> =
            keys.iter().map(|key| note("good.example", NoteCode::SecretToHost, key)).collect();
        notes.push(PlanNote {
            instance_id: Some(7),
            gets: Some("the stored credentials".to_owned()),
            ..note("evil.example", NoteCode::CredentialHostChanged, "z")
        });
        let summaries = summarize(&notes);
        let lines: Vec<_> = summaries
            .iter()
            .map(|summary| format!("{} {} {}", summary.is_changed, summary.host, summary.uses))
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
