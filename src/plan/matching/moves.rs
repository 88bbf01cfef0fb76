//! Rule 4: documents that were moved, recognized by what their instances remember.
//!
//! A document without an instance and an instance without a document belong together if one of these
//! criteria, tried in this order, singles out one for the other: the instance remembers exactly this
//! document; both have the same name, and there is one of each; both have the same name, and the
//! paths of their document keys have the longest common end. A match that stays open blocks the
//! document: a guess would give one instance's ID and token to another document.

use std::collections::{BTreeMap, BTreeSet};

use super::{Match, Rules, doubt};
use crate::desired::DesiredInstance;
use crate::instance::Key;
use crate::observed::ObservedInstance;
use crate::ownership::{FingerprintScope, Fingerprints};

/// How many pairs of one connector are compared by their digests, about a second of work. Beyond
/// that, only pairs with the same name are: whoever moves thousands of files rarely also finds
/// their instances renamed on the platform.
const MAX_DIGESTS: usize = 1_000_000;

/// An instance that no document claims, with the document key that it carries.
#[derive(Clone, Debug)]
pub(super) struct Candidate<'a> {
    pub(super) key: Key,
    pub(super) found: &'a ObservedInstance,
    /// Whether it carries that key in the project that is taken from.
    pub(super) is_taken: bool,
}

/// A document that has no instance by the rules before.
struct Open<'a> {
    key: &'a Key,
    wanted: &'a DesiredInstance,
    as_written: String,
}

/// A document and an instance, by their positions.
type Pair = (usize, usize);

impl<'a> Rules<'a, '_> {
    /// Matches the documents that were moved, takes their instances from the candidates, and blocks
    /// the documents that could be several of them. Returns the documents that were matched by their
    /// name or path, which may be a coincidence.
    pub(super) fn follow_moves(
        &self,
        by_key: &mut BTreeMap<&'a Key, Match<'a>>,
        candidates: &mut Vec<Candidate<'a>>,
    ) -> BTreeSet<&'a Key> {
        let mut instances: BTreeMap<&str, Vec<&Candidate<'a>>> = BTreeMap::new();
        for candidate in candidates.iter() {
            instances.entry(&candidate.found.connector).or_default().push(candidate);
        }
        let mut documents: BTreeMap<&str, Vec<Open<'a>>> = BTreeMap::new();
        for (key, wanted) in &self.desired.instances {
            let connector = wanted.connector.as_str();
            if by_key[key] == Match::Missing && instances.contains_key(connector) {
                let open = Open { key, wanted, as_written: wanted.as_written() };
                documents.entry(connector).or_default().push(open);
            }
        }
        let (mut claimed, mut by_name) = (BTreeSet::new(), BTreeSet::new());
        for (connector, documents) in &documents {
            let instances = &instances[connector];
            let group = Group::new(self, documents, instances);
            let matches = group.matches();
            for (document, instance) in &matches.pairs {
                by_key.insert(documents[*document].key, self.follow(instances[*instance]));
                claimed.insert(instances[*instance].found.id);
            }
            by_name.extend(matches.by_name.iter().map(|document| documents[*document].key));
            for (document, block) in group.doubts(self, &matches) {
                by_key.insert(documents[document].key, block);
            }
        }
        candidates.retain(|candidate| !claimed.contains(&candidate.found.id));
        by_name
    }
}

/// The pairs that belong together.
#[derive(Default)]
struct Matches {
    pairs: Vec<Pair>,
    documents: BTreeSet<usize>,
    instances: BTreeSet<usize>,
    /// The documents that were matched by their name or path.
    by_name: BTreeSet<usize>,
}

impl Matches {
    fn add(&mut self, pairs: Vec<Pair>) {
        self.documents.extend(pairs.iter().map(|(document, _)| document));
        self.instances.extend(pairs.iter().map(|(_, instance)| instance));
        self.pairs.extend(pairs);
    }

    /// Of these pairs, those of which neither side is matched yet.
    fn open<'p>(&self, pairs: impl IntoIterator<Item = &'p Pair>) -> BTreeSet<Pair> {
        let is_open = |(document, instance): &&Pair| {
            !self.documents.contains(document) && !self.instances.contains(instance)
        };
        pairs.into_iter().filter(is_open).copied().collect()
    }
}

/// The documents and instances of one connector.
struct Group<'g, 'a> {
    documents: &'g [Open<'a>],
    instances: &'g [&'g Candidate<'a>],
    same_digest: BTreeSet<Pair>,
    same_name: BTreeSet<Pair>,
    /// The instances whose document key another one carries as well: which of them was the document's,
    /// only a person can say.
    twins: BTreeSet<usize>,
}

impl<'g, 'a> Group<'g, 'a> {
    fn new(
        rules: &Rules<'_, '_>,
        documents: &'g [Open<'a>],
        instances: &'g [&'g Candidate<'a>],
    ) -> Self {
        let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (position, instance) in instances.iter().enumerate() {
            by_name.entry(&instance.found.name).or_default().push(position);
        }
        let namesakes = |(document, open): (usize, &Open<'_>)| {
            let instances = by_name.get(open.wanted.name.as_str()).cloned().unwrap_or_default();
            instances.into_iter().map(move |instance| (document, instance)).collect::<Vec<_>>()
        };
        let same_name: BTreeSet<Pair> = documents.iter().enumerate().flat_map(namesakes).collect();
        let remembers = |pair: &Pair| {
            let (document, instance) = (&documents[pair.0], instances[pair.1]);
            remembers(instance.found, rules.fingerprints, &document.as_written)
        };
        let mut carriers: BTreeMap<(&Key, bool), Vec<usize>> = BTreeMap::new();
        for (position, instance) in instances.iter().enumerate() {
            carriers.entry((&instance.key, instance.is_taken)).or_default().push(position);
        }
        let twins = carriers.into_values().filter(|carriers| carriers.len() > 1).flatten();
        let twins = twins.collect();
        let same_digest = if documents.len() * instances.len() > MAX_DIGESTS {
            same_name.iter().copied().filter(remembers).collect()
        } else {
            let all = (0..documents.len())
                .flat_map(|document| (0..instances.len()).map(move |it| (document, it)));
            all.filter(remembers).collect()
        };
        Self { documents, instances, same_digest, same_name, twins }
    }

    /// The pairs that belong together. Each match may leave others with one candidate only, so the
    /// criteria are tried again until none singles out another pair.
    fn matches(&self) -> Matches {
        let mut matches = Matches::default();
        loop {
            let same_digest = matches.open(&self.same_digest);
            let same_name = matches.open(&self.same_name);
            let by_digest = self.singled_out(&same_digest);
            if !by_digest.is_empty() {
                matches.add(by_digest);
                continue;
            }
            let consistent =
                without_contradictions(same_name.iter().copied().collect(), &same_digest);
            let consistent = consistent.into_iter().collect();
            let by_name = [
                without_contradictions(self.singled_out(&same_name), &same_digest),
                self.singled_out(&self.longest_common_ends(&consistent)),
            ];
            let Some(pairs) = by_name.into_iter().find(|pairs| !pairs.is_empty()) else {
                return matches;
            };
            matches.by_name.extend(pairs.iter().map(|(document, _)| document));
            matches.add(pairs);
        }
    }

    /// The pairs that single out each other, but for instances with a twin.
    fn singled_out(&self, pairs: &BTreeSet<Pair>) -> Vec<Pair> {
        let mut pairs = singled_out(pairs);
        pairs.retain(|(_, instance)| !self.twins.contains(instance));
        pairs
    }

    /// Of these pairs, those whose document keys have a common end that is longer than, or as long
    /// as, every other one of the document and of the instance.
    fn longest_common_ends(&self, pairs: &BTreeSet<Pair>) -> BTreeSet<Pair> {
        let length = |&(document, instance): &Pair| {
            common_end(self.documents[document].key, &self.instances[instance].key)
        };
        let (mut of_document, mut of_instance) = (BTreeMap::new(), BTreeMap::new());
        for pair in pairs {
            let longest = of_document.entry(pair.0).or_insert(1);
            *longest = length(pair).max(*longest);
            let longest = of_instance.entry(pair.1).or_insert(1);
            *longest = length(pair).max(*longest);
        }
        let is_longest =
            |pair: &Pair| length(pair) == of_document[&pair.0].max(of_instance[&pair.1]);
        pairs.iter().copied().filter(is_longest).collect()
    }

    /// The documents whose match stays open, with what to write.
    fn doubts(&self, rules: &Rules<'a, '_>, matches: &Matches) -> Vec<(usize, Match<'a>)> {
        let pairs = matches.open(self.same_digest.union(&self.same_name));
        let mut open: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (document, instance) in &pairs {
            open.entry(*document).or_default().insert(*instance);
        }
        let mut doubts = Vec::new();
        for (document, instances) in open {
            let key = self.documents[document].key;
            if rules.options.allow_duplicates.contains(key) {
                continue;
            }
            if let Some(twin) = instances.intersection(&self.twins).next() {
                let key = &self.instances[*twin].key;
                let carriers = self.instances.iter().filter(|instance| instance.key == *key);
                let carriers: Vec<_> = carriers.map(|instance| instance.found).collect();
                doubts.push((document, doubt::ambiguous_key(key, &carriers)));
                continue;
            }
            let others = pairs
                .iter()
                .filter(|(other, instance)| *other != document && instances.contains(instance));
            let others: BTreeSet<&Key> =
                others.map(|(other, _)| self.documents[*other].key).collect();
            let candidates: Vec<_> =
                instances.iter().map(|instance| self.instances[*instance]).collect();
            doubts.push((document, doubt::ambiguous_move(key, &candidates, &others)));
        }
        doubts
    }
}

/// Whether the instance remembers, under its own project and document key, exactly this document.
pub(in crate::plan) fn remembers(
    found: &ObservedInstance,
    fingerprints: &Fingerprints,
    as_written: &str,
) -> bool {
    let Some((project, key)) = found.marks.owner() else {
        return false;
    };
    let (memory, subject) =
        (found.marks.applied(), FingerprintScope { project: &project, key: &key });
    fingerprints.same_document(&memory, subject, as_written) == Some(true)
}

/// The pairs in which the document has no other instance, and the instance no other document.
fn singled_out(pairs: &BTreeSet<Pair>) -> Vec<Pair> {
    let (mut of_document, mut of_instance) = (BTreeMap::new(), BTreeMap::new());
    for (document, instance) in pairs {
        *of_document.entry(document).or_insert(0) += 1;
        *of_instance.entry(instance).or_insert(0) += 1;
    }
    let is_single = |pair: &&Pair| of_document[&pair.0] == 1 && of_instance[&pair.1] == 1;
    pairs.iter().filter(is_single).copied().collect()
}

/// Of these pairs, those that no digest contradicts: neither the instance remembers another document,
/// nor is the document remembered by another instance only.
fn without_contradictions(mut pairs: Vec<Pair>, same_digest: &BTreeSet<Pair>) -> Vec<Pair> {
    let documents: BTreeSet<usize> = same_digest.iter().map(|pair| pair.0).collect();
    let instances: BTreeSet<usize> = same_digest.iter().map(|pair| pair.1).collect();
    pairs.retain(|pair| {
        same_digest.contains(pair) || (!documents.contains(&pair.0) && !instances.contains(&pair.1))
    });
    pairs
}

/// How many segments at the end of two document keys are the same.
fn common_end(one: &Key, other: &Key) -> usize {
    let segments = |key: &'_ Key| key.as_str().rsplit('/').map(str::to_owned).collect::<Vec<_>>();
    segments(one).iter().zip(segments(other)).take_while(|(a, b)| **a == *b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_ends_are_counted_in_whole_segments() {
        let table = [
            ("emea/desk", "regions/emea/desk", 2),
            ("emea/desk", "apac/desk", 1),
            ("help-desk", "desk", 0),
            ("desk", "desk", 1),
            ("a/b/c", "a/x/c", 1),
        ];
        for (one, other, expected) in table {
            let length = common_end(&one.parse().unwrap(), &other.parse().unwrap());
            assert_eq!(length, expected, "{one} {other}");
        }
    }

    #[test]
    fn a_pair_is_singled_out_only_if_neither_side_has_another() {
        let pairs = |pairs: &[Pair]| singled_out(&pairs.iter().copied().collect());
        assert_eq!(pairs(&[(0, 0), (1, 1)]), [(0, 0), (1, 1)]);
        assert_eq!(pairs(&[(0, 0), (0, 1)]), []);
        assert_eq!(pairs(&[(0, 0), (1, 0), (2, 1)]), [(2, 1)]);
    }
}
