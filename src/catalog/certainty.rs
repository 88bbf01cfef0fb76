//! How certain a fact of the catalog is.

use serde::Deserialize;

/// The certainty of a fact, in the table the number of its sources: pages of the documentation, and the
/// vendor's own code (docs/platform.md#how-many-sources-a-fact-has).
///
/// A page can be wrong, or older than the platform. So a fact from one page alone may warn, but it must
/// not block a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(from = "u8")]
pub enum Certainty {
    /// Only one source has the fact, or the sources disagree.
    #[default]
    Likely,
    /// Several sources have it, or the platform itself reports it.
    Certain,
}

impl From<u8> for Certainty {
    fn from(sources: u8) -> Self {
        if sources > 1 { Self::Certain } else { Self::Likely }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_source_is_not_certain() {
        let of = |json| serde_json::from_str::<Certainty>(json).unwrap();
        assert_eq!(
            ["0", "1", "2", "9"].map(of).map(|of| of == Certainty::Certain),
            [false, false, true, true]
        );
        assert_eq!(Certainty::default(), Certainty::Likely);
    }
}
