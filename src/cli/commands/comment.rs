//! `--format markdown`: the options of comments, and the comments of an apply.

use std::path::Path;

use crate::cli::setup::environment::Environment;
use crate::cli::setup::global_args::GlobalArgs;
use crate::cli::terminal::{Output, redaction};
use crate::plan::DeleteLimitExceeded;
use crate::report::json::{PlanDocument, ResultDocument};
use crate::report::markdown::{self, CommentOptions, FileLinks};

/// Returns the maximum size of a comment, and where readers find the files.
pub(crate) fn comment_options(globals: &GlobalArgs) -> CommentOptions {
    let links =
        globals.file_url.clone().or_else(|| repository(&globals.root, &globals.environment));
    let links = links.map(|prefix| FileLinks::below(&prefix)).unwrap_or_default();
    CommentOptions { max_bytes: globals.max_bytes, links }
}

/// Returns the URL at which the host of the repository shows the files of this commit.
fn repository(root: &Path, environment: &Environment) -> Option<String> {
    let text = |name| environment.text(name);
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
    let below = folder_below(checkout.as_deref().map(Path::new), root)?;
    Some(if below.is_empty() { files } else { format!("{files}/{below}") })
}

/// Returns the root relative to the checkout; `None` if it is outside, so links would be wrong.
fn folder_below(checkout: Option<&Path>, root: &Path) -> Option<String> {
    let Some(checkout) = checkout else {
        return (root == Path::new(".")).then(String::new);
    };
    let root = root.canonicalize().ok()?;
    let below = root.strip_prefix(checkout.canonicalize().ok()?).ok()?;
    Some(below.to_str()?.to_owned())
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
