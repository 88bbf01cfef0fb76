//! What is done to a text before it is compared.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// The encodings in which a secret could leak.
pub(crate) fn forms(secret: &str) -> Vec<String> {
    let url: String = secret
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect();
    let json = Value::from(secret).to_string();
    let mut forms = vec![secret.to_owned(), url, json.trim_matches('"').to_owned()];
    for offset in 0..3 {
        let text = STANDARD.encode([&vec![b'.'; offset], secret.as_bytes()].concat());
        // Without the characters that the neighbours of the secret have a part in.
        forms.push(text[4..text.len() - 4].to_owned());
    }
    forms
}

/// The platform's request ids are 24 hexadecimal digits.
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

/// What was applied is told by fingerprints, which other tests look at.
pub(crate) fn without_fingerprints(text: &str) -> String {
    replace_between(text, "ocon:applied=", "\"", "[FINGERPRINTS]")
}

/// The digests of a plan are told apart by other tests: they depend on the port, since the base
/// URL is a part of the plan.
pub(crate) fn without_digests(text: &str) -> String {
    let text = replace_between(text, "\"digest\": \"", "\"", "[DIGEST]");
    replace_between(&text, "\"basis\": \"", "\"", "[DIGEST]")
}

/// How long a retry waits is random.
pub(crate) fn without_waits(text: &str) -> String {
    replace_between(text, "; trying again in ", " s\n", "[SECONDS]")
}

/// How long something took, or will be waited for.
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
