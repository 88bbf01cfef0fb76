//! The text form of a plan, of what became of it, and of what there is.

mod doctor;
mod events;
mod outcome;
mod plan;
mod status;

pub use doctor::doctor;
pub use events::{delivery, events};
pub use outcome::outcome;
pub use plan::plan;
pub use status::status;

use super::style::{FAINT, Painted, clean_line, width};

/// How text is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Columns of the terminal, or of a page where there is none.
    pub width: usize,
}

impl Default for Layout {
    fn default() -> Self {
        Self { width: 100 }
    }
}

/// A URL is there to be copied: where it has no room beside its label it stands below, and it is
/// never broken.
fn push_webhook_url(text: &mut String, url: &str, layout: Layout) {
    let (label, url) = ("      webhook URL", clean_line(url));
    let beside = width(label) + 2 + width(&url) <= layout.width;
    let between = if beside { "  " } else { "\n      " };
    text.push_str(&format!("{label}{between}{}\n", Painted(FAINT, &url)));
}
