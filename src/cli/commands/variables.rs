//! `ocon variables`: lists the secrets and public variables that the files read, without their values.

use crate::cli::setup::{Format, GlobalArgs, KeyOrPath, SecretAccess, files};
use crate::cli::terminal::{Exit, Failure, Output, output};
use crate::report::human;
use crate::report::json::{self, VariablesDocument};
use crate::report::pipeline_lines::{PipelineSyntax, pipeline_lines};

#[derive(Debug, clap::Args)]
pub(crate) struct VariablesArgs {
    /// Documents, files or folders to include, by default all of instances/
    #[arg(value_name = "KEY|PATH")]
    documents: Vec<KeyOrPath>,
}

pub(crate) fn run(globals: &GlobalArgs, args: &VariablesArgs) -> Result<Exit, Failure> {
    let files = files::load(globals, SecretAccess::Needed)?;
    files.warn(globals);
    let selected = files.select(globals, &args.documents)?;
    let document = VariablesDocument::new(
        &files.desired,
        &files.variable_uses,
        &files.variable_places,
        selected.as_ref(),
    );
    let text = match syntax(globals.format) {
        Some(syntax) => pipeline_lines(&document, syntax),
        None if globals.format == Format::Json => {
            return output::result(&Output::Json(json::render(&document))).map(|()| Exit::Success);
        }
        None => human::variables(&document, globals.layout()),
    };
    output::text(&text)?;
    Ok(Exit::Success)
}

fn syntax(format: Format) -> Option<PipelineSyntax> {
    match format {
        Format::Dotenv => Some(PipelineSyntax::Dotenv),
        Format::Github => Some(PipelineSyntax::Github),
        Format::Gitlab => Some(PipelineSyntax::Gitlab),
        Format::Azure => Some(PipelineSyntax::Azure),
        Format::Jenkins => Some(PipelineSyntax::Jenkins),
        Format::Text | Format::Json | Format::Markdown | Format::Html | Format::Sarif => None,
    }
}
