//! The difference of two values of any length, as lines of bounded length.

use super::style::clean;
use super::{text_diff, truncate};

/// Maximum number of characters of a line.
pub(super) const MAX_LINE_CHARS: usize = 1_000;

/// The difference of two long values, or all lines of one value.
pub(super) struct Difference {
    /// The lines with their signs.
    pub(super) lines: Vec<(char, String)>,
    /// The length of the values, if they are truncated.
    pub(super) extent: Option<String>,
}

impl Difference {
    pub(super) fn new(before: Option<&str>, after: Option<&str>) -> Self {
        let old = truncate::counted(before.unwrap_or_default());
        let new = truncate::counted(after.unwrap_or_default());
        let difference = text_diff::lines(&clean(&old), &clean(&new));
        let lines = with_short_lines(difference.shown.clone());
        let is_whole = difference.is_whole
            && lines == difference.shown
            && before.is_none_or(|before| old == before)
            && after.is_none_or(|after| new == after);
        let extent = (!is_whole).then(|| match (before, after) {
            (Some(before), Some(after)) => truncate::extents(before, after),
            (one, other) => truncate::extent(one.or(other).unwrap_or_default()),
        });
        Self { lines, extent }
    }
}

/// Truncates long lines, a removed and an added one together, so the difference stays visible.
fn with_short_lines(mut lines: Vec<(char, String)>) -> Vec<(char, String)> {
    let mut start = 0;
    while let Some(sign) = lines.get(start).map(|(sign, _)| *sign) {
        let run = |from: usize, wanted: char| {
            lines.iter().skip(from).take_while(|(sign, _)| *sign == wanted).count()
        };
        let own = run(start, sign);
        let added = if sign == '-' { run(start + own, '+') } else { 0 };
        let paired = own.min(added);
        for at in start..start + own + added {
            let is_second = at >= start + own && at < start + own + paired;
            if at < start + paired {
                let partner = at + own;
                let (before, after) =
                    truncate::shortened_pair(&lines[at].1, &lines[partner].1, MAX_LINE_CHARS);
                (lines[at].1, lines[partner].1) = (before, after);
            } else if !is_second {
                lines[at].1 = truncate::shortened(&lines[at].1, MAX_LINE_CHARS).into_owned();
            }
        }
        start += own + added;
    }
    lines
}
