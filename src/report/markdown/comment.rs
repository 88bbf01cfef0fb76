//! A comment of sections that fits into a maximum number of bytes.

/// A comment: a fixed part, then sections in order of severity.
pub(super) struct CommentPage {
    /// The first line, which is invisible.
    pub(super) marker: String,
    /// The heading and the counters.
    pub(super) head: String,
    pub(super) sections: Vec<CommentSection>,
    /// Where to find the complete version, in a sentence.
    pub(super) complete_version: &'static str,
}

/// A section with its entries.
pub(super) struct CommentSection {
    /// The heading, with the number of entries.
    pub(super) title: String,
    /// The text before the entries: a sentence, or the header of a table.
    pub(super) intro: String,
    pub(super) entries: Vec<CommentEntry>,
}

/// An instance, or a remark.
pub(super) struct CommentEntry {
    /// Its line.
    pub(super) brief: String,
    /// The line with all details, if there are any.
    pub(super) full: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    Omitted,
    Brief,
    Full,
}

impl CommentEntry {
    pub(super) fn line(brief: String) -> Self {
        Self { brief, full: None }
    }

    fn text(&self, detail: Detail) -> &str {
        match detail {
            Detail::Omitted => "",
            Detail::Brief => &self.brief,
            Detail::Full => self.full.as_deref().unwrap_or(&self.brief),
        }
    }
}

impl CommentSection {
    /// Creates a section, unless it has no entries.
    pub(super) fn new(title: &str, intro: &str, entries: Vec<CommentEntry>) -> Option<Self> {
        let title = format!("{title}: {}", entries.len());
        (!entries.is_empty()).then(|| Self { title, intro: intro.to_owned(), entries })
    }

    fn head(&self) -> String {
        format!("\n### {}\n\n{}", self.title, self.intro)
    }

    fn rest(&self, details: &[Detail]) -> String {
        match details.iter().filter(|detail| **detail == Detail::Omitted).count() {
            0 => String::new(),
            rest => format!("\n… and {rest} more of {}.\n", self.entries.len()),
        }
    }
}

impl CommentPage {
    /// Renders the comment in at most `max_bytes`, if its fixed part is not longer.
    pub(super) fn render(&self, max_bytes: usize) -> String {
        let space = max_bytes.saturating_sub(self.fixed(max_bytes));
        let details = details(&self.entries(), space);
        let mut text = format!("{}{}{}", self.marker, self.head, self.remark(&details, max_bytes));
        let mut details = details.as_slice();
        for section in &self.sections {
            let (own, later) = details.split_at(section.entries.len());
            text.push_str(&section.head());
            section
                .entries
                .iter()
                .zip(own)
                .for_each(|(entry, detail)| text.push_str(entry.text(*detail)));
            text.push_str(&section.rest(own));
            details = later;
        }
        text
    }

    fn entries(&self) -> Vec<&CommentEntry> {
        self.sections.iter().flat_map(|section| &section.entries).collect()
    }

    /// Renders the remark that the comment is not complete.
    fn remark(&self, details: &[Detail], max_bytes: usize) -> String {
        let number = |wanted| details.iter().filter(|detail| **detail == wanted).count();
        let (all, whole) = (details.len(), number(Detail::Full));
        let shown = whole + number(Detail::Brief);
        if whole == all {
            return String::new();
        }
        let entries = if all == 1 { "1 entry".to_owned() } else { format!("{all} entries") };
        format!(
            "\n> Not everything fits into {max_bytes} bytes: {shown} of {entries} are listed, {whole} of them \
             completely. {}\n",
            self.complete_version
        )
    }

    /// Returns the maximum number of bytes of the fixed part.
    fn fixed(&self, max_bytes: usize) -> usize {
        let nothing = vec![Detail::Omitted; self.entries().len()];
        let section = |section: &CommentSection| {
            let own = nothing.get(..section.entries.len()).unwrap_or_default();
            section.head().len() + section.rest(own).len()
        };
        // The numbers in the remark have up to as many digits as the number of entries.
        let digits = 3 * nothing.len().to_string().len();
        self.marker.len()
            + self.head.len()
            + self.remark(&nothing, max_bytes).len()
            + digits
            + self.sections.iter().map(section).sum::<usize>()
    }
}

/// Decides how much of each entry is shown. If the entries do not fit, half of the space is for the lines
/// of as many entries as possible, and the rest for their details. The most severe entries come first.
fn details(entries: &[&CommentEntry], space: usize) -> Vec<Detail> {
    let whole: usize = entries.iter().map(|entry| entry.text(Detail::Full).len()).sum();
    if whole <= space {
        return vec![Detail::Full; entries.len()];
    }
    let mut details = vec![Detail::Omitted; entries.len()];
    let left = list(&mut details, entries, space / 2);
    let left = complete(&mut details, entries, left + space - space / 2);
    list(&mut details, entries, left);
    details
}

/// Shows the lines of the next entries, and returns the remaining space.
fn list(details: &mut [Detail], entries: &[&CommentEntry], mut left: usize) -> usize {
    let unlisted =
        details.iter_mut().zip(entries).filter(|(detail, _)| **detail == Detail::Omitted);
    for (detail, entry) in unlisted {
        let Some(rest) = left.checked_sub(entry.brief.len()) else { break };
        left = rest;
        *detail = if entry.full.is_some() { Detail::Brief } else { Detail::Full };
    }
    left
}

/// Shows the details of the listed entries, and returns the remaining space.
fn complete(details: &mut [Detail], entries: &[&CommentEntry], mut left: usize) -> usize {
    let listed = details.iter_mut().zip(entries).filter(|(detail, _)| **detail == Detail::Brief);
    for (detail, entry) in listed {
        let more = entry.text(Detail::Full).len().saturating_sub(entry.brief.len());
        if more <= left {
            left -= more;
            *detail = Detail::Full;
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(entries: usize, full: usize) -> CommentPage {
        let entry = |number: usize| CommentEntry {
            brief: format!("- {number:05}\n"),
            full: Some(format!("- {number:05} {}\n", "x".repeat(full))),
        };
        CommentPage {
            marker: "<!-- m -->\n".to_owned(),
            head: "## numbers\n".to_owned(),
            sections: vec![CommentSection {
                title: format!("Creates: {entries}"),
                intro: String::new(),
                entries: (0..entries).map(entry).collect(),
            }],
            complete_version: "`ocon plan` shows all.",
        }
    }

    #[test]
    fn a_comment_has_a_maximum_size_and_always_its_counters() {
        let sizes = [(1, 100_000), (10, 3_000), (100, 100_000), (1_000, 100), (20_000, 7)];
        for (entries, most) in sizes {
            for full in [0, most / 50, most] {
                for max_bytes in [4_000, 4_001, 10_000, 65_000] {
                    let text = page(entries, full).render(max_bytes);
                    assert!(
                        text.len() <= max_bytes,
                        "{entries} {full} {max_bytes}: {}",
                        text.len()
                    );
                    assert!(text.starts_with("<!-- m -->\n## numbers\n"));
                    assert!(text.contains(&format!("### Creates: {entries}\n")));
                }
            }
        }
    }

    #[test]
    fn entries_that_fit_are_complete_and_omitted_ones_are_counted() {
        let text = page(3, 10).render(5_000);
        assert_eq!(text.matches("xxxxxxxxxx").count(), 3);
        assert!(!text.contains("Not everything"), "{text}");
        let text = page(1_000, 500).render(4_000);
        let listed = text.matches("\n- ").count();
        assert!(text.contains(&format!("\n… and {} more of 1000.\n", 1_000 - listed)), "{text}");
        assert!(text.contains("\n> Not everything fits into 4000 bytes: "));
    }

    #[test]
    fn a_large_entry_does_not_hide_the_entries_after_it() {
        let mut page = page(3, 10);
        page.sections[0].entries[0].full = Some("- huge ".to_owned() + &"y".repeat(9_000));
        let text = page.render(4_000);
        assert!(
            text.contains("- 00000\n") && text.contains("- 00001 x") && text.contains("- 00002 x")
        );
    }
}
