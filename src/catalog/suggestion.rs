//! The most similar name, for "did you mean".
//!
//! Names come from files, and each of many files can have a misspelled name. The exact comparison takes
//! the product of two lengths, so a bound excludes most candidates first.

/// The minimum Jaro-Winkler similarity of a misspelled name.
const MIN_SIMILARITY: f64 = 0.8;

/// Beyond these limits, there is no suggestion.
const MAX_SUGGESTION_LENGTH: usize = 100;
const MAX_SUGGESTIONS: usize = 500;

/// The number of first letters that make the similarity larger.
const PREFIX_LENGTH: usize = 4;

/// The most similar candidate, unless none is similar enough.
pub(crate) fn closest<'a>(
    name: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    if name.len() > MAX_SUGGESTION_LENGTH {
        return None;
    }
    let name = name.to_lowercase();
    let letters = Letters::of(&name);
    candidates
        .take(MAX_SUGGESTIONS)
        .filter(|candidate| candidate.len() <= MAX_SUGGESTION_LENGTH)
        .filter(|candidate| letters.as_ref().is_none_or(|letters| letters.may_resemble(candidate)))
        .filter_map(|candidate| Some((similarity(&name, candidate)?, candidate)))
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// Returns the similarity of a name in lower case and a candidate; `None` if it is too small.
pub(super) fn similarity_of(name: &str, candidate: &str) -> Option<f64> {
    let is_excluded = Letters::of(name).is_some_and(|letters| !letters.may_resemble(candidate));
    if is_excluded { None } else { similarity(name, candidate) }
}

/// Like [`similarity_of`], without the bound that excludes most candidates.
fn similarity(name: &str, candidate: &str) -> Option<f64> {
    let other = candidate.to_lowercase();
    let similarity = strsim::jaro_winkler(name, &other);
    // In a word of three letters, one mistake makes the similarity small.
    let is_one_edit = || name.len() > 2 && strsim::osa_distance(name, &other) == 1;
    (similarity > MIN_SIMILARITY || is_one_edit()).then_some(similarity)
}

/// The letters of an ASCII name in lower case.
struct Letters<'a> {
    name: &'a str,
    /// A bit for each character of ASCII.
    present: u128,
}

impl<'a> Letters<'a> {
    fn of(name: &'a str) -> Option<Self> {
        let present = name.bytes().fold(0, |present, byte| present | bit(byte));
        name.is_ascii().then_some(Self { name, present })
    }

    /// Whether [`similarity`] can return a value: a bound from the letters that occur in both names.
    fn may_resemble(&self, candidate: &str) -> bool {
        if !candidate.is_ascii() {
            return true;
        }
        let shared = candidate.bytes().filter(|byte| self.present & bit(*byte) != 0).count();
        let shared = shared.min(self.name.len());
        if shared + 1 >= self.name.len().max(candidate.len()) {
            return true;
        }
        let pairs = self.name.bytes().zip(candidate.bytes()).take(PREFIX_LENGTH);
        let prefix = pairs.take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
        let [shared, length, other, prefix] =
            [shared, self.name.len(), candidate.len(), prefix].map(float);
        let jaro = (shared / length + shared / other + 1.0) / 3.0;
        // Rounding must not exclude a candidate.
        jaro + 0.1 * prefix * (1.0 - jaro) + f64::EPSILON * 8.0 > MIN_SIMILARITY
    }
}

/// The bit of an ASCII character, in lower case; none for another byte.
fn bit(byte: u8) -> u128 {
    1_u128.checked_shl(u32::from(byte.to_ascii_lowercase())).unwrap_or_default()
}

fn float(length: usize) -> f64 {
    f64::from(u32::try_from(length).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    #[test]
    fn a_misspelled_name_has_a_suggestion_and_another_word_has_none() {
        assert_eq!(closest("hootsiute", Catalog::embedded().keys()), Some("hootsuite"));
        assert_eq!(closest("evn", ["env", "var"].into_iter()), Some("env"));
        assert_eq!(closest("xyz", ["name", "tags"].into_iter()), None);
    }

    #[test]
    fn the_bound_excludes_no_similar_name() {
        let keys: Vec<_> = Catalog::embedded().keys().collect();
        let mut excluded = 0;
        for key in &keys {
            let swapped: String = key.chars().rev().collect();
            for name in [*key, &key[1..], &format!("{key}x"), &key.replace('a', "e"), &swapped] {
                let letters = Letters::of(name).unwrap();
                for candidate in &keys {
                    let may_resemble = letters.may_resemble(candidate);
                    excluded += usize::from(!may_resemble);
                    let similarity = similarity(name, candidate);
                    assert!(may_resemble || similarity.is_none(), "{name} {candidate}");
                }
            }
        }
        assert!(excluded > keys.len() * keys.len(), "{excluded} of the pairs are excluded");
    }
}
