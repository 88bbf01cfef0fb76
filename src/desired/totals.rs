//! How much all files may hold together.
//!
//! In: counts, from all threads that read files. Out: whether there is too much of anything. Each file
//! is bounded by itself, but a few hundred bytes of a commit can stand for 100,000 equal files.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::Code;
use super::problem::Problem;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    /// Documents in all files.
    Documents,
    /// Texts, numbers, lists and the like in all documents.
    Values,
    /// Bytes of all files, and of the variables that references put into them.
    Bytes,
    /// Problems in all files.
    Problems,
    /// Rules that schemas of the repository need for all documents.
    Rules,
    /// States of patterns of these schemas, in units of 1,024.
    Steps,
}

impl Counted {
    const ALL: [Self; 6] =
        [Self::Documents, Self::Values, Self::Bytes, Self::Problems, Self::Rules, Self::Steps];

    const fn max(self) -> usize {
        match self {
            Self::Documents => 100_000,
            // A hundred for each document.
            Self::Values => 10_000_000,
            // More than two kilobytes for each document.
            Self::Bytes => 256 << 20,
            Self::Problems => 500_000,
            // Both take some minutes.
            Self::Rules => 250_000_000,
            Self::Steps => 64_000_000,
        }
    }

    fn problem(self, folder: &str) -> Problem {
        let max = self.max();
        let mut help = "name another folder with `--instances DIR`";
        let (code, message) = match self {
            Self::Documents => (
                Code::TooManyFiles,
                format!("the files in this folder have more than {max} documents"),
            ),
            Self::Values => (
                Code::TooManyFiles,
                format!("the files in this folder have more than {max} values"),
            ),
            Self::Bytes => (
                Code::TooManyFiles,
                format!(
                    "the files in this folder and the variables in them have more than {} MiB",
                    max >> 20
                ),
            ),
            Self::Problems => (
                Code::TooManyProblems,
                format!("the files in this folder have more than {max} problems"),
            ),
            Self::Rules | Self::Steps => {
                help = "remove rules and patterns from the schemas";
                let message =
                    "checking these files with the schemas of this repository takes too long";
                (Code::FileTooLarge, message.to_owned())
            }
        };
        Problem::of_file(code, folder, message).help(help)
    }
}

/// The counts so far.
#[derive(Debug, Default)]
pub(super) struct Totals([AtomicUsize; Counted::ALL.len()]);

impl Totals {
    pub(super) fn add(&self, counted: Counted, count: usize) {
        let [documents, values, bytes, problems, rules, steps] = &self.0;
        let total = match counted {
            Counted::Documents => documents,
            Counted::Values => values,
            Counted::Bytes => bytes,
            Counted::Problems => problems,
            Counted::Rules => rules,
            Counted::Steps => steps,
        };
        total.fetch_add(count, Ordering::Relaxed);
    }

    /// Whether no further file needs to be read.
    pub(super) fn is_exceeded(&self) -> bool {
        self.exceeded().is_some()
    }

    /// What there is too much of in the folder.
    pub(super) fn problem(&self, folder: &str) -> Option<Problem> {
        self.exceeded().map(|counted| counted.problem(folder))
    }

    fn exceeded(&self) -> Option<Counted> {
        let totals = Counted::ALL.into_iter().zip(&self.0);
        totals
            .into_iter()
            .find(|(counted, total)| total.load(Ordering::Relaxed) > counted.max())
            .map(|(counted, _)| counted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_count_has_its_own_bound() {
        for counted in Counted::ALL {
            let totals = Totals::default();
            totals.add(counted, counted.max());
            assert!(!totals.is_exceeded(), "{counted:?}");
            totals.add(counted, 1);
            assert_eq!(totals.exceeded(), Some(counted));
        }
    }
}
