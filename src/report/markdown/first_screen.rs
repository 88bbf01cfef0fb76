//! The part of a comment that a reader sees before any fold: the decision.
//!
//! It has at most 30 lines of 100 columns, a screen of GitHub. Each topic shows as many entries as its
//! share of these lines allows, at least one. The other entries are folded below.

use super::comment::{CommentEntry, CommentSection};
use crate::report::style::width;

const MAX_LINES: usize = 30;
const COLUMNS: usize = 100;
/// The lines of a title with the empty lines around it.
const TITLE_LINES: usize = 3;

/// The lines that are left before the first fold.
pub(super) struct FirstScreen {
    left: usize,
}

/// Something that a reviewer decides about.
pub(super) struct Topic {
    title: &'static str,
    /// The number of instances or hosts, if the title has one. An entry can stand for several.
    number: Option<usize>,
    intro: String,
    entries: Vec<CommentEntry>,
}

impl Topic {
    /// Creates a topic, unless it has no entries.
    pub(super) fn new(
        title: &'static str,
        number: usize,
        intro: impl Into<String>,
        entries: Vec<CommentEntry>,
    ) -> Option<Self> {
        let (number, intro) = (Some(number), intro.into());
        (!entries.is_empty()).then_some(Self { title, number, intro, entries })
    }

    /// Creates a topic of one sentence.
    pub(super) fn sentence(title: &'static str, sentence: String) -> Self {
        let entries = vec![CommentEntry::line(sentence)];
        Self { title, number: None, intro: String::new(), entries }
    }
}

impl FirstScreen {
    /// The first screen after the fixed part of a comment.
    pub(super) fn after(head: &str) -> Self {
        Self { left: MAX_LINES.saturating_sub(lines(head)) }
    }

    /// Takes the lines of a text, if they are left.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let left = self.left.checked_sub(lines(text));
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }

    /// Takes the lines of a title.
    pub(super) fn take_title(&mut self) {
        self.left = self.left.saturating_sub(TITLE_LINES);
    }

    /// Creates the sections of the topics, and behind them the folded sections with their other entries.
    pub(super) fn sections(&mut self, topics: Vec<Topic>) -> Vec<CommentSection> {
        let mut open = Vec::new();
        let mut folded = Vec::new();
        let mut remaining = topics.len();
        for Topic { title, number, intro, mut entries } in topics {
            let shown = self.shown(&intro, &entries, remaining);
            remaining -= 1;
            let rest = entries.split_off(shown);
            let number = number.map(|number| format!(": {number}")).unwrap_or_default();
            open.extend(CommentSection::titled(format!("{title}{number}"), &intro, entries));
            let more = format!("{title}: {} more", rest.len());
            folded.extend(CommentSection::titled(more, "", rest).map(CommentSection::folded));
        }
        open.extend(folded);
        open
    }

    /// The number of entries that fit into the share of a topic, of as many as remain.
    fn shown(&mut self, intro: &str, entries: &[CommentEntry], remaining: usize) -> usize {
        let mut share = (self.left / remaining.max(1)).saturating_sub(TITLE_LINES + lines(intro));
        self.left = self.left.saturating_sub(TITLE_LINES + lines(intro));
        let mut shown = 0;
        for entry in entries {
            let needed = lines(entry.whole());
            if shown > 0 && needed > share {
                break;
            }
            share = share.saturating_sub(needed);
            self.left = self.left.saturating_sub(needed);
            shown += 1;
        }
        shown
    }
}

/// The number of lines of a text on a screen. A link takes the columns of its label.
fn lines(text: &str) -> usize {
    let mut is_in_block = false;
    let columns = text.lines().map(|line| {
        // No line of a block can begin with backticks, because each has a sign.
        let is_fence = line.trim_start().starts_with("```");
        is_in_block ^= is_fence;
        if is_in_block { width(line) } else { width(&without_link_targets(line)) }
    });
    columns.map(|columns| columns.div_ceil(COLUMNS).max(1)).sum()
}

/// Removes the targets of links. What looks like one in a code span is text.
fn without_link_targets(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(['`', ']']) {
        let (before, from) = rest.split_at(at);
        let length = if from.starts_with('`') { code_span_len(from) } else { 1 };
        let (own, after) = from.split_at(length);
        let is_link = own == "]" && after.starts_with('(');
        let target = after.find(')').filter(|_| is_link).map_or(0, |end| end + 1);
        shown.push_str(before);
        shown.push_str(own);
        rest = after.get(target..).unwrap_or_default();
    }
    shown + rest
}

/// The length of the code span at the start of a text, or of its backticks if they are not closed.
fn code_span_len(text: &str) -> usize {
    let fence = text.len() - text.trim_start_matches('`').len();
    let mut end = fence;
    while let Some(at) = text.get(end..).and_then(|rest| rest.find('`')) {
        let run = text.get(end + at..).unwrap_or_default();
        let length = run.len() - run.trim_start_matches('`').len();
        end += at + length;
        if length == fence {
            return end;
        }
    }
    fence
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(number: usize, entry: &str) -> Topic {
        let entry = |_| CommentEntry::line(format!("- {entry}\n"));
        Topic::new("Blocked", number, "", (0..number).map(entry).collect()).unwrap()
    }

    fn shown(text: &str) -> usize {
        text.matches("\n- ").count()
    }

    #[test]
    fn topics_share_the_screen_and_each_shows_an_entry() {
        let mut screen = FirstScreen::after("## head\n\ntext\n");
        let topics = vec![topic(1, "a"), topic(50, "b"), topic(50, &"c ".repeat(390))];
        let page = super::super::comment::CommentPage {
            marker: String::new(),
            head: String::new(),
            sections: screen.sections(topics),
            footer: String::new(),
            complete_version: "",
        };
        let text = page.render(1_000_000);
        let (before, after) = text.split_once("<details>").unwrap();
        assert!(lines(before) <= 27, "{before}");
        assert_eq!([before.matches("- a").count(), before.matches("- c").count()], [1, 1]);
        assert!(before.matches("- b").count() > 5, "{before}");
        assert_eq!(shown(before) + shown(after), 101);
    }

    #[test]
    fn a_link_takes_the_columns_of_its_label() {
        assert_eq!(without_link_targets("a [`b`](https://x/y) c [d](e)."), "a [`b`] c [d].");
        let name = format!("`x](https://{})`", "y".repeat(90));
        assert_eq!(without_link_targets(&name), name);
        assert_eq!(without_link_targets("``a`](b)`` [c](d) `e"), "``a`](b)`` [c] `e");
        let block =
            format!("- a\n\n  ```diff\n  + {name}\n  ```\n\n[`f`](https://{})\n", "z".repeat(300));
        assert_eq!(lines(&block), 8);
        assert_eq!([lines(""), lines("a\n\nb\n"), lines(&"x".repeat(101))], [0, 3, 2]);
    }
}
