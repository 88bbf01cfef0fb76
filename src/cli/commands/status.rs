//! `ocon status`: compares every instance with its file. Reads the whole account, so that it also finds
//! wrong callback URLs of unmanaged instances.

use crate::cli::commands::{comment::comment_options, plan, unset_variables};
use crate::cli::setup::{Format, GlobalArgs, KeyOrPath, SecretAccess, connection};
use crate::cli::terminal::{Exit, Failure, Output, output, redaction};
use crate::plan::{PlanOptions, status::status};
use crate::report::human;
use crate::report::json::{self, StatusDocument};
use crate::report::markdown;

#[derive(Debug, clap::Args)]
pub(crate) struct StatusArgs {
    /// Documents, files or folders to include, by default all of instances/
    #[arg(value_name = "KEY|PATH")]
    documents: Vec<KeyOrPath>,
    /// Exit with 2 if an instance differs from its file
    #[arg(long)]
    detailed_exitcode: bool,
}

pub(crate) fn run(globals: &GlobalArgs, args: &StatusArgs) -> Result<Exit, Failure> {
    let (platform, files) = connection::prepare(globals, SecretAccess::Needed)?;
    files.warn(globals);
    let selection = files.select(globals, &args.documents)?;
    let options = PlanOptions { selection, ..PlanOptions::default() };
    let (plan, status) = connection::runtime()?.block_on(async {
        let connection = connection::connect(platform, globals, &files.project.name).await?;
        unset_variables::warn(globals, &files.desired, &options);
        let (plan, observed) = connection.survey(&files.desired, &options).await?;
        let status = status(&files.desired, &observed, &plan, &connection.context(&options));
        Ok((plan, status))
    })?;
    let document = StatusDocument::new(&status, &plan.target, plan.partial);
    output::result(&match globals.format {
        Format::Json => Output::Json(json::render(&document)),
        Format::Markdown => {
            let document = redaction::without_secrets(&document).unwrap_or(document);
            Output::Text(markdown::status(&document, &comment_options(globals)))
        }
        _ => Output::Text(human::status(&document, globals.layout())),
    })?;
    Ok(plan::exit(&plan, args.detailed_exitcode))
}
