//! Rule 5: before a create, checks whether a similar instance exists.
//!
//! Each of these blocks the create:
//!
//! - An instance with broken reserved tags may be the document's instance.
//! - An unmanaged instance may be what the document describes.
//! - An instance of another project may be the document's instance under a former project name.
//!
//! `--allow-duplicate` permits all but the first.

use std::collections::BTreeMap;

use super::rules::Rules;
use super::{Match, blocked};
use crate::instance::{InstanceId, Key};
use crate::observed::ObservedInstance;
use crate::ownership::Ownership;

/// A connector key and a name. Instances with the same pair are similar.
type MatchKey<'a> = (&'a str, &'a str);

/// The instances of the account that do not belong to this project.
#[derive(Default)]
struct OtherInstances<'a> {
    unmanaged: BTreeMap<MatchKey<'a>, Vec<InstanceId>>,
    foreign: BTreeMap<MatchKey<'a>, Vec<(InstanceId, String)>>,
    broken: Vec<&'a ObservedInstance>,
}

pub(super) fn check<'a>(rules: &Rules<'a, '_>, by_key: &mut BTreeMap<&'a Key, Match<'a>>) {
    let others = OtherInstances::new(rules);
    for (key, matched) in by_key.iter_mut().filter(|(_, matched)| **matched == Match::Missing) {
        let wanted = &rules.desired.instances[*key];
        let wanted_match_key = (wanted.connector.as_str(), wanted.name.as_str());
        let keys: Vec<&Key> = std::iter::once(*key).chain(&wanted.moved_from).collect();
        let is_similar = |found: &&&ObservedInstance| {
            keys.iter().any(|key| found.marks.names(key)) || wanted_match_key == match_key(found)
        };
        if let Some(found) = others.broken.iter().find(is_similar) {
            *matched = blocked::broken_mark(found.id);
        } else if let Some((key, found)) = similar_duplicates(rules, wanted_match_key) {
            *matched = blocked::ambiguous_key(key, found);
        } else if rules.options.allow_duplicates.contains(*key) {
        } else if let Some(found) = others.foreign.get(&wanted_match_key) {
            *matched = blocked::foreign_namesake(key, found);
        } else if let Some(ids) = others.unmanaged.get(&wanted_match_key) {
            *matched = blocked::unmanaged_namesake(key, ids);
        }
    }
}

/// A document key that several instances have, one of which is similar. Someone may have given it the
/// key of another document.
fn similar_duplicates<'r, 'a>(
    rules: &'r Rules<'a, '_>,
    wanted: MatchKey<'_>,
) -> Option<(&'a Key, &'r [&'a ObservedInstance])> {
    let mut duplicates = rules.ours.iter().filter(|(_, found)| found.len() > 1);
    let is_similar = |found: &&ObservedInstance| {
        match_key(found) == wanted && !rules.claimants.contains_key(&found.id)
    };
    let (key, found) = duplicates.find(|(_, found)| found.iter().any(is_similar))?;
    Some((key, found))
}

impl<'a> OtherInstances<'a> {
    fn new(rules: &Rules<'a, '_>) -> Self {
        let mut others = Self::default();
        for found in rules.observed.account.iter().flat_map(BTreeMap::values) {
            match found.marks.ownership(&rules.observed.project) {
                Ownership::Unmanaged => {
                    others.unmanaged.entry(match_key(found)).or_default().push(found.id);
                }
                Ownership::Foreign(owner) => {
                    others.foreign.entry(match_key(found)).or_default().push((found.id, owner));
                }
                Ownership::Broken => others.broken.push(found),
                Ownership::Ours(_) => {}
            }
        }
        others
    }
}

fn match_key(found: &ObservedInstance) -> MatchKey<'_> {
    (&found.connector, &found.name)
}
