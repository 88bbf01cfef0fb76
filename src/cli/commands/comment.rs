//! `--format markdown`: how comments are framed, and what they say when a command fails.

use std::path::Path;

use crate::cli::commands::saved_plan;
use crate::cli::setup::connection::Connection;
use crate::cli::setup::environment::Environment;
use crate::cli::setup::global_args::{Format, GlobalArgs};
use crate::cli::setup::platform::{self, Platform, SANDBOX_URL};
use crate::cli::setup::project;
use crate::cli::terminal::command_output::Output;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::redaction;
use crate::desired;
use crate::plan::{Plan, Refused};
use crate::report::json::{PlanDocument, ResultDocument};
use crate::report::markdown::{self, Failed, Frame, Links};

/// How long a comment may be, and where it can lead.
pub(crate) fn frame(globals: &GlobalArgs, environment: &Environment) -> Frame {
    let links = globals.file_url.clone().or_else(|| repository(&globals.root, environment));
    let links = links.map(|prefix| Links::below(&prefix)).unwrap_or_default();
    Frame { max_bytes: globals.max_bytes, links }
}

/// Where the host of the repository shows the files of this very commit.
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

/// The root below the folder of the checkout; `None` where it is elsewhere, so that no link would be
/// right.
fn folder_below(checkout: Option<&Path>, root: &Path) -> Option<String> {
    let Some(checkout) = checkout else {
        return (root == Path::new(".")).then(String::new);
    };
    let root = root.canonicalize().ok()?;
    let below = root.strip_prefix(checkout.canonicalize().ok()?).ok()?;
    Some(below.to_str()?.to_owned())
}

/// A plan that is carried out, for a comment on what becomes of it.
pub(crate) struct Comment {
    plan: PlanDocument,
    frame: Frame,
}

impl Comment {
    pub(crate) fn new(plan: &Plan, connection: &Connection, frame: Frame) -> Self {
        Self { plan: saved_plan::document(plan, &connection.fingerprints), frame }
    }

    /// Nothing of the plan may be done.
    pub(crate) fn refused(&self, refused: &Refused) -> Output {
        Output::Text(markdown::refused(&self.plan, &refused.to_string(), &self.frame))
    }

    /// All of it that could be done was done.
    pub(crate) fn outcome(&self, result: ResultDocument) -> Output {
        let result = redaction::without_secrets(&result).unwrap_or(result);
        Output::Text(markdown::outcome(&self.plan, &result, &self.frame))
    }
}

/// A failure as it is, and where a comment was asked for, a comment that says the same.
pub(crate) fn on_failure(
    failure: Failure,
    command: &str,
    globals: &GlobalArgs,
    environment: &Environment,
) -> Failure {
    if globals.format != Format::Markdown || failure.result().is_some() {
        return failure;
    }
    let base_url = match platform::choose(globals, environment) {
        Ok(Platform::At(base_url)) => base_url.as_str().to_owned(),
        Ok(Platform::Sandbox) => SANDBOX_URL.to_owned(),
        Err(_) => String::new(),
    };
    let text = anstream::adapter::strip_str(&failure.render(None)).to_string();
    let project = project(globals, environment);
    let (project, base_url, text) = (project.as_str(), base_url.as_str(), text.as_str());
    let failed = Failed { command, project, base_url, exit: failure.exit.code(), text };
    let comment = markdown::failure(&failed, globals.max_bytes);
    failure.with_result(Some(Output::Text(comment)))
}

/// The project, as far as it can be told.
fn project(globals: &GlobalArgs, environment: &Environment) -> String {
    let given = project::given(globals, environment).map(|(_, name)| name);
    let in_file = || Some(desired::load_project(&globals.root).ok()?.project?.name);
    given.unwrap_or_else(|| in_file().unwrap_or_else(project::default_project).to_string())
}
