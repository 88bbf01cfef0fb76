//! Chooses the project that owns the instances.
//!
//! Input: the option, the environment variable and `ocon.yaml`. A file of a pull request must never
//! choose whose instances a pipeline changes. Therefore two sources that name different projects end
//! the command before anything is contacted.

use crate::cli::setup::file_problems::{no_file, problem};
use crate::cli::setup::global_args::GlobalArgs;
use crate::cli::setup::repository_paths::path_from_working_directory;
use crate::cli::terminal::{Exit, Failure};
use crate::desired::{Code, DeclaredProject, Levels, Problem, Severity};
use crate::instance::{InvalidName, Project};
use crate::safe_text::quoted;

pub(crate) struct ChosenProject {
    pub(crate) name: Project,
    /// Whether any source names it. Otherwise it is `default`, which others may use too.
    pub(crate) is_named: bool,
    /// Whether the option or the environment variable names it. A pull request can change `ocon.yaml`.
    pub(crate) is_given: bool,
}

/// The project that the option or else the environment variable names, with the name of its source.
pub(crate) fn given(globals: &GlobalArgs) -> Option<(&'static str, String)> {
    let option = globals.project.clone().map(|name| ("--project", name));
    option.or_else(|| Some(("OCON_PROJECT", globals.environment.text("OCON_PROJECT")?)))
}

pub(crate) fn default_project() -> Project {
    "default".parse().expect("the name of the default project is valid")
}

/// Chooses the project: the option, else the environment variable, else `ocon.yaml`.
pub(crate) fn choose(
    globals: &GlobalArgs,
    in_file: Option<DeclaredProject>,
) -> Result<ChosenProject, Failure> {
    let Some((source, name)) = given(globals) else {
        let is_named = in_file.is_some();
        let name = in_file.map_or_else(default_project, |declared| declared.name);
        return Ok(ChosenProject { name, is_named, is_given: false });
    };
    let name: Project = name.parse().map_err(|error: InvalidName| {
        Failure::new(Exit::Usage, error.to_string())
            .hint("use another name with --project (OCON_PROJECT)")
    })?;
    match in_file {
        Some(declared) if declared.name != name => Err(mismatch(globals, source, &name, &declared)),
        _ => Ok(ChosenProject { name, is_named: true, is_given: true }),
    }
}

fn mismatch(
    globals: &GlobalArgs,
    source: &str,
    given: &Project,
    declared: &DeclaredProject,
) -> Failure {
    let DeclaredProject { name, at } = declared;
    let file = path_from_working_directory(&globals.root, &at.file);
    let location = format!("{file}:{}:{}", at.line, at.column);
    let (given, name) = (quoted(given), quoted(name));
    let error = format!("the project is {given} in {source} and {name} in {location}");
    Failure::new(Exit::Usage, error).hint(format!(
        "nothing was contacted. Name the owner of these instances in both places. If several projects use \
         these files, remove `project:` from {file}"
    ))
}

/// The warning that a file chooses the project of a pipeline.
pub(crate) fn unset(levels: &Levels, project: &Project) -> Option<Problem> {
    let severity = levels.of(Code::ProjectUnset, Severity::Warning)?;
    let message = "a change of `ocon.yaml` can change whose instances this pipeline manages";
    let help = format!("set it in the pipeline: --project {project} (OCON_PROJECT)");
    Some(problem(Code::ProjectUnset, severity, message, &no_file(), &[&help]))
}
