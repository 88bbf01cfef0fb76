//! `ocon status`: how every instance stands. It reads the whole account, so that wrong callback
//! URLs of instances that nobody manages are found as well.

use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::commands::comment::frame;
use crate::cli::commands::missing_variables;
use crate::cli::setup::arguments::{Format, Globals};
use crate::cli::setup::environment::Environment;
use crate::cli::setup::session::{self, Lookup};
use crate::cli::terminal::command_output::Output;
use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::output;
use crate::cli::terminal::progress::Progress;
use crate::cli::terminal::redaction;
use crate::plan::PlanOptions;
use crate::plan::status::status;
use crate::report::human::{self, Layout};
use crate::report::json::{self, StatusDocument};
use crate::report::markdown;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Files or folders to look at; all of instances/ by default
    paths: Vec<PathBuf>,
    /// Exit with 2 when an instance does not match its file
    #[arg(long)]
    detailed_exitcode: bool,
}

pub(crate) fn run(
    globals: &Globals,
    arguments: &Arguments,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let platform = session::platform(globals, environment)?;
    let files = session::load(globals, environment, Lookup::Asked)?;
    files.warn(globals);
    let selection = files.select(&globals.root, &arguments.paths)?;
    let options = PlanOptions { selection, ..PlanOptions::default() };
    let (plan, status) = session::runtime()?.block_on(async {
        let progress = Arc::new(Progress::new(globals, environment));
        let connection =
            session::connect(platform, globals, environment, &files.project, &progress).await?;
        missing_variables::warn(globals, &files.desired, &options);
        let (plan, observed) = connection.survey(&files.desired, &options).await?;
        let status = status(&files.desired, &observed, &plan, &connection.context(&options));
        Ok((plan, status))
    })?;
    let document = StatusDocument::new(&status, &plan.target, plan.partial);
    output::result(&match globals.format {
        Format::Json => Output::Json(json::render(&document)),
        Format::Markdown => {
            let document = redaction::without_secrets(&document).unwrap_or(document);
            Output::Text(markdown::status(&document, &comment_options(globals, environment)))
        }
        _ => Output::Text(human::status(&document, Layout { width: environment.width() })),
    })?;
    Ok(if plan.is_guarded() {
        Exit::Guarded
    } else if arguments.detailed_exitcode && !plan.is_empty() {
        Exit::Changes
    } else {
        Exit::Success
    })
}
