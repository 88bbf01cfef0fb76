//! `--format markdown`: the options of comments, and the comment of a failed command.

use std::path::Path;

use crate::cli::setup::global_args::{Format, GlobalArgs};
use crate::cli::setup::platform::{self, Platform, SANDBOX_URL};
use crate::cli::setup::project;
use crate::cli::setup::repository_paths::RepositoryPaths;
use crate::cli::terminal::{Failure, Output, redaction};
use crate::desired;
use crate::plan::DeleteLimitExceeded;
use crate::report::json::{FailureTarget, PlanDocument, ResultDocument};
use crate::report::markdown::{self, CommentOptions, FileLinks};

/// Returns the maximum size of a comment, and where readers find the files.
pub(crate) fn comment_options(globals: &GlobalArgs) -> CommentOptions {
    let links = globals.file_url.clone().or_else(|| root_url(globals));
    let links = links.map(|prefix| FileLinks::below(&prefix)).unwrap_or_default();
    CommentOptions { max_bytes: globals.max_bytes, links }
}

/// Returns the URL at which the host of the repository shows the root at this commit; `None` if links
/// would be wrong, because the root is in no repository or in another one.
fn root_url(globals: &GlobalArgs) -> Option<String> {
    let text = |name| globals.environment.text(name);
    let github = || {
        let (server, repository) = (text("GITHUB_SERVER_URL")?, text("GITHUB_REPOSITORY")?);
        let files = format!("{server}/{repository}/blob/{}", text("GITHUB_SHA")?);
        Some((files, text("GITHUB_WORKSPACE")))
    };
    let gitlab = || {
        let files = format!("{}/-/blob/{}", text("CI_PROJECT_URL")?, text("CI_COMMIT_SHA")?);
        Some((files, text("CI_PROJECT_DIR")))
    };
    let (files, checkout) = github().or_else(gitlab)?;
    let paths = RepositoryPaths::of(globals);
    let root = paths.root()?;
    let is_other = checkout.is_some_and(|folder| !paths.can_be_checkout(Path::new(&folder)));
    (!is_other).then(|| if root.is_empty() { files } else { format!("{files}/{root}") })
}

/// A plan that is applied, for a comment on its outcome.
pub(crate) struct Comment {
    plan: PlanDocument,
    options: CommentOptions,
}

impl Comment {
    pub(crate) fn new(plan: PlanDocument, options: CommentOptions) -> Self {
        Self { plan, options }
    }

    pub(crate) fn refused(&self, refused: &DeleteLimitExceeded) -> Output {
        Output::Text(markdown::refused(&self.plan, &refused.to_string(), &self.options))
    }

    pub(crate) fn outcome(&self, result: &ResultDocument) -> Output {
        let clean = redaction::without_secrets(result);
        let result = clean.as_ref().unwrap_or(result);
        Output::Text(markdown::outcome(&self.plan, result, &self.options))
    }
}

/// Adds a comment with the failure, if the format is Markdown.
pub(crate) fn on_failure(failure: Failure, command: &str, globals: &GlobalArgs) -> Failure {
    if globals.format != Format::Markdown || failure.result().is_some() {
        return failure;
    }
    let base_url = match platform::choose(globals) {
        Ok(Platform::At(base_url)) => Some(base_url.as_str().to_owned()),
        Ok(Platform::Sandbox) => Some(SANDBOX_URL.to_owned()),
        Err(_) => None,
    };
    let target = FailureTarget { base_url, project: project(globals) };
    let comment = markdown::failure(command, &failure.document(target), globals.max_bytes);
    failure.with_result(Some(Output::Text(comment)))
}

fn project(globals: &GlobalArgs) -> String {
    let given = project::given(globals).map(|(_, name)| name);
    let in_file = || Some(desired::load_project(&globals.root).ok()?.project?.name);
    given.unwrap_or_else(|| in_file().unwrap_or_else(project::default_project).to_string())
}
