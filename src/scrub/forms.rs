//! What a secret may look like where no escapes hide it: itself, its lines, Base64 (of UTF-8, of
//! UTF-16 and of Base64), hexadecimal digits.

use std::fmt::Write as _;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::SHORTEST;
use crate::instance::Secret;

/// What stands where a message was cut because of its length.
const CUTS: [&str; 4] = ["…", "...", "..", "***"];

/// How much of that there is, in bytes.
const MAX_GAP: usize = 3;

/// What may stand between a text and the mark of a cut.
const BESIDE_CUTS: &[u8] = b" \"'`[]()<>";

/// No escape is longer, in bytes: two of UTF-16.
const LONGEST_ESCAPE: usize = 12;

/// A text that gives a secret away.
#[derive(Debug)]
pub(super) struct Form {
    /// The text.
    pub(super) text: Secret,
    /// Whether it is the value of a reference in a file, and so not hidden where the same text is
    /// literally in a file.
    pub(super) is_of_reference: bool,
    /// Whether the characters before and after hold bits of the secret as well, beside those of its
    /// neighbours: so it is with Base64.
    shares: (bool, bool),
}

impl Form {
    fn plain(text: impl Into<String>) -> Self {
        Self::sharing(text, (false, false))
    }

    fn sharing(text: impl Into<String>, shares: (bool, bool)) -> Self {
        Self { text: Secret::new(text), is_of_reference: false, shares }
    }

    /// What the form takes of the bytes, if it stands at this place. `follows` says whether a byte stands
    /// directly behind the one before it in the text that was read.
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
}

impl Form {
    /// What the form takes of the bytes before `end`, where its last bytes are there and the message
    /// was cut before them.
    pub(super) fn range_before(&self, bytes: &[u8], end: usize) -> Option<Range<usize>> {
        let text = self.text.expose().as_bytes();
        let before = bytes.get(..end)?;
        let pairs = before.iter().rev().zip(text.iter().rev());
        let length = pairs.take_while(|(one, other)| one == other).count();
        let start = end - length;
        let beside = |byte: &&u8| BESIDE_CUTS.contains(byte);
        let gap = bytes[..start].iter().rev().take(MAX_GAP).take_while(beside).count();
        let is_cut = CUTS.iter().any(|cut| bytes[..start - gap].ends_with(cut.as_bytes()));
        (length >= SHORTEST && length < text.len() && is_cut).then_some(start..end)
    }
}

/// How much of the text the bytes begin with, where the message was cut after that, or within the
/// escape that follows.
fn beginning(bytes: &[u8], text: &[u8]) -> Option<usize> {
    let length = bytes.iter().zip(text).take_while(|(one, other)| one == other).count();
    let rest = bytes.get(length..)?;
    let is_escape = rest.first().is_some_and(|byte| b"%\\&".contains(byte));
    let within = rest.iter().take_while(|byte| is_escape && byte.is_ascii()).take(LONGEST_ESCAPE);
    let rest = rest.get(within.count()..)?;
    let beside = |byte: &&u8| BESIDE_CUTS.contains(byte);
    let rest = rest.get(rest.iter().take(MAX_GAP).take_while(beside).count()..)?;
    let is_cut = length >= SHORTEST && CUTS.iter().any(|cut| rest.starts_with(cut.as_bytes()));
    is_cut.then_some(length)
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte)
}

/// All forms of a secret that are long enough to be looked for, each once; those of encodings that
/// are applied to encodings and of other letters only on request, since they are the most.
pub(super) fn forms(secret: &str, is_thorough: bool) -> Vec<Form> {
    let mut forms = Vec::new();
    for text in texts(secret) {
        let percent = percent(&text);
        let mut encodings = vec![text.clone(), json(&text), lower_digits(&percent), percent];
        encodings.sort();
        encodings.dedup();
        for encoded in encodings {
            forms.extend(base64(encoded.as_bytes()));
            forms.extend(hexadecimal(encoded.as_bytes()));
        }
        if is_thorough {
            forms.extend(nested(&text));
        }
        if is_thorough {
            // A host is shown in small letters.
            forms.push(Form::plain(text.to_lowercase()));
            forms.push(Form::plain(text.to_uppercase()));
        }
        forms.push(Form::plain(text));
    }
    forms.retain(|form| form.text.expose().len() >= SHORTEST);
    forms.sort_by(|one, other| one.text.expose().cmp(other.text.expose()));
    forms.dedup_by(|one, other| one.text == other.text && one.shares == other.shares);
    forms
}

/// The secret as it may come to stand in a message: whole, trimmed, on one line, and line by line.
fn texts(secret: &str) -> Vec<String> {
    let mut texts = vec![secret.to_owned()];
    if secret.contains(char::is_whitespace) {
        let words: Vec<&str> = secret.split_whitespace().collect();
        texts.push(secret.trim().to_owned());
        texts.push(words.join(" "));
        // As messages show a line break, whatever else they do or do not escape.
        texts.push(secret.replace('\n', "\\n"));
        texts.extend(secret.lines().map(|line| line.trim().to_owned()));
    }
    texts.retain(|text| text.trim().len() >= SHORTEST || text == secret && !text.trim().is_empty());
    texts.sort();
    texts.dedup();
    texts
}

/// The text within the quotes of JSON.
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
fn lower_digits(percent: &str) -> String {
    let mut pieces = percent.split('%');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| {
        let (digits, rest) = piece.split_at_checked(2).unwrap_or((piece, ""));
        text + "%" + &digits.to_ascii_lowercase() + rest
    })
}

/// Base64 of UTF-16, as some systems write it, and of Base64.
fn nested(text: &str) -> Vec<Form> {
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

/// What the bytes become within a longer Base64 text, for each place modulo three at which they may
/// begin, in both alphabets: the characters that depend on nothing else.
fn base64(bytes: &[u8]) -> impl Iterator<Item = Form> {
    let aligned = (0..3_usize).map(|before| {
        let text = STANDARD_NO_PAD.encode([&[0_u8; 2][..before], bytes].concat());
        let (from, to) = ((before * 8).div_ceil(6), (before + bytes.len()) * 8 / 6);
        let own = text.get(from..to).unwrap_or_default().to_owned();
        (own, (before > 0, !((before + bytes.len()) * 8).is_multiple_of(6)))
    });
    aligned.flat_map(|(text, shares)| {
        let for_urls = text.replace('+', "-").replace('/', "_");
        [text, for_urls].map(|text| Form::sharing(text, shares))
    })
}

fn hexadecimal(bytes: &[u8]) -> [Form; 2] {
    let mut lower = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(lower, "{byte:02x}").expect("a String takes any text");
    }
    let upper = lower.to_ascii_uppercase();
    [Form::plain(lower), Form::plain(upper)]
}
