//! The text form of a plan and of what became of it.

mod outcome;
mod plan;
mod status;

pub use outcome::outcome;
pub use plan::plan;
pub use status::status;

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
