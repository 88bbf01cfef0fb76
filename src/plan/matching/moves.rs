//! Rule 4: recognizes moved documents by the digests, names and keys of their instances.
//!
//! A document without an instance and an instance without a document match if one of these criteria
//! singles out one for the other. They are tried in this order:
//!
//! 1. The digest of the instance is the one of the document.
//! 2. Both have the same name, and there is one of each.
//! 3. Both have the same name, and their document keys have the longest common suffix.
//!
//! An ambiguous match blocks the document, because a guess could give an instance ID and its token to
//! another document.

use std::collections::{BTreeMap, BTreeSet};

use super::instances::Candidate;
use super::rules::Rules;
use super::{Match, blocked};
use crate::desired::DesiredInstance;
use crate::instance::Key;
use crate::observed::ObservedInstance;
use crate::ownership::{FingerprintScope, Fingerprints};

/// The maximum number of pairs of one connector whose digests are compared, about a second of work.
/// Beyond that, only pairs with the same name are compared. It is rare that thousands of files move
/// and their instances are also renamed on the platform.
const MAX_DIGEST_PAIRS: usize = 1_000_000;

/// A document without an instance by the rules before.
struct UnmatchedDocument<'a> {
    key: &'a Key,
    wanted: &'a DesiredInstance,
    as_written: String,
}

/// The positions of a document and an instance.
type Pair = (usize, usize);

/// Matches moved documents, removes their instances from the candidates, and blocks the documents
/// with an ambiguous match. Returns the documents that were matched by name or path, which may be a
/// coincidence.
pub(super) fn follow<'a>(
    rules: &Rules<'a, '_>,
    by_key: &mut BTreeMap<&'a Key, Match<'a>>,
    candidates: &mut Vec<Candidate<'a>>,
) -> BTreeSet<&'a Key> {
    let mut instances: BTreeMap<&str, Vec<Candidate<'a>>> = BTreeMap::new();
    for candidate in candidates.iter() {
        instances.entry(&candidate.found.connector).or_default().push(*candidate);
    }
    let mut documents: BTreeMap<&str, Vec<UnmatchedDocument<'a>>> = BTreeMap::new();
    for (key, wanted) in &rules.desired.instances {
        let connector = wanted.connector.as_str();
        if by_key[key] == Match::Missing && instances.contains_key(connector) {
            let document = UnmatchedDocument { key, wanted, as_written: wanted.canonical_json() };
            documents.entry(connector).or_default().push(document);
        }
    }
    let (mut claimed, mut by_name) = (BTreeSet::new(), BTreeSet::new());
    for (connector, documents) in &documents {
        let instances = &instances[connector];
        let group = ConnectorGroup::new(rules, documents, instances);
        let matches = group.matches();
        for (document, instance) in &matches.pairs {
            by_key.insert(documents[*document].key, rules.follow(instances[*instance]));
            claimed.insert(instances[*instance].found.id);
        }
        by_name.extend(matches.by_name.iter().map(|document| documents[*document].key));
        by_key.extend(group.ambiguous(rules, &matches));
    }
    candidates.retain(|candidate| !claimed.contains(&candidate.found.id));
    by_name
}

#[derive(Default)]
struct Matches {
    pairs: Vec<Pair>,
    documents: BTreeSet<usize>,
    instances: BTreeSet<usize>,
    by_name: BTreeSet<usize>,
}

impl Matches {
    fn add(&mut self, pairs: Vec<Pair>) {
        self.documents.extend(pairs.iter().map(|(document, _)| document));
        self.instances.extend(pairs.iter().map(|(_, instance)| instance));
        self.pairs.extend(pairs);
    }

    /// The pairs of which neither side has a match yet.
    fn unmatched<'p>(&self, pairs: impl IntoIterator<Item = &'p Pair>) -> BTreeSet<Pair> {
        let is_unmatched = |(document, instance): &&Pair| {
            !self.documents.contains(document) && !self.instances.contains(instance)
        };
        pairs.into_iter().filter(is_unmatched).copied().collect()
    }
}

struct ConnectorGroup<'g, 'a> {
    documents: &'g [UnmatchedDocument<'a>],
    instances: &'g [Candidate<'a>],
    same_digest: BTreeSet<Pair>,
    same_name: BTreeSet<Pair>,
    /// The instances whose document key another one has too. Only a person can decide which of them
    /// was the document's.
    duplicates: BTreeSet<usize>,
}

impl<'g, 'a> ConnectorGroup<'g, 'a> {
    fn new(
        rules: &Rules<'_, '_>,
        documents: &'g [UnmatchedDocument<'a>],
        instances: &'g [Candidate<'a>],
    ) -> Self {
        let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut by_key: BTreeMap<(&Key, bool), Vec<usize>> = BTreeMap::new();
        for (position, instance) in instances.iter().enumerate() {
            by_name.entry(&instance.found.name).or_default().push(position);
            by_key.entry((instance.key, instance.is_taken)).or_default().push(position);
        }
        let same_name: BTreeSet<Pair> = documents
            .iter()
            .enumerate()
            .flat_map(|(document, UnmatchedDocument { wanted, .. })| {
                let instances = by_name.get(wanted.name.as_str()).into_iter().flatten();
                instances.map(move |instance| (document, *instance))
            })
            .collect();
        let has_same_digest = |(document, instance): &Pair| {
            let (document, instance) = (&documents[*document], &instances[*instance]);
            was_last_applied(&document.as_written, instance.found, rules.fingerprints)
        };
        let same_digest = if documents.len() * instances.len() > MAX_DIGEST_PAIRS {
            same_name.iter().copied().filter(has_same_digest).collect()
        } else {
            let all = (0..documents.len())
                .flat_map(|document| (0..instances.len()).map(move |it| (document, it)));
            all.filter(has_same_digest).collect()
        };
        let duplicates = by_key.into_values().filter(|found| found.len() > 1).flatten().collect();
        Self { documents, instances, same_digest, same_name, duplicates }
    }

    /// The pairs that match. Each match may leave others with one candidate, so the criteria are tried
    /// again until none singles out another pair.
    fn matches(&self) -> Matches {
        let mut matches = Matches::default();
        loop {
            let same_digest = matches.unmatched(&self.same_digest);
            let same_name = matches.unmatched(&self.same_name);
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
                self.singled_out(&self.longest_common_suffixes(&consistent)),
            ];
            let Some(pairs) = by_name.into_iter().find(|pairs| !pairs.is_empty()) else {
                return matches;
            };
            matches.by_name.extend(pairs.iter().map(|(document, _)| document));
            matches.add(pairs);
        }
    }

    /// The pairs that single out each other, except instances with a duplicate.
    fn singled_out(&self, pairs: &BTreeSet<Pair>) -> Vec<Pair> {
        let mut pairs = singled_out(pairs);
        pairs.retain(|(_, instance)| !self.duplicates.contains(instance));
        pairs
    }

    /// The pairs whose document keys have the longest common suffix of all pairs with the same document
    /// or instance.
    fn longest_common_suffixes(&self, pairs: &BTreeSet<Pair>) -> BTreeSet<Pair> {
        let length = |&(document, instance): &Pair| {
            common_suffix(self.documents[document].key, self.instances[instance].key)
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

    fn ambiguous(&self, rules: &Rules<'a, '_>, matches: &Matches) -> Vec<(&'a Key, Match<'a>)> {
        let pairs = matches.unmatched(self.same_digest.union(&self.same_name));
        let mut by_document: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (document, instance) in &pairs {
            by_document.entry(*document).or_default().insert(*instance);
        }
        let mut ambiguous = Vec::new();
        for (document, instances) in by_document {
            let key = self.documents[document].key;
            if rules.options.allow_duplicates.contains(key) {
                continue;
            }
            if let Some(duplicate) = instances.intersection(&self.duplicates).next() {
                let old_key = self.instances[*duplicate].key;
                let found = self.instances.iter().filter(|instance| instance.key == old_key);
                let found: Vec<_> = found.map(|instance| instance.found).collect();
                ambiguous.push((key, blocked::ambiguous_key(old_key, &found)));
                continue;
            }
            let others: BTreeSet<&Key> = pairs
                .iter()
                .filter(|(other, instance)| *other != document && instances.contains(instance))
                .map(|(other, _)| self.documents[*other].key)
                .collect();
            let candidates: Vec<_> =
                instances.iter().map(|instance| self.instances[*instance]).collect();
            ambiguous.push((key, blocked::ambiguous_move(key, &candidates, &others)));
        }
        ambiguous
    }
}

/// Whether this document was the last one applied to the instance, under whatever owner.
pub(in crate::plan) fn was_last_applied(
    as_written: &str,
    found: &ObservedInstance,
    fingerprints: &Fingerprints,
) -> bool {
    found.marks.owner().is_some_and(|(project, key)| {
        let scope = FingerprintScope { project, key };
        let baseline = fingerprints.baseline(found.marks.last_applied(), scope);
        baseline.same_document(as_written) == Some(true)
    })
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

/// The pairs that no digest contradicts: the instance has no digest of another document, and no other
/// instance has the digest of the document.
fn without_contradictions(mut pairs: Vec<Pair>, same_digest: &BTreeSet<Pair>) -> Vec<Pair> {
    let documents: BTreeSet<usize> = same_digest.iter().map(|pair| pair.0).collect();
    let instances: BTreeSet<usize> = same_digest.iter().map(|pair| pair.1).collect();
    pairs.retain(|pair| {
        same_digest.contains(pair) || (!documents.contains(&pair.0) && !instances.contains(&pair.1))
    });
    pairs
}

/// The number of equal segments at the end of two document keys.
fn common_suffix(one: &Key, other: &Key) -> usize {
    let (one, other) = (one.as_str().rsplit('/'), other.as_str().rsplit('/'));
    one.zip(other).take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_suffixes_are_counted_in_whole_segments() {
        let table = [
            ("emea/desk", "regions/emea/desk", 2),
            ("emea/desk", "apac/desk", 1),
            ("help-desk", "desk", 0),
            ("desk", "desk", 1),
            ("a/b/c", "a/x/c", 1),
        ];
        for (one, other, expected) in table {
            let length = common_suffix(&one.parse().unwrap(), &other.parse().unwrap());
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
