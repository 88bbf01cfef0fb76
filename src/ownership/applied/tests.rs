use std::collections::BTreeSet;

use super::*;

fn keyed(key: &str) -> Fingerprints {
    Fingerprints::new(&Secret::new(key), &Secret::new("organization"))
}

/// The digests of a document with these secrets, written and read back.
fn apply(fingerprints: &Fingerprints, key: &Key, secrets: &[(&str, &str)]) -> LastApplied {
    let project = "test".parse().unwrap();
    let scope = FingerprintScope { project: &project, key };
    let mut applied = fingerprints.begin(scope, "{}");
    for (path, value) in secrets {
        fingerprints.add(&mut applied, scope, path, &Secret::new(*value));
    }
    let tag = applied.to_string();
    LastApplied::parse(&[tag.strip_prefix(TAG).unwrap()])
}

fn state(
    fingerprints: &Fingerprints,
    last: &LastApplied,
    key: &Key,
    path: &str,
    value: &str,
) -> SecretState {
    let project = "test".parse().unwrap();
    let scope = FingerprintScope { project: &project, key };
    fingerprints.baseline(last, scope).state(path, Some(&Secret::new(value)))
}

#[test]
fn a_secret_is_recognised_under_its_own_path_key_and_fingerprint_key_only() {
    let (key, other) = ("a".parse().unwrap(), "b".parse().unwrap());
    let mine = keyed("k1");
    let last = apply(&mine, &key, &[("password", "one"), ("token", "two")]);
    assert_eq!(state(&mine, &last, &key, "password", "one"), SecretState::Unchanged);
    assert_eq!(state(&mine, &last, &key, "password", "two"), SecretState::WillRotate);
    assert_eq!(state(&mine, &last, &key, "secret", "one"), SecretState::Unverified);
    assert_eq!(state(&mine, &last, &other, "password", "one"), SecretState::Unverified);
    assert_eq!(state(&keyed("k2"), &last, &key, "password", "one"), SecretState::Unverified);
}

/// Another implementation of RFC 5869 and RFC 2104 computed the expected values.
#[test]
fn digests_and_seals_stay_the_same_from_release_to_release() {
    let (project, key) = ("test".parse().unwrap(), "eu/shop".parse().unwrap());
    let scope = FingerprintScope { project: &project, key: &key };
    let fingerprints = keyed("a-fingerprint-key-of-32-letters!");
    let mut applied = fingerprints.begin(scope, "{}");
    fingerprints.add(&mut applied, scope, "password", &Secret::new("one"));
    assert_eq!(applied.to_string(), "ocon:applied=v1.TXRTN-.JjKKvMdJPHlWDoFt.NuPNZU3KTl2QpKRw");
    assert_eq!(fingerprints.seal("plan", "{}"), "DpGq67t23xEB_oHHYv4gt01pFAhhZ1TvkNDAf6byqYA");
}

#[test]
fn a_seal_holds_for_one_organization_and_one_fingerprint_key() {
    let key = Secret::new("a-fingerprint-key-of-32-letters!");
    let seals = ["a", "b"]
        .map(|organization| Fingerprints::new(&key, &Secret::new(organization)).seal("plan", "{}"));
    let derived = Fingerprints::from_organization_secret(&key).seal("plan", "{}");
    let of_both = Fingerprints::new(&key, &key).seal("plan", "{}");
    let distinct = BTreeSet::from([&seals[0], &seals[1], &derived, &of_both]);
    assert_eq!(distinct.len(), 4);
}

#[test]
fn digests_do_not_depend_on_the_organization() {
    let (project, key) = ("test".parse().unwrap(), "a".parse().unwrap());
    let scope = FingerprintScope { project: &project, key: &key };
    let tags = ["a", "b"].map(|organization| {
        let fingerprints = Fingerprints::new(&Secret::new("k1"), &Secret::new(organization));
        fingerprints.begin(scope, "{}").to_string()
    });
    assert_eq!(tags[0], tags[1]);
}

#[test]
fn parts_that_end_elsewhere_are_other_parts() {
    let seals = |parts: [&str; 2]| keyed("k1").seal(parts[0], parts[1]);
    assert_ne!(seals(["plan", "\0a"]), seals(["plan\0", "a"]));
    assert_ne!(seals(["plan", ""]), seals(["", "plan"]));
    let (project, key) = ("test".parse().unwrap(), "a".parse().unwrap());
    let scope = FingerprintScope { project: &project, key: &key };
    let value_digest =
        |path: &str, value: &str| keyed("k1").secret(scope, path, &Secret::new(value)).1;
    assert_ne!(value_digest("pass", "word"), value_digest("passw", "ord"));
    assert_ne!(value_digest("a", "b\0c"), value_digest("a\0b", "c"));
}

#[test]
fn a_document_is_recognized_under_its_fingerprint_key_only() {
    let (project, key) = ("test".parse().unwrap(), "a".parse().unwrap());
    let scope = FingerprintScope { project: &project, key: &key };
    let mine = keyed("k1");
    let last = apply(&mine, &key, &[]);
    assert_eq!(mine.baseline(&last, scope).same_document("{}"), Some(true));
    assert_eq!(mine.baseline(&last, scope).same_document("{ }"), Some(false));
    assert_eq!(keyed("k2").baseline(&last, scope).same_document("{}"), None);
    assert_eq!(mine.baseline(&LastApplied::Absent, scope).same_document("{}"), None);
}

#[test]
fn a_tag_that_would_be_too_long_omits_its_secrets() {
    let (project, key) = ("test".parse().unwrap(), "a".parse().unwrap());
    let scope = FingerprintScope { project: &project, key: &key };
    let mine = keyed("k1");
    let mut applied = mine.begin(scope, "{}");
    for number in 0..14 {
        assert!(applied.to_string().len() <= MAX_TAG_LENGTH);
        mine.add(&mut applied, scope, &number.to_string(), &Secret::new("x"));
    }
    assert_eq!(applied.to_string().len(), "ocon:applied=v1.".len() + KEY_ID + 1 + SPEC + 1);
}

#[test]
fn an_invalid_tag_and_a_newer_one_are_distinguished() {
    let good = "v1.abcdef.0123456789abcdef.0123456789abcdef";
    assert!(matches!(LastApplied::parse(&[good]), LastApplied::Known(_)));
    assert_eq!(LastApplied::parse(&["v2.whatever"]), LastApplied::Newer);
    assert_eq!(LastApplied::parse(&[good, good]), LastApplied::Invalid);
    for bad in [
        "",
        "v1",
        "v0.abcdef.0123456789abcdef.",
        "v1.abcdef.0123456789abcdef.odd",
        "v1.äbcde.0123456789abcdef.",
        "v1.abcdef.0123456789abcdef..",
        "vx.y",
    ] {
        assert_eq!(LastApplied::parse(&[bad]), LastApplied::Invalid, "{bad}");
    }
}
