//! Links to the files of a repository.

use super::style::percent_encoded;

/// Where readers find the files of the repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileLinks {
    /// The URL of the root with a `/` at its end; `None` for no links.
    prefix: Option<String>,
    place: LineForm,
}

/// How the URL of a file names a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum LineForm {
    /// `#L3`, as on GitHub and GitLab.
    #[default]
    Fragment,
    /// `&line=3&…`, as in Azure Repos, which has the path of a file in the query.
    Query,
}

impl FileLinks {
    /// Links to files below a URL such as `https://github.com/owner/name/blob/<commit>/`. A text that
    /// could be anything else than a URL results in no links.
    pub fn below(prefix: &str) -> Self {
        let prefix = format!("{}/", prefix.trim_end_matches('/'));
        let prefix = Some(prefix).filter(|url| is_web(url) && has_only_a_path(url));
        Self { prefix, place: LineForm::Fragment }
    }

    /// Links to the files of a commit in Azure Repos. The URL of the repository can name a user, as in
    /// `https://user@dev.azure.com/organization/project/_git/name`.
    pub fn in_azure_repos(repository: &str, commit: &str) -> Self {
        let repository = match repository.split_once("://") {
            Some((scheme, rest)) => {
                format!("{scheme}://{}", rest.split_once('@').map_or(rest, |(_, host)| host))
            }
            None => repository.to_owned(),
        };
        let is_plain = is_web(&repository)
            && has_only_a_path(&repository)
            && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        let prefix = is_plain.then(|| format!("{repository}?version=GC{commit}&path=/"));
        Self { prefix, place: LineForm::Query }
    }

    /// Links to the files of a folder, by the path of the folder.
    #[must_use]
    pub fn in_folder(self, path: &str) -> Self {
        let folder = if path.is_empty() { String::new() } else { percent_encoded(path) + "/" };
        Self { prefix: self.prefix.map(|prefix| prefix + &folder), ..self }
    }

    /// Returns the URL of a line of a file.
    pub(super) fn url(&self, file: &str, line: usize) -> Option<String> {
        let url = format!("{}{}", self.prefix.as_ref()?, percent_encoded(file));
        Some(match self.place {
            LineForm::Fragment => format!("{url}#L{line}"),
            LineForm::Query => {
                let end = line.saturating_add(1);
                format!("{url}&line={line}&lineEnd={end}&lineStartColumn=1&lineEndColumn=1")
            }
        })
    }
}

fn has_only_a_path(url: &str) -> bool {
    !url.contains(['?', '#', '=', '&'])
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
    fn azure_repos_has_the_file_and_the_line_in_the_query() {
        let repository = "https://o@dev.azure.com/o/a%20project/_git/r";
        let links = FileLinks::in_azure_repos(repository, "abc123").in_folder("a folder");
        let url = "https://dev.azure.com/o/a%20project/_git/r?version=GCabc123\
                   &path=/a%20folder/b%29.yaml&line=3&lineEnd=4&lineStartColumn=1&lineEndColumn=1";
        assert_eq!(links.url("b).yaml", 3).as_deref(), Some(url));
        for (repository, commit) in [
            ("javascript:alert(1)", "abc"),
            ("https://a?b", "abc"),
            ("https://a/r", "abc&x"),
            ("", ""),
        ] {
            assert_eq!(FileLinks::in_azure_repos(repository, commit).url("a.yaml", 1), None);
        }
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
