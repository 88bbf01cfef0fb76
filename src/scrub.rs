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
//! Escapes are undone in the text rather than made in the secret, since writers differ in what they
//! escape; see `reading`. Base64 and hexadecimal digits are made; see `forms`. All that is looked
//! for has at least [`SHORTEST`] bytes, so a table of first bytes finds all of it in one walk, takes
//! new secrets at any time, and is quickly made for thousands of them.

mod forms;
mod json;
mod reading;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::instance::Secret;
use forms::Form;
use reading::Reading;

/// The length, in bytes, from which secrets are taken out. Shorter values, like `true` or `443`,
/// occur in ordinary text by chance.
pub const SHORTEST: usize = 8;

/// What stands in the place of a secret.
const HIDDEN: &str = "(secret)";

/// How often a text is gone over: what stands around a secret that was taken out may, with what took
/// its place, be another.
const ROUNDS: usize = 8;

/// Knows secrets, and takes them out of text.
#[derive(Debug, Default)]
pub struct Scrubber {
    known: HashSet<[u8; 32]>,
    forms: Vec<Form>,
    /// The forms that begin with these bytes.
    beginnings: HashMap<[u8; SHORTEST], Vec<usize>>,
    /// Whether a secret has white space, which may come as `+` or as a line break.
    has_blanks: bool,
}

impl Scrubber {
    /// Learns a secret. One that is too short, or nothing but white space, is left to the types.
    pub fn learn(&mut self, secret: &Secret) {
        let text = secret.expose();
        if text.len() < SHORTEST || text == HIDDEN || !self.known.insert(digest(text)) {
            return;
        }
        self.has_blanks |= text.contains(char::is_whitespace);
        for form in forms::forms(text) {
            let Some(beginning) = form.text.expose().as_bytes().first_chunk() else { continue };
            self.beginnings.entry(*beginning).or_default().push(self.forms.len());
            self.forms.push(form);
        }
    }

    /// The text with `(secret)` in the place of every secret.
    pub fn scrub<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.settled(text, |text| {
            // Most secrets have no white space, and large reports many lines: one line at a time is
            // held in its readings.
            if self.has_blanks { self.ranges(text) } else { self.ranges_of_lines(text) }
        })
    }

    /// The JSON text with `(secret)` in the place of every secret in its texts, names of members
    /// included. It stays valid JSON, and is otherwise the same to the byte.
    pub fn scrub_json<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.settled(text, |text| {
            let literals = json::literals(text);
            let found = literals.map(|literal| {
                let ranges = text.get(literal.clone()).map(|inner| self.whole_escapes(inner));
                shifted(ranges.unwrap_or_default(), literal.start)
            });
            found.flatten().collect()
        })
    }

    /// Takes out what `find` finds, until it finds nothing.
    fn settled<'t>(&self, text: &'t str, find: impl Fn(&str) -> Vec<Range<usize>>) -> Cow<'t, str> {
        let mut clean = Cow::Borrowed(text);
        if self.forms.is_empty() {
            return clean;
        }
        for _ in 0..ROUNDS {
            let found = find(&clean);
            if found.is_empty() {
                return clean;
            }
            clean = Cow::Owned(without(&clean, found));
        }
        // It does not settle, which takes a secret made for that purpose: nothing of it is shown.
        Cow::Borrowed("\"(secret)\"\n")
    }

    fn ranges_of_lines(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            found.extend(shifted(self.ranges(line), start));
            start += line.len();
        }
        found
    }

    /// Where secrets stand in the text.
    fn ranges(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        reading::each(text, self.has_blanks, &mut |reading| self.search(reading, &mut found));
        found
    }

    /// Where secrets stand in a text of JSON, as it is written: no escape is cut.
    fn whole_escapes(&self, inner: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        reading::each_in_json(inner, self.has_blanks, &mut |reading| {
            self.search(reading, &mut found);
        });
        if !found.is_empty() {
            json::widen(&mut found, inner);
        }
        found
    }

    fn search(&self, reading: &Reading<'_>, found: &mut Vec<Range<usize>>) {
        let bytes = reading.bytes();
        for (at, window) in bytes.windows(SHORTEST).enumerate() {
            let Some(candidates) = self.beginnings.get(window) else { continue };
            let forms = candidates.iter().filter_map(|index| self.forms.get(*index));
            let matching = forms.filter_map(|form| form.range_at(bytes, at));
            found.extend(matching.map(|range| reading.origin(range)));
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

/// The text without these ranges, which may overlap.
fn without(text: &str, mut ranges: Vec<Range<usize>>) -> String {
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
    clean
}

#[cfg(test)]
mod tests;
