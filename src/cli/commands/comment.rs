//! `--format markdown` and `--format html`: their options, and the results of an apply.

use std::path::Path;

use crate::cli::setup::global_args::{Format, GlobalArgs};
use crate::cli::setup::repository_paths::RepositoryPaths;
use crate::cli::terminal::{Output, redaction};
use crate::plan::DeleteLimitExceeded;
use crate::report::file_links::FileLinks;
use crate::report::html::{self, HtmlOptions};
use crate::report::json::{PlanDocument, ResultDocument};
use crate::report::markdown::{self, CommentOptions};

/// Returns the maximum size of a comment, and where readers find the files.
pub(crate) fn comment_options(globals: &GlobalArgs) -> CommentOptions {
    let report_url = globals.report_url.clone();
    CommentOptions { max_bytes: globals.max_bytes, links: file_links(globals), report_url }
}

/// Returns the options of a page.
pub(crate) fn html_options(globals: &GlobalArgs) -> HtmlOptions {
    HtmlOptions { links: file_links(globals) }
}

fn file_links(globals: &GlobalArgs) -> FileLinks {
    let given = globals.file_url.as_deref().map(FileLinks::below);
    given.or_else(|| links_of_the_host(globals)).unwrap_or_default()
}

/// Returns links to the files of the root at this commit, where the host of the repository shows them;
/// `None` if links would be wrong, because the root is in no repository or in another one.
///
/// Sources: <https://docs.github.com/en/actions/reference/workflows-and-actions/variables>,
/// <https://docs.gitlab.com/ci/variables/predefined_variables/>,
/// <https://learn.microsoft.com/en-us/azure/devops/pipelines/build/variables>
fn links_of_the_host(globals: &GlobalArgs) -> Option<FileLinks> {
    let text = |name| globals.environment.text(name);
    let github = || {
        let (server, repository) = (text("GITHUB_SERVER_URL")?, text("GITHUB_REPOSITORY")?);
        let files = format!("{server}/{repository}/blob/{}", text("GITHUB_SHA")?);
        Some((FileLinks::below(&files), text("GITHUB_WORKSPACE")))
    };
    let gitlab = || {
        let files = format!("{}/-/blob/{}", text("CI_PROJECT_URL")?, text("CI_COMMIT_SHA")?);
        Some((FileLinks::below(&files), text("CI_PROJECT_DIR")))
    };
    let azure = || {
        let repository = text("BUILD_REPOSITORY_URI")?;
        text("BUILD_REPOSITORY_PROVIDER").filter(|provider| *provider == "TfsGit")?;
        let links = FileLinks::in_azure_repos(&repository, &text("BUILD_SOURCEVERSION")?);
        Some((links, text("BUILD_SOURCESDIRECTORY")))
    };
    let (links, checkout) = github().or_else(gitlab).or_else(azure)?;
    let paths = RepositoryPaths::of(globals);
    let root = paths.root()?;
    let is_other = checkout.is_some_and(|folder| !paths.can_be_checkout(Path::new(&folder)));
    (!is_other).then(|| links.in_folder(&root))
}

/// A plan that is applied, for a comment or a page on its outcome.
pub(crate) struct AppliedPlan {
    plan: PlanDocument,
    comment: CommentOptions,
    page: HtmlOptions,
}

impl AppliedPlan {
    pub(crate) fn new(plan: PlanDocument, globals: &GlobalArgs) -> Self {
        Self { plan, comment: comment_options(globals), page: html_options(globals) }
    }

    /// The refusal of the plan; `None` for a format that shows no plan.
    pub(crate) fn refused(&self, format: Format, refused: &DeleteLimitExceeded) -> Option<Output> {
        let (plan, reason) = (&self.plan, refused.to_string());
        match format {
            Format::Markdown => Some(Output::Text(markdown::refused(plan, &reason, &self.comment))),
            Format::Html => Some(Output::Text(html::refused(plan, &reason, &self.page))),
            _ => None,
        }
    }

    /// The outcome; `None` for a format that shows no plan.
    pub(crate) fn outcome(&self, format: Format, result: &ResultDocument) -> Option<Output> {
        let clean = redaction::without_secrets(result);
        let result = clean.as_ref().unwrap_or(result);
        match format {
            Format::Markdown => {
                Some(Output::Text(markdown::outcome(&self.plan, result, &self.comment)))
            }
            Format::Html => Some(Output::Text(html::outcome(&self.plan, result, &self.page))),
            _ => None,
        }
    }
}
