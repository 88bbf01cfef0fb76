//! `ocon plan`: shows what apply would change.

use std::path::PathBuf;

use crate::cli::commands::comment::{comment_options, html_options};
use crate::cli::commands::plan_scope::PlanScopeArgs;
use crate::cli::commands::{reports, saved_plan};
use crate::cli::setup::{
    Format, GlobalArgs, SecretAccess, connection, repository_paths::RepositoryPaths,
};
use crate::cli::terminal::{Exit, Failure, Output, atomic_file::AtomicFile, output};
use crate::plan::Plan;
use crate::report::human;
use crate::report::json::{self, PlanDocument};
use crate::report::{annotations, html, markdown};

#[derive(Debug, clap::Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    scope: PlanScopeArgs,
    /// Exit with 2 if the plan has changes or blocked instances
    #[arg(long)]
    detailed_exitcode: bool,
    /// Save the plan to FILE as JSON, for `ocon apply FILE`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) fn run(globals: &GlobalArgs, args: &PlanArgs) -> Result<Exit, Failure> {
    let (platform, files) = connection::prepare(globals, SecretAccess::NeededWithoutFiles)?;
    files.warn(globals);
    let options = args.scope.options(globals, &files)?;
    let out = args.out.as_ref();
    let out = out.map(|out| AtomicFile::prepare(globals.folders(), out, "the plan")).transpose()?;
    let (plan, document) = connection::runtime()?.block_on(async {
        let connection = connection::connect(platform, globals, &files.project.name).await?;
        // Without a document, the plan shows what the account contains.
        let is_empty = files.desired.instances.is_empty() && options.selection.is_none();
        let (plan, _) = if is_empty {
            connection.survey(&files.desired, &options).await?
        } else {
            connection.plan(&files.desired, &options).await?
        };
        let document = saved_plan::document(&plan, &connection.fingerprints);
        Ok((plan, document))
    })?;
    if let Some(out) = out {
        saved_plan::check_names(&plan, &document)?;
        out.write(&json::render(&document))?;
    }
    let render = |format| match format {
        Format::Json => Output::Json(json::render(&document)),
        Format::Markdown => Output::Text(markdown::plan(&document, &comment_options(globals))),
        Format::Github => {
            let paths = RepositoryPaths::of(globals);
            Output::Text(annotations::plan(&document, &|file| paths.path(file)))
        }
        Format::Html => Output::Text(html::plan(&document, &html_options(globals))),
        _ => Output::Text(human::plan(&PlanDocument::new(&plan), globals.layout())),
    };
    reports::write(globals, |format| Some(render(format)))?;
    output::result(&render(globals.format))?;
    Ok(exit(&plan, args.detailed_exitcode))
}

pub(crate) fn exit(plan: &Plan, detailed: bool) -> Exit {
    if plan.is_guarded() {
        Exit::Guarded
    } else if detailed && !plan.is_empty() {
        Exit::Changes
    } else {
        Exit::Success
    }
}
