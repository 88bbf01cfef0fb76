//! A page of sections that fits into so many bytes.

/// A page: what is always there, then sections from the gravest to the least.
pub(super) struct Page {
    /// The first line, which cannot be seen.
    pub(super) marker: String,
    /// The heading and the numbers.
    pub(super) head: String,
    pub(super) sections: Vec<Section>,
    /// How to see what did not fit, in a sentence.
    pub(super) elsewhere: &'static str,
}

/// A heading with its entries.
pub(super) struct Section {
    /// The heading, with the number of entries.
    pub(super) title: String,
    /// What stands before the entries: a sentence, or the head of a table.
    pub(super) intro: String,
    pub(super) entries: Vec<Entry>,
}

/// One instance, or one remark.
pub(super) struct Entry {
    /// Its line.
    pub(super) brief: String,
    /// The same with all that there is to say, where that is more.
    pub(super) full: Option<String>,
}

/// How much of an entry is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Share {
    Nothing,
    Brief,
    Full,
}

impl Entry {
    /// An entry that is one line.
    pub(super) fn line(brief: String) -> Self {
        Self { brief, full: None }
    }

    fn text(&self, share: Share) -> &str {
        match share {
            Share::Nothing => "",
            Share::Brief => &self.brief,
            Share::Full => self.full.as_deref().unwrap_or(&self.brief),
        }
    }
}

impl Section {
    /// A section with a title of this form, unless there is nothing in it.
    pub(super) fn new(title: &str, intro: &str, entries: Vec<Entry>) -> Option<Self> {
        let title = format!("{title}: {}", entries.len());
        (!entries.is_empty()).then(|| Self { title, intro: intro.to_owned(), entries })
    }

    fn head(&self) -> String {
        format!("\n### {}\n\n{}", self.title, self.intro)
    }

    fn rest(&self, shares: &[Share]) -> String {
        match shares.iter().filter(|share| **share == Share::Nothing).count() {
            0 => String::new(),
            rest => format!("\n… and {rest} more of {}.\n", self.entries.len()),
        }
    }
}

impl Page {
    /// The page in at most `max_bytes`, as far as its headings leave any.
    pub(super) fn render(&self, max_bytes: usize) -> String {
        let room = max_bytes.saturating_sub(self.fixed(max_bytes));
        let shares = shares(&self.entries(), room);
        let mut text = format!("{}{}{}", self.marker, self.head, self.remark(&shares, max_bytes));
        let mut shares = shares.as_slice();
        for section in &self.sections {
            let (own, later) = shares.split_at(section.entries.len());
            text.push_str(&section.head());
            section
                .entries
                .iter()
                .zip(own)
                .for_each(|(entry, share)| text.push_str(entry.text(*share)));
            text.push_str(&section.rest(own));
            shares = later;
        }
        text
    }

    fn entries(&self) -> Vec<&Entry> {
        self.sections.iter().flat_map(|section| &section.entries).collect()
    }

    /// Says that the page is not the whole, and where that is.
    fn remark(&self, shares: &[Share], max_bytes: usize) -> String {
        let number = |wanted| shares.iter().filter(|share| **share == wanted).count();
        let (all, whole) = (shares.len(), number(Share::Full));
        let shown = whole + number(Share::Brief);
        if whole == all {
            return String::new();
        }
        let entries = if all == 1 { "1 entry".to_owned() } else { format!("{all} entries") };
        format!(
            "\n> Not everything fits into {max_bytes} bytes: of {entries} below, {shown} are listed, {whole} of \
             them completely. {}\n",
            self.elsewhere
        )
    }

    /// The bytes that are there in any case, at most.
    fn fixed(&self, max_bytes: usize) -> usize {
        let nothing = vec![Share::Nothing; self.entries().len()];
        let section = |section: &Section| {
            let own = nothing.get(..section.entries.len()).unwrap_or_default();
            section.head().len() + section.rest(own).len()
        };
        // The numbers in the remark grow with what is shown, up to that of all entries.
        let digits = 3 * nothing.len().to_string().len();
        self.marker.len()
            + self.head.len()
            + self.remark(&nothing, max_bytes).len()
            + digits
            + self.sections.iter().map(section).sum::<usize>()
    }
}

/// How much of each entry is shown in so much room. All of it, where it fits. Otherwise half of the
/// room is for the lines of as many entries as possible, and what is left for the rest of what they
/// say; the gravest come first.
fn shares(entries: &[&Entry], room: usize) -> Vec<Share> {
    let whole: usize = entries.iter().map(|entry| entry.text(Share::Full).len()).sum();
    if whole <= room {
        return vec![Share::Full; entries.len()];
    }
    let mut shares = vec![Share::Nothing; entries.len()];
    let left = list(&mut shares, entries, room / 2);
    let left = complete(&mut shares, entries, left + room - room / 2);
    list(&mut shares, entries, left);
    shares
}

/// Gives the next entries their lines, and says what is left of the room.
fn list(shares: &mut [Share], entries: &[&Entry], mut left: usize) -> usize {
    let unlisted = shares.iter_mut().zip(entries).filter(|(share, _)| **share == Share::Nothing);
    for (share, entry) in unlisted {
        let Some(rest) = left.checked_sub(entry.brief.len()) else { break };
        left = rest;
        *share = if entry.full.is_some() { Share::Brief } else { Share::Full };
    }
    left
}

/// Completes the entries that have their lines, and says what is left of the room.
fn complete(shares: &mut [Share], entries: &[&Entry], mut left: usize) -> usize {
    let listed = shares.iter_mut().zip(entries).filter(|(share, _)| **share == Share::Brief);
    for (share, entry) in listed {
        let more = entry.text(Share::Full).len().saturating_sub(entry.brief.len());
        if more <= left {
            left -= more;
            *share = Share::Full;
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(entries: usize, full: usize) -> Page {
        let entry = |number: usize| Entry {
            brief: format!("- {number:05}\n"),
            full: Some(format!("- {number:05} {}\n", "x".repeat(full))),
        };
        Page {
            marker: "<!-- m -->\n".to_owned(),
            head: "## numbers\n".to_owned(),
            sections: vec![Section {
                title: format!("Creates: {entries}"),
                intro: String::new(),
                entries: (0..entries).map(entry).collect(),
            }],
            elsewhere: "`ocon plan` shows all.",
        }
    }

    #[test]
    fn what_fits_is_shown_completely() {
        let text = page(3, 10).render(5_000);
        assert_eq!(text.matches("xxxxxxxxxx").count(), 3);
        assert!(!text.contains("Not everything"), "{text}");
    }

    #[test]
    fn a_page_has_at_most_as_many_bytes_and_always_its_numbers() {
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
    fn what_is_left_out_is_counted() {
        let text = page(1_000, 500).render(4_000);
        let listed = text.matches("\n- ").count();
        assert!(text.contains(&format!("\n… and {} more of 1000.\n", 1_000 - listed)), "{text}");
        assert!(text.contains("\n> Not everything fits into 4000 bytes: of 1000 entries below, "));
    }

    #[test]
    fn a_large_entry_hides_none_of_those_after_it() {
        let mut page = page(3, 10);
        page.sections[0].entries[0].full = Some("- huge ".to_owned() + &"y".repeat(9_000));
        let text = page.render(4_000);
        assert!(
            text.contains("- 00000\n") && text.contains("- 00001 x") && text.contains("- 00002 x")
        );
    }
}
