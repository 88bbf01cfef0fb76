//! Takes out of a server's text what was secret in the request that it answers.

use std::fmt::Write as _;

use crate::instance::Secret;

/// Shorter values occur in ordinary text by chance; replacing them would garble it.
const SHORTEST: usize = 4;

/// The forms in which secrets of a request may come back.
pub(in crate::api) struct Redaction {
    /// Longest first, so that a secret within a secret leaves no rest.
    forms: Vec<Secret>,
}

impl Redaction {
    /// Prepares to replace these.
    pub(in crate::api) fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let long =
            secrets.into_iter().map(Secret::expose).filter(|secret| secret.len() >= SHORTEST);
        let mut forms: Vec<Secret> = long.flat_map(forms).map(Secret::new).collect();
        forms.sort_by_key(|form| std::cmp::Reverse(form.expose().len()));
        forms.dedup();
        Self { forms }
    }

    /// The text with `(secret)` in the place of each.
    pub(in crate::api) fn apply(&self, text: &str) -> String {
        self.forms
            .iter()
            .fold(text.to_owned(), |text, form| text.replace(form.expose(), "(secret)"))
    }
}

/// As it is, in JSON, in JSON as Gson writes it (the platform escapes for HTML as well), and
/// percent-encoded.
fn forms(secret: &str) -> [String; 4] {
    let json = serde_json::Value::from(secret).to_string();
    let within = json.strip_prefix('"').and_then(|json| json.strip_suffix('"'));
    let within = within.unwrap_or(&json);
    [secret.to_owned(), html_safe(within), percent(secret), within.to_owned()]
}

fn html_safe(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        if matches!(c, '<' | '>' | '&' | '=' | '\'') {
            write!(safe, "\\u{:04x}", u32::from(c)).expect("a String takes any text");
        } else {
            safe.push(c);
        }
    }
    safe
}

fn percent(secret: &str) -> String {
    let mut encoded = String::with_capacity(secret.len());
    for byte in secret.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("a String takes any text");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redact(secrets: &[&str], text: &str) -> String {
        let secrets: Vec<_> = secrets.iter().copied().map(Secret::new).collect();
        Redaction::new(&secrets).apply(text)
    }

    #[test]
    fn secrets_are_replaced_in_all_their_forms() {
        let secret = "a/b+c=\"";
        for form in ["a/b+c=\"", r#"a/b+c=\""#, r#"a/b+c\u003d\""#, "a%2Fb%2Bc%3D%22"] {
            assert_eq!(redact(&[secret], &format!("bad {form}!")), "bad (secret)!");
        }
    }

    #[test]
    fn a_secret_within_a_secret_leaves_no_rest() {
        assert_eq!(redact(&["hunter", "hunter2"], "hunter2 hunter"), "(secret) (secret)");
    }

    #[test]
    fn very_short_values_are_left_alone() {
        assert_eq!(redact(&["abc", ""], "abc"), "abc");
    }
}
