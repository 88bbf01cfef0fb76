//! Which project owns the instances.
//!
//! In: the flag, the environment variable and `ocon.yaml`. Out: one project, or the reason why there
//! is none. A file of a pull request must never choose whose instances a pipeline changes, so a
//! project that two sources name differently ends the command before anything is contacted.

use crate::cli::setup::arguments::Globals;
use crate::cli::setup::environment::Environment;
use crate::cli::setup::file_problems;
use crate::cli::terminal::failure::{Exit, Failure};
use crate::desired::{Code, DeclaredProject, Problem, Severity};
use crate::instance::{InvalidName, Project, Span};
use crate::safe_text::quoted;

/// The project of a run.
pub(crate) struct ChosenProject {
    pub(crate) name: Project,
    /// Whether any source names it, so that it is not everybody's `default`.
    pub(crate) is_named: bool,
    /// Whether the flag or the environment variable names it.
    pub(crate) is_given: bool,
}

/// The project that the flag or else the environment variable names, with the name of its source.
pub(crate) fn given(
    globals: &Globals,
    environment: &Environment,
) -> Option<(&'static str, String)> {
    let flag = globals.project.clone().map(|name| ("--project", name));
    flag.or_else(|| Some(("OCON_PROJECT", environment.text("OCON_PROJECT")?)))
}

/// The project of those who name none.
pub(crate) fn default_project() -> Project {
    "default".parse().expect("the name of the default project follows the rule for names")
}

/// Takes the project from the flag, else the environment variable, else `ocon.yaml`.
pub(crate) fn choose(
    globals: &Globals,
    environment: &Environment,
    in_file: Option<DeclaredProject>,
) -> Result<ChosenProject, Failure> {
    let Some((source, name)) = given(globals, environment) else {
        let is_named = in_file.is_some();
        let name = in_file.map_or_else(default_project, |declared| declared.name);
        return Ok(ChosenProject { name, is_named, is_given: false });
    };
    let name: Project = name.parse().map_err(|error: InvalidName| {
        Failure::new(Exit::Usage, error.to_string()).hint("give another --project (OCON_PROJECT)")
    })?;
    match in_file {
        Some(declared) if declared.name != name => {
            Err(disagreement(globals, source, &name, &declared))
        }
        _ => Ok(ChosenProject { name, is_named: true, is_given: true }),
    }
}

fn disagreement(
    globals: &Globals,
    source: &str,
    given: &Project,
    declared: &DeclaredProject,
) -> Failure {
    let DeclaredProject { name, at } = declared;
    let file = file_problems::place(&globals.root, &at.file);
    let place = format!("{file}:{}:{}", at.line, at.column);
    Failure::new(
        Exit::Usage,
        format!(
            "the project is {} in {source} and {} in {place}",
            quoted(given),
            quoted(name)
        ),
    )
    .hint(format!(
        "nothing was contacted. Name the owner of these instances in both places. If several projects use \
         these files, remove `project:` from {file}"
    ))
}

/// Warns that a pipeline leaves the choice of the project to a file.
pub(crate) fn unset(severity: Severity, project: &Project) -> Problem {
    Problem {
        code: Code::ProjectUnset,
        severity,
        message: "a change of `ocon.yaml` decides whose instances this pipeline changes".to_owned(),
        // It is about the pipeline, not about a file.
        at: Span { file: "".into(), line: 1, column: 1 },
        excerpt: None,
        label: None,
        help: vec![format!("set it in the pipeline: --project {project} (OCON_PROJECT)")],
        related: None,
    }
}
