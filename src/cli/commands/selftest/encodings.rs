//! The encodings of secrets, implemented independently of the redaction, so that both do not share a bug.

use std::fmt::Write as _;

use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::instance::Secret;

pub(super) const ENCODINGS: [&str; 15] = [
    "as it is",
    "percent-encoded",
    "percent-encoded in lower case",
    "form-encoded",
    "JSON",
    "JSON in ASCII",
    "JSON in JSON",
    "Base64",
    "Base64 for URLs",
    "hexadecimal",
    "hexadecimal in capitals",
    "Base64 of Base64",
    "Base64 of UTF-16",
    "Base64 in lines",
    "hexadecimal with separators",
];

/// The secret in each encoding, in Base64 at every alignment.
pub(super) fn of(secret: &str) -> Vec<(&'static str, Secret)> {
    let bytes = secret.as_bytes();
    let percent = percent(secret, |byte| format!("%{byte:02X}"));
    let json = json(secret);
    let [
        raw,
        upper,
        lower,
        form,
        in_json,
        ascii,
        twice,
        base64,
        for_urls,
        hex,
        capitals,
        nested,
        wide,
        ..,
    ] = ENCODINGS;
    let mut all = vec![
        (raw, secret.to_owned()),
        (upper, percent.clone()),
        (lower, self::percent(secret, |byte| format!("%{byte:02x}"))),
        (form, percent.replace("%20", "+")),
        (ascii, in_ascii(&json)),
        (twice, self::json(&json)),
        (in_json, json),
        (hex, hexadecimal(bytes)),
        (capitals, hexadecimal(bytes).to_uppercase()),
    ];
    for before in 0..3 {
        all.push((base64, aligned(&STANDARD_NO_PAD, bytes, before)));
        all.push((for_urls, aligned(&URL_SAFE_NO_PAD, bytes, before)));
        for inner in 0..3 {
            let inner = aligned(&STANDARD_NO_PAD, bytes, inner);
            all.push((nested, aligned(&STANDARD_NO_PAD, inner.as_bytes(), before)));
        }
        for units in [u16::to_le_bytes, u16::to_be_bytes] {
            let units: Vec<u8> = secret.encode_utf16().flat_map(units).collect();
            all.push((wide, aligned(&STANDARD_NO_PAD, &units, before)));
        }
    }
    // An unchanged text would be found twice.
    let is_unchanged = |(encoding, text): &(&str, String)| *encoding != raw && text == secret;
    all.retain(|entry| !is_unchanged(entry));
    all.into_iter().map(|(encoding, text)| (encoding, Secret::new(text))).collect()
}

/// The secret in the encodings that split it, as it appears in a squeezed text.
pub(super) fn in_pieces(secret: &str) -> Vec<(&'static str, Secret)> {
    let [.., in_lines, separated] = ENCODINGS;
    let bytes = secret.as_bytes();
    let base64 = (0..3).map(|before| (in_lines, aligned(&STANDARD_NO_PAD, bytes, before)));
    let hexadecimal = hexadecimal(bytes);
    let digits = [hexadecimal.to_uppercase(), hexadecimal].map(|digits| (separated, digits));
    base64.chain(digits).map(|(encoding, text)| (encoding, Secret::new(text))).collect()
}

/// Removes line breaks, spaces and separators, escaped or not.
pub(super) fn squeezed(text: &str) -> String {
    let text = text.replace("\\n", "").replace("\\r", "").replace("0x", "");
    text.chars().filter(|c| c.is_ascii_alphanumeric() || "+/".contains(*c)).collect()
}

fn percent(secret: &str, digits: fn(u8) -> String) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => digits(byte),
    };
    secret.bytes().map(byte).collect()
}

fn json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(&quoted).to_owned()
}

fn in_ascii(json: &str) -> String {
    let mut ascii = String::new();
    for c in json.chars() {
        if c.is_ascii() {
            ascii.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(ascii, "\\u{unit:04x}").expect("writing to a String cannot fail");
            }
        }
    }
    ascii
}

/// The part of a longer Base64 text that depends only on these bytes, after `before` other bytes.
fn aligned(engine: &impl base64::Engine, bytes: &[u8], before: usize) -> String {
    let all: Vec<u8> = std::iter::repeat_n(0, before).chain(bytes.iter().copied()).collect();
    let mut text = engine.encode(&all);
    if !all.len().is_multiple_of(3) {
        text.pop();
    }
    text.split_off([0, 2, 3].get(before).copied().unwrap_or_default())
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_is_searched() {
        let later = ["Base64 of Base64", "Base64 of UTF-16"];
        let found: Vec<_> = of("p ä\"/+==")
            .into_iter()
            .filter(|(name, _)| !later.contains(name))
            .map(|(name, text)| (name, text.expose().to_owned()))
            .collect();
        let expected = [
            ("as it is", "p ä\"/+=="),
            ("percent-encoded", "p%20%C3%A4%22%2F%2B%3D%3D"),
            ("percent-encoded in lower case", "p%20%c3%a4%22%2f%2b%3d%3d"),
            ("form-encoded", "p+%C3%A4%22%2F%2B%3D%3D"),
            ("JSON in ASCII", r#"p \u00e4\"/+=="#),
            ("JSON in JSON", r#"p ä\\\"/+=="#),
            ("JSON", r#"p ä\"/+=="#),
            ("hexadecimal", "7020c3a4222f2b3d3d"),
            ("hexadecimal in capitals", "7020C3A4222F2B3D3D"),
            ("Base64", "cCDDpCIvKz09"),
            ("Base64 for URLs", "cCDDpCIvKz09"),
            ("Base64", "Agw6QiLys9P"),
            ("Base64 for URLs", "Agw6QiLys9P"),
            ("Base64", "wIMOkIi8rPT"),
            ("Base64 for URLs", "wIMOkIi8rPT"),
        ];
        assert_eq!(found, expected.map(|(name, text)| (name, text.to_owned())));
    }

    #[test]
    fn nested_and_split_encodings_are_searched() {
        let texts: Vec<_> = of("abcdefgh").into_iter().chain(in_pieces("abcdefgh")).collect();
        let expected = [
            ("Base64 of Base64", "WVdKalpHVm1aM"),
            ("Base64 of UTF-16", "YQBiAGMAZABlAGYAZwBoA"),
            ("Base64 of UTF-16", "AGEAYgBjAGQAZQBmAGcAa"),
            ("Base64 in lines", "YWJjZGVmZ2"),
            ("hexadecimal with separators", "6162636465666768"),
        ];
        for (name, text) in expected {
            assert!(
                texts.iter().any(|(other, form)| *other == name && form.expose() == text),
                "{name}: {:?}",
                texts.iter().map(|(name, form)| (name, form.expose())).collect::<Vec<_>>()
            );
        }
        assert_eq!(squeezed("61:62, 0x63\\n YW\r\n  Jj"), "616263YWJj");
    }

    #[test]
    fn a_text_that_an_encoding_does_not_change_is_found_once() {
        let names: Vec<_> = of("abcdefgh").into_iter().map(|(name, _)| name).collect();
        assert!(!names.contains(&"JSON") && !names.contains(&"form-encoded"), "{names:?}");
    }
}
