//! One manual page, in the format of man(7).
//!
//! Input: a command of clap with its help. Output: NAME, SYNOPSIS, DESCRIPTION, the arguments and options,
//! COMMANDS, EXAMPLES, EXIT STATUS and SEE ALSO. `clap_mangen` renders the arguments. The texts after them
//! have columns in `--help`, which a page would fill, so they become tagged paragraphs here.

use std::collections::BTreeSet;
use std::io;

use clap::Command;
use clap_mangen::Man;

pub(super) struct Page {
    /// The name without section: `ocon-events-listen`.
    pub(super) name: String,
    parent: Option<String>,
    command: Command,
}

impl Page {
    /// A page for a command that is built, below the page of its parent.
    pub(super) fn new(command: Command, parent: Option<&str>) -> Self {
        let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
        let command = command.subcommand_help_heading("COMMANDS").mut_args(|arg| {
            let heading = match arg.get_help_heading() {
                // `FILES` alone is the section about the files of a program.
                Some(heading) => format!("Options: {heading}"),
                None if arg.is_positional() => "Arguments".to_owned(),
                None => "Options".to_owned(),
            };
            arg.help_heading(heading)
        });
        Self { name, parent: parent.map(ToOwned::to_owned), command }
    }

    /// Renders the page, one of `pages`.
    pub(super) fn render(&self, pages: &[Page]) -> io::Result<String> {
        let mut command = self.command.clone();
        let usage = command.render_usage().to_string();
        let command = command.override_usage(usage.trim_start_matches("Usage: ").to_owned());
        let has_subcommands = command.get_subcommands().any(|command| !command.is_hide_set());
        let man = Man::new(command);
        let mut page = self.title().into_bytes();
        man.render_synopsis_section(&mut page)?;
        man.render_description_section(&mut page)?;
        man.render_options_section(&mut page)?;
        if has_subcommands {
            man.render_subcommands_section(&mut page)?;
        }
        let page = String::from_utf8(page).map_err(io::Error::other)?;
        // `clap_mangen` ends lines with blanks.
        let mut page = page.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        page.push('\n');
        Ok(page + &self.sections_of_help() + &self.see_also(pages))
    }

    fn title(&self) -> String {
        let version = self.command.get_version().unwrap_or_default();
        let about = self.command.get_about().map(ToString::to_string).unwrap_or_default();
        format!(
            ".TH \"{}\" \"1\" \"\" \"ocon {version}\" \"ocon manual\"\n.SH NAME\n{} \\- {}\n",
            self.name.to_uppercase(),
            escaped(&self.name),
            escaped(&about)
        )
    }

    /// The examples and exit codes, which follow the options in `--help`.
    fn sections_of_help(&self) -> String {
        let help = self.command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
        let mut sections = String::new();
        for section in help.split("\n\n") {
            let Some((heading, lines)) = section.split_once(":\n") else { continue };
            let heading =
                if heading == "Exit codes" { "EXIT STATUS".into() } else { heading.to_uppercase() };
            let entries: String = entries(lines).iter().map(Entry::render).collect();
            // A heading already begins a paragraph.
            let entries = entries.strip_prefix(".PP\n").unwrap_or(&entries);
            sections.push_str(&format!(".SH \"{heading}\"\n{entries}"));
        }
        sections
    }

    /// The pages of the parent and of the subcommands, and those that mention this one or the other way.
    fn see_also(&self, pages: &[Page]) -> String {
        let is_root = |page: &Page| page.parent.is_none();
        let is_child = |page: &Page, parent: &Page| page.parent.as_ref() == Some(&parent.name);
        let mentions = |page: &Page, other: &Page| page.mentioned_in_help().contains(&other.name);
        let is_related = |page: &&Page| {
            is_root(page)
                || is_child(page, self)
                || is_child(self, page)
                || mentions(self, page)
                || mentions(page, self)
        };
        let related = pages.iter().filter(|page| page.name != self.name).filter(is_related);
        let names: BTreeSet<&str> = related.map(|page| page.name.as_str()).collect();
        let names = names.iter().map(|name| format!("\\fB{}\\fR(1)", escaped(name)));
        let names = names.collect::<Vec<_>>().join(",\n");
        let globals = "\n.PP\nThe global options and the exit codes are in \\fBocon\\fR(1).";
        format!(".SH \"SEE ALSO\"\n{names}{}\n", if is_root(self) { "" } else { globals })
    }

    /// The names of the commands in `ocon COMMAND…` anywhere in the help.
    fn mentioned_in_help(&self) -> BTreeSet<String> {
        let help = self.command.clone().render_long_help().to_string();
        let mut names = BTreeSet::new();
        for (_, after) in help.match_indices("ocon ").map(|(at, _)| help.split_at(at)) {
            let is_word = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase());
            let mut name = String::from("ocon");
            let words = after.split([' ', '`', '\n']).skip(1).take(2).take_while(is_word);
            for word in words {
                name = format!("{name}-{word}");
                names.insert(name.clone());
            }
        }
        names
    }
}

/// A line of a list in `--help`: a command line or exit code, and what it means.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    term: String,
    description: String,
}

impl Entry {
    fn render(&self) -> String {
        let term = escaped(&self.term);
        match self.description.as_str() {
            "" => format!(".PP\n\\fB{term}\\fR\n"),
            description => format!(".TP\n\\fB{term}\\fR\n{}\n", escaped(description)),
        }
    }
}

/// Reads a list with two columns. A line that has only the second one continues the entry above.
fn entries(lines: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for line in lines.lines() {
        let text = line.trim_start();
        let continued = entries.last_mut().filter(|_| line.len() - text.len() > MAX_INDENT);
        if let Some(Entry { description, .. }) = continued {
            let gap = if description.is_empty() { "" } else { " " };
            description.push_str(&format!("{gap}{text}"));
            continue;
        }
        let (term, description) = text.split_once("  ").unwrap_or((text, ""));
        let (term, description) = (term.to_owned(), description.trim_start().to_owned());
        entries.push(Entry { term, description });
    }
    entries
}

/// The maximum number of blanks before the first column.
const MAX_INDENT: usize = 8;

/// Text in roff: `-` is not a hyphen, and no line is a request.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-").replace('~', "\\(ti");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_with_the_second_column_alone_continues_the_entry_above() {
        let lines = "  ocon plan              show\n                         it\n  ocon apply --yes\n\
                     \x20                        do it\n  ocon status\n   64  usage error";
        let entry = |term: &str, description: &str| Entry {
            term: term.to_owned(),
            description: description.to_owned(),
        };
        let expected = [
            entry("ocon plan", "show it"),
            entry("ocon apply --yes", "do it"),
            entry("ocon status", ""),
            entry("64", "usage error"),
        ];
        assert_eq!(entries(lines), expected);
    }

    #[test]
    fn text_is_no_request_and_has_no_hyphens() {
        assert_eq!(escaped(".ocon/a-b \\n"), "\\&.ocon/a\\-b \\en");
    }
}
