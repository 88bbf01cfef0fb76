//! Names for the variables that hold an instance's secrets.

use std::collections::BTreeSet;

use crate::desired::secrets::is_refused;
use crate::instance::{InstanceId, Key};

/// A name that no other variable has: the document's key, and that of the value.
pub(super) fn name(
    document: &Key,
    value: &str,
    id: InstanceId,
    taken: &mut BTreeSet<String>,
) -> String {
    let name = valid(&format!("{document}_{value}"));
    let with_id = format!("{name}_{id}");
    let numbered = (2_u64..).map(|number| format!("{with_id}_{number}"));
    let mut names = [name, with_id.clone()].into_iter().chain(numbered);
    let free = names.find(|name| !taken.contains(name));
    let free = free.expect("there are more numbers than variables");
    taken.insert(free.clone());
    free
}

/// The pattern that the names of a document's variables match, and as few others as can be: a
/// pipeline has variables of its own that begin with the name of a provider.
pub(super) fn pattern(document: &Key) -> String {
    valid(&format!("{document}_")) + "*"
}

/// A text as the name of a variable that files may use.
fn valid(text: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let name: String = text.chars().map(letter).collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) || is_refused(&name) {
        return format!("MY_{name}");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_of(document: &str, value: &str, taken: &mut BTreeSet<String>) -> String {
        name(&document.parse().unwrap(), value, InstanceId::new(7), taken)
    }

    #[test]
    fn a_name_tells_the_document_and_the_key() {
        let mut taken = BTreeSet::new();
        for (document, value, expected) in [
            ("hootsuite/team-eu", "oauth.api.secret", "HOOTSUITE_TEAM_EU_OAUTH_API_SECRET"),
            ("hootsuite/team.eu", "oauth.api.secret", "HOOTSUITE_TEAM_EU_OAUTH_API_SECRET_7"),
            ("hootsuite/team_eu", "oauth.api.secret", "HOOTSUITE_TEAM_EU_OAUTH_API_SECRET_7_2"),
            ("github/code", "token", "MY_GITHUB_CODE_TOKEN"),
            ("ci/x", "token", "MY_CI_X_TOKEN"),
            ("3d", "pässword", "MY_3D_P_SSWORD"),
        ] {
            assert_eq!(name_of(document, value, &mut taken), expected);
        }
    }

    #[test]
    fn the_pattern_of_a_document_fits_all_of_its_names() {
        for (document, expected) in [
            ("hootsuite/team", "HOOTSUITE_TEAM_*"),
            ("github/x", "MY_GITHUB_X_*"),
            ("desk", "DESK_*"),
        ] {
            let pattern = pattern(&document.parse().unwrap());
            assert_eq!(pattern, expected);
            let name = name_of(document, "a.token", &mut BTreeSet::new());
            assert!(name.starts_with(pattern.trim_end_matches('*')), "{name}");
        }
    }
}
