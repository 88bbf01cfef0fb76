//! Which instances get a file: those that nobody has declared, and that nobody else owns.

use std::collections::BTreeMap;

use super::Seen;
use crate::cli::setup::session::Files;
use crate::cli::terminal::failure::Exit;
use crate::import::Candidate;
use crate::instance::{InstanceId, Key, Span};
use crate::observed::ObservedInstance;
use crate::ownership::Ownership;
use crate::untrusted::quoted;

/// What was chosen, and what was not.
pub(super) struct Chosen {
    pub(super) candidates: Vec<Candidate>,
    pub(super) refused: Vec<Refused>,
}

/// An instance that gets no file.
pub(super) struct Refused {
    pub(super) id: InstanceId,
    /// How a run ends that was asked for this very instance.
    pub(super) exit: Exit,
    /// Why. It may hold any text.
    pub(super) why: String,
}

/// Chooses among what was read.
pub(super) fn choose(seen: Seen, files: &Files) -> Chosen {
    let documents = files.desired.instances.values();
    let adopted = documents.filter_map(|wanted| wanted.adopt.as_ref());
    let adopted: BTreeMap<InstanceId, &Span> = adopted.map(|adopt| (adopt.id, &adopt.at)).collect();
    let mut chosen = Chosen { candidates: Vec::new(), refused: Vec::new() };
    for (id, found) in seen {
        let candidate = match (found, adopted.get(&id)) {
            (None, _) => Err((Exit::Other, "the platform has no such instance".to_owned())),
            (Some(_), Some(at)) => {
                Err((Exit::Other, format!("it has a document already, at {}:{}", at.file, at.line)))
            }
            (Some(found), None) => candidate(found, files),
        };
        match candidate {
            Ok(candidate) => chosen.candidates.push(candidate),
            Err((exit, why)) => chosen.refused.push(Refused { id, exit, why }),
        }
    }
    chosen
}

fn candidate(found: ObservedInstance, files: &Files) -> Result<Candidate, (Exit, String)> {
    let carried = match found.marks.ownership(&files.project) {
        // What is left of a broken mark is replaced by an adoption.
        Ownership::Unmanaged | Ownership::Broken => None,
        Ownership::Foreign(owner) => {
            return Err((
                Exit::Guarded,
                format!("it belongs to project {owner}", owner = quoted(&owner)),
            ));
        }
        Ownership::Ours(key) => Some(without_document(key, files)?),
    };
    let connector = found
        .connector
        .parse()
        .map_err(|_| (Exit::Other, "its connector has a key that no file can hold".to_owned()))?;
    Ok(Candidate { found, connector, carried })
}

/// The key in a mark of ours, where no document has it.
fn without_document(key: Key, files: &Files) -> Result<Key, (Exit, String)> {
    match files.desired.instances.get(&key) {
        None => Ok(key),
        Some(wanted) => {
            let at = &wanted.at;
            let why = format!(
                "it has a document already, {key} at {}:{}",
                at.file,
                at.line,
                key = quoted(&key)
            );
            Err((Exit::Other, why))
        }
    }
}
