//! What must be sure before `--prune` may delete anything: that what is missing among the files is
//! not missing by mistake.

use crate::cli::commands::checkout;
use crate::cli::setup::arguments::{Globals, beside};
use crate::cli::setup::environment::Environment;
use crate::cli::setup::session::Files;
use crate::cli::terminal::failure::{Exit, Failure};

use crate::safe_text::quoted;

/// How many missing files a message names.
const MAX_NAMED: usize = 3;

/// Refuses `--prune` where what is missing may be missing by mistake.
pub(crate) fn check(
    globals: &Globals,
    environment: &Environment,
    files: &Files,
) -> Result<(), Failure> {
    check_files(globals, files)?;
    check_checkout(globals, environment)
}

fn check_files(globals: &Globals, files: &Files) -> Result<(), Failure> {
    let (error, hint) = if files.desired.instances.is_empty() {
        let folder = globals.instances.display();
        (
            "there is no document at all, so --prune would delete every instance of the project",
            format!(
                "check that {folder} is the folder you mean: --instances DIR, -C DIR. To give up a whole \
                 project, delete its instances in the user interface",
                folder = quoted(&folder)
            ),
        )
    } else if !files.project_is_named {
        (
            "no project is named, and --prune would delete what others call `default` too",
            "if they are yours and stay in it: --project default; to name another one, write `project: NAME` \
             in ocon.yaml and take them over once with --take-from default, while they still have files"
                .to_owned(),
        )
    } else if files.left_unread {
        (
            "JSON files are not read, and --prune would delete the instances that they describe",
            "rename them to .yaml (JSON is YAML, too), or take them away".to_owned(),
        )
    } else {
        return Ok(());
    };
    Err(Failure::new(Exit::Guarded, error).hint(hint))
}

/// Refuses `--prune` where Git has a file below the folder of instances, in the index or in HEAD,
/// that is not on disk.
pub(crate) fn check_checkout(globals: &Globals, environment: &Environment) -> Result<(), Failure> {
    let folder = beside(&globals.root, &globals.instances);
    let missing = checkout::missing_files(environment, &globals.root, &folder)?;
    if missing.is_empty() {
        return Ok(());
    }
    let mut named: Vec<_> = missing.iter().take(MAX_NAMED).map(String::as_str).collect();
    let more = missing.len() - named.len();
    let more = format!("{more} more");
    if missing.len() > MAX_NAMED {
        named.push(&more);
    }
    let error =
        "--prune would delete instances whose files are not checked out, so nothing was contacted";
    let cause = format!("Git has these files, and they are not on disk: {}", named.join(", "));
    Err(Failure::new(Exit::Guarded, error)
        .caused_by(&cause)
        .hint("if they are missing by mistake, bring them back: git sparse-checkout disable, git \
               submodule update --init, or git restore FILE")
        .hint("if they were deleted or moved on purpose, commit that first: git add --all && git commit"))
}
