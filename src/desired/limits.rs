//! Limits on all files together.
//!
//! In: counts from all threads that read files. Out: whether a limit is exceeded. Each file has its own
//! limits, but a commit of a few hundred bytes can contain 100,000 equal files.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::code::Code;
use super::problem::Problem;

/// A limited resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resource {
    /// Documents in all files.
    Documents,
    /// Strings, numbers, lists and other values in all documents.
    Values,
    /// Bytes of all files and of the variables that references add to them.
    Bytes,
    /// Problems in all files.
    Problems,
    /// Rules of schemas in the repository that are checked for all documents.
    Rules,
    /// Visited states of patterns of these schemas, in units of 1,024.
    Steps,
}

impl Resource {
    const ALL: [Self; 6] =
        [Self::Documents, Self::Values, Self::Bytes, Self::Problems, Self::Rules, Self::Steps];

    const fn limit(self) -> usize {
        match self {
            Self::Documents => 100_000,
            // 100 for each document.
            Self::Values => 10_000_000,
            // More than 2 KB for each document.
            Self::Bytes => 256 << 20,
            Self::Problems => 500_000,
            // Each takes some minutes.
            Self::Rules => 250_000_000,
            Self::Steps => 64_000_000,
        }
    }

    fn problem(self, folder: &str) -> Problem {
        let limit = self.limit();
        let mut help = "name another folder with `--instances DIR`";
        let (code, message) = match self {
            Self::Documents => (
                Code::TooManyFiles,
                format!("the files in this folder contain more than {limit} documents"),
            ),
            Self::Values => (
                Code::TooManyFiles,
                format!("the files in this folder contain more than {limit} values"),
            ),
            Self::Bytes => (
                Code::TooManyFiles,
                format!(
                    "the files in this folder and the variables in them are together larger than {} MiB",
                    limit >> 20
                ),
            ),
            Self::Problems => (
                Code::TooManyProblems,
                format!("the files in this folder have more than {limit} problems"),
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

/// The usage of all resources so far.
#[derive(Debug, Default)]
pub(super) struct Usage([AtomicUsize; Resource::ALL.len()]);

impl Usage {
    pub(super) fn add(&self, resource: Resource, count: usize) {
        let [documents, values, bytes, problems, rules, steps] = &self.0;
        let total = match resource {
            Resource::Documents => documents,
            Resource::Values => values,
            Resource::Bytes => bytes,
            Resource::Problems => problems,
            Resource::Rules => rules,
            Resource::Steps => steps,
        };
        total.fetch_add(count, Ordering::Relaxed);
    }

    /// Whether a limit is exceeded. If so, no further file needs to be read.
    pub(super) fn is_exceeded(&self) -> bool {
        self.exceeded().is_some()
    }

    /// The problem of the first exceeded limit.
    pub(super) fn problem(&self, folder: &str) -> Option<Problem> {
        self.exceeded().map(|resource| resource.problem(folder))
    }

    fn exceeded(&self) -> Option<Resource> {
        let usage = Resource::ALL.into_iter().zip(&self.0);
        usage
            .into_iter()
            .find(|(resource, total)| total.load(Ordering::Relaxed) > resource.limit())
            .map(|(resource, _)| resource)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_resource_has_its_own_limit() {
        for resource in Resource::ALL {
            let usage = Usage::default();
            usage.add(resource, resource.limit());
            assert!(!usage.is_exceeded(), "{resource:?}");
            usage.add(resource, 1);
            assert_eq!(usage.exceeded(), Some(resource));
        }
    }
}
