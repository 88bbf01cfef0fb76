//! Document keys for instances. A key is also the path of the file.
//!
//! In: instances, and the keys in use. Out: a key for each instance: `connector/name`, followed by
//! the instance ID if the name is not unique. The order of the instances does not matter.

use std::collections::{BTreeMap, BTreeSet};

use super::interface::Candidate;
use crate::instance::{InstanceId, Key};

const MAX_KEY_LENGTH: usize = 80;

/// Maximum length of a folder name. It leaves space for a 64-bit number in the key.
const MAX_FOLDER_LENGTH: usize = 40;

/// File names that Windows reserves for devices.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// Returns a key for each instance, or the reason why it has none. `used` are the keys of documents.
pub(super) fn assign(
    candidates: &[Candidate],
    used: &BTreeSet<String>,
) -> BTreeMap<InstanceId, Result<Key, String>> {
    let mut used: BTreeSet<String> = used.iter().map(|key| key.to_ascii_lowercase()).collect();
    let mut keys = marked_keys(candidates, &mut used);
    let mut unmarked: Vec<_> =
        candidates.iter().filter(|candidate| candidate.marked_key.is_none()).collect();
    unmarked.sort_by_key(|candidate| candidate.found.id);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for candidate in &unmarked {
        *counts.entry(name(candidate)).or_default() += 1;
    }
    let is_unique = |name: &str| counts.get(name) == Some(&1) && !is_device(name);
    let (unique, ambiguous): (Vec<_>, Vec<_>) = unmarked
        .into_iter()
        .map(|candidate| (candidate.found.id, name(candidate)))
        .partition(|(_, name)| is_unique(name) && !used.contains(name));
    for (id, name) in unique {
        keys.insert(id, parse_key(&name));
        used.insert(name);
    }
    for (id, name) in ambiguous {
        let numbered = (2_u64..).map(|number| with_suffix(&name, &format!("-{id}-{number}")));
        let mut names = std::iter::once(with_suffix(&name, &format!("-{id}"))).chain(numbered);
        let name = names.find(|name| used.insert(name.clone()));
        keys.insert(id, parse_key(&name.expect("there are more numbers than keys")));
    }
    keys
}

fn marked_keys(
    candidates: &[Candidate],
    used: &mut BTreeSet<String>,
) -> BTreeMap<InstanceId, Result<Key, String>> {
    let mut by_name: BTreeMap<String, Vec<(&Key, InstanceId)>> = BTreeMap::new();
    for candidate in candidates {
        if let Some(key) = &candidate.marked_key {
            let instances = by_name.entry(key.as_str().to_ascii_lowercase()).or_default();
            instances.push((key, candidate.found.id));
        }
    }
    let mut keys = BTreeMap::new();
    for (name, instances) in by_name {
        let is_ambiguous = instances.len() > 1;
        let is_used = !used.insert(name);
        for (key, id) in instances {
            let assigned = if is_ambiguous {
                Err(format!(
                    "another instance also has the document key `{key}`: delete one of them"
                ))
            } else if is_used {
                Err(format!(
                    "its document key `{key}` differs from the key of another document only in case"
                ))
            } else {
                Ok(key.clone())
            };
            keys.insert(id, assigned);
        }
    }
    keys
}

fn parse_key(name: &str) -> Result<Key, String> {
    name.parse().map_err(|error: crate::instance::InvalidName| error.to_string())
}

/// `connector/name`, shortened to the maximum length.
fn name(candidate: &Candidate) -> String {
    let connector = candidate.connector.as_str().to_ascii_lowercase();
    let folder = truncate(&connector, MAX_FOLDER_LENGTH);
    let folder = if is_device(folder) { &format!("{folder}-connector") } else { folder };
    match slug(&candidate.found.name) {
        slug if slug.is_empty() => format!("{folder}/{folder}-{}", candidate.found.id),
        slug => truncate(&format!("{folder}/{slug}"), MAX_KEY_LENGTH).to_owned(),
    }
}

/// The name with a suffix, shortened to the maximum length.
fn with_suffix(name: &str, suffix: &str) -> String {
    format!("{}{suffix}", truncate(name, MAX_KEY_LENGTH.saturating_sub(suffix.len())))
}

/// The start of an ASCII text, without separators at its end.
fn truncate(text: &str, max_length: usize) -> &str {
    text.get(..max_length).unwrap_or(text).trim_end_matches(['-', '/'])
}

/// Whether Windows reserves the name of a file or folder in this path, in any case and with any ending.
pub(crate) fn has_device_name(path: &str) -> bool {
    path.split('/').any(is_device)
}

fn is_device(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let stem = file.split('.').next().unwrap_or_default();
    let port = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    DEVICES.contains(&stem) || port.is_some_and(|number| number.len() == 1)
}

/// The name in lowercase ASCII letters and digits, with `-` between the words. Can be empty.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        match transliterate(c) {
            Some(letters) => slug.push_str(letters),
            None if c.is_ascii_alphanumeric() => slug.push(c),
            None if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            None => {}
        }
    }
    slug.trim_end_matches('-').to_owned()
}

fn transliterate(c: char) -> Option<&'static str> {
    Some(match c {
        'ä' | 'æ' => "ae",
        'ö' | 'œ' => "oe",
        'ü' => "ue",
        'ß' => "ss",
        'à' | 'á' | 'â' | 'ã' | 'å' => "a",
        'ç' => "c",
        'è' | 'é' | 'ê' | 'ë' => "e",
        'ì' | 'í' | 'î' | 'ï' => "i",
        'ñ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ø' => "o",
        'ù' | 'ú' | 'û' => "u",
        'ý' | 'ÿ' => "y",
        // `to_lowercase` turns `İ` into `i` and this combining dot.
        '\u{307}' => "",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::Secret;
    use crate::observed::ObservedInstance;
    use crate::ownership;

    fn candidate(id: u64, connector: &str, name: &str) -> Candidate {
        let (marks, tags) = ownership::split(Vec::new());
        let found = ObservedInstance {
            id: InstanceId::new(id),
            connector: connector.to_owned(),
            name: name.to_owned(),
            marks,
            tags,
            configuration: BTreeMap::new(),
            valid: true,
            disabled: false,
            token: Secret::new("token"),
        };
        Candidate { found, connector: connector.parse().unwrap(), marked_key: None }
    }

    fn keys_of(candidates: &[Candidate], used: &[&str]) -> Vec<String> {
        let used = used.iter().map(|key| (*key).to_owned()).collect();
        let keys = assign(candidates, &used).into_values();
        keys.map(|key| key.map_or_else(|reason| reason, |key| key.to_string())).collect()
    }

    #[test]
    fn a_slug_has_only_ascii_letters_digits_and_hyphens() {
        for (name, expected) in [
            ("Marketing Hootsuite", "marketing-hootsuite"),
            ("Größe & Maß (café)", "groesse-mass-cafe"),
            ("../../etc/passwd", "etc-passwd"),
            (".hidden", "hidden"),
            ("a\u{202e}b\nc", "a-b-c"),
            ("日本", ""),
            ("", ""),
            ("--", ""),
            ("İ", "i"),
            ("a\nb: c # d\0e", "a-b-c-d-e"),
            ("..\\..\\windows", "windows"),
            ("/etc/passwd", "etc-passwd"),
            ("aux.yaml", "aux-yaml"),
            ("🔑🔥", ""),
            ("${{ env.HOME }}", "env-home"),
        ] {
            assert_eq!(slug(name), expected, "{name}");
        }
    }

    /// Compares the keys of instances, given as connector, name and expected key, in both orders.
    fn check(table: &[(&str, &str, &str)], used: &[&str]) {
        let numbered =
            (1..).zip(table).map(|(id, (connector, name, _))| candidate(id, connector, name));
        let mut candidates: Vec<_> = numbered.collect();
        let expected: Vec<_> = table.iter().map(|(_, _, key)| *key).collect();
        assert_eq!(keys_of(&candidates, used), expected);
        candidates.reverse();
        assert_eq!(keys_of(&candidates, used), expected);
    }

    #[test]
    fn instances_with_the_same_name_get_their_id_in_any_order() {
        let (long, shortened) = ("x".repeat(300), format!("stripe/{}", "x".repeat(73)));
        let table = [
            ("slack", "Support", "slack/support-1-2"),
            ("slack", "SUPPORT!", "slack/support-2"),
            ("slack", "support 1", "slack/support-1"),
            ("slack", "日本", "slack/slack-4"),
            ("slack", "con", "slack/con-5"),
            ("slack", "Taken", "slack/taken-6"),
            ("stripe", "all", "stripe/all"),
            ("stripe", &long, &shortened),
        ];
        check(&table, &["slack/TAKEN"]);
    }

    #[test]
    fn no_file_or_folder_has_the_name_of_a_device() {
        let table = [
            ("slack", "aux", "slack/aux-1"),
            ("slack", "Con", "slack/con-2"),
            ("slack", "COM1", "slack/com1-3"),
            ("slack", "LPT¹", "slack/lpt"),
            ("slack", "nul.yaml", "slack/nul-yaml"),
            ("aux", "a", "aux-connector/a"),
            ("com9", "🔑", "com9-connector/com9-connector-7"),
        ];
        check(&table, &[]);
    }

    #[test]
    fn the_longest_connector_key_leaves_space_for_every_id() {
        let longest = "c".repeat(64);
        let candidates =
            [candidate(u64::MAX, &longest, "a"), candidate(u64::MAX - 1, &longest, "a")];
        assert_eq!(
            keys_of(&candidates, &[]),
            [u64::MAX - 1, u64::MAX].map(|id| format!("{}/a-{id}", "c".repeat(40)))
        );
    }

    #[test]
    fn an_orphan_keeps_its_key_unless_the_key_is_ambiguous() {
        let orphan = |id, key: &str| Candidate {
            marked_key: Some(key.parse().unwrap()),
            ..candidate(id, "slack", "x")
        };
        let candidates =
            [orphan(1, "own"), orphan(2, "twice"), orphan(3, "twice"), orphan(4, "Case")];
        assert_eq!(
            keys_of(&candidates, &["case"]),
            [
                "own",
                "another instance also has the document key `twice`: delete one of them",
                "another instance also has the document key `twice`: delete one of them",
                "its document key `Case` differs from the key of another document only in case",
            ]
        );
    }
}
