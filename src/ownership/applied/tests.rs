use std::collections::BTreeSet;

use super::*;

fn keyed(key: &str) -> Fingerprints {
    Fingerprints::new(&Secret::new(key), &Secret::new("organization"))
}

/// A memory of a document with these secrets, written and read back.
fn remember(fingerprints: &Fingerprints, key: &Key, secrets: &[(&str, &str)]) -> LastApplied {
    let project = "test".parse().unwrap();
    let subject = FingerprintScope { project: &project, key };
    let mut applied = fingerprints.begin(subject, "{}");
    for (path, value) in secrets {
        fingerprints.add(&mut applied, subject, path, &Secret::new(*value));
    }
    let tag = applied.to_string();
    LastApplied::read(&[tag.strip_prefix(TAG).unwrap()])
}

fn state(
    fingerprints: &Fingerprints,
    memory: &LastApplied,
    key: &Key,
    path: &str,
    value: &str,
) -> SecretState {
    let project = "test".parse().unwrap();
    fingerprints.state(
        memory,
        FingerprintScope { project: &project, key },
        path,
        Some(&Secret::new(value)),
    )
}

#[test]
fn a_secret_is_recognised_under_its_own_path_key_and_fingerprint_key_only() {
    let (key, other) = ("a".parse().unwrap(), "b".parse().unwrap());
    let mine = keyed("k1");
    let memory = remember(&mine, &key, &[("password", "one"), ("token", "two")]);
    assert_eq!(state(&mine, &memory, &key, "password", "one"), SecretState::Unchanged);
    assert_eq!(state(&mine, &memory, &key, "password", "two"), SecretState::WillRotate);
    assert_eq!(state(&mine, &memory, &key, "secret", "one"), SecretState::Unverified);
    assert_eq!(state(&mine, &memory, &other, "password", "one"), SecretState::Unverified);
    assert_eq!(state(&keyed("k2"), &memory, &key, "password", "one"), SecretState::Unverified);
}

/// The values come from another program that follows RFC 5869 and RFC 2104.
#[test]
fn digests_and_seals_stay_the_same_from_release_to_release() {
    let (project, key) = ("test".parse().unwrap(), "eu/shop".parse().unwrap());
    let subject = FingerprintScope { project: &project, key: &key };
    let fingerprints = keyed("a-fingerprint-key-of-32-letters!");
    let mut applied = fingerprints.begin(subject, "{}");
    fingerprints.add(&mut applied, subject, "password", &Secret::new("one"));
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
    let subject = FingerprintScope { project: &project, key: &key };
    let tags = ["a", "b"].map(|organization| {
        let fingerprints = Fingerprints::new(&Secret::new("k1"), &Secret::new(organization));
        fingerprints.begin(subject, "{}").to_string()
    });
    assert_eq!(tags[0], tags[1]);
}

#[test]
fn parts_that_end_elsewhere_are_other_parts() {
    let seals = |parts: [&str; 2]| keyed("k1").seal(parts[0], parts[1]);
    assert_ne!(seals(["plan", "\0a"]), seals(["plan\0", "a"]));
    assert_ne!(seals(["plan", ""]), seals(["", "plan"]));
    let (project, key) = ("test".parse().unwrap(), "a".parse().unwrap());
    let subject = FingerprintScope { project: &project, key: &key };
    let value_digest =
        |path: &str, value: &str| keyed("k1").secret(subject, path, &Secret::new(value)).1;
    assert_ne!(value_digest("pass", "word"), value_digest("passw", "ord"));
    assert_ne!(value_digest("a", "b\0c"), value_digest("a\0b", "c"));
}

#[test]
fn a_document_is_recognised_or_not_or_cannot_be_told() {
    let (project, key) = ("test".parse().unwrap(), "a".parse().unwrap());
    let subject = FingerprintScope { project: &project, key: &key };
    let mine = keyed("k1");
    let memory = remember(&mine, &key, &[]);
    assert_eq!(mine.same_document(&memory, subject, "{}"), Some(true));
    assert_eq!(mine.same_document(&memory, subject, "{ }"), Some(false));
    assert_eq!(keyed("k2").same_document(&memory, subject, "{}"), None);
    assert_eq!(mine.same_document(&LastApplied::Absent, subject, "{}"), None);
}

#[test]
fn a_tag_that_would_be_too_long_drops_its_secrets() {
    let (project, key) = ("test".parse().unwrap(), "a".parse().unwrap());
    let subject = FingerprintScope { project: &project, key: &key };
    let mine = keyed("k1");
    let mut applied = mine.begin(subject, "{}");
    for number in 0..14 {
        assert!(applied.to_string().len() <= LONGEST_TAG);
        mine.add(&mut applied, subject, &number.to_string(), &Secret::new("x"));
    }
    assert_eq!(applied.to_string().len(), "ocon:applied=v1.".len() + KEY_ID + 1 + SPEC + 1);
}

#[test]
fn what_cannot_be_read_is_garbled_and_what_is_newer_is_left_alone() {
    let good = "v1.abcdef.0123456789abcdef.0123456789abcdef";
    assert!(matches!(LastApplied::read(&[good]), LastApplied::Known(_)));
    assert_eq!(LastApplied::read(&["v2.whatever"]), LastApplied::Newer);
    assert_eq!(LastApplied::read(&[good, good]), LastApplied::Garbled);
    for bad in [
        "",
        "v1",
        "v0.abcdef.0123456789abcdef.",
        "v1.abcdef.0123456789abcdef.odd",
        "v1.äbcde.0123456789abcdef.",
        "v1.abcdef.0123456789abcdef..",
        "vx.y",
    ] {
        assert_eq!(LastApplied::read(&[bad]), LastApplied::Garbled, "{bad}");
    }
}
