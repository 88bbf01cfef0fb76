//! `ocon status`: compares every instance with its file. Reads the whole account, so that it also finds
//! wrong callback URLs of unmanaged instances.

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::cli::commands::comment::{comment_options, html_options};
use crate::cli::commands::{plan, reports};
use crate::cli::setup::{Format, GlobalArgs, KeyOrPath, SecretAccess, connection};
use crate::cli::terminal::{Exit, Failure, Output, output, redaction};
use crate::plan::PlanOptions;
use crate::plan::status::{StatusReport, status};
use crate::report::json::{self, StatusDocument, StatusFilter};
use crate::report::{html, human, markdown};

#[derive(Debug, clap::Args)]
pub(crate) struct StatusArgs {
    /// Documents, files or folders to include, by default all of instances/
    #[arg(value_name = "KEY|PATH")]
    documents: Vec<KeyOrPath>,
    /// Exit with 2 if an instance differs from its file
    #[arg(long)]
    detailed_exitcode: bool,
    /// Show only these entries (repeatable, or separated by commas)
    #[arg(long, value_name = "STATE", value_delimiter = ',', value_parser = filter_parser())]
    only: Vec<StatusFilter>,
    /// List the instances that nobody manages
    #[arg(long)]
    unmanaged: bool,
}

fn filter_parser() -> impl TypedValueParser<Value = StatusFilter> {
    PossibleValuesParser::new(StatusFilter::ALL.map(StatusFilter::as_str)).try_map(|name| {
        StatusFilter::ALL.into_iter().find(|filter| filter.as_str() == name).ok_or("unknown state")
    })
}

impl StatusArgs {
    /// The entries that were asked for.
    fn select(&self, document: StatusDocument, status: &StatusReport) -> StatusDocument {
        let document = document.only(&self.only);
        if self.unmanaged || self.only.contains(&StatusFilter::Unmanaged) {
            return document.with_unmanaged(status);
        }
        document
    }
}

pub(crate) fn run(globals: &GlobalArgs, args: &StatusArgs) -> Result<Exit, Failure> {
    let (platform, files) = connection::prepare(globals, SecretAccess::NeededWithoutFiles)?;
    files.warn(globals);
    let selection = files.select(globals, &args.documents)?;
    let options = PlanOptions { selection, ..PlanOptions::default() };
    let (plan, status) = connection::runtime()?.block_on(async {
        let connection = connection::connect(platform, globals, &files.project.name).await?;
        let (plan, observed) = connection.survey(&files.desired, &options).await?;
        let status = status(&files.desired, &observed, &plan, &connection.context(&options));
        Ok((plan, status))
    })?;
    let document = StatusDocument::new(&status, &plan.target, plan.partial);
    let document = args.select(document, &status);
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
