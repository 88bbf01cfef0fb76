//! Checks before `--prune` that no file is missing by mistake.

use crate::cli::commands::incomplete_checkout;
use crate::cli::setup::{Files, GlobalArgs, global_args::below_root};
use crate::cli::terminal::{Exit, Failure};
use crate::safe_text::quoted;

const MAX_NAMED_FILES: usize = 3;

pub(crate) fn check(globals: &GlobalArgs, files: &Files) -> Result<(), Failure> {
    check_files(globals, files)?;
    check_checkout(globals)
}

fn check_files(globals: &GlobalArgs, files: &Files) -> Result<(), Failure> {
    let (error, hint) = if files.desired.instances.is_empty() {
        let folder = globals.instances.display();
        let whole_project = if globals.sandbox {
            "the folder .ocon"
        } else {
            "its instances in the user interface"
        };
        (
            "there are no documents, so --prune would delete every instance of the project",
            format!(
                "check that {} is the right folder: --instances DIR, -C DIR. To delete a whole project, delete \
                 {whole_project}",
                quoted(&folder)
            ),
        )
    } else if !files.project.is_named {
        (
            "no project is named, so --prune would also delete other people's instances in `default`",
            "if all of them are yours, use --project default. To name another project, write `project: NAME` in \
             ocon.yaml and run once with --take-from default, while the instances still have files"
                .to_owned(),
        )
    } else if files.has_unread_json {
        (
            "ocon does not read JSON files, so --prune would delete the instances that they describe",
            "rename them to .yaml (JSON is valid YAML), or remove them".to_owned(),
        )
    } else {
        return Ok(());
    };
    Err(Failure::new(Exit::Guarded, error).hint(hint))
}

/// Refuses `--prune` if an instance file is in the index or in HEAD, but not on disk.
pub(crate) fn check_checkout(globals: &GlobalArgs) -> Result<(), Failure> {
    let folder = below_root(&globals.root, &globals.instances);
    let missing = incomplete_checkout::missing_files(&globals.environment, &globals.root, &folder)?;
    if missing.is_empty() {
        return Ok(());
    }
    let mut names: Vec<_> = missing.iter().take(MAX_NAMED_FILES).cloned().collect();
    if missing.len() > MAX_NAMED_FILES {
        names.push(format!("{} more", missing.len() - MAX_NAMED_FILES));
    }
    let error =
        "--prune would delete instances whose files are not checked out, so nothing was contacted";
    let cause = format!("these files are in Git but not on disk: {}", names.join(", "));
    Err(Failure::new(Exit::Guarded, error)
        .caused_by(&cause)
        .hint("if they are missing by mistake, restore them: git sparse-checkout disable, git submodule update \
               --init, or git restore FILE")
        .hint("if they were deleted or moved on purpose, commit that first: git add --all && git commit"))
}
