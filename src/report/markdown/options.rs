//! How a comment is rendered.

use super::escape::code;
use crate::report::style::percent_encoded;

/// Default for the maximum number of bytes of a comment. GitHub accepts 65,536 characters.
pub const DEFAULT_MAX_BYTES: usize = 65_000;
/// Smallest accepted maximum number of bytes: the counters and a few entries need them.
pub const MIN_MAX_BYTES: usize = 2_000;

/// How a comment is rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommentOptions {
    /// Maximum number of bytes.
    pub max_bytes: usize,
    /// Where readers find the files.
    pub links: FileLinks,
}

/// Where readers find the files of the repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileLinks {
    /// The URL of the root with a `/` at its end; `None` for no links.
    prefix: Option<String>,
}

impl FileLinks {
    /// Links to files below a URL such as `https://github.com/owner/name/blob/<commit>/`. A text that
    /// could be anything else than a URL results in no links.
    pub fn below(prefix: &str) -> Self {
        let is_web = ["https://", "http://"].iter().any(|scheme| prefix.starts_with(scheme));
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/%@+".contains(c);
        let prefix = format!("{}/", prefix.trim_end_matches('/'));
        Self { prefix: Some(prefix).filter(|prefix| is_web && prefix.chars().all(is_plain)) }
    }

    /// Renders a place in a file, as a link if possible.
    pub(super) fn place(&self, file: &str, line: usize) -> String {
        let label = code(&format!("{file}:{line}"));
        match &self.prefix {
            Some(prefix) => format!("[{label}]({prefix}{}#L{line})", percent_encoded(file)),
            None => label,
        }
    }
}

/// Renders the invisible first line: each platform and project has one comment per command.
pub(super) fn marker(command: &str, project: &str, base_url: &str) -> String {
    let host = base_url.split("://").last().unwrap_or_default();
    let host = host.split('/').next().unwrap_or_default();
    let plain = |text: &str| -> String {
        text.chars().filter(|c| c.is_ascii_alphanumeric() || "-._:".contains(*c)).collect()
    };
    format!("<!-- ocon-{command} project={} at={} -->\n", plain(project), plain(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_link_if_the_url_is_known() {
        let links = FileLinks::below("https://github.com/o/r/blob/abc123/");
        assert_eq!(
            links.place("instances/a b)](x).yaml", 3),
            "[`instances/a b)](x).yaml:3`](https://github.com/o/r/blob/abc123/instances/a%20b%29%5D%28x%29.yaml#L3)"
        );
        for bad in ["javascript:alert(1)", "https://a/ b", "https://a/)\n"] {
            assert_eq!(FileLinks::below(bad), FileLinks::default());
        }
        assert_eq!(FileLinks::default().place("instances/a.yaml", 1), "`instances/a.yaml:1`");
    }

    #[test]
    fn a_marker_is_one_comment_that_no_text_can_end() {
        let hostile = "https://evil.example-->\n<b>/elements/api-v2";
        let marker = marker("plan", "a\n-->", hostile);
        assert_eq!(marker, "<!-- ocon-plan project=a-- at=evil.example--b -->\n");
    }
}
