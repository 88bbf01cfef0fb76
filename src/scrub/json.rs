//! Finds the strings of a JSON document, and ranges in them that cut no escape.

use std::ops::Range;

use super::decoding::boundaries_in_json;

/// The ranges of all strings of valid JSON, including member names, between their quotes.
pub(super) fn literals(json: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = json.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + bytes.get(at..)?.iter().position(|byte| *byte == b'"')? + 1;
        let mut end = start;
        while *bytes.get(end)? != b'"' {
            end += if *bytes.get(end)? == b'\\' { 2 } else { 1 };
        }
        at = end + 1;
        Some(start..end)
    })
}

/// Widens the ranges to begin and end outside of escapes.
pub(super) fn widen(ranges: &mut [Range<usize>], inner: &str) {
    let boundaries = boundaries_in_json(inner);
    for range in ranges {
        let after_start = boundaries.partition_point(|boundary| *boundary <= range.start);
        let start = after_start.checked_sub(1).and_then(|index| boundaries.get(index));
        let end = boundaries.get(boundaries.partition_point(|boundary| *boundary < range.end));
        *range = start.copied().unwrap_or(0)..end.copied().unwrap_or(inner.len());
    }
}
