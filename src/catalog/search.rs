//! Finds connectors by a word: a connector key, a display name, or a part or misspelling of one.
//!
//! In: a word that somebody typed, and the catalog. Out: the connectors that match it, best first, and
//! the suggestion of a message that names an unknown connector. Both use the same order, so a message
//! never suggests a distant relative of the connector that `ocon connectors WORD` lists first.

use std::fmt;

use super::suggestion::similarity_of;
use super::{Catalog, Connector};
use crate::safe_text::quoted;

/// A longer word is no name of a connector, and comparing it takes time.
const MAX_WORD_LENGTH: usize = 100;

/// The minimum length of a word that is suggested as a part of a name: `own` is in many names.
const MIN_PART_LENGTH: usize = 4;

/// The minimum similarity to one word of a name. To a whole name, a smaller one is enough.
const MIN_WORD_SIMILARITY: f64 = 0.9;

/// How a connector matches a word, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MatchKind {
    /// The connector key is the word.
    Key,
    /// The display name is the word.
    Name,
    /// The connector key or the display name begins with the word.
    Prefix,
    /// The display name has the words, and maybe others.
    Words,
    /// The connector key or the display name contains the word.
    Part,
    /// The hub is the word.
    Hub,
}

/// A connector that matches a word.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ConnectorMatch<'c> {
    pub(crate) key: &'c str,
    pub(crate) connector: &'c Connector,
}

/// The connector that somebody probably means. It prints as `` `sfdc` (Salesforce Sales Cloud) ``.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConnectorSuggestion<'c> {
    pub(crate) key: &'c str,
    name: &'c str,
    /// The number of connectors that match the word, this one included.
    matches: usize,
}

impl ConnectorSuggestion<'_> {
    /// The hints of a message about a word that is no connector key.
    pub(crate) fn hints(&self, word: &str) -> Vec<String> {
        let question = format!("did you mean {self}?");
        let all = format!("to list all {} matches: ocon connectors {word}", self.matches);
        let is_one_word = word.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
        let lists_more = self.matches > 1 && is_one_word && !word.starts_with('-');
        [Some(question), lists_more.then_some(all)].into_iter().flatten().collect()
    }
}

impl fmt::Display for ConnectorSuggestion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", quoted(&self.key))?;
        if compact(self.name) == compact(self.key) { Ok(()) } else { write!(f, " ({})", self.name) }
    }
}

impl Catalog {
    /// All connectors, by key.
    pub(crate) fn connectors(&self) -> impl Iterator<Item = ConnectorMatch<'_>> {
        self.entries.keys().filter_map(|key| {
            let connector = self.connector(&key.parse().ok()?)?;
            Some(ConnectorMatch { key, connector })
        })
    }

    /// The connectors that match a word, best first. If none does, those that a misspelled word may mean.
    pub(crate) fn search(&self, word: &str) -> Vec<ConnectorMatch<'_>> {
        let matches = self.matches(word, |_| true);
        if matches.is_empty() { self.misspelled(word) } else { matches }
    }

    /// The connector that an unknown connector key probably means, under its key or its display name.
    pub(crate) fn suggest(&self, unknown: &str) -> Option<ConnectorSuggestion<'_>> {
        let length = compact(unknown).len();
        let matches = self.matches(unknown, |kind| match kind {
            MatchKind::Key | MatchKind::Name => true,
            MatchKind::Prefix | MatchKind::Words | MatchKind::Part => length >= MIN_PART_LENGTH,
            MatchKind::Hub => false,
        });
        let found = if matches.is_empty() { self.misspelled(unknown) } else { matches };
        let others = found.iter().filter(|found| found.key != unknown);
        let matches = others.clone().count();
        let best = others.clone().next()?;
        Some(ConnectorSuggestion { key: best.key, name: &best.connector.name, matches })
    }

    fn matches(
        &self,
        word: &str,
        is_wanted: impl Fn(MatchKind) -> bool,
    ) -> Vec<ConnectorMatch<'_>> {
        let Some(word) = SearchWord::new(word) else { return Vec::new() };
        let ranked = self.connectors().filter_map(|found| {
            let kind = word.kind(found).filter(|kind| is_wanted(*kind))?;
            Some((kind, found))
        });
        let mut ranked: Vec<_> = ranked.collect();
        // Of several connectors to one provider, the first on the platform is the usual one.
        ranked.sort_by_key(|(kind, found)| (*kind, found.connector.id));
        ranked.into_iter().map(|(_, found)| found).collect()
    }

    /// The connectors with the most similar key, name or word of a name.
    fn misspelled(&self, word: &str) -> Vec<ConnectorMatch<'_>> {
        let (word, length) = (word.trim().to_lowercase(), word.len());
        if length > MAX_WORD_LENGTH {
            return Vec::new();
        }
        let similar =
            self.connectors().filter_map(|found| Some((similarity(&word, found)?, found)));
        let mut similar: Vec<_> = similar.collect();
        let best = similar.iter().map(|(similarity, _)| *similarity).max_by(f64::total_cmp);
        similar.retain(|(similarity, _)| Some(*similarity) == best);
        similar.sort_by_key(|(_, found)| found.connector.id);
        similar.into_iter().map(|(_, found)| found).collect()
    }
}

/// A word in the forms in which names are compared.
struct SearchWord {
    /// In lower case.
    written: String,
    /// Only its letters and digits: `Close.io` and `close-io` are `closeio`.
    compact: String,
    words: Vec<String>,
}

impl SearchWord {
    fn new(word: &str) -> Option<Self> {
        let written = word.trim().to_lowercase();
        let compact = compact(&written);
        let is_word = !compact.is_empty() && written.len() <= MAX_WORD_LENGTH;
        is_word.then(|| Self { words: words(&written), written, compact })
    }

    fn kind(&self, found: ConnectorMatch<'_>) -> Option<MatchKind> {
        let ConnectorMatch { key, connector } = found;
        let (key, name) = (key.to_lowercase(), compact(&connector.name));
        let compact_key = compact(&key);
        let of_name = || words(&connector.name);
        let is_hub = |hub: &str| hub.eq_ignore_ascii_case(&self.written);
        if key == self.written || compact_key == self.compact {
            Some(MatchKind::Key)
        } else if name == self.compact {
            Some(MatchKind::Name)
        } else if compact_key.starts_with(&self.compact) || name.starts_with(&self.compact) {
            Some(MatchKind::Prefix)
        } else if self.words.iter().all(|word| of_name().contains(word)) {
            Some(MatchKind::Words)
        } else if compact_key.contains(&self.compact) || name.contains(&self.compact) {
            Some(MatchKind::Part)
        } else {
            connector.hub.as_deref().filter(|hub| is_hub(hub)).map(|_| MatchKind::Hub)
        }
    }
}

/// The similarity of a misspelled word in lower case to a connector; `None` if it is too small.
fn similarity(word: &str, found: ConnectorMatch<'_>) -> Option<f64> {
    let ConnectorMatch { key, connector } = found;
    let whole =
        [similarity_of(word, key), similarity_of(&compact(word), &compact(&connector.name))];
    let of_words = words(&connector.name);
    let of_words = of_words.iter().filter(|other| other.len() >= MIN_PART_LENGTH);
    let of_words = of_words.filter_map(|other| similarity_of(word, other));
    let of_words = of_words.filter(|similarity| *similarity > MIN_WORD_SIMILARITY);
    whole.into_iter().flatten().chain(of_words).max_by(f64::total_cmp)
}

/// The letters and digits of a text, in lower case.
fn compact(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The words of a text, in lower case.
fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(word: &str) -> Vec<&'static str> {
        Catalog::embedded().search(word).iter().map(|found| found.key).collect()
    }

    fn suggested(word: &str) -> Option<String> {
        Catalog::embedded().suggest(word).map(|suggestion| suggestion.to_string())
    }

    #[test]
    fn a_suggestion_of_several_names_the_command_that_lists_all() {
        let hints = |word| Catalog::embedded().suggest(word).unwrap().hints(word);
        let question = "did you mean `sfdc` (Salesforce Sales Cloud)?";
        let all = "to list all 6 matches: ocon connectors salesforce";
        assert_eq!(hints("salesforce"), [question, all]);
        assert_eq!(hints("hootsiute"), ["did you mean `hootsuite`?"]);
        // It would not be one word of a command line.
        assert_eq!(hints("sales force"), [question]);
    }

    #[test]
    fn a_name_finds_the_connectors_of_a_provider_the_usual_one_first() {
        assert_eq!(
            found("salesforce"),
            [
                "sfdc",
                "sfdcservicecloud",
                "sfdcdocuments",
                "sfdclibraries",
                "salesforcemarketingcloud",
                "salesforcebylaunchbi",
            ]
        );
        assert_eq!(found("Salesforce Sales Cloud"), ["sfdc"]);
        assert_eq!(found("close.io"), ["closeio"]);
        assert_eq!(found("Google Drive"), ["googledrive"]);
    }

    #[test]
    fn an_exact_key_comes_first_then_names_then_prefixes_words_and_parts() {
        assert_eq!(found("hubspotcrm")[0], "hubspotcrm");
        assert_eq!(found("facebook")[..2], ["facebooksocial", "facebookleadads"]);
        assert_eq!(found("HubSpot"), ["hubspot", "hubspotcrm"]);
        let crm = found("crm");
        let at = |key| crm.iter().position(|found| *found == key).unwrap();
        assert!(at("zohocrm") < at("sugarcrmv2"), "a word is better than a part: {crm:?}");
        assert!(at("sugarcrmv2") < at("closeio"), "a part is better than the hub: {crm:?}");
    }

    #[test]
    fn a_misspelled_key_or_name_is_found_if_nothing_else_matches() {
        assert_eq!(found("hootsiute"), ["hootsuite"]);
        assert_eq!(found("salesfroce")[..2], ["sfdc", "sfdcservicecloud"]);
        assert_eq!(found(""), Vec::<&str>::new());
        assert_eq!(found(" - "), Vec::<&str>::new());
        assert_eq!(found("qqqqqq"), Vec::<&str>::new());
        assert_eq!(found(&"x".repeat(10_000)), Vec::<&str>::new());
    }

    #[test]
    fn a_suggestion_has_the_display_name_if_it_differs() {
        let of = |word| suggested(word).unwrap_or_default();
        assert_eq!(of("salesforce"), "`sfdc` (Salesforce Sales Cloud)");
        assert_eq!(of("salesfroce"), "`sfdc` (Salesforce Sales Cloud)");
        assert_eq!(of("hootsiute"), "`hootsuite`");
        assert_eq!(of("Hootsuite"), "`hootsuite`");
        assert_eq!(of("stripes"), "`stripe` (Cloud Elements for Stripe)");
        assert_eq!(of("dynamics"), "`dynamicscrmadfs` (Microsoft Dynamics CRM)");
        for other in ["own", "crm", "x", "acme-erp", "no-such-thing"] {
            assert_eq!(suggested(other), None, "{other}");
        }
    }

    #[test]
    fn every_connector_is_found_first_by_its_key_and_among_the_first_by_its_name() {
        for ConnectorMatch { key, connector } in Catalog::embedded().connectors() {
            assert_eq!(found(key)[0], key);
            let by_name = found(&connector.name);
            assert!(by_name[..by_name.len().min(2)].contains(&key), "{key}: {by_name:?}");
        }
    }
}
