//! `ocon __complete SHELL INDEX -- WORD…`: prints the candidates for one word, for the scripts of
//! `ocon completions`.
//!
//! Input: the words of a command line, the first of which is `ocon`. Output: one candidate per line,
//! followed by a tab and its description if it has one. Nothing else is printed, not even for wrong
//! words or broken files, because it would appear in the prompt. Reads files, but no secret, and
//! contacts nothing.

use std::ffi::OsString;

use clap_complete::Shell;
use clap_complete::engine::{CompletionCandidate, complete};

use super::repository::Repository;
use super::values;
use crate::cli::commands::help;
use crate::cli::terminal::{Exit, Failure, output};
use crate::report::style::clean_line;
use crate::safe_text::is_harmless;

/// Some shells show a description beside each candidate.
const MAX_DESCRIPTION_CHARS: usize = 100;

#[derive(Debug, clap::Args)]
pub(crate) struct CompleteArgs {
    /// Shell whose script asks
    shell: Shell,
    /// Number of the word to complete, from 0
    index: usize,
    /// Words of the command line
    #[arg(last = true)]
    words: Vec<OsString>,
}

pub(crate) fn run(args: &CompleteArgs, tree: clap::Command) -> Result<Exit, Failure> {
    let line = CommandLine::new(args);
    let repository = Repository::of(&tree, line.before());
    let root = repository.root().to_owned();
    let mut tree = values::with_completers(help::with_topics(tree), repository);
    let index = line.words.len() - 1;
    let found = complete(&mut tree, line.words.clone(), index, Some(&root));
    output::text(&line.render(&found.unwrap_or_default()))?;
    Ok(Exit::Success)
}

/// The words of a command line up to the one to complete.
struct CommandLine {
    words: Vec<OsString>,
    /// The beginning of the last word that the shell keeps, such as `--region=` in bash.
    kept: String,
}

impl CommandLine {
    fn new(args: &CompleteArgs) -> Self {
        let mut words: Vec<OsString> = args.words.iter().take(args.index + 1).cloned().collect();
        // Some shells omit an empty word at the end.
        words.resize(args.index.min(args.words.len()) + 1, OsString::new());
        match args.shell {
            Shell::Bash => Self::joined(words),
            _ => Self { words, kept: String::new() },
        }
    }

    /// Joins the words of bash, for which `--region=us2` is three.
    fn joined(words: Vec<OsString>) -> Self {
        let mut line = Self { words: Vec::new(), kept: String::new() };
        let mut words = words.into_iter().peekable();
        while let Some(word) = words.next() {
            let is_option = word.to_str().is_some_and(|word| word.starts_with("--"));
            line.kept.clear();
            line.words.push(word);
            if is_option && words.next_if(|next| next == "=").is_some() {
                let Some(option) = line.words.last_mut() else { continue };
                option.push("=");
                line.kept = option.to_string_lossy().into_owned();
                option.push(words.next().unwrap_or_default());
            }
        }
        line
    }

    fn before(&self) -> &[OsString] {
        self.words.split_last().map_or(&[], |(_, before)| before)
    }

    fn render(&self, found: &[CompletionCandidate]) -> String {
        let is_option = |candidate: &CompletionCandidate| {
            candidate.get_value().as_encoded_bytes().starts_with(b"-")
        };
        let wants_option =
            self.words.last().is_some_and(|word| word.as_encoded_bytes().starts_with(b"-"));
        // Options are offered for `-`, or if nothing else fits.
        let has_value = found.iter().any(|candidate| !is_option(candidate));
        let shown = found.iter().filter(|it| wants_option || !has_value || !is_option(it));
        shown.filter_map(|candidate| self.line(candidate)).collect()
    }

    /// A candidate as a line. `None` for a name that could deceive a reader or break the line.
    fn line(&self, candidate: &CompletionCandidate) -> Option<String> {
        let value = candidate.get_value().to_str()?;
        let value = value.strip_prefix(&self.kept)?;
        if value.is_empty() || value.contains(['\n', '\t']) || !is_harmless(value) {
            return None;
        }
        let description = candidate.get_help().map(ToString::to_string).unwrap_or_default();
        let description = description.lines().next().unwrap_or_default();
        let mut description = clean_line(&description.replace('\t', " "));
        if let Some((end, _)) = description.char_indices().nth(MAX_DESCRIPTION_CHARS) {
            description.truncate(end);
            description.push('…');
        }
        let separator = if description.is_empty() { "" } else { "\t" };
        Some(format!("{value}{separator}{description}\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(shell: Shell, index: usize, words: &[&str]) -> (Vec<OsString>, String) {
        let words = words.iter().map(Into::into).collect();
        let line = CommandLine::new(&CompleteArgs { shell, index, words });
        (line.words, line.kept)
    }

    #[test]
    fn a_value_after_an_equals_sign_belongs_to_its_option() {
        for (words, joined, kept) in [
            (&["ocon", "plan", "--region", "=", "us"][..], "--region=us", "--region="),
            (&["ocon", "plan", "--region", "="], "--region=", "--region="),
            (&["ocon", "plan", "--region=us"], "--region=us", ""),
            (&["ocon", "plan", "--region"], "--region", ""),
            (&["ocon", "plan", "="], "=", ""),
        ] {
            let (words, shown) = line(Shell::Bash, words.len() - 1, words);
            assert_eq!((words.len(), words.last().unwrap()), (3, &joined.into()));
            assert_eq!(shown, kept);
        }
        let words = ["ocon", "--region", "=", "us2", "pl"];
        assert_eq!(line(Shell::Bash, 4, &words).0, ["ocon", "--region=us2", "pl"]);
    }

    #[test]
    fn words_after_the_cursor_do_not_count_and_the_last_one_may_be_missing() {
        assert_eq!(line(Shell::Zsh, 1, &["ocon", "pl", "shop"]).0, ["ocon", "pl"]);
        assert_eq!(line(Shell::Fish, 2, &["ocon", "plan"]).0, ["ocon", "plan", ""]);
        assert_eq!(line(Shell::Fish, 9, &["ocon"]).0, ["ocon", ""]);
        assert_eq!(line(Shell::Fish, 0, &[]).0, [""]);
    }
}
