//! `ocon init`: writes what a repository needs before its first instance file.
//!
//! Input: the folder, the name of the project, and the documents if there are any. Output: `ocon.yaml`, the
//! folder of instances, `.gitignore`, and the pipelines of `--ci`. Nothing that exists is changed.

mod example_pipelines;
mod existing_pipeline;
mod ignore_lines;
mod pipeline_summary;
mod pipeline_text;
mod pipelines;
mod project_name;
mod scaffold;
mod summary;

use crate::cli::setup::{GlobalArgs, file_problems};
use crate::cli::terminal::{Exit, Failure, output};
use crate::desired;
use crate::instance::Project;
use crate::report::pipeline_lines::yaml_word;

pub(crate) use example_pipelines::Ci;
use project_name::PROJECT_FILE;
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
    scaffold.file(PROJECT_FILE, project_file(&project.name))?;
    scaffold.folder(&globals.instances, GITKEEP)?;
    let missing_ignore_lines = scaffold.ignore_file()?;
    let pipelines = match args.ci {
        Some(ci) => Some(pipelines::add(globals, ci, &project.name, &mut scaffold)?),
        None => None,
    };
    let outcomes = scaffold.write()?;
    let summary = Summary {
        globals,
        project: &project,
        outcomes: &outcomes,
        missing_ignore_lines: &missing_ignore_lines,
        has_documents: !desired::outlines(&globals.root, &globals.instances).is_empty(),
        pipelines: pipelines.as_ref(),
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
