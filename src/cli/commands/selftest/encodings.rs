//! The encodings of secrets, implemented independently of the redaction, so that both do not share a bug.

use std::fmt::Write as _;

use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::instance::Secret;

type Encode = fn(&str) -> Vec<String>;

const UNCHANGED: &str = "as it is";
/// The encodings that change the whole secret, with Base64 at every alignment.
const WHOLE: [(&str, Encode); 12] = [
    ("percent-encoded", |secret| vec![percent(secret, upper)]),
    ("percent-encoded in lower case", |secret| vec![percent(secret, lower)]),
    ("form-encoded", |secret| vec![percent(secret, upper).replace("%20", "+")]),
    ("JSON", |secret| vec![json(secret)]),
    ("JSON in ASCII", |secret| vec![in_ascii(&json(secret))]),
    ("JSON in JSON", |secret| vec![json(&json(secret))]),
    ("Base64", |secret| aligned(&STANDARD_NO_PAD, secret.as_bytes())),
    ("Base64 for URLs", |secret| aligned(&URL_SAFE_NO_PAD, secret.as_bytes())),
    ("hexadecimal", |secret| vec![hexadecimal(secret)]),
    ("hexadecimal in capitals", |secret| vec![hexadecimal(secret).to_uppercase()]),
    ("Base64 of Base64", |secret| {
        let inner = aligned(&STANDARD_NO_PAD, secret.as_bytes()).into_iter();
        inner.flat_map(|inner| aligned(&STANDARD_NO_PAD, inner.as_bytes())).collect()
    }),
    ("Base64 of UTF-16", |secret| {
        let orders = [u16::to_le_bytes, u16::to_be_bytes].into_iter();
        let units = orders.map(|order| secret.encode_utf16().flat_map(order).collect::<Vec<u8>>());
        units.flat_map(|units| aligned(&STANDARD_NO_PAD, &units)).collect()
    }),
];

/// The encodings that split the secret, as it appears in a squeezed text.
const IN_PIECES: [(&str, Encode); 2] = [
    ("Base64 in lines", |secret| aligned(&STANDARD_NO_PAD, secret.as_bytes())),
    ("hexadecimal with separators", |secret| {
        vec![hexadecimal(secret).to_uppercase(), hexadecimal(secret)]
    }),
];

pub(super) fn names() -> Vec<&'static str> {
    let encoded = WHOLE.iter().chain(&IN_PIECES).map(|(name, _)| *name);
    std::iter::once(UNCHANGED).chain(encoded).collect()
}

pub(super) fn of(secret: &str) -> Vec<(&'static str, Secret)> {
    // An unchanged text would be found twice.
    let encoded = encoded(&WHOLE, secret).filter(|(_, form)| form.expose() != secret);
    std::iter::once((UNCHANGED, Secret::new(secret))).chain(encoded).collect()
}

pub(super) fn in_pieces(secret: &str) -> Vec<(&'static str, Secret)> {
    encoded(&IN_PIECES, secret).collect()
}

fn encoded(
    encodings: &[(&'static str, Encode)],
    secret: &str,
) -> impl Iterator<Item = (&'static str, Secret)> {
    let forms = encodings.iter().map(move |(name, encode)| (*name, encode(secret)));
    forms.flat_map(|(name, forms)| forms.into_iter().map(move |form| (name, Secret::new(form))))
}

/// Removes line breaks, spaces and separators, escaped or not.
pub(super) fn squeezed(text: &str) -> String {
    let text = text.replace("\\n", "").replace("\\r", "").replace("0x", "");
    text.chars().filter(|c| c.is_ascii_alphanumeric() || "+/".contains(*c)).collect()
}

fn percent(secret: &str, escaped: fn(u8) -> String) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let byte = |byte| if is_plain(byte) { char::from(byte).to_string() } else { escaped(byte) };
    secret.bytes().map(byte).collect()
}

fn upper(byte: u8) -> String {
    format!("%{byte:02X}")
}

fn lower(byte: u8) -> String {
    format!("%{byte:02x}")
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

/// The parts of longer Base64 texts that depend only on these bytes, at every alignment.
fn aligned(engine: &impl base64::Engine, bytes: &[u8]) -> Vec<String> {
    let after = |(before, dropped): (usize, usize)| {
        let all: Vec<u8> = std::iter::repeat_n(0, before).chain(bytes.iter().copied()).collect();
        let mut text = engine.encode(&all);
        if !all.len().is_multiple_of(3) {
            text.pop();
        }
        text.split_off(dropped)
    };
    [(0, 0), (1, 2), (2, 3)].map(after).into()
}

fn hexadecimal(secret: &str) -> String {
    secret.bytes().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
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
            ("JSON", r#"p ä\"/+=="#),
            ("JSON in ASCII", r#"p \u00e4\"/+=="#),
            ("JSON in JSON", r#"p ä\\\"/+=="#),
            ("Base64", "cCDDpCIvKz09"),
            ("Base64", "Agw6QiLys9P"),
            ("Base64", "wIMOkIi8rPT"),
            ("Base64 for URLs", "cCDDpCIvKz09"),
            ("Base64 for URLs", "Agw6QiLys9P"),
            ("Base64 for URLs", "wIMOkIi8rPT"),
            ("hexadecimal", "7020c3a4222f2b3d3d"),
            ("hexadecimal in capitals", "7020C3A4222F2B3D3D"),
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
