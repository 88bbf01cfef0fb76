//! Selects the instances that get a file: those without a document that no other project owns. Every
//! other instance has a reason.

use std::collections::BTreeMap;

use crate::cli::setup::Files;
use crate::import::Candidate;
use crate::instance::{InstanceId, Key, Span};
use crate::observed::ObservedInstance;
use crate::ownership::Ownership;
use crate::safe_text::quoted;

/// The instances that may get a file; `None` if the platform has no instance with a given ID.
pub(super) type ReadInstances = BTreeMap<InstanceId, Option<ObservedInstance>>;

pub(super) struct Candidates {
    pub(super) candidates: Vec<Candidate>,
    pub(super) refused: Vec<Refused>,
}

/// An instance that gets no file.
pub(super) struct Refused {
    pub(super) id: InstanceId,
    pub(super) cause: RefusalCause,
    /// The reason, which may contain any text.
    pub(super) reason: String,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RefusalCause {
    HasDocument,
    OfOtherProject,
    CannotBeWritten,
}

pub(super) fn select(read: ReadInstances, files: &Files) -> Candidates {
    let documents = files.desired.instances.values();
    let adopted = documents.filter_map(|wanted| wanted.adopt.as_ref());
    let adopted: BTreeMap<InstanceId, &Span> = adopted.map(|adopt| (adopt.id, &adopt.at)).collect();
    let mut selected = Candidates { candidates: Vec::new(), refused: Vec::new() };
    for (id, found) in read {
        let candidate = match (found, adopted.get(&id)) {
            (None, _) => {
                Err((RefusalCause::CannotBeWritten, "the instance does not exist".to_owned()))
            }
            (Some(_), Some(at)) => {
                let reason = format!("it already has a document, at {}:{}", at.file, at.line);
                Err((RefusalCause::HasDocument, reason))
            }
            (Some(found), None) => candidate(found, files),
        };
        match candidate {
            Ok(candidate) => selected.candidates.push(candidate),
            Err((cause, reason)) => selected.refused.push(Refused { id, cause, reason }),
        }
    }
    selected
}

fn candidate(found: ObservedInstance, files: &Files) -> Result<Candidate, (RefusalCause, String)> {
    let marked_key = match found.marks.ownership(&files.project.name) {
        // An adoption replaces a broken mark.
        Ownership::Unmanaged | Ownership::Broken => None,
        Ownership::Foreign(owner) => {
            let reason = format!("it belongs to project {}", quoted(&owner));
            return Err((RefusalCause::OfOtherProject, reason));
        }
        Ownership::Ours(key) => Some(without_document(key, files)?),
    };
    let connector = found.connector.parse().map_err(|_| {
        let reason = "its connector key is not valid in a file".to_owned();
        (RefusalCause::CannotBeWritten, reason)
    })?;
    Ok(Candidate { found, connector, marked_key })
}

/// The key in a mark of this project, if it has no document.
fn without_document(key: Key, files: &Files) -> Result<Key, (RefusalCause, String)> {
    match files.desired.instances.get(&key) {
        None => Ok(key),
        Some(wanted) => {
            let (key, at) = (quoted(&key), &wanted.at);
            let reason = format!("it already has a document, {key} at {}:{}", at.file, at.line);
            Err((RefusalCause::HasDocument, reason))
        }
    }
}
