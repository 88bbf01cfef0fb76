//! Links to the files of a repository.

use super::style::percent_encoded;

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
        let prefix = format!("{}/", prefix.trim_end_matches('/'));
        let is_plain = |c: char| !"?#=&".contains(c);
        Self { prefix: Some(prefix).filter(|url| is_web(url) && url.chars().all(is_plain)) }
    }

    /// Returns the URL of a line of a file.
    pub(super) fn url(&self, file: &str, line: usize) -> Option<String> {
        let prefix = self.prefix.as_ref()?;
        Some(format!("{prefix}{}#L{line}", percent_encoded(file)))
    }
}

/// A URL of a complete report, for a link in a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportUrl(String);

impl ReportUrl {
    /// Accepts a URL of characters that no format interprets; `None` for any other text.
    pub fn new(url: &str) -> Option<Self> {
        is_web(url).then(|| Self(url.to_owned()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a text is the URL of a page, without characters that Markdown or HTML interprets.
fn is_web(url: &str) -> bool {
    let after_scheme = ["https://", "http://"].iter().find_map(|scheme| url.strip_prefix(scheme));
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/%@+?#=&".contains(c);
    after_scheme.is_some_and(|rest| !rest.is_empty()) && url.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_file_has_a_url_if_the_prefix_is_one() {
        let links = FileLinks::below("https://github.com/o/r/blob/abc123/");
        let url = "https://github.com/o/r/blob/abc123/a%20b%29%5D%28x%29.yaml#L3";
        assert_eq!(links.url("a b)](x).yaml", 3).as_deref(), Some(url));
        for bad in ["javascript:alert(1)", "https://a/ b", "https://a/)\n", "https://a?b", ""] {
            assert_eq!(FileLinks::below(bad), FileLinks::default());
        }
        assert_eq!(FileLinks::default().url("a.yaml", 1), None);
    }

    #[test]
    fn the_url_of_a_report_can_be_nothing_else() {
        let run = "https://github.com/o/r/actions/runs/1?pr=2#artifacts";
        assert_eq!(ReportUrl::new(run).unwrap().as_str(), run);
        for bad in ["ftp://a", "https://", "https://a)[x](b", "https://a\n", "data:text/html,x"] {
            assert_eq!(ReportUrl::new(bad), None, "{bad}");
        }
    }
}
