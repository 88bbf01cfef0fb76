//! What to write where ownership is in doubt: one function per reason, each names both sides and
//! the lines or flags that settle it.

use std::collections::BTreeSet;

use super::Match;
use super::moves::Candidate;
use crate::desired::{Adopt, DesiredInstance};
use crate::instance::{InstanceId, Key, Span};
use crate::observed::ObservedInstance;
use crate::plan::BlockCode;
use crate::untrusted::quoted;

/// How many candidates or documents a message names; one more adds nothing to the decision.
const MAX_NAMED: usize = 5;

fn blocked<'a>(code: BlockCode, message: String) -> Match<'a> {
    Match::Blocked(code, message)
}

pub(super) fn id_claimed_twice<'a>(adopt: &Adopt, other: &Span) -> Match<'a> {
    let Adopt { id, at } = adopt;
    let message = format!("`id: {id}` is at {at} and at {other}: keep it in one of them");
    blocked(BlockCode::IdClaimedTwice, message)
}

pub(super) fn id_not_found<'a>(id: InstanceId) -> Match<'a> {
    let message =
        format!("there is no instance {id}: remove the line `id: {id}` to create a new one");
    blocked(BlockCode::IdNotFound, message)
}

pub(super) fn key_taken<'a>(key: &Key, id: InstanceId, other: InstanceId) -> Match<'a> {
    let message = format!(
        "instance {other} already carries the key {key}, so instance {id} cannot be adopted under it: \
         remove the line `id: {id}`, or give the document another `key:`",
        key = quoted(&key)
    );
    blocked(BlockCode::KeyTaken, message)
}

pub(super) fn of_another_document<'a>(id: InstanceId, owner: &Key) -> Match<'a> {
    let message = format!(
        "instance {id} belongs to the document {owner}: delete that document, or remove the line `id: {id}`",
        owner = quoted(&owner)
    );
    blocked(BlockCode::ForeignInstance, message)
}

pub(super) fn foreign_project<'a>(id: InstanceId, owner: &str) -> Match<'a> {
    let message = format!(
        "instance {id} belongs to project {}: take it over with --take-from {owner}, or remove the line `id: {id}`",
        quoted(owner)
    );
    blocked(BlockCode::ForeignInstance, message)
}

pub(super) fn connector_changed<'a>(
    found: &ObservedInstance,
    wanted: &DesiredInstance,
) -> Match<'a> {
    let message = format!(
        "instance {} has the connector {}, the file says {}, and the platform cannot change it. If files were \
         renamed or swapped, write the old document key as `key:` in each of them. To create a new instance, which \
         has a new token, give this document another `key:`",
        found.id,
        quoted(&found.connector),
        quoted(&wanted.connector)
    );
    blocked(BlockCode::ConnectorChanged, message)
}

pub(super) fn ambiguous_key<'a>(key: &Key, carriers: &[&ObservedInstance]) -> Match<'a> {
    let message = format!(
        "instances {} carry the key {}: delete all but one, or take the tag `ocon:key={key}` off the others",
        list(carriers.iter().map(|found| found.id), "and"),
        quoted(key)
    );
    blocked(BlockCode::AmbiguousKey, message)
}

pub(super) fn partial_rekey<'a>(key: &Key, found: &ObservedInstance) -> Match<'a> {
    let message = format!(
        "instance {} carries the key {key} of a document that is gone, so this one was moved: \
         run without PATH and without --changed-since, since a partial plan changes no document keys",
        found.id,
        key = quoted(&key)
    );
    blocked(BlockCode::PartialRekey, message)
}

pub(super) fn not_yet_readable<'a>(id: InstanceId) -> Match<'a> {
    let message = format!(
        "a listing names instance {id}, and GET /instances/{id} does not find it: the platform may still be \
         creating or deleting it. Run again in a minute. If it stays like this, ask the platform's support"
    );
    blocked(BlockCode::NotYetReadable, message)
}

pub(super) fn listings_disagree<'a>(id: InstanceId) -> Match<'a> {
    let message = format!(
        "the platform shows instance {id} with different `ocon:` tags in two views: a change of its document key is \
         not visible everywhere yet. Run again in a minute. If it stays like this, ask the platform's support"
    );
    blocked(BlockCode::ListingsDisagree, message)
}

pub(super) fn broken_mark<'a>(id: InstanceId) -> Match<'a> {
    let message = format!(
        "instance {id} may be this document's, and its `ocon:` tags are incomplete or contradictory: add \
         `id: {id}` to the document to take it, or take those tags off the instance"
    );
    blocked(BlockCode::BrokenMark, message)
}

pub(super) fn unmanaged_namesake<'a>(key: &Key, ids: &[InstanceId]) -> Match<'a> {
    let message = match ids {
        [id] => format!(
            "instance {id}, which nobody manages, has the same connector and name: add `id: {id}` to the \
             document to adopt it, or allow a second one with --allow-duplicate {key}"
        ),
        several => format!(
            "instances {}, which nobody manages, have the same connector and name: add `id: ` with one of \
             them to the document to adopt it, or allow another one with --allow-duplicate {key}",
            list(several.iter().copied(), "and")
        ),
    };
    blocked(BlockCode::UnmanagedNamesake, message)
}

pub(super) fn foreign_namesake<'a>(key: &Key, found: &[(InstanceId, String)]) -> Match<'a> {
    let owned = found
        .iter()
        .map(|(id, owner)| format!("instance {id} of project {owner}", owner = quoted(&owner)));
    let owners: BTreeSet<&str> = found.iter().map(|(_, owner)| owner.as_str()).collect();
    let (have, them) = if found.len() == 1 { ("has", "it") } else { ("have", "them") };
    let flags: Vec<_> = owners.into_iter().map(|owner| format!("--take-from {owner}")).collect();
    let message = format!(
        "{} {have} the same connector and name. If this project was renamed, adopt {them} with {}; otherwise allow \
         another instance with --allow-duplicate {key}",
        shortened(owned),
        flags.join(" or ")
    );
    blocked(BlockCode::ForeignNamesake, message)
}

/// Several keys of one document's `moved_from` are carried by instances.
pub(super) fn ambiguous_moved_from<'a>(candidates: &[Candidate<'_>]) -> Match<'a> {
    let candidates: Vec<_> = candidates.iter().collect();
    let message = format!(
        "several instances carry document keys of `moved_from`: keep only the one that this document \
         continues, {}",
        lines(&candidates)
    );
    blocked(BlockCode::AmbiguousMove, message)
}

/// The `moved_from` of one document and the `id:` of another one name the same instance.
pub(super) fn moved_from_and_id<'a>(candidate: &Candidate<'_>, at: &Span) -> Match<'a> {
    let (id, old) = (candidate.found.id, &candidate.key);
    let message = format!(
        "`moved_from: {old}` names instance {id}, which another document claims with `id: {id}` at {at}: keep \
         one of these lines"
    );
    blocked(BlockCode::AmbiguousMove, message)
}

/// `moved_from` names one instance, and an earlier rule gives the document another one.
pub(super) fn moved_from_contradicted<'a>(
    key: &Key,
    found: &ObservedInstance,
    other: &Candidate<'_>,
) -> Match<'a> {
    let (id, old) = (other.found.id, &other.key);
    let message = format!(
        "`moved_from: {old}` names instance {id}, and instance {} already belongs to the document {key}. To \
         continue instance {id}, write `key: {old}` in place of `moved_from`; to keep instance {}, remove the line",
        found.id,
        found.id,
        key = quoted(&key)
    );
    blocked(BlockCode::AmbiguousMove, message)
}

/// A document looks moved, and more than one match is possible.
pub(super) fn ambiguous_move<'a>(
    key: &Key,
    candidates: &[&Candidate<'_>],
    others: &BTreeSet<&Key>,
) -> Match<'a> {
    let lines = lines(candidates);
    let problem = match (candidates, others.is_empty()) {
        (_, true) => "this document looks moved, and several instances match it".to_owned(),
        ([_], false) => format!("this document and {} match one instance", names(others)),
        (_, false) => format!("this document and {} match the same instances", names(others)),
    };
    let message = format!(
        "{problem}. To keep an ID and token, add the line to the document that continues it: {lines}. To \
         create a new instance for this document, use --allow-duplicate {key}"
    );
    blocked(BlockCode::AmbiguousMove, message)
}

/// The line to write for each candidate. Where two carry one document key, only the ID tells them
/// apart.
fn lines(candidates: &[&Candidate<'_>]) -> String {
    let is_unique = |key: &Key| candidates.iter().filter(|other| other.key == *key).count() == 1;
    let line = |candidate: &&Candidate<'_>| {
        let (id, key) = (candidate.found.id, &candidate.key);
        if is_unique(key) {
            format!("`moved_from: {key}` (instance {id})")
        } else {
            format!("`id: {id}` (document key {key})", key = quoted(&key))
        }
    };
    shortened(candidates.iter().map(line))
}

fn names(keys: &BTreeSet<&Key>) -> String {
    shortened(keys.iter().map(|key| quoted(key).to_string()))
}

/// The first texts, and how many more there are.
pub(in crate::plan) fn shortened(texts: impl ExactSizeIterator<Item = String>) -> String {
    let more = texts.len().saturating_sub(MAX_NAMED);
    let mut shown: Vec<String> = texts.take(MAX_NAMED).collect();
    if more > 0 {
        shown.push(format!("and {more} more"));
    }
    shown.join(", ")
}

/// `1`, `1 and 2`, `1, 2 and 3`.
fn list(ids: impl Iterator<Item = InstanceId>, last: &str) -> String {
    let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
    match ids.split_last() {
        Some((end, rest)) if !rest.is_empty() => format!("{} {last} {end}", rest.join(", ")),
        _ => ids.concat(),
    }
}
