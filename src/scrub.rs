//! Removes known secrets from text that is about to be written: the second layer of protection.
//!
//! The first layer is the type [`Secret`], which cannot be displayed. This module catches what gets
//! past it: a platform that repeats a request, a value that is also in a file in plain text, a
//! library that logs, a mistake.
//!
//! In: secrets, and complete messages. Out: the messages with `(secret)` in place of every secret,
//! in every encoding: plain, percent-encoded, escaped for JSON, Rust or HTML, Base64 at any
//! alignment, hexadecimal digits. The module is pure and total. Pass only complete messages: a
//! secret that is split between two pieces is not found.
//!
//! Text of the repository is not hidden, even if a reference has the same value: readers know it
//! already, and hiding it would confirm a guess. The credentials of ocon are always hidden.
//!
//! Escapes are decoded in the text instead of encoded in the secret, because writers escape
//! different characters (see `decoding`). Base64 and hexadecimal digits are encoded (see `forms`).
//! Every form has at least [`MIN_SECRET_LENGTH`] bytes. A table of first bytes finds all forms in
//! one pass, accepts new secrets at any time, and is fast to build for thousands of them.

mod decoding;
mod forms;

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::instance::Secret;
use decoding::DecodedText;
use forms::SecretForm;

pub(crate) use forms::MIN_SECRET_LENGTH;

/// The minimum length of a secret of a request, in bytes, in the reply to that request.
const MIN_SENT_LENGTH: usize = 4;

const PLACEHOLDER: &str = "(secret)";

/// The number of secrets that are also searched in nested encodings. Nested encodings are most of
/// the forms, and a large tenant must not need memory in proportion to them.
const MAX_NESTED: usize = 2000;

/// Whether nothing is removed, so that a test can show that the search for leaks finds some.
static IS_DISABLED: AtomicBool = AtomicBool::new(false);

/// Disables every scrubber of this process. Has no effect in a release build.
pub(crate) fn disable_in_tests() {
    IS_DISABLED.store(cfg!(debug_assertions), Ordering::Relaxed);
}

/// A form is found by its first or last bytes.
type Window = [u8; MIN_SECRET_LENGTH];

/// Registers secrets and removes them from text.
#[derive(Debug, Default)]
pub(crate) struct Scrubber {
    /// The registered secrets by digest, so that no further copy of them is kept, with the indices
    /// of their forms.
    registered: HashMap<[u8; 32], Range<usize>>,
    forms: Vec<SecretForm>,
    /// The indices of the forms by their first and by their last bytes.
    beginnings: HashMap<Window, Vec<usize>>,
    endings: HashMap<Window, Vec<usize>>,
    windows: WindowFilter,
    /// Secrets that are too short for a form. They are searched as they are.
    short: Vec<Secret>,
    /// Whether a secret contains white space, which can be written as `+` or as a line break.
    has_blanks: bool,
    letters: Vec<Secret>,
    public: PublicTexts,
}

/// The bytes with which a form may begin or end: a fast answer for most positions, where none does.
#[derive(Debug, Default)]
struct WindowFilter(Vec<u64>);

impl WindowFilter {
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

/// The texts of the repository, with a cache of searches in them.
#[derive(Debug, Default)]
struct PublicTexts {
    /// The texts, and the same texts with decoded escapes.
    texts: Vec<String>,
    /// The letters and digits of all texts in lower case, computed on first use.
    letters: OnceLock<String>,
    /// The results by the digest of the searched text.
    searched: Mutex<HashMap<[u8; 32], bool>>,
}

impl PublicTexts {
    fn add(&mut self, text: String) {
        if text.contains(['\\', '%', '&']) {
            decoding::each_unescaped(&text, &mut |decoded| {
                self.texts.push(String::from_utf8_lossy(decoded).into_owned());
            });
        }
        self.texts.push(text);
        self.letters.take();
        self.searched.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Whether one of the texts contains this one. Line breaks, separators and capital letters are
    /// ignored, because the code that shows a text may change them.
    fn contains(&self, text: &[u8]) -> bool {
        let Ok(text) = str::from_utf8(text) else { return false };
        let mut searched = self.searched.lock().unwrap_or_else(PoisonError::into_inner);
        *searched.entry(digest(text)).or_insert_with(|| self.search(text))
    }

    fn search(&self, text: &str) -> bool {
        let wanted = letters(text);
        let all = || self.texts.iter().map(|text| letters(text) + "\n").collect();
        self.texts.iter().any(|public| public.contains(text))
            || wanted.len() >= MIN_SECRET_LENGTH && self.letters.get_or_init(all).contains(&wanted)
    }
}

/// The letters and digits of a text, in lower case.
fn letters(text: &str) -> String {
    let text = text.replace("0x", "");
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl Scrubber {
    /// Makes a scrubber for replies to a request with these secrets. Such a reply may repeat what
    /// was sent, so it also hides short secrets, from four bytes.
    pub(crate) fn for_reply<'s>(secrets: impl IntoIterator<Item = &'s Secret>) -> Self {
        let mut scrubber = Self::default();
        for secret in secrets {
            scrubber.register(secret);
            let text = secret.expose();
            if (MIN_SENT_LENGTH..MIN_SECRET_LENGTH).contains(&text.len()) {
                scrubber.has_blanks |= text.contains(char::is_whitespace);
                scrubber.short.push(secret.clone());
            }
        }
        scrubber
    }

    /// Registers a secret that is always hidden. Ignores one that is too short or blank.
    pub(crate) fn register(&mut self, secret: &Secret) {
        if let Some(forms) = self.registered.get(&digest(secret.expose())).cloned() {
            for form in self.forms.get_mut(forms).unwrap_or_default() {
                form.is_of_reference = false;
            }
        } else {
            self.add(secret, false, true);
        }
    }

    /// Registers the token of an instance, like the value of a reference. There is one per instance,
    /// so nested encodings, other cases and the remains of a cut token are not searched.
    pub(crate) fn register_token(&mut self, token: &Secret) {
        if !self.registered.contains_key(&digest(token.expose())) {
            self.add(token, true, false);
        }
    }

    /// Registers the value of a reference in a file. It is not hidden where it is text of the
    /// repository.
    pub(crate) fn register_value(&mut self, value: &Secret) {
        if !self.registered.contains_key(&digest(value.expose())) {
            self.add(value, true, self.registered.len() < MAX_NESTED);
        }
    }

    /// Registers a text of the repository, which every reader of it knows.
    pub(crate) fn register_public(&mut self, text: impl Into<String>) {
        self.public.add(text.into());
    }

    /// Whether the letters and digits of the text contain those of a secret, in any case.
    pub(crate) fn has_letters_of_secret(&self, text: &str) -> bool {
        let text = letters(text);
        self.letters.iter().any(|secret| text.contains(secret.expose()))
    }

    pub(crate) fn is_public(&self, text: &str) -> bool {
        self.public.contains(text.as_bytes())
    }

    fn add(&mut self, secret: &Secret, is_of_reference: bool, is_thorough: bool) {
        let text = secret.expose();
        if text.len() < MIN_SECRET_LENGTH || text == PLACEHOLDER {
            return;
        }
        self.has_blanks |= text.contains(char::is_whitespace);
        let letters = letters(text);
        if letters.len() >= MIN_SECRET_LENGTH && is_thorough {
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
        self.registered.insert(digest(text), first..self.forms.len());
    }

    fn finds_nothing(&self) -> bool {
        self.forms.is_empty() && self.short.is_empty() || IS_DISABLED.load(Ordering::Relaxed)
    }

    /// Replaces every secret in the text by `(secret)`.
    pub(crate) fn scrub<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.finds_nothing() {
            return Cow::Borrowed(text);
        }
        // Most secrets contain no white space, and large reports have many lines. Decoding one line
        // at a time needs less memory.
        let found = if self.has_blanks { self.ranges(text) } else { self.ranges_of_lines(text) };
        replaced(text, found)
    }

    /// Replaces every secret in the strings and member names of a JSON document by `(secret)`. The
    /// document stays valid, and its other bytes do not change.
    pub(crate) fn scrub_json<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.finds_nothing() {
            return Cow::Borrowed(text);
        }
        let found = decoding::literals(text).flat_map(|literal| {
            let ranges = text.get(literal.clone()).map(|inner| self.whole_escapes(inner));
            shifted(ranges.unwrap_or_default(), literal.start)
        });
        replaced(text, found.collect())
    }

    fn ranges_of_lines(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            found.extend(shifted(self.ranges(line), start));
            start += line.len();
        }
        decoding::each_joined(text, &mut |start, decoded| {
            let mut joined = Vec::new();
            self.search(decoded, text.get(start..).unwrap_or_default(), &mut joined);
            found.extend(shifted(joined, start));
        });
        found
    }

    fn ranges(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        decoding::each(text, self.has_blanks, &mut |decoded| {
            self.search(decoded, text, &mut found);
        });
        found
    }

    /// The ranges of secrets in a JSON string, as it is written. No range cuts an escape.
    fn whole_escapes(&self, inner: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        decoding::each_in_json(inner, self.has_blanks, &mut |decoded| {
            self.search(decoded, inner, &mut found);
        });
        if !found.is_empty() {
            decoding::widen(&mut found, inner);
        }
        found
    }

    /// Adds the ranges of secrets in a decoded text, as ranges of the original text.
    fn search(&self, decoded: &DecodedText<'_>, text: &str, found: &mut Vec<Range<usize>>) {
        let bytes = decoded.bytes();
        for (at, window) in bytes.windows(MIN_SECRET_LENGTH).enumerate() {
            if !self.windows.has(window) {
                continue;
            }
            let whole = self.forms_at(&self.beginnings, window).filter_map(|form| {
                Some((form, form.range_at(bytes, at, |at| decoded.follows(at))?))
            });
            let tails = self
                .forms_at(&self.endings, window)
                .filter_map(|form| Some((form, form.range_before(bytes, at + MIN_SECRET_LENGTH)?)));
            for (form, range) in whole.chain(tails) {
                let origin = decoded.origin(range.clone());
                let written = text.as_bytes().get(origin.clone()).unwrap_or_default();
                let is_public = form.is_of_reference
                    && [written, bytes.get(range).unwrap_or_default()]
                        .into_iter()
                        .any(|shown| self.public.contains(shown));
                if !is_public {
                    found.push(origin);
                }
            }
        }
        for secret in self.short.iter().map(|secret| secret.expose().as_bytes()) {
            let windows = bytes.windows(secret.len()).enumerate();
            let places = windows.filter(|(_, window)| *window == secret);
            found.extend(places.map(|(at, _)| decoded.origin(at..at + secret.len())));
        }
    }

    fn forms_at<'s>(
        &'s self,
        index: &'s HashMap<Window, Vec<usize>>,
        window: &[u8],
    ) -> impl Iterator<Item = &'s SecretForm> {
        index.get(window).into_iter().flatten().filter_map(|place| self.forms.get(*place))
    }
}

fn digest(text: &str) -> [u8; 32] {
    <sha2::Sha256 as sha2::Digest>::digest(text).into()
}

fn shifted(ranges: Vec<Range<usize>>, by: usize) -> impl Iterator<Item = Range<usize>> {
    ranges.into_iter().map(move |range| range.start + by..range.end + by)
}

/// Replaces these ranges, which may overlap, by `(secret)`. The result needs no second search: a
/// secret that appears only next to a placeholder would contain a part of that word.
fn replaced(text: &str, mut ranges: Vec<Range<usize>>) -> Cow<'_, str> {
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
        clean.push_str(PLACEHOLDER);
        shown = range.end;
    }
    clean.push_str(text.get(shown..).unwrap_or_default());
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests;
