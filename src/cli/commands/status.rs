//! `ocon status`: compares every instance with its file. Reads the whole account, so that it also finds
//! wrong callback URLs of unmanaged instances.

use std::path::PathBuf;

use crate::cli::commands::comment::{comment_options, html_options};
use crate::cli::commands::{plan, reports};
use crate::cli::setup::{Format, GlobalArgs, SecretAccess, connection};
use crate::cli::terminal::{Exit, Failure, Output, output, redaction};
use crate::plan::{PlanOptions, status::status};
use crate::report::json::{self, StatusDocument};
use crate::report::{html, human, markdown};

#[derive(Debug, clap::Args)]
pub(crate) struct StatusArgs {
    /// Files or folders to include, by default all of instances/
    paths: Vec<PathBuf>,
    /// Exit with 2 if an instance differs from its file
    #[arg(long)]
    detailed_exitcode: bool,
}

pub(crate) fn run(globals: &GlobalArgs, args: &StatusArgs) -> Result<Exit, Failure> {
    let (platform, files) = connection::prepare(globals, SecretAccess::Needed)?;
    files.warn(globals);
    let selection = files.select(&globals.root, &args.paths)?;
    let options = PlanOptions { selection, ..PlanOptions::default() };
    let (plan, status) = connection::runtime()?.block_on(async {
        let connection = connection::connect(platform, globals, &files.project.name).await?;
        let (plan, observed) = connection.survey(&files.desired, &options).await?;
        let status = status(&files.desired, &observed, &plan, &connection.context(&options));
        Ok((plan, status))
    })?;
    let document = StatusDocument::new(&status, &plan.target, plan.partial);
    let clean = || redaction::without_secrets(&document).unwrap_or_else(|| document.clone());
    let render = |format| match format {
        Format::Json => Output::Json(json::render(&document)),
        Format::Markdown => Output::Text(markdown::status(&clean(), &comment_options(globals))),
        Format::Html => Output::Text(html::status(&clean(), &html_options(globals))),
        _ => Output::Text(human::status(&document, globals.layout())),
    };
    reports::write(globals, |format| Some(render(format)))?;
    output::result(&render(globals.format))?;
    Ok(plan::exit(&plan, args.detailed_exitcode))
}
