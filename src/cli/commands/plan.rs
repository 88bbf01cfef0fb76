//! `ocon plan`: what apply would do.

use std::path::PathBuf;
use std::sync::Arc;

use crate::catalog::closest;
use crate::cli::commands::changed_since;
use crate::cli::commands::comment::comment_options;
use crate::cli::commands::missing_variables;
use crate::cli::commands::prune;
use crate::cli::commands::saved_plan;
use crate::cli::setup::arguments::{Format, Globals};
use crate::cli::setup::environment::Environment;
use crate::cli::setup::file_problems;
use crate::cli::setup::fork;
use crate::cli::setup::session::{self, Files, Lookup};
use crate::cli::terminal::command_output::Output;
use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::new_file::NewFile;
use crate::cli::terminal::output;
use crate::cli::terminal::progress::Progress;
use crate::instance::{Key, Project};
use crate::plan::{
    OrphanPolicy, Plan, PlanOptions, Rotate, RotationRequest, StoredValueVisibility,
};
use crate::report::human::{self, Layout};
use crate::report::{annotations, json, markdown};
use crate::safe_text::quoted;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    scope: Scope,
    /// Exit with 2 when the plan has changes or blocked instances
    #[arg(long)]
    detailed_exitcode: bool,
    /// Write the plan to FILE as JSON, for `ocon apply FILE`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What plan and apply look at.
#[derive(Debug, clap::Args)]
pub(crate) struct Scope {
    /// Files or folders to look at; all of instances/ by default. For `apply`, a saved plan instead
    pub(crate) paths: Vec<PathBuf>,
    /// Look only at documents that differ from those of a commit, like origin/main
    #[arg(long, value_name = "REF", conflicts_with_all = ["paths", "prune"])]
    pub(crate) changed_since: Option<String>,
    /// Delete instances of this project that no file describes
    #[arg(long, conflicts_with = "paths")]
    pub(crate) prune: bool,
    /// Create KEY although an unmanaged instance has its connector and name (repeatable)
    #[arg(long, value_name = "KEY")]
    pub(crate) allow_duplicate: Vec<Key>,
    /// Adopt the instances of project OLD whose keys are those of documents here
    #[arg(long, value_name = "OLD")]
    pub(crate) take_from: Option<Project>,
    /// Write secrets although nothing says that they changed: KEY, KEY#path or all (repeatable)
    #[arg(long, value_name = "KEY[#PATH]")]
    pub(crate) rotate: Vec<RotationRequest>,
    /// Leave secrets alone that are not set here
    #[arg(long)]
    pub(crate) allow_unset: bool,
}

impl Scope {
    /// The secrets to write on request, all of which the files must have.
    fn rotations(&self, files: &Files) -> Result<Rotate, Failure> {
        let rotate: Rotate = self.rotate.iter().cloned().collect();
        let documents = &files.desired.instances;
        if let Some(key) = rotate.keys().find(|key| !documents.contains_key(*key)) {
            let error =
                format!("--rotate names {key}, and no document has that key", key = quoted(&key));
            return Err(unknown(&error, key.as_str(), documents.keys().map(Key::as_str)));
        }
        let undeclared =
            |(key, path): &(&Key, &str)| !documents[*key].configuration.contains_key(*path);
        if let Some((key, path)) = rotate.paths().find(undeclared) {
            let error = format!(
                "--rotate names {}, which {} does not declare",
                quoted(format!("{key}#{path}")),
                quoted(key)
            );
            let known = documents[key].configuration.keys();
            return Err(unknown(&error, path, known.map(String::as_str)));
        }
        Ok(rotate)
    }

    /// What is asked of the plan.
    pub(crate) fn options(
        &self,
        globals: &Globals,
        environment: &Environment,
        files: &Files,
    ) -> Result<PlanOptions, Failure> {
        if self.take_from.as_ref() == Some(&files.project) {
            let error =
                format!("--take-from names {}, which is this project", quoted(&files.project));
            let hint = "name the project under which the instances were applied before";
            return Err(Failure::new(Exit::Usage, error).hint(hint));
        }
        if self.prune {
            prune::check(globals, environment, files)?;
        }
        Ok(PlanOptions {
            allow_duplicates: self.allow_duplicate.iter().cloned().collect(),
            orphans: if self.prune { OrphanPolicy::Prune } else { OrphanPolicy::Note },
            take_from: self.take_from.clone(),
            rotate: self.rotations(files)?,
            allow_unset: self.allow_unset,
            planned_secrets: None,
            stored_values: match (fork::is_likely(environment), files.project_is_given) {
                (false, _) => StoredValueVisibility::Public,
                (true, true) => StoredValueVisibility::OfProject,
                (true, false) => StoredValueVisibility::None,
            },
            selection: match &self.changed_since {
                Some(reference) => {
                    Some(changed_since::since(reference, globals, environment, files)?)
                }
                None => files.select(&globals.root, &self.paths)?,
            },
        })
    }
}

/// Says that nothing has this name, and which one may be meant.
pub(crate) fn unknown<'a>(
    error: &str,
    name: &str,
    known: impl Iterator<Item = &'a str>,
) -> Failure {
    let failure = Failure::new(Exit::Invalid, error);
    match closest(name, known) {
        Some(other) => failure.hint(format!("did you mean {other}?", other = quoted(&other))),
        None => failure.hint("the keys stand in the files, or follow from their paths"),
    }
}

pub(crate) fn run(
    globals: &Globals,
    arguments: &Arguments,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let platform = session::platform(globals, environment)?;
    let files = session::load(globals, environment, Lookup::Asked)?;
    files.warn(globals);
    let options = arguments.scope.options(globals, environment, &files)?;
    let out = arguments.out.as_ref();
    let out = out.map(|out| NewFile::prepare(globals, out, "the plan")).transpose()?;
    let (plan, document) = session::runtime()?.block_on(async {
        let progress = Arc::new(Progress::new(globals, environment));
        let connection =
            session::connect(platform, globals, environment, &files.project, &progress).await?;
        missing_variables::warn(globals, &files.desired, &options);
        let (plan, _) = connection.plan(&files.desired, &options).await?;
        let document = saved_plan::document(&plan, &connection.fingerprints);
        Ok((plan, document))
    })?;
    if let Some(out) = out {
        saved_plan::check_names(&plan, &document)?;
        out.write(&json::render(&document))?;
    }
    output::result(&match globals.format {
        Format::Json => Output::Json(json::render(&document)),
        Format::Markdown => {
            Output::Text(markdown::plan(&document, &comment_options(globals, environment)))
        }
        Format::Github => Output::Text(annotations::plan(&document, &|file| {
            file_problems::place(&globals.root, file)
        })),
        _ => Output::Text(human::plan(
            &PlanDocument::new(&plan),
            Layout { width: environment.width() },
        )),
    })?;
    Ok(exit(&plan, arguments.detailed_exitcode))
}

fn exit(plan: &Plan, detailed: bool) -> Exit {
    if plan.is_guarded() {
        Exit::Guarded
    } else if detailed && !plan.is_empty() {
        Exit::Changes
    } else {
        Exit::Success
    }
}
