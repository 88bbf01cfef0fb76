//! These tests encode secrets without the code under test.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::*;

/// White space, quotes, backslashes, control characters, characters that URLs and Base64 treat
/// specially, two characters beyond ASCII, and one above U+FFFF.
const AWKWARD: &str = "p4ss \"w0rd\"\\n\u{7}+of/the=desk&<ü日🔑>'%41\tend";

fn scrubber(secrets: &[&str]) -> Scrubber {
    let mut scrubber = Scrubber::default();
    for secret in secrets {
        scrubber.register(&Secret::new(*secret));
    }
    scrubber
}

fn escaped(text: &str, wanted: impl Fn(char) -> bool, escape: impl Fn(char) -> String) -> String {
    text.chars().map(|c| if wanted(c) { escape(c) } else { c.to_string() }).collect()
}

fn percent(text: &str, kept: &str, digits: fn(u8) -> String) -> String {
    let byte = |byte: u8| {
        let c = char::from(byte);
        let kept = c.is_ascii_alphanumeric() || kept.contains(c);
        if kept { c.to_string() } else { digits(byte) }
    };
    text.bytes().map(byte).collect()
}

fn every_byte(text: &str, digits: fn(u8) -> String) -> String {
    let digits: Vec<_> = text.bytes().map(digits).collect();
    digits.concat()
}

fn json(text: &str) -> String {
    within_quotes(&serde_json::Value::from(text).to_string())
}

fn within_quotes(text: &str) -> String {
    text.strip_prefix('"').unwrap().strip_suffix('"').unwrap().to_owned()
}

fn utf16(c: char) -> String {
    let units: Vec<_> =
        c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect();
    units.concat()
}

/// The characters of a longer Base64 text that depend only on the secret.
fn base64(secret: &[u8], before: usize, engine: &impl base64::Engine) -> String {
    let text = engine.encode([&b"::"[..before], secret].concat());
    let text = text.trim_end_matches('=');
    let from = [0, 2, 3][before];
    let shared = usize::from(!(before + secret.len()).is_multiple_of(3));
    text[from..text.len() - shared].to_owned()
}

/// The encodings of a secret, each with a name.
fn encodings(secret: &str) -> Vec<(&'static str, String)> {
    let upper = |byte| format!("%{byte:02X}");
    let lower = |byte| format!("%{byte:02x}");
    let braces = |c| format!("\\u{{{:x}}}", u32::from(c));
    let in_lower = percent(secret, "-._~", lower);
    let form = percent(secret, "-._*", upper);
    let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let html = html.replace('"', "&quot;").replace('\'', "&#39;");
    let bytes = secret.as_bytes();
    let mut all = vec![
        ("raw", secret.to_owned()),
        ("percent", percent(secret, "-._~", upper)),
        ("percent, lower case", in_lower.clone()),
        ("percent, as browsers do", percent(secret, "-._~!*'()", upper)),
        ("percent, as in paths", percent(secret, "-._~!*'()/:@$,;+=&", upper)),
        ("form", form.replace("%20", "+")),
        ("every byte in percent", every_byte(secret, upper)),
        ("JSON", json(secret)),
        ("JSON, ASCII only", escaped(&json(secret), |c| !c.is_ascii(), utf16)),
        ("JSON with slashes", json(secret).replace('/', "\\/")),
        ("JSON as Gson writes it", escaped(&json(secret), |c| "<>&='".contains(c), utf16)),
        ("JSON in JSON", json(&json(secret))),
        ("JSON in a URL", percent(&json(secret), "-._~", upper)),
        ("Rust", within_quotes(&format!("{secret:?}"))),
        ("shown", escaped(secret, |c| c.is_control() && c != '\n', braces)),
        ("HTML", html),
        ("hex", every_byte(secret, |byte| format!("{byte:02x}"))),
        ("hex, upper case", every_byte(secret, |byte| format!("{byte:02X}"))),
        ("Base64 of JSON", base64(json(secret).as_bytes(), 1, &STANDARD)),
        ("Base64 of a URL", base64(percent(secret, "-._~", upper).as_bytes(), 2, &STANDARD)),
        ("Base64 of a URL in lower case", base64(in_lower.as_bytes(), 0, &STANDARD)),
        ("Base64 in a URL", percent(&base64(bytes, 0, &STANDARD), "-._~", upper)),
        ("Base64 in JSON with slashes", base64(bytes, 0, &STANDARD).replace('/', "\\/")),
    ];
    all.extend(aligned(secret));
    all
}

/// The encodings in Base64, which depend on the text before the secret.
fn aligned(secret: &str) -> Vec<(&'static str, String)> {
    let (bytes, mut all) = (secret.as_bytes(), Vec::new());
    for before in 0..3 {
        all.push(("Base64", base64(bytes, before, &STANDARD)));
        all.push(("Base64 for URLs", base64(bytes, before, &URL_SAFE)));
        for units in [u16::to_le_bytes, u16::to_be_bytes] {
            let units: Vec<u8> = secret.encode_utf16().flat_map(units).collect();
            all.push(("Base64 of UTF-16", base64(&units, before, &STANDARD)));
        }
        for inner in 0..3 {
            let inner = base64(bytes, inner, &STANDARD);
            all.push(("Base64 of Base64", base64(inner.as_bytes(), before, &STANDARD)));
        }
    }
    all
}

/// The encodings that split a secret into pieces, each with a name.
fn in_pieces(secret: &str) -> Vec<(&'static str, String)> {
    let encoded: Vec<char> = base64(secret.as_bytes(), 0, &STANDARD).chars().collect();
    let lines = |width: usize, between: &str| {
        encoded.chunks(width).map(String::from_iter).collect::<Vec<_>>().join(between)
    };
    let digits: Vec<_> = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let rows: Vec<_> = digits.chunks(4).map(|row| row.join(" ")).collect();
    vec![
        ("Base64 in lines", lines(8, "\n")),
        ("Base64 in lines of a mail", lines(8, "\r\n")),
        ("Base64 in indented lines", lines(8, "\n      ")),
        ("Base64 in quoted lines", lines(8, "\"\n    \"")),
        ("Base64 in escaped lines", lines(8, "\\n")),
        ("Base64 in the lines of a difference", lines(8, "\n      - ")),
        ("Base64 in added lines", lines(8, "\n+ ")),
        ("Base64 with marks between the lines", lines(8, "\n   ^^^^^^^\n   ")),
        ("hex with colons", digits.join(":")),
        ("hex with dashes in capitals", digits.join("-").to_uppercase()),
        ("hex as a list", format!("0x{}", digits.join(", 0x"))),
        ("hex in rows", rows.join("\n")),
        ("hex as a list in rows", format!("0x{}", digits.join(",\n    0x"))),
    ]
}

#[test]
fn a_secret_in_pieces_is_hidden() {
    for secret in [AWKWARD, "0rg-s3cret+/of=the-tests", "pass phrase with words"] {
        let scrubber = scrubber(&[secret]);
        for (name, form) in in_pieces(secret) {
            for (before, after) in [("<< ", " >>"), ("a: b\n<< ", " >>\nc: d\n")] {
                let clean = scrubber.scrub(&format!("{before}{form}{after}")).into_owned();
                let clean = clean.replace("0x(secret)", "(secret)");
                assert_eq!(clean, format!("{before}(secret){after}"), "{name}: {form}");
            }
            let document = serde_json::json!({ "text": format!("<< {form} >>") }).to_string();
            let clean = scrubber.scrub_json(&document).replace("0x(secret)", "(secret)");
            assert_eq!(clean, r#"{"text":"<< (secret) >>"}"#, "{name}: {form}");
        }
    }
}

#[test]
fn a_secret_is_hidden_anywhere_in_a_long_text() {
    let secret = "0rg-s3cret+/of=the-tests-of-pieces";
    let scrubber = scrubber(&[secret]);
    let (_, form) = in_pieces(secret).remove(0);
    // Near the borders of the pieces that are decoded.
    for lines in [0, 1, 4_000, 5_455, 5_461, 5_462, 6_000] {
        let around = "a line of 12\n".repeat(lines);
        let clean = scrubber.scrub(&format!("{around}{form}\n{around}")).into_owned();
        assert!(!clean.contains(&form[..8]), "{lines}");
        assert_eq!(clean.matches("(secret)").count(), 1, "{lines}");
    }
}

#[test]
fn a_diff_of_a_secret_with_blanks_is_hidden() {
    let scrubber = scrubber(&["correct horse 42x battery stapler"]);
    let text = "  - correct horse\n    ^^^^^^^ ^^^^^\n  - 42x battery\n    ^^^\n  - stapler\n";
    assert_eq!(scrubber.scrub(text), "  - (secret)\n");
}

#[test]
fn a_secret_is_hidden_in_other_cases_and_in_long_texts() {
    let scrubber = scrubber(&["uSer+Secret/of=the-tests"]);
    assert_eq!(scrubber.scrub("https://user+secret/of=the-tests.evil"), "https://(secret).evil");
    let twice = percent(
        &percent("uSer+Secret/of=the-tests", "", |byte| format!("%{byte:02X}")),
        "",
        |byte| format!("%{byte:02X}"),
    );
    for before in [0, 60_000, 65_530, 70_000, 200_000] {
        let around = "A".repeat(before);
        let text = format!("{around} {twice} {around}");
        assert_eq!(scrubber.scrub(&text), format!("{around} (secret) {around}"), "{before}");
    }
    assert!(scrubber.has_letters_of_secret("user-secret-of-the-tests"));
    assert!(!scrubber.has_letters_of_secret("user-secret"));
}

#[test]
fn a_value_that_is_text_of_the_repository_is_not_hidden() {
    let mut scrubber = Scrubber::default();
    scrubber.register_value(&Secret::new("hunter22-of-the-desk"));
    scrubber.register(&Secret::new("own-credential-of-ocon"));
    let text = "a hunter22-of-the-desk b own-credential-of-ocon c hunter22-of…";
    assert_eq!(scrubber.scrub(text), "a (secret) b (secret) c (secret)…");
    scrubber.register_public("name: hunter22-of-the-desk, own-credential-of-ocon");
    assert_eq!(scrubber.scrub(text), "a hunter22-of-the-desk b (secret) c hunter22-of…");
    assert!(scrubber.is_public("hunter22") && !scrubber.is_public("hunter23"));
    // An encoding that no file contains is still hidden.
    let encoded = STANDARD.encode("hunter22-of-the-desk");
    assert_eq!(scrubber.scrub(&encoded), "(secret)=");
    // A credential of ocon is always hidden.
    scrubber.register(&Secret::new("hunter22-of-the-desk"));
    assert_eq!(scrubber.scrub("hunter22-of-the-desk"), "(secret)");
}

#[test]
fn each_encoding_of_a_secret_is_hidden() {
    for secret in [AWKWARD, "abcdefgh", "0rg-s3cret+/of=the-tests", "pass phrase"] {
        let scrubber = scrubber(&[secret]);
        for (name, form) in encodings(secret) {
            let clean = scrubber.scrub(&format!("<< {form} >>")).into_owned();
            assert_eq!(clean, "<< (secret) >>", "{name}: {form}");
        }
    }
}

#[test]
fn base64_is_hidden_with_the_characters_that_share_bits_of_the_secret() {
    let scrubber = scrubber(&["abcdefgh"]);
    for before in ["", "x", "xy", "xyz"] {
        for after in ["", "1", "12", "123"] {
            let text = STANDARD.encode(format!("{before}abcdefgh{after}"));
            let clean = scrubber.scrub(&text).into_owned();
            let rest = clean.replacen("(secret)", "", 1);
            assert!(rest.len() < clean.len() && rest.len() <= 9, "{text}: {clean}");
        }
    }
    assert_eq!(scrubber.scrub(&URL_SAFE_NO_PAD.encode("abcdefgh")), "(secret)");
}

#[test]
fn short_and_blank_secrets_are_not_hidden() {
    let scrubber = scrubber(&["true", "1234567", "", "          ", "(secret)"]);
    let text = "true 1234567            (secret)";
    assert!(matches!(scrubber.scrub(text), Cow::Borrowed(same) if same == text));
}

#[test]
fn a_reply_hides_short_secrets_of_the_request_in_every_escape() {
    let scrub = |secrets: &[&str], text: &str| {
        let secrets: Vec<_> = secrets.iter().copied().map(Secret::new).collect();
        Scrubber::for_reply(&secrets).scrub(text).into_owned()
    };
    for form in ["a/b+c=\"", r#"a/b+c=\""#, r#"a/b+c\u003d\""#, "a%2Fb%2Bc%3D%22"] {
        assert_eq!(scrub(&["a/b+c=\""], &format!("bad {form}!")), "bad (secret)!");
    }
    assert_eq!(scrub(&["hunter", "hunter2"], "hunter2 hunter"), "(secret) (secret)");
    assert_eq!(scrub(&["abc", ""], "abc"), "abc");
}

#[test]
fn overlapping_secrets_are_hidden_completely() {
    let scrubber = scrubber(&["abcdefgh", "efghijkl", "hunter22", "hunter22-and-more"]);
    assert_eq!(scrubber.scrub("abcdefghijkl hunter22-and-more."), "(secret) (secret).");
}

#[test]
fn each_line_of_a_secret_is_hidden_with_any_white_space() {
    let key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\n  kqhkiG9w0BAQEF\nshort\n";
    let scrubber = scrubber(&[key, "correct horse battery"]);
    assert_eq!(scrubber.scrub("a MIIEvQIBADANBg b"), "a (secret) b");
    assert_eq!(scrubber.scrub("| kqhkiG9w0BAQEF\n| short"), "| (secret)\n| short");
    assert_eq!(scrubber.scrub("a correct\n    horse  battery b"), "a (secret) b");
    let on_one_line = "key=-----BEGIN KEY-----\\nMIIEvQIBADANBg\\n";
    assert_eq!(scrubber.scrub(on_one_line), "key=(secret)\\n(secret)\\n");
}

#[test]
fn the_rest_of_a_secret_in_a_cut_message_is_hidden() {
    let scrubber = scrubber(&["0123456789abcdef", "p4ss word/of+me"]);
    let encoded = format!("a {}…", &STANDARD.encode("0123456789abcdef")[..9]);
    for (text, clean) in [
        ("a 0123456789…", "a (secret)…"),
        ("a p4ss%20word%2F…", "a (secret)…"),
        (&encoded, "a (secret)…"),
        ("a p4ss%20word%2…", "a (secret)%2…"),
        ("a 01234567890…", "a 01234567890…"),
        ("a 0123456789...", "a (secret)..."),
        ("a \"0123456789\"... b", "a \"(secret)\"... b"),
        ("01234567 ... 89abcdef", "(secret) ... (secret)"),
        ("01234567[...] 89abcdef", "(secret)[...] (secret)"),
        ("a 0123456789*** b", "a (secret)*** b"),
        ("a …6789abcdef b ...6789abcdef", "a …(secret) b ...(secret)"),
        ("a 01234567…89abcdef b", "a (secret)…(secret) b"),
        ("a x6789abcdef", "a x6789abcdef"),
        // Fewer than eight bytes reveal little, and occur by chance.
        ("a 0123456…", "a 0123456…"),
    ] {
        assert_eq!(scrubber.scrub(text), clean);
    }
}

#[test]
fn a_secret_is_hidden_in_a_long_line() {
    let scrubber = scrubber(&["s3cret+/of=me"]);
    let around = "%25&amp;\\\\+ ".repeat(10_000);
    for form in ["s3cret+/of=me", "s3cret%2B%2Fof%3Dme", r"s3cret+\/of\u003dme"] {
        let text = format!("{around}{form}{around}");
        assert_eq!(scrubber.scrub(&text), format!("{around}(secret){around}"));
        let document = format!("[\"{around}{form}\"]");
        assert_eq!(scrubber.scrub_json(&document), format!("[\"{around}(secret)\"]"));
    }
}

#[test]
fn scrubbed_json_stays_valid_and_otherwise_the_same() {
    let scrubber = scrubber(&["abc\"defgh", "12345678", "n0 newline"]);
    let text =
        r#"{"abc\"defgh": ["\u202e x abc\u0022defgh y\\", 12345678], "12345678": "a\n0 newline"}"#;
    let clean = scrubber.scrub_json(text);
    let expected = r#"{"(secret)": ["\u202e x (secret) y\\", 12345678], "(secret)": "a(secret)"}"#;
    assert_eq!(clean, expected);
    serde_json::from_str::<serde_json::Value>(&clean).unwrap();
}

/// A secret.
fn secret() -> impl Strategy<Value = String> {
    let any = proptest::collection::vec(any::<char>(), 8..40).prop_map(String::from_iter);
    let awkward = "[ -~\\n\\\\\"%&+/=ü日🔑\\x07]{8,40}";
    let long_enough = |secret: &String| secret.trim().len() >= MIN_SECRET_LENGTH;
    prop_oneof![any, awkward.prop_map(|text| text)].prop_filter("too short", long_enough)
}

/// The text around a secret. It does not end within an escape.
fn around() -> impl Strategy<Value = String> {
    "[^\\\\%&]{0,20}"
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_encoding_of_a_secret_survives(secret in secret(), before in around(), after in around()) {
        let (scrubber, encodings) = (scrubber(&[&secret]), encodings(&secret));
        for (name, form) in &encodings {
            let text = format!("{before}{form}{after}");
            let clean = scrubber.scrub(&text);
            for (other, form) in &encodings {
                prop_assert!(!clean.contains(form), "{} left {}: {}", name, other, clean);
            }
            prop_assert_eq!(scrubber.scrub(&clean), &*clean);
        }
    }

    #[test]
    fn text_without_a_secret_is_unchanged(text in "[a-z {}\"\\\\%&+\\n]{0,200}") {
        let scrubber = scrubber(&["0123456789", "PASSWORD ÄÖ"]);
        prop_assert_eq!(scrubber.scrub(&text), &*text);
        prop_assert!(matches!(Scrubber::default().scrub(&text), Cow::Borrowed(_)));
    }

    #[test]
    fn json_with_secrets_stays_json(secret in secret(), before in around(), after in around()) {
        let (scrubber, encodings) = (scrubber(&[&secret]), encodings(&secret));
        for (_, form) in &encodings {
            let leak = format!("{before}{form}{after}");
            let document = serde_json::json!({ "key": leak, &leak: [leak] });
            let clean = scrubber.scrub_json(&document.to_string()).into_owned();
            let value: serde_json::Value = serde_json::from_str(&clean).unwrap();
            for shown in [clean.as_str(), value["key"].as_str().unwrap()] {
                for (name, form) in &encodings {
                    prop_assert!(!shown.contains(form), "{}: {}", name, shown);
                }
            }
        }
    }
}
