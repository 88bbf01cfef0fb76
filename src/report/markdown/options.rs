//! How a comment is rendered.

use super::escape::code;
use crate::report::file_links::{FileLinks, ReportUrl};

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
    /// Where readers find the complete report.
    pub report_url: Option<ReportUrl>,
}

impl CommentOptions {
    /// Renders a place in a file, as a link if possible.
    pub(super) fn place(&self, file: &str, line: usize) -> String {
        let label = code(&format!("{file}:{line}"));
        match self.links.url(file, line) {
            Some(url) => format!("[{label}]({url})"),
            None => label,
        }
    }

    /// Renders a paragraph with a link to the complete report; empty without one.
    pub(super) fn report_link(&self) -> String {
        let url = self.report_url.as_ref().map(ReportUrl::as_str);
        url.map(|url| format!("\n[Complete report]({url})\n")).unwrap_or_default()
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
        let options = |links| CommentOptions { max_bytes: MIN_MAX_BYTES, links, report_url: None };
        let linked = options(FileLinks::below("https://github.com/o/r/blob/abc123"));
        assert_eq!(
            linked.place("instances/a b)](x).yaml", 3),
            "[`instances/a b)](x).yaml:3`](https://github.com/o/r/blob/abc123/instances/a%20b%29%5D%28x%29.yaml#L3)"
        );
        let plain = options(FileLinks::default());
        assert_eq!(plain.place("instances/a.yaml", 1), "`instances/a.yaml:1`");
    }

    #[test]
    fn a_marker_is_one_comment_that_no_text_can_end() {
        let hostile = "https://evil.example-->\n<b>/elements/api-v2";
        let marker = marker("plan", "a\n-->", hostile);
        assert_eq!(marker, "<!-- ocon-plan project=a-- at=evil.example--b -->\n");
    }
}
