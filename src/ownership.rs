//! Our marks on an instance: what ocon must remember is kept on the instance itself, in tags that
//! begin with `ocon:`.
//!
//! In: the tags of a reply. Out: [`ReservedTags`], which say who owns the instance, and [`UserTags`],
//! the tags of people. The other way round, a [`OwnershipMark`] gives the reserved tags to send. This is the
//! one place that writes and reads reserved tags. It never trusts them to be well formed: anyone
//! with access to the platform can edit a tag.

mod applied;

use std::collections::BTreeSet;

pub use applied::{Applied, FingerprintScope, Fingerprints, LastApplied, SecretState};

use crate::instance::{Key, Project};

/// What every reserved tag begins with.
pub const RESERVED: &str = "ocon:";
const PROJECT: &str = "ocon:project=";
const KEY: &str = "ocon:key=";
const PROTECT: &str = "ocon:protect";

/// The mark that an instance shall carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnershipMark {
    /// The owner.
    pub project: Project,
    /// The document.
    pub key: Key,
    /// Whether deleting the document is not enough to have the instance deleted.
    pub protect: bool,
    /// What is being applied.
    pub applied: Applied,
}

/// The reserved tags that an instance carries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReservedTags(BTreeSet<String>);

/// The tags of people: shown, compared where a file declares tags, otherwise carried over as they
/// are whenever the list has to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserTags(BTreeSet<String>);

/// Who owns an instance, as its marks say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// Nobody: it carries no mark.
    Unmanaged,
    /// Another project, of this name.
    Foreign(String),
    /// Nobody can say: its marks are incomplete, contradictory or unreadable.
    Broken,
    /// The project that asked, under this key.
    Ours(Key),
}

/// The tag by which the steady-state listing is filtered.
pub fn filter(project: &Project) -> String {
    format!("{PROJECT}{project}")
}

/// Separates reserved tags from the others.
pub fn split(tags: Vec<String>) -> (ReservedTags, UserTags) {
    let (reserved, others) = tags.into_iter().partition(|tag| tag.starts_with(RESERVED));
    (ReservedTags(reserved), UserTags(others))
}

impl OwnershipMark {
    /// The complete list of tags to send: these marks, those of `kept` that a mark does not
    /// replace, and `others`.
    pub fn with(
        &self,
        kept: &ReservedTags,
        others: impl IntoIterator<Item = String>,
    ) -> BTreeSet<String> {
        let replaced = |tag: &&String| {
            let replaced = [PROJECT, KEY, applied::TAG];
            replaced.iter().any(|name| tag.starts_with(name)) || tag.as_str() == PROTECT
        };
        let kept = kept.0.iter().filter(|tag| !replaced(tag)).cloned();
        self.tags().into_iter().chain(kept).chain(others).collect()
    }

    fn tags(&self) -> BTreeSet<String> {
        let protect = self.protect.then(|| PROTECT.to_owned());
        [
            format!("{PROJECT}{}", self.project),
            format!("{KEY}{}", self.key),
            self.applied.to_string(),
        ]
        .into_iter()
        .chain(protect)
        .collect()
    }
}

impl ReservedTags {
    /// Who owns the instance, seen from `project`. Tags are compared for equality here, whatever
    /// the platform's filter did.
    pub fn ownership(&self, project: &Project) -> Ownership {
        let owners: Vec<_> = self.values(PROJECT).collect();
        let keys: Vec<_> = self.values(KEY).collect();
        match (owners.as_slice(), keys.as_slice()) {
            ([], []) => Ownership::Unmanaged,
            ([owner], [key]) if *owner == project.as_str() => {
                key.parse().map_or(Ownership::Broken, Ownership::Ours)
            }
            ([owner], _) if *owner != project.as_str() => Ownership::Foreign((*owner).to_owned()),
            _ => Ownership::Broken,
        }
    }

    /// Whether a key tag names this key, whatever else there is.
    pub fn names(&self, key: &Key) -> bool {
        self.values(KEY).any(|name| name == key.as_str())
    }

    /// The project and key that the instance carries, where it carries one of each.
    pub fn owner(&self) -> Option<(Project, Key)> {
        let (project, key) = (self.only_value(PROJECT)?, self.only_value(KEY)?);
        Some((project.parse().ok()?, key.parse().ok()?))
    }

    /// What was last applied.
    pub fn applied(&self) -> LastApplied {
        LastApplied::read(&self.values(applied::TAG).collect::<Vec<_>>())
    }

    /// All reserved tags.
    pub fn as_set(&self) -> &BTreeSet<String> {
        &self.0
    }

    /// Whether the instance is protected from being deleted.
    pub fn protect(&self) -> bool {
        self.0.contains(PROTECT)
    }

    fn only_value(&self, name: &'static str) -> Option<&str> {
        let mut values = self.values(name);
        values.next().filter(|_| values.next().is_none())
    }

    fn values<'a>(&'a self, name: &'static str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter_map(move |tag| tag.strip_prefix(name))
    }
}

impl UserTags {
    /// The tags, for a comparison or a report.
    pub fn as_set(&self) -> &BTreeSet<String> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark_of(is_protected: bool) -> OwnershipMark {
        let project = "marketing".parse().unwrap();
        let key = "slack/support".parse().unwrap();
        let fingerprints =
            Fingerprints::from_organization_secret(&crate::instance::Secret::new("k"));
        let applied = fingerprints.begin(FingerprintScope { project: &project, key: &key }, "{}");
        OwnershipMark { project, key, protect: is_protected, applied }
    }

    fn split_tags(tags: &[&str]) -> (ReservedTags, UserTags) {
        split(tags.iter().map(|tag| (*tag).to_owned()).collect())
    }

    #[test]
    fn what_a_mark_writes_it_reads_back() {
        let mark = mark_of(true);
        let (marks, others) =
            split(mark.with(&ReservedTags::default(), ["social".into()]).into_iter().collect());
        assert_eq!(marks.ownership(&mark.project), Ownership::Ours(mark.key));
        assert_eq!(marks.applied(), LastApplied::Known(mark.applied));
        assert!(marks.protect());
        assert_eq!(others.as_set().iter().collect::<Vec<_>>(), ["social"]);
    }

    #[test]
    fn a_mark_replaces_its_own_tags_and_keeps_reserved_ones_that_it_does_not_know() {
        let tags = [
            "ocon:project=marketing",
            "ocon:key=old",
            "ocon:protect",
            "ocon:applied=v1.x",
            "ocon:new=1",
        ];
        let (marks, _) = split_tags(&tags);
        let sent = mark_of(false).with(&marks, []);
        assert_eq!(sent.len(), 4);
        assert!(sent.contains("ocon:new=1") && sent.contains("ocon:key=slack/support"));
        assert!(!sent.contains("ocon:protect") && !sent.contains("ocon:applied=v1.x"));
    }

    #[test]
    fn ownership_is_read_strictly() {
        let project = "marketing".parse().unwrap();
        let claim = |tags: &[&str]| split_tags(tags).0.ownership(&project);
        assert_eq!(claim(&["social"]), Ownership::Unmanaged);
        assert_eq!(
            claim(&["ocon:project=sales", "ocon:key=a"]),
            Ownership::Foreign("sales".into())
        );
        assert_eq!(claim(&["ocon:project=sales"]), Ownership::Foreign("sales".into()));
        for broken in [
            &["ocon:project=marketing"][..],
            &["ocon:key=a"],
            &["ocon:project=marketing", "ocon:project=sales", "ocon:key=a"],
            &["ocon:project=marketing", "ocon:key=a", "ocon:key=b"],
            &["ocon:project=marketing", "ocon:key=not a key"],
        ] {
            assert_eq!(claim(broken), Ownership::Broken, "{broken:?}");
        }
    }
}
