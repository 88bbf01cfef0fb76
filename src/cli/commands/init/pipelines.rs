//! Adds the pipelines of `--ci` to the files of a repository.

use std::path::Path;

use super::example_pipelines::Ci;
use super::existing_pipeline::{ExistingPipeline, inspect};
use super::pipeline_text::{PAGE_URL, PipelineValues};
use super::scaffold::{Outcome, Scaffold};
use crate::cli::setup::global_args::{DEFAULT_INSTANCES_FOLDER, DEFAULT_SCHEMAS_FOLDER};
use crate::cli::setup::platform::{self, Platform};
use crate::cli::setup::{GlobalArgs, SecretAccess, files};
use crate::cli::terminal::{Exit, Failure};
use crate::instance::Project;
use crate::reader::repository_above;

/// The pipelines of a CI system, with what their summary needs.
pub(super) struct Pipelines {
    pub(super) ci: Ci,
    /// The number of environment variables that the documents read.
    pub(super) variables: usize,
    /// The patterns for `OCON_ENV_ALLOW`, or nothing.
    pub(super) patterns: String,
    /// Whether the user gave a platform. Otherwise, the new pipelines have that of the examples.
    pub(super) has_platform: bool,
    /// The number of new pipelines.
    pub(super) written: usize,
    /// The pipelines that exist, by their path.
    pub(super) existing: Vec<(&'static str, ExistingPipeline)>,
}

/// Adds the pipelines with the secrets of the documents.
pub(super) fn add(
    globals: &GlobalArgs,
    ci: Ci,
    project: &Project,
    scaffold: &mut Scaffold<'_>,
) -> Result<Pipelines, Failure> {
    check_folders(globals)?;
    let files = files::load(globals, SecretAccess::WithheldWithoutFiles)?;
    files.warn(globals);
    let values = PipelineValues {
        project: project.as_str(),
        variables: files.desired.environment_variables(),
        patterns: files.desired.variable_patterns().join(","),
        base_url: given_base_url(globals)?,
        ci,
    };
    let mut written = 0;
    let mut existing = Vec::new();
    for pipeline in ci.pipelines() {
        match scaffold.file(pipeline.path, values.fill_in(pipeline.text))? {
            Outcome::Written => written += 1,
            Outcome::Exists => {
                let found = match scaffold.existing_text(Path::new(pipeline.path)) {
                    Ok(text) => inspect(pipeline, &text, &values.variables),
                    Err(error) => ExistingPipeline::Unread(error.to_string()),
                };
                existing.push((pipeline.path, found));
            }
        }
    }
    let PipelineValues { variables, patterns, base_url, .. } = values;
    let (variables, has_platform) = (variables.len(), base_url.is_some());
    Ok(Pipelines { ci, variables, patterns, has_platform, written, existing })
}

/// Refuses folders in which the pipelines would not find the files or would not run at all.
fn check_folders(globals: &GlobalArgs) -> Result<(), Failure> {
    let defaults = [
        ("--instances", &globals.instances, DEFAULT_INSTANCES_FOLDER),
        ("--schemas", &globals.schemas, DEFAULT_SCHEMAS_FOLDER),
    ];
    for (option, folder, default) in defaults {
        if folder != Path::new(default) {
            let error = format!("the pipelines of --ci read {default}/ and do not use {option}");
            return Err(Failure::new(Exit::Usage, error).hint(format!(
                "remove {option}, or remove --ci and adapt a pipeline: {PAGE_URL}"
            )));
        }
    }
    let top = repository_above(&globals.root);
    let root = globals.root.canonicalize().ok();
    match top.filter(|top| Some(top) != root.as_ref()) {
        None => Ok(()),
        Some(top) => {
            let error =
                "pipelines belong to the top of a Git repository, and this folder is below it";
            Err(Failure::new(Exit::Usage, error)
                .caused_by(&format!("the top of the repository is {}", top.display()))
                .hint("nothing was written. Run `ocon init --ci` at the top, or remove --ci"))
        }
    }
}

/// The base URL that an option or the environment gives.
fn given_base_url(globals: &GlobalArgs) -> Result<Option<String>, Failure> {
    let is_given = globals.base_url.is_some()
        || globals.region.is_some()
        || ["OCON_BASE_URL", "OCON_REGION"].iter().any(|it| globals.environment.text(it).is_some());
    if !is_given || globals.sandbox {
        return Ok(None);
    }
    Ok(match platform::choose(globals)? {
        Platform::At(base_url) => Some(base_url.as_str().to_owned()),
        Platform::Sandbox => None,
    })
}
