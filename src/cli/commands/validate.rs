//! `ocon validate`: checks the files without network access or secrets.

use crate::cli::setup::{GlobalArgs, KeyOrPath, SecretAccess, file_problems, files};
use crate::cli::terminal::{Exit, Failure, output};
use crate::report::style::count;

#[derive(Debug, clap::Args)]
pub(crate) struct ValidateArgs {
    /// Documents, files or folders that must exist; all files are checked
    #[arg(value_name = "KEY|PATH")]
    documents: Vec<KeyOrPath>,
}

pub(crate) fn run(globals: &GlobalArgs, args: &ValidateArgs) -> Result<Exit, Failure> {
    let files = files::load(globals, SecretAccess::Withheld)?;
    files.warn(globals);
    files.select(globals, &args.documents)?;
    let documents = files.desired.instances.len();
    match file_problems::document(globals, Some(documents), &files.warnings) {
        Some(document) => output::result(&document)?,
        None => output::text(&text(globals, documents))?,
    }
    Ok(Exit::Success)
}

fn text(globals: &GlobalArgs, documents: usize) -> String {
    if documents == 0 {
        return format!("No document found below {}.\n", globals.instances.display());
    }
    let verb = if documents == 1 { "is" } else { "are" };
    format!("{} {verb} valid.\n", count(documents, "document"))
}
