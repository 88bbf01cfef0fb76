//! Where the files of instances stand, which is also what their documents are called.
//!
//! In: instances, and the keys that are taken. Out: a key for each, whatever the order in which the
//! platform lists them: `connector/name`, with the id behind it where another one has the same.

use std::collections::{BTreeMap, BTreeSet};

use super::Candidate;
use crate::instance::{InstanceId, Key};

/// The longest key.
const LONGEST: usize = 80;

/// The longest name of a folder: behind it there is room for a number of 64 bits.
const LONGEST_FOLDER: usize = 40;

/// Files that some systems take for devices.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// A key for each of the instances, or why there is none.
pub(super) fn keys(
    candidates: &[Candidate],
    taken: &BTreeSet<String>,
) -> BTreeMap<InstanceId, Result<Key, String>> {
    let mut taken: BTreeSet<String> = taken.iter().map(|key| key.to_ascii_lowercase()).collect();
    let mut keys = carried(candidates, &mut taken);
    let mut free: Vec<_> =
        candidates.iter().filter(|candidate| candidate.carried.is_none()).collect();
    free.sort_by_key(|candidate| candidate.found.id);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for candidate in &free {
        *counts.entry(name(candidate)).or_default() += 1;
    }
    let alone = |name: &str| counts.get(name) == Some(&1) && !is_device(name);
    let (unique, clashing): (Vec<_>, Vec<_>) = free
        .into_iter()
        .map(|candidate| (candidate, name(candidate)))
        .partition(|(_, name)| alone(name) && !taken.contains(name));
    for (candidate, name) in unique {
        taken.insert(name.clone());
        keys.insert(candidate.found.id, valid(&name));
    }
    for (candidate, name) in clashing {
        let id = candidate.found.id;
        let numbered = (2_u64..).map(|number| with(&name, &format!("-{id}-{number}")));
        let mut names = std::iter::once(with(&name, &format!("-{id}"))).chain(numbered);
        let name = names.find(|name| taken.insert(name.clone()));
        keys.insert(id, valid(&name.expect("there are more numbers than keys")));
    }
    keys
}

/// The keys that instances carry as a mark of ours.
fn carried(
    candidates: &[Candidate],
    taken: &mut BTreeSet<String>,
) -> BTreeMap<InstanceId, Result<Key, String>> {
    let mut carriers: BTreeMap<String, Vec<(&Key, InstanceId)>> = BTreeMap::new();
    for candidate in candidates {
        if let Some(key) = &candidate.carried {
            let same = carriers.entry(key.as_str().to_ascii_lowercase()).or_default();
            same.push((key, candidate.found.id));
        }
    }
    let mut keys = BTreeMap::new();
    for (name, carriers) in carriers {
        let several = carriers.len() > 1;
        let is_taken = !taken.insert(name);
        for (key, id) in carriers {
            let why = if several {
                format!("another instance carries the key `{key}` as well: delete one of them")
            } else {
                format!("a document has a key that differs from its own, `{key}`, by case only")
            };
            keys.insert(id, if several || is_taken { Err(why) } else { Ok(key.clone()) });
        }
    }
    keys
}

fn valid(name: &str) -> Result<Key, String> {
    name.parse().map_err(|error: crate::instance::InvalidName| error.to_string())
}

/// `connector/name`, as short as a key has to be.
fn name(candidate: &Candidate) -> String {
    let connector = candidate.connector.as_str().to_ascii_lowercase();
    let folder = cut(&connector, LONGEST_FOLDER);
    let folder = if is_device(folder) { &format!("{folder}-connector") } else { folder };
    match slug(&candidate.found.name) {
        slug if slug.is_empty() => format!("{folder}/{folder}-{}", candidate.found.id),
        slug => cut(&format!("{folder}/{slug}"), LONGEST).to_owned(),
    }
}

/// The name with this behind it.
fn with(name: &str, suffix: &str) -> String {
    format!("{}{suffix}", cut(name, LONGEST.saturating_sub(suffix.len())))
}

/// The first bytes of a text in ASCII, without what joins words at its end.
fn cut(text: &str, longest: usize) -> &str {
    text.get(..longest).unwrap_or(text).trim_end_matches(['-', '/'])
}

fn is_device(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or_default();
    let port = file.strip_prefix("com").or_else(|| file.strip_prefix("lpt"));
    DEVICES.contains(&file) || port.is_some_and(|number| number.len() == 1)
}

/// A name in small letters and digits, with `-` between its words; empty where it has neither.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        match spelled(c) {
            Some(letters) => slug.push_str(letters),
            None if c.is_ascii_alphanumeric() => slug.push(c),
            None if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            None => {}
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// How a letter is spelled without its mark.
fn spelled(c: char) -> Option<&'static str> {
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
        // What `to_lowercase` leaves of `İ`.
        '\u{307}' => "",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;
    use super::*;

    fn candidate(id: u64, connector: &str, name: &str) -> Candidate {
        Candidate {
            found: found(id, connector, name),
            connector: connector.parse().unwrap(),
            carried: None,
        }
    }

    fn keys_of(candidates: &[Candidate], taken: &[&str]) -> Vec<String> {
        let taken = taken.iter().map(|key| (*key).to_owned()).collect();
        let keys = keys(candidates, &taken).into_values();
        keys.map(|key| key.map_or_else(|why| why, |key| key.to_string())).collect()
    }

    #[test]
    fn a_slug_is_what_a_name_has_in_letters_and_digits() {
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

    #[test]
    fn whoever_has_the_same_name_gets_the_id_whatever_the_order() {
        let mut candidates = vec![
            candidate(1, "slack", "Support"),
            candidate(2, "slack", "SUPPORT!"),
            candidate(3, "slack", "support 1"),
            candidate(4, "slack", "日本"),
            candidate(5, "slack", "con"),
            candidate(6, "slack", "Taken"),
            candidate(7, "stripe", "all"),
            candidate(8, "stripe", &"x".repeat(300)),
        ];
        let expected = [
            "slack/support-1-2".to_owned(),
            "slack/support-2".to_owned(),
            "slack/support-1".to_owned(),
            "slack/slack-4".to_owned(),
            "slack/con-5".to_owned(),
            "slack/taken-6".to_owned(),
            "stripe/all".to_owned(),
            format!("stripe/{}", "x".repeat(73)),
        ];
        assert_eq!(keys_of(&candidates, &["slack/TAKEN"]), expected);
        candidates.reverse();
        assert_eq!(keys_of(&candidates, &["slack/TAKEN"]), expected);
    }

    #[test]
    fn no_file_and_no_folder_has_the_name_of_a_device() {
        let candidates = [
            candidate(1, "slack", "aux"),
            candidate(2, "slack", "Con"),
            candidate(3, "slack", "COM1"),
            candidate(4, "slack", "LPT¹"),
            candidate(5, "slack", "nul.yaml"),
            candidate(6, "aux", "a"),
            candidate(7, "com9", "🔑"),
        ];
        assert_eq!(
            keys_of(&candidates, &[]),
            [
                "slack/aux-1",
                "slack/con-2",
                "slack/com1-3",
                "slack/lpt",
                "slack/nul-yaml",
                "aux-connector/a",
                "com9-connector/com9-connector-7",
            ]
        );
    }

    #[test]
    fn every_connector_leaves_room_for_every_id() {
        let longest = "c".repeat(64);
        let candidates =
            [candidate(u64::MAX, &longest, "a"), candidate(u64::MAX - 1, &longest, "a")];
        assert_eq!(
            keys_of(&candidates, &[]),
            [u64::MAX - 1, u64::MAX].map(|id| format!("{}/a-{id}", "c".repeat(40)))
        );
    }

    #[test]
    fn an_orphan_keeps_its_key_unless_it_is_in_doubt() {
        let orphan = |id, key: &str| Candidate {
            carried: Some(key.parse().unwrap()),
            ..candidate(id, "slack", "x")
        };
        let candidates =
            [orphan(1, "own"), orphan(2, "twice"), orphan(3, "twice"), orphan(4, "Case")];
        assert_eq!(
            keys_of(&candidates, &["case"]),
            [
                "own",
                "another instance carries the key `twice` as well: delete one of them",
                "another instance carries the key `twice` as well: delete one of them",
                "a document has a key that differs from its own, `Case`, by case only",
            ]
        );
    }
}
