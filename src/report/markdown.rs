//! Comments for a pull request: a plan, what became of it, a status, or why there is none.
//!
//! In: the JSON forms of [`super::json`], so that whatever a comment says a script can read too.
//! Out: Markdown that GitHub, GitLab and other readers of `CommonMark` show the same way, of at most
//! as many bytes as they take. The numbers are always there; what does not fit is left out instance
//! by instance, the gravest last.
//!
//! Text from files and from the platform is a guest: it stands in code spans and fenced blocks,
//! whose fences are longer than any in it, and can be no markup, mention, link or image. See
//! `escape`.

mod changes;
mod escape;
mod outcome;
mod page;
mod plan;
mod status;

pub use outcome::outcome;
pub use plan::{plan, refused};
pub use status::status;

use std::borrow::Cow;

use escape::{fenced, in_link};

use super::part;

/// The bytes of a comment, where nobody asks for fewer. GitHub takes 65,536 characters.
pub const MOST_BYTES: usize = 65_000;
/// The fewest bytes that a comment can be asked to have: its numbers and headings.
pub const FEWEST_BYTES: usize = 4_000;

/// How a comment is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The most bytes that it may have.
    pub max_bytes: usize,
    /// Where the files can be looked at.
    pub links: Links,
}

/// Where the files of the repository can be looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// The address below which they stand, with a `/` at its end; `None` where there is none.
    prefix: Option<String>,
}

impl Links {
    /// Files stand below this address, like `https://github.com/owner/name/blob/<commit>/`. One that
    /// could be anything but an address is none.
    pub fn below(prefix: &str) -> Self {
        let is_web = ["https://", "http://"].iter().any(|scheme| prefix.starts_with(scheme));
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/%@+".contains(c);
        let prefix = format!("{}/", prefix.trim_end_matches('/'));
        Self { prefix: Some(prefix).filter(|prefix| is_web && prefix.chars().all(is_plain)) }
    }

    /// A document's place, as a link where there is somewhere to lead.
    fn place(&self, file: &str, line: usize) -> String {
        let label = escape::code(&format!("{file}:{line}"));
        match &self.prefix {
            Some(prefix) => format!("[{label}]({prefix}{}#L{line})", in_link(file)),
            None => label,
        }
    }
}

/// The first line of a comment: it cannot be seen, and tells whose comment is to be edited. A
/// platform and a project have one comment for each command.
fn marker(command: &str, project: &str, base_url: &str) -> String {
    let host = base_url.split("://").last().unwrap_or_default();
    let host = host.split('/').next().unwrap_or_default();
    let plain = |text: &str| -> String {
        text.chars().filter(|c| c.is_ascii_alphanumeric() || "-._:".contains(*c)).collect()
    };
    format!("<!-- ocon-{command} project={} at={} -->\n", plain(project), plain(host))
}

/// Long enough for every error that somebody reads.
const LONGEST_FAILURE: usize = 16_000;

/// A command that has no result.
#[derive(Clone, Copy, Debug)]
pub struct Failed<'a> {
    /// Its name.
    pub command: &'a str,
    /// Whose instances it was about.
    pub project: &'a str,
    /// Where.
    pub base_url: &'a str,
    /// How it ended.
    pub exit: u8,
    /// What it said on stderr.
    pub text: &'a str,
}

/// Why there is no result: what was said on stderr, for the readers of a pull request.
pub fn failure(failed: &Failed<'_>, max_bytes: usize) -> String {
    let Failed { command, project, base_url, exit, text } = *failed;
    let marker = marker(command, project, base_url);
    let whole = |most: usize| {
        let text = fenced("text", &abridged(text, most));
        format!("{marker}## ocon {command}: failed (exit {exit})\n\n{text}")
    };
    // A character has several bytes, and one that cannot be seen is written with more of them.
    let mut lengths = (0..16).map(|halved| max_bytes.min(LONGEST_FAILURE) >> halved);
    let fitting = lengths.find_map(|most| Some(whole(most)).filter(|it| it.len() <= max_bytes));
    fitting.unwrap_or_else(|| whole(0))
}

/// A text of about so many characters at most. Its tail stays, because the last line counts the
/// errors.
fn abridged(text: &str, most: usize) -> Cow<'_, str> {
    match part::shortened(text, most) {
        Cow::Borrowed(whole) => Cow::Borrowed(whole),
        Cow::Owned(ends) => Cow::Owned(format!("{}\n{ends}", part::extent(text))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_link_where_there_is_somewhere_to_lead() {
        let links = Links::below("https://github.com/o/r/blob/abc123/");
        assert_eq!(
            links.place("instances/a b)](x).yaml", 3),
            "[`instances/a b)](x).yaml:3`](https://github.com/o/r/blob/abc123/instances/a%20b%29%5D%28x%29.yaml#L3)"
        );
        for bad in ["javascript:alert(1)", "https://a/ b", "https://a/)\n"] {
            assert_eq!(Links::below(bad), Links::default());
        }
        assert_eq!(Links::default().place("instances/a.yaml", 1), "`instances/a.yaml:1`");
    }

    #[test]
    fn a_marker_is_one_line_that_nothing_can_leave() {
        let hostile = "https://evil.example-->\n<b>/elements/api-v2";
        let marker = marker("plan", "a\n-->", hostile);
        assert_eq!(marker, "<!-- ocon-plan project=a-- at=evil.example--b -->\n");
    }

    fn failed(text: &str) -> Failed<'_> {
        let base_url = "https://api.example.com/elements/api-v2";
        Failed { command: "plan", project: "shop", base_url, exit: 5, text }
    }

    #[test]
    fn a_long_failure_keeps_its_last_line() {
        let text = format!("{}12 errors in 3 files\n", "error: no\n".repeat(2_000));
        let comment = failure(&failed(&text), FEWEST_BYTES * 4);
        assert!(comment.ends_with("error: no\n12 errors in 3 files\n```\n"), "{comment}");
        assert!(
            comment.contains("```text\n(20021 characters, shown in part)\nerror: no\n"),
            "{comment}"
        );
        let hidden = "\u{202e}".repeat(3_000);
        for most in [FEWEST_BYTES, 5_000] {
            assert!(failure(&failed(&text), most).len() <= most);
            assert!(failure(&failed(&hidden), most).len() <= most);
        }
    }

    #[test]
    fn a_failure_stands_in_a_fence_that_it_cannot_close() {
        let said = "error: `a`\n````\n@everyone\u{1b}[2J\n";
        let comment = failure(&failed(said), FEWEST_BYTES);
        assert_eq!(
            comment,
            "<!-- ocon-plan project=shop at=api.example.com -->\n## ocon plan: failed (exit 5)\n\n\
             `````text\nerror: `a`\n````\n@everyone\\u{1b}[2J\n`````\n"
        );
    }
}
