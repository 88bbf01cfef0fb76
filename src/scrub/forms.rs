//! The forms of a secret in decoded text: itself, its lines, Base64 (of UTF-8, UTF-16 and Base64),
//! hexadecimal digits.

use std::fmt::Write as _;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::instance::Secret;

/// The minimum length of a secret, in bytes. Shorter values, such as `true` or `443`, occur in
/// ordinary text by chance.
pub(crate) const MIN_SECRET_LENGTH: usize = 8;

/// The marks that show where a long message was cut.
const CUT_MARKS: [&str; 4] = ["…", "...", "..", "***"];

/// The characters that may separate a text from the mark.
const CUT_SEPARATORS: &[u8] = b" \"'`[]()<>";

const MAX_SEPARATORS: usize = 3;

/// The maximum length of an escape, in bytes: two UTF-16 units.
const MAX_ESCAPE: usize = 12;

/// A text that reveals a secret.
#[derive(Debug)]
pub(super) struct SecretForm {
    pub(super) text: Secret,
    /// Whether it is the value of a reference in a file. Such a value is not hidden if the same text
    /// is in a file of the repository.
    pub(super) is_of_reference: bool,
    /// Whether the characters before and after the form also contain bits of the secret, as in
    /// Base64.
    shares: (bool, bool),
}

impl SecretForm {
    fn plain(text: impl Into<String>) -> Self {
        Self::sharing(text, (false, false))
    }

    fn sharing(text: impl Into<String>, shares: (bool, bool)) -> Self {
        Self { text: Secret::new(text), is_of_reference: false, shares }
    }

    /// The range of the form at this place, if it is there. `follows` says whether a byte directly
    /// follows the previous one in the original text.
    pub(super) fn range_at(
        &self,
        bytes: &[u8],
        at: usize,
        follows: impl Fn(usize) -> bool,
    ) -> Option<Range<usize>> {
        let text = self.text.expose().as_bytes();
        let before = bytes.get(..at)?;
        let here = bytes.get(at..)?;
        let (shares_before, shares_after) = self.shares;
        let is_shared = |byte: Option<&u8>| byte.copied().is_some_and(is_base64);
        let start = at - usize::from(shares_before && is_shared(before.last()) && follows(at));
        let Some(after) = here.strip_prefix(text) else {
            return beginning(here, text).map(|length| start..at + length);
        };
        let end = at + text.len();
        let end = end + usize::from(shares_after && is_shared(after.first()) && follows(end));
        Some(start..end)
    }

    /// The range of the last bytes of the form before `end`, if the message was cut before them.
    pub(super) fn range_before(&self, bytes: &[u8], end: usize) -> Option<Range<usize>> {
        let text = self.text.expose().as_bytes();
        let before = bytes.get(..end)?;
        let pairs = before.iter().rev().zip(text.iter().rev());
        let length = pairs.take_while(|(one, other)| one == other).count();
        let start = end - length;
        let gap = separators(bytes[..start].iter().rev());
        let is_cut = CUT_MARKS.iter().any(|mark| bytes[..start - gap].ends_with(mark.as_bytes()));
        (length >= MIN_SECRET_LENGTH && length < text.len() && is_cut).then_some(start..end)
    }
}

/// The length of the common beginning, if the message was cut after it or within the next escape.
fn beginning(bytes: &[u8], text: &[u8]) -> Option<usize> {
    let length = bytes.iter().zip(text).take_while(|(one, other)| one == other).count();
    let rest = bytes.get(length..)?;
    let is_escape = rest.first().is_some_and(|byte| b"%\\&".contains(byte));
    let within = rest.iter().take_while(|byte| is_escape && byte.is_ascii()).take(MAX_ESCAPE);
    let rest = rest.get(within.count()..)?;
    let rest = rest.get(separators(rest.iter())..)?;
    let is_cut = CUT_MARKS.iter().any(|mark| rest.starts_with(mark.as_bytes()));
    (length >= MIN_SECRET_LENGTH && is_cut).then_some(length)
}

/// The number of separators with which the bytes begin.
fn separators<'b>(bytes: impl Iterator<Item = &'b u8>) -> usize {
    bytes.take(MAX_SEPARATORS).take_while(|byte| CUT_SEPARATORS.contains(byte)).count()
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte)
}

/// All forms of a secret that are long enough, each once. A thorough list also contains nested
/// encodings and other cases, which are most of the forms.
pub(super) fn forms(secret: &str, is_thorough: bool) -> Vec<SecretForm> {
    let mut forms = Vec::new();
    for text in texts(secret) {
        let percent = percent(&text);
        let mut encodings = vec![text.clone(), json(&text), lower_case_digits(&percent), percent];
        encodings.sort();
        encodings.dedup();
        for encoded in encodings {
            forms.extend(base64(encoded.as_bytes()));
            forms.extend(hexadecimal(encoded.as_bytes()));
        }
        if is_thorough {
            forms.extend(nested(&text));
            // Host names are shown in lower case.
            forms.push(SecretForm::plain(text.to_lowercase()));
            forms.push(SecretForm::plain(text.to_uppercase()));
        }
        forms.push(SecretForm::plain(text));
    }
    forms.retain(|form| form.text.expose().len() >= MIN_SECRET_LENGTH);
    forms.sort_by(|one, other| one.text.expose().cmp(other.text.expose()));
    forms.dedup_by(|one, other| one.text == other.text && one.shares == other.shares);
    forms
}

/// The secret as a message may contain it: whole, trimmed, on one line, and line by line.
fn texts(secret: &str) -> Vec<String> {
    let mut texts = vec![secret.to_owned()];
    if secret.contains(char::is_whitespace) {
        let words: Vec<&str> = secret.split_whitespace().collect();
        texts.push(secret.trim().to_owned());
        texts.push(words.join(" "));
        // Messages show a line break like this, whatever else they escape.
        texts.push(secret.replace('\n', "\\n"));
        texts.extend(secret.lines().map(|line| line.trim().to_owned()));
    }
    texts.retain(|text| {
        text.trim().len() >= MIN_SECRET_LENGTH || text == secret && !text.trim().is_empty()
    });
    texts.sort();
    texts.dedup();
    texts
}

/// The content of a JSON string.
fn json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
}

fn percent(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("a String takes any text");
        }
    }
    encoded
}

/// Percent-encoded text with `%2f` in place of `%2F`.
fn lower_case_digits(percent: &str) -> String {
    let mut pieces = percent.split('%');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| {
        let (digits, rest) = piece.split_at_checked(2).unwrap_or((piece, ""));
        text + "%" + &digits.to_ascii_lowercase() + rest
    })
}

/// Base64 of UTF-16, which some systems write, and of Base64.
fn nested(text: &str) -> Vec<SecretForm> {
    let little = text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let big = text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>();
    let inner: Vec<String> =
        base64(text.as_bytes()).map(|form| form.text.expose().to_owned()).collect();
    let inner = inner.into_iter().map(String::into_bytes);
    [little, big]
        .into_iter()
        .chain(inner)
        .flat_map(|bytes| base64(&bytes).collect::<Vec<_>>())
        .collect()
}

/// The characters of a longer Base64 text that depend only on these bytes, for each alignment and in
/// both alphabets.
fn base64(bytes: &[u8]) -> impl Iterator<Item = SecretForm> {
    let aligned = (0..3_usize).map(|before| {
        let text = STANDARD_NO_PAD.encode([&[0_u8; 2][..before], bytes].concat());
        let (from, to) = ((before * 8).div_ceil(6), (before + bytes.len()) * 8 / 6);
        let own = text.get(from..to).unwrap_or_default().to_owned();
        (own, (before > 0, !((before + bytes.len()) * 8).is_multiple_of(6)))
    });
    aligned.flat_map(|(text, shares)| {
        let for_urls = text.replace('+', "-").replace('/', "_");
        [text, for_urls].map(|text| SecretForm::sharing(text, shares))
    })
}

fn hexadecimal(bytes: &[u8]) -> [SecretForm; 2] {
    let mut lower = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(lower, "{byte:02x}").expect("a String takes any text");
    }
    let upper = lower.to_ascii_uppercase();
    [SecretForm::plain(lower), SecretForm::plain(upper)]
}
