//! A comment of sections that fits into a maximum number of bytes.

/// A comment: a fixed part, then sections in order of severity.
pub(super) struct CommentPage {
    /// The first line, which is invisible.
    pub(super) marker: String,
    /// The heading and the sentences that decide.
    pub(super) head: String,
    pub(super) sections: Vec<CommentSection>,
    /// The last line, for what decides nothing.
    pub(super) footer: String,
    /// Where to find the complete version, in a sentence.
    pub(super) complete_version: &'static str,
}

/// A section with its entries.
pub(super) struct CommentSection {
    /// The title, with the number of entries.
    title: String,
    /// The text before the entries: a sentence, or the header of a table.
    intro: String,
    entries: Vec<CommentEntry>,
    fold: Fold,
}

/// Whether a reader sees the entries of a section before a click.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fold {
    Open,
    Folded,
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

    pub(super) fn whole(&self) -> &str {
        self.text(Detail::Full)
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
    /// Creates a section that counts its entries, unless it has none.
    pub(super) fn new(title: &str, intro: &str, entries: Vec<CommentEntry>) -> Option<Self> {
        Self::titled(format!("{title}: {}", entries.len()), intro, entries)
    }

    /// Creates a section with a complete title, unless it has no entries.
    pub(super) fn titled(title: String, intro: &str, entries: Vec<CommentEntry>) -> Option<Self> {
        let (intro, fold) = (intro.to_owned(), Fold::Open);
        (!entries.is_empty()).then_some(Self { title, intro, entries, fold })
    }

    #[must_use]
    pub(super) fn folded(self) -> Self {
        Self { fold: Fold::Folded, ..self }
    }

    fn head(&self) -> String {
        let Self { title, intro, .. } = self;
        match self.fold {
            Fold::Open => format!("\n### {title}\n\n{intro}"),
            Fold::Folded => format!("\n<details><summary>{title}</summary>\n\n{intro}"),
        }
    }

    /// Renders what follows the entries. `omitted` of them are not shown.
    fn tail(&self, omitted: usize) -> String {
        let rest = match omitted {
            0 => String::new(),
            rest => format!("\n… and {rest} more of {}.\n", self.entries.len()),
        };
        match self.fold {
            Fold::Open => rest,
            Fold::Folded => format!("{rest}\n</details>\n"),
        }
    }

    /// Returns the maximum number of bytes apart from the entries.
    fn frame_len(&self) -> usize {
        self.head().len() + self.tail(self.entries.len()).len()
    }
}

impl CommentPage {
    /// Renders the comment in at most `max_bytes`, if its fixed part is not longer.
    pub(super) fn render(&self, max_bytes: usize) -> String {
        let entries: Vec<_> = self.sections.iter().flat_map(|section| &section.entries).collect();
        let details =
            Details::choose(self, max_bytes.saturating_sub(self.fixed(entries.len(), max_bytes)));
        let mut text =
            format!("{}{}{}", self.marker, self.head, self.remark(&details.chosen, max_bytes));
        let mut details = details.chosen.as_slice();
        let mut omitted_sections = Vec::new();
        for section in &self.sections {
            let (own, later) = details.split_at(section.entries.len());
            details = later;
            let omitted = own.iter().filter(|detail| **detail == Detail::Omitted).count();
            if omitted == own.len() {
                omitted_sections.push(section);
                continue;
            }
            text.push_str(&section.head());
            let shown = section.entries.iter().zip(own);
            shown.for_each(|(entry, detail)| text.push_str(entry.text(*detail)));
            text.push_str(&section.tail(omitted));
        }
        text + &not_listed(&omitted_sections) + &self.footer
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

    /// Returns the maximum number of bytes apart from the sections.
    fn fixed(&self, entries: usize, max_bytes: usize) -> usize {
        // The numbers in the remark have up to as many digits as the number of entries.
        let digits = 3 * entries.to_string().len();
        let remark = self.remark(&vec![Detail::Omitted; entries], max_bytes);
        let sections: Vec<_> = self.sections.iter().collect();
        let not_listed = not_listed(&sections).len();
        self.marker.len() + self.head.len() + remark.len() + digits + not_listed + self.footer.len()
    }
}

/// Names the sections of which no entry fits.
fn not_listed(sections: &[&CommentSection]) -> String {
    let titles: Vec<&str> = sections.iter().map(|section| section.title.as_str()).collect();
    if titles.is_empty() { String::new() } else { format!("\nNot listed: {}\n", titles.join("; ")) }
}

/// How much of each entry is shown.
struct Details<'a> {
    sections: &'a [CommentSection],
    /// One per entry of all sections.
    chosen: Vec<Detail>,
    /// The remaining space.
    left: usize,
}

impl<'a> Details<'a> {
    /// Chooses the details for a number of bytes. If the entries do not fit, half of the space is for the
    /// lines of as many entries as possible, and the rest for their details. The most severe entries come
    /// first.
    fn choose(page: &'a CommentPage, space: usize) -> Self {
        let sections = page.sections.as_slice();
        let whole = |section: &CommentSection| {
            let entries = section.entries.iter().map(|entry| entry.whole().len());
            section.frame_len() + entries.sum::<usize>()
        };
        let number = sections.iter().map(|section| section.entries.len()).sum();
        if sections.iter().map(whole).sum::<usize>() <= space {
            return Self { sections, chosen: vec![Detail::Full; number], left: 0 };
        }
        let mut details = Self { sections, chosen: vec![Detail::Omitted; number], left: space / 2 };
        details.list();
        details.left += space - space / 2;
        details.complete();
        details.list();
        details
    }

    /// Shows the lines of the entries that fit. The first one of a section also needs space for its title.
    fn list(&mut self) {
        let mut later = self.chosen.as_mut_slice();
        for section in self.sections {
            let (chosen, rest) = later.split_at_mut(section.entries.len());
            later = rest;
            let mut has_title = chosen.iter().any(|detail| *detail != Detail::Omitted);
            let omitted = section.entries.iter().zip(chosen);
            for (entry, detail) in omitted.filter(|(_, detail)| **detail == Detail::Omitted) {
                let title = if has_title { 0 } else { section.frame_len() };
                if let Some(left) = self.left.checked_sub(title + entry.brief.len()) {
                    self.left = left;
                    has_title = true;
                    *detail = if entry.full.is_some() { Detail::Brief } else { Detail::Full };
                }
            }
        }
    }

    /// Shows the details of the listed entries.
    fn complete(&mut self) {
        let entries = self.sections.iter().flat_map(|section| &section.entries);
        for (detail, entry) in self.chosen.iter_mut().zip(entries) {
            let more = entry.whole().len().saturating_sub(entry.brief.len());
            if *detail == Detail::Brief && more <= self.left {
                self.left -= more;
                *detail = Detail::Full;
            }
        }
    }
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
            sections: CommentSection::new("Creates", "", (0..entries).map(entry).collect())
                .into_iter()
                .collect(),
            footer: String::new(),
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
    fn a_line_that_does_not_fit_hides_no_line_after_it() {
        let mut page = page(3, 10);
        page.sections[0].entries[0] = CommentEntry::line("y".repeat(9_000));
        let text = page.render(4_000);
        assert!(text.contains("- 00001 x") && text.contains("- 00002 x"), "{text}");
        assert!(text.contains("… and 1 more of 3."), "{text}");
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
