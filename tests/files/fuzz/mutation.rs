//! Random mutations of existing files.
//!
//! In: files and a generator with a seed. Out: the same bytes for the same seed, on every machine.

use fastrand::Rng;

/// A little more than the maximum size of an instance file.
const MAX_BYTES: usize = (1 << 20) + 16;

/// The maximum size to which a file of ordinary size can grow.
const ORDINARY: usize = 16 << 10;

/// Words with a meaning in YAML, in text or for ocon, separated by `¦`.
const WORDS: &str = concat!(
    "\n¦\n\n¦\r\n¦\r¦\t¦ ¦  ¦\u{85}¦\u{2028}¦\u{feff}¦\0¦\u{1b}[31m¦\u{9b}1m¦\u{7f}¦\u{202e}¦\u{2066}¦",
    "\u{200b}¦ü¦日本¦🦀¦e\u{301}¦…¦- ¦-¦? ¦: ¦:¦, ¦[¦]¦{¦}¦[]¦{}¦#¦ # ¦|\n¦>-\n¦|2-\n¦>+\n¦\"¦'¦\\¦\\x1b¦",
    "\\u202e¦\\\n¦& a ¦&a ¦*a¦*a : ¦&b ¦*b¦<<: ¦<<: *a\n¦! ¦!x ¦!!str ¦!!python/object:a ¦!!binary ¦",
    "!<tag:x> ¦%YAML 1.2\n¦%TAG ! x\n¦---\n¦--- ¦...\n¦\n---\n¦@¦`¦%¦~¦null¦true¦no¦0¦-0¦1.10¦0x1F¦0o17¦",
    "1e3¦1_000¦12:30¦.inf¦-.INF¦.nan¦18446744073709551616¦99999999999999999999999999¦2026-01-01¦",
    "2020-01-01¦${{ env.A }}¦${{ file.a/b }}¦${{ file.../a }}¦${{ var.team }}¦${{ var.hostile }}¦",
    "${{ var.taem }}¦${{ instance.id }}¦${{ instance.webhook_url }}¦${{ env.GITHUB_TOKEN }}¦${{¦}}¦$${{¦",
    "${¦$¦********¦element: ¦element: hootsuite\n¦element: closeio\n¦element: { key: slack }\n¦name: ¦",
    "name: A\n¦<b>¦tags: ¦tags: [a, b]\n¦ocon:project=x¦configuration:\n  ¦configuration: ¦providerData:\n  ¦",
    "providerData: ¦externalAuthentication: initial\n¦key: ¦key: a/b\n¦key: all\n¦id: 1\n¦enabled: true\n¦",
    "lifecycle:\n  ¦ignore:\n  - ¦path: name\n¦reason: x\n¦until: ¦protect: true\n¦oauth.api.secret: ¦",
    "oauth.api.key: ¦password: ¦event.notification.enabled: ¦event.notification.callback.url: ¦",
    "event.poller.configuration: ¦event.vendor.type: polling\n¦oauth.user.refresh_token: ¦a: ¦a: 1\n¦::error::",
);

/// The original files.
pub(crate) struct Corpus {
    pub(crate) small: Vec<Vec<u8>>,
    pub(crate) large: Vec<Vec<u8>>,
    words: Vec<&'static [u8]>,
}

impl Corpus {
    pub(crate) fn new(files: impl Iterator<Item = Vec<u8>>) -> Self {
        Self::speaking(WORDS, files)
    }

    /// Files into which these words, separated by `¦`, are inserted.
    pub(crate) fn speaking(words: &'static str, files: impl Iterator<Item = Vec<u8>>) -> Self {
        let (small, large) = files.partition(|file| file.len() <= ORDINARY);
        Self { small, large, words: words.split('¦').map(str::as_bytes).collect() }
    }

    /// A new file, or one that is almost new.
    pub(crate) fn file(&self, rng: &mut Rng, planted: &[&str]) -> Vec<u8> {
        let mut file = self.base(rng);
        let most = if rng.u32(..200) == 0 { MAX_BYTES } else { ORDINARY.max(file.len()) };
        for _ in 0..rounds(rng) {
            self.mutate(&mut file, rng);
            file.truncate(most);
        }
        if rng.u32(..4) == 0
            && let Some(start) = rng.choice(planted)
        {
            file.splice(..0, start.bytes());
        }
        file
    }

    fn base(&self, rng: &mut Rng) -> Vec<u8> {
        match rng.u32(..1000) {
            0 => rng.choice(&self.large).cloned().unwrap_or_default(),
            1..50 => Vec::new(),
            _ => rng.choice(&self.small).cloned().unwrap_or_default(),
        }
    }

    fn mutate(&self, file: &mut Vec<u8>, rng: &mut Rng) {
        match rng.u32(..16) {
            0 => flip(file, rng),
            1 => set(file, rng),
            2..=4 => self.insert_word(file, rng),
            5 => self.insert_at_line(file, rng),
            6..=7 => self.replace_value(file, rng),
            8 => delete(file, rng),
            9 => delete_line(file, rng),
            10 => repeat_lines(file, rng),
            11..=12 => indent(file, rng),
            13 => file.truncate(rng.usize(..=file.len())),
            14 => repeat(file, rng),
            _ => self.splice(file, rng),
        }
    }

    fn word(&self, rng: &mut Rng) -> &'static [u8] {
        rng.choice(&self.words).copied().unwrap_or_default()
    }

    fn insert_word(&self, file: &mut Vec<u8>, rng: &mut Rng) {
        let at = rng.usize(..=file.len());
        file.splice(at..at, self.word(rng).iter().copied());
    }

    fn insert_at_line(&self, file: &mut Vec<u8>, rng: &mut Rng) {
        let line = line(file, rng);
        let indentation = file.get(line.clone()).unwrap_or_default();
        let indentation = indentation.iter().take_while(|byte| **byte == b' ').count();
        let text = [&b" ".repeat(indentation), self.word(rng), self.word(rng), b"\n"].concat();
        file.splice(line.start..line.start, text);
    }

    /// Replaces the text after a colon with a word.
    fn replace_value(&self, file: &mut Vec<u8>, rng: &mut Rng) {
        let line = line(file, rng);
        let text = file.get(line.clone()).unwrap_or_default();
        if let Some(colon) = text.windows(2).position(|pair| pair == b": ") {
            let end = line.end - usize::from(text.ends_with(b"\n"));
            file.splice((line.start + colon + 2).min(end)..end, self.word(rng).iter().copied());
        }
    }

    fn splice(&self, file: &mut Vec<u8>, rng: &mut Rng) {
        let Some(other) = rng.choice(&self.small) else { return };
        let piece = other.get(range(other.len(), rng)).unwrap_or_default();
        let place = if rng.bool() { range(file.len(), rng) } else { line(file, rng) };
        file.splice(place, piece.iter().copied());
    }
}

/// Usually few, sometimes many.
fn rounds(rng: &mut Rng) -> u32 {
    1 + rng.u64(..).trailing_zeros().min(5) * rng.u32(1..4)
}

fn flip(file: &mut [u8], rng: &mut Rng) {
    let bit = 1 << rng.u32(..8);
    if let Some(byte) = pick(file, rng) {
        *byte ^= bit;
    }
}

fn set(file: &mut [u8], rng: &mut Rng) {
    let value = rng.u8(..);
    if let Some(byte) = pick(file, rng) {
        *byte = value;
    }
}

fn pick<'f>(file: &'f mut [u8], rng: &mut Rng) -> Option<&'f mut u8> {
    let at = rng.usize(..file.len().max(1));
    file.get_mut(at)
}

fn delete(file: &mut Vec<u8>, rng: &mut Rng) {
    let place = range(file.len(), rng);
    file.drain(place);
}

fn delete_line(file: &mut Vec<u8>, rng: &mut Rng) {
    let place = line(file, rng);
    file.drain(place);
}

fn repeat_lines(file: &mut Vec<u8>, rng: &mut Rng) {
    let (from, to) = (line(file, rng), line(file, rng));
    let place = from.start.min(to.start)..from.end.max(to.end);
    let lines = file.get(place).unwrap_or_default().to_vec();
    let at = line(file, rng).start;
    file.splice(at..at, lines);
}

/// Changes the indentation of one line, or of all lines from there on.
fn indent(file: &mut Vec<u8>, rng: &mut Rng) {
    let first = line(file, rng);
    let end = if rng.u32(..4) == 0 { file.len() } else { first.end };
    let place = first.start..end;
    let by = rng.usize(1..5);
    let outwards = rng.bool();
    let blank = if rng.u32(..8) == 0 { b"\t" } else { b" " };
    let lines = file.get(place.clone()).unwrap_or_default();
    let moved = lines.split_inclusive(|byte| *byte == b'\n').map(|line| {
        let blanks = line.iter().take_while(|byte| **byte == b' ').count();
        if outwards {
            line.get(blanks.min(by)..).unwrap_or_default().to_vec()
        } else {
            [&blank.repeat(by), line].concat()
        }
    });
    let moved = moved.collect::<Vec<_>>().concat();
    file.splice(place, moved);
}

fn repeat(file: &mut Vec<u8>, rng: &mut Rng) {
    let place = range(file.len(), rng);
    let piece = file.get(place.clone()).unwrap_or_default();
    let most = (MAX_BYTES / piece.len().max(1)).min(if rng.u32(..50) == 0 { 100_000 } else { 80 });
    let repeated = piece.repeat(rng.usize(..=most));
    file.splice(place.end..place.end, repeated);
}

/// A part of something of this length, usually a short one.
fn range(length: usize, rng: &mut Rng) -> std::ops::Range<usize> {
    let start = rng.usize(..=length);
    let most = if rng.bool() { 8 } else { length };
    let end = rng.usize(start..=length.min(start.saturating_add(most)));
    start..end
}

/// One of the lines, with its end.
fn line(file: &[u8], rng: &mut Rng) -> std::ops::Range<usize> {
    let at = rng.usize(..=file.len());
    let (before, after) = file.split_at(at);
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let end = after.iter().position(|byte| *byte == b'\n').map_or(file.len(), |to| at + to + 1);
    start..end
}
