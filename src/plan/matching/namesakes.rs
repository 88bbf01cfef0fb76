//! Rule 5: before an instance is created, whether one like it is there.
//!
//! Something whose mark is broken may be the document's instance, something unmanaged may be what it
//! describes, and something of another project may be its instance under a project name that
//! changed. Each blocks the create. `--allow-duplicate` overrides all but the broken mark.

use std::collections::BTreeMap;

use super::{Match, Rules, doubt};
use crate::instance::{InstanceId, Key};
use crate::observed::ObservedInstance;
use crate::ownership::Ownership;

/// A connector and a name.
type Likeness<'a> = (&'a str, &'a str);

/// The instances of the account that do not belong to this project.
#[derive(Default)]
struct Others<'a> {
    unmanaged: BTreeMap<Likeness<'a>, Vec<InstanceId>>,
    foreign: BTreeMap<Likeness<'a>, Vec<(InstanceId, String)>>,
    broken: Vec<&'a ObservedInstance>,
}

impl<'a> Rules<'a, '_> {
    pub(super) fn check_namesakes(&self, by_key: &mut BTreeMap<&'a Key, Match<'a>>) {
        let others = self.others();
        for (key, matched) in by_key.iter_mut().filter(|(_, matched)| **matched == Match::Missing) {
            let wanted = &self.desired.instances[*key];
            let likeness = (wanted.connector.as_str(), wanted.name.as_str());
            let names: Vec<&Key> = std::iter::once(*key).chain(&wanted.moved_from).collect();
            let is_alike = |found: &&&ObservedInstance| {
                names.iter().any(|name| found.marks.names(name))
                    || likeness == self::likeness(found)
            };
            if let Some(found) = others.broken.iter().find(is_alike) {
                *matched = doubt::broken_mark(found.id);
            } else if let Some((twin, carriers)) = self.twins_like(likeness) {
                *matched = doubt::ambiguous_key(twin, carriers);
            } else if self.options.allow_duplicates.contains(*key) {
            } else if let Some(found) = others.foreign.get(&likeness) {
                *matched = doubt::foreign_namesake(key, found);
            } else if let Some(ids) = others.unmanaged.get(&likeness) {
                *matched = doubt::unmanaged_namesake(key, ids);
            }
        }
    }

    /// A document key that several instances carry, one of which looks like this: it may have got the
    /// key of another document by hand.
    fn twins_like(&self, wanted: Likeness<'_>) -> Option<(&Key, &[&'a ObservedInstance])> {
        let mut twins = self.carriers.iter().filter(|(_, carriers)| carriers.len() > 1);
        let is_alike = |found: &&'a ObservedInstance| {
            likeness(found) == wanted && !self.claimants.contains_key(&found.id)
        };
        let (key, carriers) = twins.find(|(_, carriers)| carriers.iter().any(is_alike))?;
        Some((key, carriers))
    }

    fn others(&self) -> Others<'a> {
        let mut others = Others::default();
        for found in self.observed.account.iter().flat_map(BTreeMap::values) {
            match found.marks.ownership(&self.observed.project) {
                Ownership::Unmanaged => {
                    others.unmanaged.entry(likeness(found)).or_default().push(found.id);
                }
                Ownership::Foreign(owner) => {
                    others.foreign.entry(likeness(found)).or_default().push((found.id, owner));
                }
                Ownership::Broken => others.broken.push(found),
                Ownership::Ours(_) => {}
            }
        }
        others
    }
}

fn likeness(found: &ObservedInstance) -> Likeness<'_> {
    (&found.connector, &found.name)
}
