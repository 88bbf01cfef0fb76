//! Blocked matches: one function per reason. Each message names both sides, and the line or flag that
//! resolves the conflict.

use std::collections::BTreeSet;

use super::Match;
use super::instances::Candidate;
use crate::desired::{Adopt, DesiredInstance};
use crate::instance::{InstanceId, Key, Span};
use crate::observed::ObservedInstance;
use crate::plan::BlockCode;
use crate::safe_text::quoted;

/// The maximum number of candidates or documents in a message.
const MAX_NAMED: usize = 5;

pub(super) fn id_claimed_twice<'a>(adopt: &Adopt, other: &Span) -> Match<'a> {
    let Adopt { id, at } = adopt;
    let message = format!(
        "two documents contain `id: {id}`, at {at} and at {other}. Remove one of these lines"
    );
    Match::Blocked(BlockCode::IdClaimedTwice, message)
}

pub(super) fn id_not_found<'a>(id: InstanceId) -> Match<'a> {
    let message =
        format!("instance {id} does not exist. To create a new one, remove the line `id: {id}`");
    Match::Blocked(BlockCode::IdNotFound, message)
}

pub(super) fn key_taken<'a>(key: &Key, id: InstanceId, other: InstanceId) -> Match<'a> {
    let message = format!(
        "instance {id} cannot be adopted as {key}, because instance {other} already has that document key. Remove the \
         line `id: {id}`, or give the document another `key:`",
        key = quoted(key)
    );
    Match::Blocked(BlockCode::KeyTaken, message)
}

pub(super) fn of_another_document<'a>(id: InstanceId, owner: &Key) -> Match<'a> {
    let message = format!(
        "instance {id} belongs to the document {owner}. Delete that document, or remove the line `id: {id}`",
        owner = quoted(owner)
    );
    Match::Blocked(BlockCode::ForeignInstance, message)
}

pub(super) fn foreign_project<'a>(id: InstanceId, owner: &str) -> Match<'a> {
    let message = format!(
        "instance {id} belongs to project {}. Take it over with {}, or remove the line `id: {id}`",
        quoted(owner),
        quoted(format!("--take-from {owner}"))
    );
    Match::Blocked(BlockCode::ForeignInstance, message)
}

pub(super) fn connector_changed<'a>(
    found: &ObservedInstance,
    wanted: &DesiredInstance,
) -> Match<'a> {
    let message = format!(
        "instance {} has the connector {}, but the file has {}, and the platform cannot change it. If files were \
         renamed or swapped, add the old document key as `key:` to each of them. To create a new instance with a new \
         token, give this document another `key:`",
        found.id,
        quoted(&found.connector),
        quoted(&wanted.connector)
    );
    Match::Blocked(BlockCode::ConnectorChanged, message)
}

pub(super) fn ambiguous_key<'a>(key: &Key, found: &[&ObservedInstance]) -> Match<'a> {
    let message = format!(
        "instances {} have the document key {}. Delete all but one, or remove the tag `ocon:key={key}` from the others",
        listed(found.iter().map(|found| found.id)),
        quoted(key)
    );
    Match::Blocked(BlockCode::AmbiguousKey, message)
}

pub(super) fn partial_rekey<'a>(key: &Key, found: &ObservedInstance) -> Match<'a> {
    let message = format!(
        "this document was moved: its instance {} still has the document key {key}. A partial plan changes no document \
         keys. Run without PATH and without `--changed-since`",
        found.id,
        key = quoted(key)
    );
    Match::Blocked(BlockCode::PartialRekey, message)
}

pub(super) fn not_yet_readable<'a>(id: InstanceId) -> Match<'a> {
    let message = format!(
        "a listing shows instance {id}, but GET /instances/{id} does not find it. The platform may still be creating \
         or deleting it. Run again in a minute. If this does not change, ask the platform's support"
    );
    Match::Blocked(BlockCode::NotYetReadable, message)
}

pub(super) fn listings_disagree<'a>(id: InstanceId) -> Match<'a> {
    let message = format!(
        "two listings show instance {id} with different `ocon:` tags, because a change of its document key is not \
         visible everywhere yet. Run again in a minute. If this does not change, ask the platform's support"
    );
    Match::Blocked(BlockCode::ListingsDisagree, message)
}

pub(super) fn broken_mark<'a>(id: InstanceId) -> Match<'a> {
    let message = format!(
        "instance {id} may belong to this document, but its `ocon:` tags are incomplete or contradictory. To adopt \
         it, add `id: {id}` to the document. Otherwise, remove these tags from the instance"
    );
    Match::Blocked(BlockCode::BrokenMark, message)
}

pub(super) fn unmanaged_namesake<'a>(key: &Key, ids: &[InstanceId]) -> Match<'a> {
    let message = match ids {
        [id] => format!(
            "the unmanaged instance {id} has the same connector and name. To adopt it, add `id: {id}` to the \
             document. To create another one, use `--allow-duplicate {key}`"
        ),
        several => format!(
            "the unmanaged instances {} have the same connector and name. To adopt one of them, add `id: ` with its ID \
             to the document. To create another one, use `--allow-duplicate {key}`",
            listed(several.iter().copied())
        ),
    };
    Match::Blocked(BlockCode::UnmanagedNamesake, message)
}

pub(super) fn foreign_namesake<'a>(key: &Key, found: &[(InstanceId, String)]) -> Match<'a> {
    let owned =
        found.iter().map(|(id, owner)| format!("instance {id} of project {}", quoted(owner)));
    let owners: BTreeSet<&str> = found.iter().map(|(_, owner)| owner.as_str()).collect();
    let (have, them) = if found.len() == 1 { ("has", "it") } else { ("have", "them") };
    let flag = |owner: &str| quoted(format!("--take-from {owner}")).to_string();
    let flags: Vec<_> = owners.into_iter().map(flag).collect();
    let message = format!(
        "{} {have} the same connector and name. If this project was renamed, adopt {them} with {}. To create another \
         instance, use `--allow-duplicate {key}`",
        shortened(owned),
        flags.join(" or ")
    );
    Match::Blocked(BlockCode::ForeignNamesake, message)
}

/// Instances have several keys of one document's `moved_from`.
pub(super) fn ambiguous_moved_from<'a>(candidates: &[Candidate<'_>]) -> Match<'a> {
    let message = format!(
        "several instances have document keys of `moved_from`. Keep only the one that this document continues: {}",
        lines(candidates)
    );
    Match::Blocked(BlockCode::AmbiguousMove, message)
}

/// The `moved_from` of one document and the `id:` of another one name the same instance.
pub(super) fn moved_from_and_id<'a>(candidate: &Candidate<'_>, at: &Span) -> Match<'a> {
    let (id, old) = (candidate.found.id, candidate.key);
    let message = format!(
        "`moved_from: {old}` names instance {id}, but another document has `id: {id}` at {at}. Remove one of these \
         lines"
    );
    Match::Blocked(BlockCode::AmbiguousMove, message)
}

/// `moved_from` names one instance, and an earlier rule gives the document another one.
pub(super) fn moved_from_contradicted<'a>(
    key: &Key,
    found: &ObservedInstance,
    other: &Candidate<'_>,
) -> Match<'a> {
    let (id, old, current) = (other.found.id, other.key, found.id);
    let message = format!(
        "`moved_from: {old}` names instance {id}, but instance {current} already belongs to the document {key}. To \
         continue instance {id}, replace `moved_from` with `key: {old}`. To keep instance {current}, remove `moved_from`",
        key = quoted(key)
    );
    Match::Blocked(BlockCode::AmbiguousMove, message)
}

/// A document looks moved, and several matches are possible.
pub(super) fn ambiguous_move<'a>(
    key: &Key,
    candidates: &[Candidate<'_>],
    others: &BTreeSet<&Key>,
) -> Match<'a> {
    let names = || shortened(others.iter().map(|key| quoted(key).to_string()));
    let problem = match (candidates, others.is_empty()) {
        (_, true) => "this document looks moved, and several instances match it".to_owned(),
        ([_], false) => format!("this document and {} match one instance", names()),
        (_, false) => format!("this document and {} match the same instances", names()),
    };
    let message = format!(
        "{problem}. To keep an instance ID and its token, add the line to the document that continues it: {}. To \
         create a new instance for this document, use `--allow-duplicate {key}`",
        lines(candidates)
    );
    Match::Blocked(BlockCode::AmbiguousMove, message)
}

/// The line to write for each candidate. If two have the same document key, only the ID identifies
/// them.
fn lines(candidates: &[Candidate<'_>]) -> String {
    let is_unique = |key: &Key| candidates.iter().filter(|other| other.key == key).count() == 1;
    let line = |Candidate { key, found, .. }: &Candidate<'_>| {
        if is_unique(key) {
            format!("`moved_from: {key}` (instance {})", found.id)
        } else {
            format!("`id: {}` (document key {})", found.id, quoted(key))
        }
    };
    shortened(candidates.iter().map(line))
}

/// The first texts, and the number of the others.
pub(in crate::plan) fn shortened(texts: impl ExactSizeIterator<Item = String>) -> String {
    let more = texts.len().saturating_sub(MAX_NAMED);
    let mut shown: Vec<String> = texts.take(MAX_NAMED).collect();
    if more > 0 {
        shown.push(format!("and {more} more"));
    }
    shown.join(", ")
}

/// `1`, `1 and 2`, `1, 2 and 3`.
fn listed(ids: impl Iterator<Item = InstanceId>) -> String {
    let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
    match ids.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => ids.concat(),
    }
}
