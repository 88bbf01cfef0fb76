//! Texts as those read them who undo escapes, with the place in the text of everything in them.

use std::borrow::Cow;
use std::ops::Range;

/// How many layers of escapes are undone: JSON in JSON, for one. Each costs a walk for each kind of
/// escape, and whoever sends the text decides how many there are.
const LAYERS: usize = 2;

/// Of a text that is longer, in bytes, only one layer is undone.
const LONG: usize = 64 * 1024;

/// A text with some of its escapes undone.
pub(super) struct Reading<'t> {
    bytes: Cow<'t, [u8]>,
    /// Where in the text each byte came from, and where the text ends; `None` for the text itself.
    origins: Option<Vec<usize>>,
}

/// What an escape stands for, and its length.
type Decoded = (Piece, usize);

/// A few bytes.
struct Piece {
    bytes: [u8; 4],
    length: usize,
}

/// Undoes the escape that the bytes begin with, if they do.
type Decoder = fn(&[u8]) -> Option<Decoded>;

/// What every text is read through.
const DECODERS: [Decoder; 4] = [percent, backslash, braces, html];
/// What texts are read through besides where secrets have white space.
const OF_BLANKS: [Decoder; 2] = [form, blanks];

/// Shows the text itself, and what it becomes when escapes are undone, in any order.
pub(super) fn each(text: &str, has_blanks: bool, visit: &mut dyn FnMut(&Reading<'_>)) {
    let own = Reading::of(text);
    let layers = if text.len() > LONG { 1 } else { LAYERS };
    own.descend(layers, has_blanks, visit);
}

/// The same for a text of JSON as it is written, whose own escapes are undone first.
pub(super) fn each_in_json(inner: &str, has_blanks: bool, visit: &mut dyn FnMut(&Reading<'_>)) {
    each(inner, has_blanks, visit);
    let layers = if inner.len() > LONG { 1 } else { LAYERS };
    if let Some(text) = Reading::of(inner).decoded(backslash) {
        text.descend(layers, has_blanks, visit);
    }
}

/// Where the escapes of a text of JSON, and everything between them, begin, and where it ends.
pub(super) fn boundaries_in_json(inner: &str) -> Vec<usize> {
    let decoded = Reading::of(inner).decoded(backslash).and_then(|reading| reading.origins);
    decoded.unwrap_or_else(|| inner.char_indices().map(|(at, _)| at).chain([inner.len()]).collect())
}

impl<'t> Reading<'t> {
    fn of(text: &'t str) -> Self {
        Self { bytes: Cow::Borrowed(text.as_bytes()), origins: None }
    }

    /// Shows this reading and those that are so many layers below it. Only those on the way to the
    /// present one are held.
    fn descend(&self, layers: usize, has_blanks: bool, visit: &mut dyn FnMut(&Reading<'_>)) {
        visit(self);
        if layers == 0 {
            return;
        }
        let of_blanks: &[Decoder] = if has_blanks { &OF_BLANKS } else { &[] };
        for decoder in DECODERS.iter().chain(of_blanks) {
            if let Some(below) = self.decoded(*decoder) {
                below.descend(layers - 1, has_blanks, visit);
            }
        }
    }

    /// What is read.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where in the text a piece of the reading came from.
    pub(super) fn origin(&self, range: Range<usize>) -> Range<usize> {
        self.place(range.start)..self.place(range.end)
    }

    fn place(&self, at: usize) -> usize {
        self.origins.as_ref().map_or(at, |origins| origins.get(at).copied().unwrap_or_default())
    }

    /// The reading with one kind of escape undone; `None` where none occurs.
    fn decoded(&self, decoder: Decoder) -> Option<Reading<'static>> {
        let escape = |at: &usize| self.bytes.get(*at..).and_then(decoder).is_some();
        let first = (0..self.bytes.len()).find(escape)?;
        let mut bytes = self.bytes.get(..first)?.to_vec();
        let mut origins: Vec<usize> = (0..first).map(|at| self.place(at)).collect();
        let mut at = first;
        while let Some((&byte, _)) = self.bytes.get(at..).and_then(<[u8]>::split_first) {
            let piece = decoder(self.bytes.get(at..)?);
            let (piece, length) = piece.unwrap_or((Piece::byte(byte), 1));
            bytes.extend(piece.bytes.iter().take(piece.length));
            origins.extend(std::iter::repeat_n(self.place(at), piece.length));
            at += length;
        }
        origins.push(self.place(at));
        Some(Reading { bytes: Cow::Owned(bytes), origins: Some(origins) })
    }
}

impl Piece {
    fn byte(byte: u8) -> Self {
        Self { bytes: [byte, 0, 0, 0], length: 1 }
    }

    fn char(c: char) -> Self {
        let mut bytes = [0; 4];
        let length = c.encode_utf8(&mut bytes).len();
        Self { bytes, length }
    }
}

/// `%2F`
fn percent(bytes: &[u8]) -> Option<Decoded> {
    let digits = bytes.strip_prefix(b"%")?.get(..2)?;
    let byte = u8::try_from(hexadecimal(digits)?).ok()?;
    Some((Piece::byte(byte), 3))
}

/// `%2F`, and `+` for a space, as in forms.
fn form(bytes: &[u8]) -> Option<Decoded> {
    if bytes.starts_with(b"+") { Some((Piece::byte(b' '), 1)) } else { percent(bytes) }
}

/// White space of any kind and length, where lines were broken in another place.
fn blanks(bytes: &[u8]) -> Option<Decoded> {
    let length = bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let is_space = length == 1 && bytes.starts_with(b" ");
    (length > 0 && !is_space).then_some((Piece::byte(b' '), length))
}

/// The escapes of JSON and of Rust.
fn backslash(bytes: &[u8]) -> Option<Decoded> {
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
        b'x' => {
            let byte = u8::try_from(hexadecimal(rest.get(1..3)?)?).ok()?;
            return Some((Piece::byte(byte), 4));
        }
        _ => return None,
    };
    Some((Piece::char(c), 2))
}

/// `\u{1f511}`, by which messages show what could steer a terminal, and nothing else.
fn braces(bytes: &[u8]) -> Option<Decoded> {
    let rest = bytes.strip_prefix(b"\\u{")?;
    let length = rest.iter().take(7).position(|byte| *byte == b'}')?;
    let c = char::from_u32(hexadecimal(rest.get(..length)?)?)?;
    Some((Piece::char(c), length + 4))
}

/// `u00e4`, or two of them for a character beyond the first 65,536; the backslash came before.
fn utf16(rest: &[u8]) -> Option<Decoded> {
    let unit = |from: usize| u16::try_from(hexadecimal(rest.get(from..from + 4)?)?).ok();
    let first = unit(1)?;
    let second = rest.get(5..7).filter(|mark| *mark == b"\\u").and_then(|_| unit(7));
    let mut chars = char::decode_utf16([Some(first), second].into_iter().flatten());
    let c = chars.next()?.ok()?;
    Some((Piece::char(c), if c.len_utf16() == 2 { 12 } else { 6 }))
}

/// `&amp;`, `&#39;`, `&#x27;`
fn html(bytes: &[u8]) -> Option<Decoded> {
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
            char::from_u32(digits.map_or_else(|| decimal(number), hexadecimal)?)?
        }
    };
    Some((Piece::char(c), length + 2))
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    number(digits, 16)
}

fn decimal(digits: &[u8]) -> Option<u32> {
    number(digits, 10)
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let all = digits.iter().all(|digit| char::from(*digit).is_digit(radix));
    let text = std::str::from_utf8(digits).ok().filter(|_| all)?;
    u32::from_str_radix(text, radix).ok()
}
