//! Decodes escapes in a text, and keeps the place of every decoded byte in the original text. Finds the
//! strings of a JSON document, and ranges in them that cut no escape.

use std::borrow::Cow;
use std::ops::Range;

/// The number of layers of escapes that are decoded, such as JSON in JSON. Each layer costs a pass
/// for each kind of escape, and the sender of the text chooses their number.
const MAX_LAYERS: usize = 2;

/// The number of bytes that a piece shares with the next one.
const OVERLAP: usize = 8 * 1024;

const PIECE: usize = 64 * 1024;

/// A text with some escapes decoded.
pub(super) struct DecodedText<'t> {
    bytes: Cow<'t, [u8]>,
    /// The offset of its beginning in the original text.
    start: usize,
    /// The range of each byte in the original text, as start and end. `None` for the text itself.
    origins: Option<Vec<(usize, usize)>>,
}

/// The meaning of an escape, and the length of the escape in bytes.
type DecodedEscape = (Piece, usize);

struct Piece {
    bytes: [u8; 4],
    length: usize,
    /// Whether the original text contains these bytes unchanged, followed by something that is left
    /// out.
    is_literal: bool,
}

/// Decodes the escape at the beginning of the bytes, if there is one.
type Decoder = fn(&[u8]) -> Option<DecodedEscape>;

const DECODERS: [Decoder; 4] = [percent, backslash, braces, html];
/// An additional decoder if secrets contain white space.
const BLANK_DECODERS: [Decoder; 1] = [form];
/// The decoders that are applied last, because the code that shows a text may break it into lines.
const LAST_DECODERS: [Decoder; 2] = [line_break, separator];
const LAST_BLANK_DECODERS: [Decoder; 3] = [blanks, line_break, separator];

/// Visits the text itself and its decoded versions, in any order of decoders.
pub(super) fn each(text: &str, has_blanks: bool, visit: &mut dyn FnMut(&DecodedText<'_>)) {
    for piece in pieces(text) {
        piece.descend(MAX_LAYERS, has_blanks, visit);
    }
}

/// Like [`each`], for a JSON string as it is written. Its JSON escapes are decoded first.
pub(super) fn each_in_json(inner: &str, has_blanks: bool, visit: &mut dyn FnMut(&DecodedText<'_>)) {
    for piece in pieces(inner) {
        piece.descend(MAX_LAYERS, has_blanks, visit);
        if let Some(text) = piece.decoded(backslash) {
            text.descend(MAX_LAYERS, has_blanks, visit);
        }
    }
}

/// Splits a text into pieces, because decoding needs many times the size of its input. A secret that
/// begins near the end of a piece is complete in the next one.
fn pieces(text: &str) -> impl Iterator<Item = DecodedText<'_>> {
    let mut start = 0;
    let mut is_done = false;
    std::iter::from_fn(move || {
        if is_done {
            return None;
        }
        let end = text.ceil_char_boundary((start + PIECE).min(text.len()));
        let piece = text.get(start..end).unwrap_or_default();
        let reading = DecodedText { bytes: Cow::Borrowed(piece.as_bytes()), start, origins: None };
        is_done = end == text.len();
        start = text.floor_char_boundary(end.saturating_sub(OVERLAP));
        Some(reading)
    })
}

/// Visits a text with one kind of escape decoded, up to two times.
pub(super) fn each_unescaped(text: &str, visit: &mut dyn FnMut(&[u8])) {
    for decoder in DECODERS {
        let mut decoded = DecodedText::of(text).decoded(decoder);
        for _ in 0..MAX_LAYERS {
            let Some(unescaped) = decoded else { break };
            visit(unescaped.bytes());
            decoded = unescaped.decoded(decoder);
        }
    }
}

/// Visits several lines of Base64 or hexadecimal digits as one line, piece by piece.
pub(super) fn each_joined(text: &str, visit: &mut dyn FnMut(usize, &DecodedText<'_>)) {
    let mut start = 0;
    while start < text.len() {
        let end = end_of_line(text, start + PIECE);
        let piece = DecodedText::of(text.get(start..end).unwrap_or_default());
        for joined in [piece.decoded(line_break), piece.decoded(separator)].into_iter().flatten() {
            visit(start, &joined);
            if let Some(digits) = joined.decoded(separator) {
                visit(start, &digits);
            }
        }
        if end == text.len() {
            return;
        }
        start = end_of_line(text, end.saturating_sub(OVERLAP)).min(end);
    }
}

fn end_of_line(text: &str, from: usize) -> usize {
    let from = text.ceil_char_boundary(from.min(text.len()));
    text.get(from..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| from + at + 1)
}

/// The places between which a JSON string may be cut: the start of each character and escape, and
/// the end of the string.
fn boundaries_in_json(inner: &str) -> Vec<usize> {
    let decoded = DecodedText::of(inner).decoded(backslash).and_then(|text| text.origins);
    let starts: Vec<usize> = match decoded {
        Some(origins) => origins.into_iter().map(|(start, _)| start).collect(),
        None => inner.char_indices().map(|(at, _)| at).collect(),
    };
    starts.into_iter().chain([inner.len()]).collect()
}

impl<'t> DecodedText<'t> {
    fn of(text: &'t str) -> Self {
        Self { bytes: Cow::Borrowed(text.as_bytes()), start: 0, origins: None }
    }

    /// Visits this text and those that are up to `layers` layers below it. Only the texts on the path
    /// to the current one are in memory.
    fn descend(&self, layers: usize, has_blanks: bool, visit: &mut dyn FnMut(&DecodedText<'_>)) {
        visit(self);
        let last: &[Decoder] = if has_blanks { &LAST_BLANK_DECODERS } else { &LAST_DECODERS };
        last.iter().filter_map(|decoder| self.decoded(*decoder)).for_each(|below| visit(&below));
        if layers == 0 {
            return;
        }
        let of_blanks: &[Decoder] = if has_blanks { &BLANK_DECODERS } else { &[] };
        for decoder in DECODERS.iter().chain(of_blanks) {
            if let Some(below) = self.decoded(*decoder) {
                below.descend(layers - 1, has_blanks, visit);
            }
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The range in the original text of a range of the decoded text.
    pub(super) fn origin(&self, range: Range<usize>) -> Range<usize> {
        let start = self.place(range.start).0;
        start..range.end.checked_sub(1).map_or(start, |last| self.place(last).1)
    }

    /// Whether the byte directly follows the previous one in the original text.
    pub(super) fn follows(&self, at: usize) -> bool {
        at.checked_sub(1).is_some_and(|before| self.place(before).1 == self.place(at).0)
    }

    fn place(&self, at: usize) -> (usize, usize) {
        let origin = |origins: &Vec<_>| origins.get(at).copied().unwrap_or_default();
        self.origins.as_ref().map_or((self.start + at, self.start + at + 1), origin)
    }

    /// The text with one kind of escape decoded, or `None` if it contains none.
    fn decoded(&self, decoder: Decoder) -> Option<DecodedText<'static>> {
        let escape = |at: &usize| self.bytes.get(*at..).and_then(decoder).is_some();
        let first = (0..self.bytes.len()).find(escape)?;
        let mut bytes = self.bytes.get(..first)?.to_vec();
        let mut origins: Vec<_> = (0..first).map(|at| self.place(at)).collect();
        let mut at = first;
        while let Some((&byte, _)) = self.bytes.get(at..).and_then(<[u8]>::split_first) {
            let piece = decoder(self.bytes.get(at..)?);
            let (piece, length) = piece.unwrap_or((Piece::byte(byte), 1));
            bytes.extend(piece.bytes.iter().take(piece.length));
            if piece.is_literal {
                origins.extend((at..at + piece.length).map(|at| self.place(at)));
            } else {
                let whole = (self.place(at).0, self.place(at + length - 1).1);
                origins.extend(std::iter::repeat_n(whole, piece.length));
            }
            at += length;
        }
        Some(DecodedText { bytes: Cow::Owned(bytes), start: 0, origins: Some(origins) })
    }
}

impl Piece {
    fn byte(byte: u8) -> Self {
        Self { bytes: [byte, 0, 0, 0], length: 1, is_literal: false }
    }

    fn char(c: char) -> Self {
        let mut bytes = [0; 4];
        let length = c.encode_utf8(&mut bytes).len();
        Self { bytes, length, is_literal: false }
    }

    fn literal<const N: usize>(literal: [u8; N]) -> Self {
        let mut bytes = [0; 4];
        bytes.iter_mut().zip(literal).for_each(|(byte, literal)| *byte = literal);
        Self { bytes, length: N, is_literal: true }
    }
}

/// `%2F`
fn percent(bytes: &[u8]) -> Option<DecodedEscape> {
    let digits = bytes.strip_prefix(b"%")?.get(..2)?;
    let byte = u8::try_from(hexadecimal(digits)?).ok()?;
    Some((Piece::byte(byte), 3))
}

/// `%2F`, and `+` for a space, as in forms.
fn form(bytes: &[u8]) -> Option<DecodedEscape> {
    if bytes.starts_with(b"+") { Some((Piece::byte(b' '), 1)) } else { percent(bytes) }
}

/// White space of any kind and length, because lines may be broken elsewhere.
fn blanks(bytes: &[u8]) -> Option<DecodedEscape> {
    let is_blank = |byte: &&u8| byte.is_ascii_whitespace();
    let mut length = bytes.iter().take_while(is_blank).count();
    // A diff has marks between its lines.
    while bytes.get(..length)?.contains(&b'\n') {
        let marks = match bytes.get(length..)? {
            [b'^', after @ ..] => 1 + after.iter().take_while(|byte| **byte == b'^').count(),
            [b'+' | b'-' | b'~', b' ', ..] => 1,
            _ => break,
        };
        length += marks;
        length += bytes.get(length..)?.iter().take_while(is_blank).count();
    }
    let is_space = length == 1 && bytes.starts_with(b" ");
    (length > 0 && !is_space).then_some((Piece::byte(b' '), length))
}

/// A line break within Base64 or hexadecimal digits, with the blanks and quotation marks around it.
/// The input begins with the character before the break.
fn line_break(bytes: &[u8]) -> Option<DecodedEscape> {
    let (before, rest) = bytes.split_first().filter(|(byte, _)| is_digit_of_encoding(**byte))?;
    let is_around = |byte: &&u8| b" \t\r\n\"'|>^".contains(byte);
    let mut around = rest.iter().take_while(is_around).count();
    // A diff marks its lines.
    if let [b'+' | b'-' | b'~', b' ', after @ ..] = rest.get(around..)? {
        around += 2 + after.iter().take_while(is_around).count();
    }
    let (between, after) = rest.split_at(around);
    let joins =
        between.contains(&b'\n') && after.first().is_some_and(|byte| is_digit_of_encoding(*byte));
    joins.then_some((Piece::literal([*before]), 1 + around))
}

fn is_digit_of_encoding(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte)
}

/// The separator of two bytes in hexadecimal digits: `41:42`, `41 42`, `0x41, 0x42`. The input begins
/// with the digits before it.
fn separator(bytes: &[u8]) -> Option<DecodedEscape> {
    let (&[first, second], rest) = bytes.split_first_chunk::<2>()?;
    let is_byte = |digits: &[u8]| digits.iter().all(u8::is_ascii_hexdigit);
    if rest.first()?.is_ascii_alphanumeric() || !is_byte(&[first, second]) {
        return None;
    }
    let mark = rest.iter().take(1).take_while(|byte| b",:;._-".contains(byte)).count();
    let blanks = rest.iter().skip(mark).take_while(|byte| byte.is_ascii_whitespace()).count();
    let prefix = rest.get(mark + blanks..)?.starts_with(b"0x");
    let length = mark + blanks + if prefix { 2 } else { 0 };
    let next = rest.get(length..length + 2)?;
    is_byte(next).then_some((Piece::literal([first, second]), 2 + length))
}

/// The escapes of JSON and of Rust.
fn backslash(bytes: &[u8]) -> Option<DecodedEscape> {
    let rest = bytes.strip_prefix(b"\\")?;
    let c = match rest.first()? {
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'0' => '\0',
        escaped @ (b'"' | b'\'' | b'\\' | b'/') => char::from(*escaped),
        b'u' => return braces(bytes).or_else(|| utf16(rest)),
        b'U' => {
            let c = char::from_u32(hexadecimal(rest.get(1..9)?)?)?;
            return Some((Piece::char(c), 10));
        }
        b'x' => {
            let byte = u8::try_from(hexadecimal(rest.get(1..3)?)?).ok()?;
            return Some((Piece::byte(byte), 4));
        }
        _ => return None,
    };
    Some((Piece::char(c), 2))
}

/// `\u{1f511}`, which is how messages show deceptive characters, and no other escape.
fn braces(bytes: &[u8]) -> Option<DecodedEscape> {
    let rest = bytes.strip_prefix(b"\\u{")?;
    let length = rest.iter().take(7).position(|byte| *byte == b'}')?;
    let c = char::from_u32(hexadecimal(rest.get(..length)?)?)?;
    Some((Piece::char(c), length + 4))
}

/// `u00e4`, or two units for a character above U+FFFF. The backslash is not in the input.
fn utf16(rest: &[u8]) -> Option<DecodedEscape> {
    let unit = |from: usize| u16::try_from(hexadecimal(rest.get(from..from + 4)?)?).ok();
    let first = unit(1)?;
    let second = rest.get(5..7).filter(|mark| *mark == b"\\u").and_then(|_| unit(7));
    let mut chars = char::decode_utf16([Some(first), second].into_iter().flatten());
    let c = chars.next()?.ok()?;
    Some((Piece::char(c), if c.len_utf16() == 2 { 12 } else { 6 }))
}

/// `&amp;`, `&#39;`, `&#x27;`
fn html(bytes: &[u8]) -> Option<DecodedEscape> {
    let rest = bytes.strip_prefix(b"&")?;
    let length = rest.iter().take(9).position(|byte| *byte == b';')?;
    let name = rest.get(..length)?;
    let c = match name {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        _ => {
            let number = name.strip_prefix(b"#")?;
            let digits = number.strip_prefix(b"x").or_else(|| number.strip_prefix(b"X"));
            char::from_u32(digits.map_or_else(|| self::number(number, 10), hexadecimal)?)?
        }
    };
    Some((Piece::char(c), length + 2))
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    number(digits, 16)
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let all = digits.iter().all(|digit| char::from(*digit).is_digit(radix));
    let text = std::str::from_utf8(digits).ok().filter(|_| all)?;
    u32::from_str_radix(text, radix).ok()
}

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
