//! Ownership of an instance, stored on the instance itself in reserved tags that begin with `ocon:`.
//!
//! In: the tags of a reply. Out: [`ReservedTags`], which say who owns the instance, and [`UserTags`].
//! In the other direction, an [`OwnershipMark`] gives the tags to send. Only this module writes and
//! reads reserved tags. It must not trust them, because anyone with access to the platform can edit a
//! tag.

mod applied;

use std::collections::BTreeSet;

pub use applied::{
    AppliedDigests, Baseline, FingerprintScope, Fingerprints, LastApplied, SecretState,
};

use crate::instance::{Key, Project};

/// The prefix of every reserved tag.
pub const RESERVED: &str = "ocon:";
const PROJECT: &str = "ocon:project=";
const KEY: &str = "ocon:key=";
const PROTECT: &str = "ocon:protect";

/// The ownership to write to an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnershipMark {
    /// The project that owns the instance.
    pub project: Project,
    /// The document key.
    pub key: Key,
    /// Whether the instance survives the deletion of its document.
    pub protect: bool,
    /// The digests of what is applied.
    pub applied: AppliedDigests,
}

/// The reserved tags of an instance. They are parsed once, when they enter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReservedTags {
    tags: BTreeSet<String>,
    /// The only project and the only document key, if both are valid.
    owner: Option<(Project, Key)>,
    last_applied: LastApplied,
}

/// The tags that are not reserved. They are compared if a file declares tags. Otherwise, every write
/// that sends the list of tags keeps them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserTags(BTreeSet<String>);

/// The owner of an instance, as one project sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// The instance has no reserved tags that name an owner.
    Unmanaged,
    /// The instance belongs to another project, which has this name.
    Foreign(String),
    /// The reserved tags are incomplete, contradictory or invalid.
    Broken,
    /// The instance belongs to this project, under this document key.
    Ours(Key),
}

/// The tag by which the platform filters the instances of a project.
pub fn project_tag(project: &Project) -> String {
    format!("{PROJECT}{project}")
}

/// Separates reserved tags from the others.
pub fn split(tags: Vec<String>) -> (ReservedTags, UserTags) {
    let (reserved, others) = tags.into_iter().partition(|tag| tag.starts_with(RESERVED));
    (ReservedTags::new(reserved), UserTags(others))
}

impl OwnershipMark {
    /// The complete list of tags to send: this mark, the unknown reserved tags of `kept`, and `others`.
    pub fn with(
        &self,
        kept: &ReservedTags,
        others: impl IntoIterator<Item = String>,
    ) -> BTreeSet<String> {
        let kept = kept.tags.iter().filter(|tag| !is_replaced(tag)).cloned();
        let project = project_tag(&self.project);
        let mark = [project, format!("{KEY}{}", self.key), self.applied.to_string()];
        let protection = self.protect.then(|| PROTECT.to_owned());
        mark.into_iter().chain(protection).chain(kept).chain(others).collect()
    }
}

fn is_replaced(tag: &str) -> bool {
    tag == PROTECT || [PROJECT, KEY, applied::TAG].iter().any(|name| tag.starts_with(name))
}

impl ReservedTags {
    pub(crate) fn of(tags: &[String]) -> Self {
        Self::new(tags.iter().filter(|tag| tag.starts_with(RESERVED)).cloned().collect())
    }

    fn new(tags: BTreeSet<String>) -> Self {
        let last_applied = LastApplied::parse(&values(&tags, applied::TAG));
        let owner = match (values(&tags, PROJECT).as_slice(), values(&tags, KEY).as_slice()) {
            ([project], [key]) => project.parse().ok().zip(key.parse().ok()),
            _ => None,
        };
        Self { tags, owner, last_applied }
    }

    /// The owner, seen from `project`. It compares whole names, whatever the platform's filter did.
    pub fn ownership(&self, project: &Project) -> Ownership {
        match &self.owner {
            Some((owner, key)) if owner == project => return Ownership::Ours(key.clone()),
            Some((owner, _)) => return Ownership::Foreign(owner.to_string()),
            None => {}
        }
        let has_key = !values(&self.tags, KEY).is_empty();
        match values(&self.tags, PROJECT).as_slice() {
            [] if !has_key => Ownership::Unmanaged,
            [owner] if *owner != project.as_str() => Ownership::Foreign((*owner).to_owned()),
            _ => Ownership::Broken,
        }
    }

    /// The document key that the instance has in this project.
    pub(crate) fn key_in(&self, project: &Project) -> Option<&Key> {
        self.owner.as_ref().filter(|(owner, _)| owner == project).map(|(_, key)| key)
    }

    /// Whether a tag names this document key, whatever the other tags are.
    pub(crate) fn names(&self, key: &Key) -> bool {
        values(&self.tags, KEY).contains(&key.as_str())
    }

    /// The project and the document key, if there is exactly one of each and both are valid.
    pub fn owner(&self) -> Option<(&Project, &Key)> {
        self.owner.as_ref().map(|(project, key)| (project, key))
    }

    pub(crate) fn last_applied(&self) -> &LastApplied {
        &self.last_applied
    }

    /// All reserved tags.
    pub fn as_set(&self) -> &BTreeSet<String> {
        &self.tags
    }

    /// Whether the instance is protected from being deleted.
    pub fn protect(&self) -> bool {
        self.tags.contains(PROTECT)
    }
}

/// The values of the tags that begin with `name`.
fn values<'a>(tags: &'a BTreeSet<String>, name: &str) -> Vec<&'a str> {
    tags.iter().filter_map(|tag| tag.strip_prefix(name)).collect()
}

impl UserTags {
    /// The tags.
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
    fn a_mark_survives_a_round_trip() {
        let mark = mark_of(true);
        let (marks, others) =
            split(mark.with(&ReservedTags::default(), ["social".into()]).into_iter().collect());
        assert_eq!(marks.ownership(&mark.project), Ownership::Ours(mark.key));
        assert_eq!(*marks.last_applied(), LastApplied::Known(mark.applied));
        assert!(marks.protect());
        assert_eq!(others.as_set().iter().collect::<Vec<_>>(), ["social"]);
    }

    #[test]
    fn a_mark_replaces_its_tags_and_keeps_unknown_reserved_ones() {
        let owner = ["ocon:project=marketing", "ocon:key=old", "ocon:protect"];
        let (marks, _) = split_tags(&[&owner[..], &["ocon:applied=v1.x", "ocon:new=1"]].concat());
        let sent = mark_of(false).with(&marks, []);
        assert_eq!(sent.len(), 4);
        assert!(sent.contains("ocon:new=1") && sent.contains("ocon:key=slack/support"));
        assert!(!sent.contains("ocon:protect") && !sent.contains("ocon:applied=v1.x"));
    }

    #[test]
    fn ownership_is_parsed_strictly() {
        let project = "marketing".parse().unwrap();
        let ownership = |tags: &[&str]| split_tags(tags).0.ownership(&project);
        assert_eq!(ownership(&["social"]), Ownership::Unmanaged);
        assert_eq!(
            ownership(&["ocon:project=sales", "ocon:key=a"]),
            Ownership::Foreign("sales".into())
        );
        assert_eq!(ownership(&["ocon:project=sales"]), Ownership::Foreign("sales".into()));
        for broken in [
            &["ocon:project=marketing"][..],
            &["ocon:key=a"],
            &["ocon:project=marketing", "ocon:project=sales", "ocon:key=a"],
            &["ocon:project=marketing", "ocon:key=a", "ocon:key=b"],
            &["ocon:project=marketing", "ocon:key=not a key"],
        ] {
            assert_eq!(ownership(broken), Ownership::Broken, "{broken:?}");
        }
    }
}
