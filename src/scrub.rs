//! Takes known secrets out of text that is about to be written: the second layer.
//!
//! The first layer are the types: an [`instance::Secret`](Secret) has no way to be shown. This room
//! is for what gets past them: a platform that repeats what it was sent, a value that stands in a
//! file in clear as well, a library that logs, a mistake.
//!
//! In: secrets, one by one, and whole messages. Out: the messages with `(secret)` in the place of
//! every secret, whatever the encoding: as it is, percent-encoded, with the escapes of JSON, Rust
//! or HTML, in Base64 at any alignment, in hexadecimal digits. It is pure and total. It must never
//! be given pieces of a message, between which a secret could be cut.
//!
//! Text that is literally in a file of the repository is not hidden, even where it is the value of a
//! reference: whoever reads the file knows it, and whoever wrote it would learn that the guess is
//! right. ocon's own credentials are hidden in any case.
//!
//! Escapes are undone in the text rather than made in the secret, since writers differ in what they
//! escape; see `reading`. Base64 and hexadecimal digits are made; see `forms`. All that is looked
//! for has at least [`SHORTEST`] bytes, so a table of first bytes finds all of it in one walk, takes
//! new secrets at any time, and is quickly made for thousands of them.

mod forms;
mod json;
mod reading;

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::instance::Secret;
use forms::Form;
use reading::Reading;

/// The length, in bytes, from which secrets are taken out. Shorter values, like `true` or `443`,
/// occur in ordinary text by chance.
pub const SHORTEST: usize = 8;

/// What stands in the place of a secret.
const HIDDEN: &str = "(secret)";

/// So many secrets are looked for in encodings of encodings as well. Those are the most forms, and
/// their number should not decide how much memory a large tenant takes.
const MAX_NESTED: usize = 2000;

/// Knows secrets, and takes them out of text.
#[derive(Debug, Default)]
pub struct Scrubber {
    /// The secrets, by their digests, with the places of their forms.
    known: HashMap<[u8; 32], Range<usize>>,
    forms: Vec<Form>,
    /// The forms that begin and that end with these bytes.
    beginnings: HashMap<[u8; SHORTEST], Vec<usize>>,
    endings: HashMap<[u8; SHORTEST], Vec<usize>>,
    windows: Windows,
    /// Whether a secret has white space, which may come as `+` or as a line break.
    has_blanks: bool,
    /// The letters and digits of each secret.
    letters: Vec<Secret>,
    public: Public,
}

/// Which bytes a form may begin or end with: a quick answer for the many that none does.
#[derive(Debug, Default)]
struct Windows(Vec<u64>);

impl Windows {
    const BITS: usize = 1 << 16;

    fn add(&mut self, window: &[u8]) {
        let slot = Self::slot(window);
        self.0.resize(Self::BITS / 64, 0);
        if let Some(word) = self.0.get_mut(slot / 64) {
            *word |= 1 << (slot % 64);
        }
    }

    fn has(&self, window: &[u8]) -> bool {
        let slot = Self::slot(window);
        self.0.get(slot / 64).is_some_and(|word| word >> (slot % 64) & 1 == 1)
    }

    /// Spreads the first four bytes over all slots.
    fn slot(window: &[u8]) -> usize {
        let first = window.first_chunk().copied().map_or(0, u32::from_le_bytes);
        (first.wrapping_mul(0x9E37_79B1) >> 16) as usize
    }
}

/// The texts of the repository, and which texts were looked for in them.
#[derive(Debug, Default)]
struct Public {
    /// The texts, and what they are with escapes undone.
    texts: Vec<String>,
    /// The letters and digits of all texts, in small letters, as far as they were needed.
    letters: OnceLock<String>,
    /// The answers, by the digests of the questions.
    known: Mutex<HashMap<[u8; 32], bool>>,
}

impl Public {
    fn add(&mut self, text: String) {
        if text.contains(['\\', '%', '&']) {
            reading::each_unescaped(&text, &mut |reading| {
                self.texts.push(String::from_utf8_lossy(reading).into_owned());
            });
        }
        self.texts.push(text);
        self.letters.take();
        self.known.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Whether a text is in one of them, however it is broken into lines, separated or capitalized:
    /// whoever shows it may do that.
    fn has(&self, text: &[u8]) -> bool {
        let Ok(text) = str::from_utf8(text) else { return false };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let search = || {
            let wanted = letters(text);
            let all = || {
                self.letters
                    .get_or_init(|| self.texts.iter().map(|text| letters(text) + "\n").collect())
            };
            self.texts.iter().any(|public| public.contains(text))
                || wanted.len() >= SHORTEST && all().contains(&wanted)
        };
        *known.entry(digest(text)).or_insert_with(search)
    }
}

/// The letters and digits of a text, in small letters.
fn letters(text: &str) -> String {
    let text = text.replace("0x", "");
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl Scrubber {
    /// Learns a secret that is hidden wherever it occurs. One that is too short, or nothing but white
    /// space, is left to the types.
    pub fn learn(&mut self, secret: &Secret) {
        if let Some(forms) = self.known.get(&digest(secret.expose())).cloned() {
            let forms = self.forms.get_mut(forms).unwrap_or_default();
            for form in forms {
                form.is_of_reference = false;
            }
        } else {
            self.add(secret, false, true);
        }
    }

    /// Learns the token of an instance, like the value of a reference. There are as many as instances, so
    /// encodings of encodings, other letters and what is left behind a cut are not looked for.
    pub fn learn_token(&mut self, token: &Secret) {
        if !self.known.contains_key(&digest(token.expose())) {
            self.add(token, true, false);
        }
    }

    /// Learns the value of a reference in a file, which is not hidden where it is text of the
    /// repository.
    pub fn learn_value(&mut self, value: &Secret) {
        if !self.known.contains_key(&digest(value.expose())) {
            self.add(value, true, self.known.len() < MAX_NESTED);
        }
    }

    /// Takes a text for one that everybody who reads the repository knows.
    pub fn show(&mut self, text: impl Into<String>) {
        self.public.add(text.into());
    }

    /// Whether the letters and digits of the text have those of a secret, in small letters or capitals.
    pub fn has_letters_of_secret(&self, text: &str) -> bool {
        let text = letters(text);
        self.letters.iter().any(|secret| text.contains(secret.expose()))
    }

    /// Whether everybody who reads the repository knows the text.
    pub fn is_public(&self, text: &str) -> bool {
        self.public.has(text.as_bytes())
    }

    fn add(&mut self, secret: &Secret, is_of_reference: bool, is_thorough: bool) {
        let text = secret.expose();
        if text.len() < SHORTEST || text == HIDDEN {
            return;
        }
        self.has_blanks |= text.contains(char::is_whitespace);
        let letters = letters(text);
        if letters.len() >= SHORTEST && is_thorough {
            self.letters.push(Secret::new(letters));
        }
        let first = self.forms.len();
        for mut form in forms::forms(text, is_thorough) {
            let bytes = form.text.expose().as_bytes();
            let (Some(beginning), Some(ending)) = (bytes.first_chunk(), bytes.last_chunk()) else {
                continue;
            };
            self.windows.add(beginning);
            self.beginnings.entry(*beginning).or_default().push(self.forms.len());
            if is_thorough {
                self.windows.add(ending);
                self.endings.entry(*ending).or_default().push(self.forms.len());
            }
            form.is_of_reference = is_of_reference;
            self.forms.push(form);
        }
        self.known.insert(digest(text), first..self.forms.len());
    }

    /// The text with `(secret)` in the place of every secret.
    pub fn scrub<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.forms.is_empty() {
            return Cow::Borrowed(text);
        }
        // Most secrets have no white space, and large reports many lines: one line at a time is
        // held in its readings.
        let found = if self.has_blanks { self.ranges(text) } else { self.ranges_of_lines(text) };
        without(text, found)
    }

    /// The JSON text with `(secret)` in the place of every secret in its texts, names of members
    /// included. It stays valid JSON, and is otherwise the same to the byte.
    pub fn scrub_json<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.forms.is_empty() {
            return Cow::Borrowed(text);
        }
        let literals = json::literals(text);
        let found = literals.flat_map(|literal| {
            let ranges = text.get(literal.clone()).map(|inner| self.whole_escapes(inner));
            shifted(ranges.unwrap_or_default(), literal.start)
        });
        without(text, found.collect())
    }

    fn ranges_of_lines(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            found.extend(shifted(self.ranges(line), start));
            start += line.len();
        }
        reading::each_joined(text, &mut |start, reading| {
            let mut joined = Vec::new();
            self.search(reading, text.get(start..).unwrap_or_default(), &mut joined);
            found.extend(shifted(joined, start));
        });
        found
    }

    /// Where secrets stand in the text.
    fn ranges(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        reading::each(text, self.has_blanks, &mut |reading| self.search(reading, text, &mut found));
        found
    }

    /// Where secrets stand in a text of JSON, as it is written: no escape is cut.
    fn whole_escapes(&self, inner: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        reading::each_in_json(inner, self.has_blanks, &mut |reading| {
            self.search(reading, inner, &mut found);
        });
        if !found.is_empty() {
            json::widen(&mut found, inner);
        }
        found
    }

    /// Adds where secrets stand in a reading of a text.
    fn search(&self, reading: &Reading<'_>, text: &str, found: &mut Vec<Range<usize>>) {
        let bytes = reading.bytes();
        for (at, window) in bytes.windows(SHORTEST).enumerate() {
            if !self.windows.has(window) {
                continue;
            }
            let forms = |of: &HashMap<[u8; SHORTEST], Vec<usize>>| {
                let indices = of.get(window).into_iter().flatten();
                indices.filter_map(|index| self.forms.get(*index)).collect::<Vec<_>>()
            };
            let whole = forms(&self.beginnings).into_iter();
            let whole = whole.filter_map(|form| {
                Some((form, form.range_at(bytes, at, |at| reading.follows(at))?))
            });
            let tails = forms(&self.endings).into_iter();
            let tails =
                tails.filter_map(|form| Some((form, form.range_before(bytes, at + SHORTEST)?)));
            for (form, range) in whole.chain(tails) {
                let origin = reading.origin(range.clone());
                let written = text.as_bytes().get(origin.clone()).unwrap_or_default();
                let is_public = form.is_of_reference
                    && [written, bytes.get(range).unwrap_or_default()]
                        .into_iter()
                        .any(|shown| self.public.has(shown));
                if !is_public {
                    found.push(origin);
                }
            }
        }
    }
}

/// A secret that was learnt is recognised by its digest, so that no copy of it is kept for that.
fn digest(text: &str) -> [u8; 32] {
    <sha2::Sha256 as sha2::Digest>::digest(text).into()
}

fn shifted(ranges: Vec<Range<usize>>, by: usize) -> impl Iterator<Item = Range<usize>> {
    ranges.into_iter().map(move |range| range.start + by..range.end + by)
}

/// The text without these ranges, which may overlap. Whatever remains was searched: a secret that only
/// appears beside `(secret)` would have a part of that word in it.
fn without(text: &str, mut ranges: Vec<Range<usize>>) -> Cow<'_, str> {
    if ranges.is_empty() {
        return Cow::Borrowed(text);
    }
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    let mut clean = String::with_capacity(text.len());
    let mut shown = 0;
    for range in merged {
        clean.push_str(text.get(shown..range.start).unwrap_or_default());
        clean.push_str(HIDDEN);
        shown = range.end;
    }
    clean.push_str(text.get(shown..).unwrap_or_default());
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests;
