//! Chooses the project of a new repository.

use crate::cli::setup::{GlobalArgs, project};
use crate::cli::terminal::{Exit, Failure};
use crate::desired::DeclaredProject;
use crate::instance::Project;
use crate::safe_text::quoted;

const MAX_LENGTH: usize = 40;

/// The project that `--project`, the environment or `ocon.yaml` names, as for every command. Without any of
/// them and without `ocon.yaml`, the name of the folder.
pub(super) fn choose(
    globals: &GlobalArgs,
    in_file: Option<DeclaredProject>,
) -> Result<Project, Failure> {
    let has_file = globals.root.join("ocon.yaml").symlink_metadata().is_ok();
    if has_file || project::given(globals).is_some() {
        return Ok(project::choose(globals, in_file)?.name);
    }
    let folder = globals.root.canonicalize().unwrap_or_default();
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    legal(&name).parse().map_err(|_| {
        let error =
            format!("the name of the folder, {}, gives no name for a project", quoted(name));
        Failure::new(Exit::Usage, error)
            .hint("nothing was written. Name the project: ocon init --project marketing")
    })
}

/// The name in lowercase, with `-` in place of characters that the name of a project cannot contain.
fn legal(name: &str) -> String {
    let mut legal = String::new();
    for c in name.chars() {
        match c.to_ascii_lowercase() {
            c if c.is_ascii_alphanumeric() || "._".contains(c) => legal.push(c),
            _ if legal.ends_with('-') => {}
            _ => legal.push('-'),
        }
    }
    let legal = legal.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    let end = legal.len().min(MAX_LENGTH);
    let is_separator = |c: char| !c.is_ascii_alphanumeric();
    legal.get(..end).unwrap_or_default().trim_end_matches(is_separator).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_name_becomes_a_legal_name() {
        for (folder, project) in [
            ("marketing", "marketing"),
            ("Open Connectors (EU)", "open-connectors-eu"),
            ("sap.connectors_2", "sap.connectors_2"),
            (".dotfiles", "dotfiles"),
            ("größe", "gr-e"),
            ("tmp.Xy9--", "tmp.xy9"),
        ] {
            assert_eq!(legal(folder), project);
            assert!(project.parse::<Project>().is_ok(), "{project}");
        }
        assert_eq!(legal(&"a".repeat(50)).len(), MAX_LENGTH);
        for nothing in ["", "日本", "---", "._"] {
            assert_eq!(legal(nothing), "");
        }
    }
}
