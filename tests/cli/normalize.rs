//! Encodings of secrets, and replacements in a text before it is compared.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::Value;

/// The encodings in which a secret could leak: as it is, as URLs, forms, JSON, Rust and HTML write
/// it, in Base64 at each alignment, and in hexadecimal digits; each of the last three also of what
/// JSON makes of it; in Base64 of UTF-16 and of Base64.
pub(crate) fn forms(secret: &str) -> Vec<String> {
    let json = in_json(secret);
    let upper = in_percent(secret, |byte| format!("%{byte:02X}"));
    let mut forms = vec![
        secret.to_owned(),
        upper.replace("%20", "+"),
        in_percent(secret, |byte| format!("%{byte:02x}")),
        json.replace('/', "\\/"),
        in_json(&json),
        in_utf16(&json, |c| !c.is_ascii()),
        in_utf16(&json, |c| "<>&='".contains(c)),
        format!("{secret:?}").trim_start_matches('"').strip_suffix('"').unwrap().to_owned(),
        secret.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;"),
        upper,
    ];
    for text in [secret, json.as_str()] {
        forms.extend([false, true].map(|capitals| in_hexadecimal(text, capitals)));
        for before in 0..3 {
            forms.push(in_base64(text, before));
            forms.push(in_base64(text, before).replace('+', "-").replace('/', "_"));
        }
    }
    for before in 0..3 {
        for bytes in [utf16(secret, u16::to_le_bytes), utf16(secret, u16::to_be_bytes)] {
            forms.push(bytes_in_base64(&bytes, before));
        }
        forms.extend((0..3).map(|inner| in_base64(&in_base64(secret, inner), before)));
        forms.push(in_base64(&in_percent(secret, |byte| format!("%{byte:02x}")), before));
    }
    forms.push(json);
    forms.sort();
    forms.dedup();
    forms
}

fn in_percent(text: &str, digits: fn(u8) -> String) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => digits(byte),
    };
    text.bytes().map(byte).collect()
}

fn in_json(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn in_utf16(text: &str, wanted: fn(char) -> bool) -> String {
    let escape = |c: char| {
        let units: Vec<_> =
            c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect();
        units.concat()
    };
    text.chars().map(|c| if wanted(c) { escape(c) } else { c.to_string() }).collect()
}

fn in_hexadecimal(text: &str, capitals: bool) -> String {
    let digits: Vec<_> = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    if capitals { digits.concat().to_uppercase() } else { digits.concat() }
}

/// The part of the Base64 of a longer text that depends only on these bytes.
fn in_base64(text: &str, before: usize) -> String {
    bytes_in_base64(text.as_bytes(), before)
}

fn bytes_in_base64(bytes: &[u8], before: usize) -> String {
    let encoded = STANDARD_NO_PAD.encode([&b"::"[..before], bytes].concat());
    let shared = usize::from(!(before + bytes.len()).is_multiple_of(3));
    encoded[[0, 2, 3][before]..encoded.len() - shared].to_owned()
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

/// The encodings in which a secret is not in one piece: Base64 in lines, and hexadecimal digits with
/// something between them.
pub(crate) fn spread(secret: &str) -> Vec<String> {
    let base64 = in_base64(secret, 0);
    let lines = |width: usize, end: &str| {
        let chars: Vec<char> = base64.chars().collect();
        chars.chunks(width).map(String::from_iter).collect::<Vec<_>>().join(end)
    };
    let digits: Vec<String> = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    vec![
        lines(20, "\n"),
        lines(64, "\r\n"),
        lines(16, "\n    "),
        digits.join(":"),
        digits.join(" ").to_uppercase(),
        format!("0x{}", digits.join(", 0x")),
    ]
}

/// The rest of a long secret in a message that was cut.
pub(crate) fn cuts(secret: &str) -> Vec<String> {
    let length = secret.chars().count();
    if length < 16 {
        return Vec::new();
    }
    let head: String = secret.chars().take(12).collect();
    let tail: String = secret.chars().skip(length - 12).collect();
    let base64 = in_base64(secret, 0);
    ["...", "…"]
        .into_iter()
        .flat_map(|cut| {
            [format!("{head}{cut}"), format!("{cut}{tail}"), format!("{}{cut}", &base64[..12])]
        })
        .collect()
}

/// A text without the separators in a secret.
pub(crate) fn squeezed(text: &str) -> String {
    let text = text.replace("\\n", "").replace("\\r", "").replace("0x", "");
    text.chars().filter(|c| c.is_alphanumeric() || "+/=".contains(*c)).collect()
}

/// Replaces the platform's request IDs, which are 24 hexadecimal digits.
pub(crate) fn without_request_ids(text: &str) -> String {
    let mut constant = String::with_capacity(text.len());
    let mut digits = String::new();
    for c in text.chars().chain(['\0']) {
        if c.is_ascii_hexdigit() && !c.is_ascii_uppercase() {
            digits.push(c);
            continue;
        }
        constant.push_str(if digits.len() == 24 { "[REQUEST]" } else { &digits });
        digits.clear();
        constant.push(c);
    }
    constant.pop();
    constant
}

/// Replaces fingerprints, which other tests check.
pub(crate) fn without_fingerprints(text: &str) -> String {
    replace_between(text, "ocon:applied=", "\"", "[FINGERPRINTS]")
}

/// Replaces the digests of a plan, which other tests compare: they depend on the port, because the base
/// URL is part of the plan.
pub(crate) fn without_digests(text: &str) -> String {
    let text = replace_between(text, "\"digest\": \"", "\"", "[DIGEST]");
    replace_between(&text, "\"basis\": \"", "\"", "[DIGEST]")
}

/// Replaces the waits before retries, which are random.
pub(crate) fn without_waits(text: &str) -> String {
    replace_between(text, "; trying again in ", " s\n", "[SECONDS]")
}

/// Replaces durations.
pub(crate) fn without_milliseconds(text: &str) -> String {
    let marks = [" ms=", " wait_ms=", "\"ms\":", "\"wait_ms\":"];
    marks.into_iter().fold(text.to_owned(), |text, mark| {
        let mut parts = text.split(mark);
        let mut constant = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
            constant.push_str(&format!("{mark}[MS]{rest}"));
        }
        constant
    })
}

fn replace_between(text: &str, before: &str, after: &str, name: &str) -> String {
    let mut parts = text.split(before);
    let mut constant = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(after).expect("what begins also ends");
        constant.push_str(&format!("{before}{name}{}", &part[end..]));
    }
    constant
}
