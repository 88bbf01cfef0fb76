//! The layout of text.

use crate::report::style::{FAINT, Styled, clean_line, width};

/// How text is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Columns of the terminal, or of a page if there is no terminal.
    pub width: usize,
    /// Whether equal messages are grouped.
    pub detail: Detail,
}

/// How much of a repeated message is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Once, with its number and the first places.
    #[default]
    Grouped,
    /// Every time.
    Complete,
}

impl Default for Layout {
    fn default() -> Self {
        Self { width: 100, detail: Detail::Grouped }
    }
}

/// Adds a URL beside its label, or below if there is no space. It is never broken, so you can copy it.
pub(super) fn push_webhook_url(text: &mut String, url: &str, layout: Layout) {
    let (label, url) = ("      webhook URL", clean_line(url));
    let is_beside = width(label) + 2 + width(&url) <= layout.width;
    let between = if is_beside { "  " } else { "\n      " };
    text.push_str(&format!("{label}{between}{}\n", Styled(FAINT, &url)));
}
