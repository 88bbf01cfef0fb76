//! `ocon init`: writes what a repository needs before its first instance file.
//!
//! Input: the folder, the name of the project, and the documents if there are any. Output: `ocon.yaml`, the
//! folder of instances, `.gitignore`, and the pipelines of `--ci`. Nothing that exists is changed.

mod example_pipelines;
mod ignore_lines;
mod pipeline_text;
mod project_name;
mod scaffold;
mod summary;

use std::path::Path;

use crate::cli::setup::global_args::{DEFAULT_INSTANCES_FOLDER, DEFAULT_SCHEMAS_FOLDER};
use crate::cli::setup::platform::{self, Platform};
use crate::cli::setup::{Files, GlobalArgs, SecretAccess, file_problems, files};
use crate::cli::terminal::{Exit, Failure, output};
use crate::desired;
use crate::instance::Project;
use crate::reader::repository_above;
use crate::report::pipeline_lines::yaml_word;

pub(crate) use example_pipelines::Ci;
use pipeline_text::{PAGE_URL, PipelineValues};
use scaffold::Scaffold;
use summary::Summary;

const GITKEEP: &str = ".gitkeep";

#[derive(Debug, clap::Args)]
pub(crate) struct InitArgs {
    /// Also write the pipelines for a CI system
    #[arg(long, value_name = "SYSTEM")]
    ci: Option<Ci>,
}

pub(crate) fn run(globals: &GlobalArgs, args: &InitArgs) -> Result<Exit, Failure> {
    let invalid =
        |problems: desired::Problems| file_problems::invalid(globals, problems.as_slice());
    let file = desired::load_project(&globals.root).map_err(invalid)?;
    let project = project_name::choose(globals, file.project)?;
    let mut scaffold = Scaffold::new(globals);
    scaffold.file("ocon.yaml", project_file(&project))?;
    scaffold.folder(&globals.instances, GITKEEP)?;
    let missing_ignore_lines = scaffold.ignore_file()?;
    let documents = match args.ci {
        Some(ci) => Some(add_pipelines(globals, ci, &project, &mut scaffold)?),
        None => None,
    };
    let outcomes = scaffold.write()?;
    let summary = Summary {
        outcomes: &outcomes,
        missing_ignore_lines: &missing_ignore_lines,
        has_documents: !desired::outlines(&globals.root, &globals.instances).is_empty(),
        ci: args.ci,
        files: documents.as_ref(),
    };
    output::text(&summary.text())?;
    Ok(Exit::Success)
}

fn project_file(project: &Project) -> String {
    format!(
        "# The owner of the instances, usually one project per tenant.\n\
         project: {}\n\
         \n\
         # Public values for ${{{{ var.NAME }}}}. --var and --var-file override them.\n\
         # vars:\n\
         #   app: https://app.example.com\n",
        yaml_word(project.as_str())
    )
}

/// Adds the pipelines with the secrets of the documents. Returns the documents.
fn add_pipelines(
    globals: &GlobalArgs,
    ci: Ci,
    project: &Project,
    scaffold: &mut Scaffold<'_>,
) -> Result<Files, Failure> {
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
    for pipeline in ci.pipelines() {
        scaffold.file(pipeline.path, values.fill_in(pipeline.text))?;
    }
    Ok(files)
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
