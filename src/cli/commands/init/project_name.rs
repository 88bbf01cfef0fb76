//! Chooses the project of a new repository.

use crate::cli::setup::{GlobalArgs, project};
use crate::cli::terminal::{Exit, Failure};
use crate::desired::DeclaredProject;
use crate::instance::Project;
use crate::safe_text::quoted;

/// The file that names the project, in the root.
pub(super) const PROJECT_FILE: &str = "ocon.yaml";
const MIN_LENGTH: usize = 2;
const MAX_LENGTH: usize = 40;

/// The project of a repository.
pub(super) struct ChosenProject {
    pub(super) name: Project,
    /// Whether it is the name of the folder.
    pub(super) is_folder: bool,
}

/// The project that `--project`, the environment or `ocon.yaml` names, as for every command. Without any of
/// them and without `ocon.yaml`, the name of the folder.
pub(super) fn choose(
    globals: &GlobalArgs,
    in_file: Option<DeclaredProject>,
) -> Result<ChosenProject, Failure> {
    let has_file = globals.root.join(PROJECT_FILE).symlink_metadata().is_ok();
    if has_file || project::given(globals).is_some() {
        let name = project::choose(globals, in_file)?.name;
        return Ok(ChosenProject { name, is_folder: false });
    }
    let folder = globals.root.canonicalize().unwrap_or_default();
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let Some(project) = of_folder(&name) else {
        let error =
            format!("the name of the folder, {}, gives no name for a project", quoted(name));
        return Err(Failure::new(Exit::Usage, error)
            .hint("nothing was written. Name the project: ocon init --project marketing"));
    };
    Ok(ChosenProject { name: project, is_folder: true })
}

/// The project for the name of a folder, if enough of the name remains to recognize it: two characters,
/// and half of its letters and digits. Different folders could otherwise become one project, which would
/// own the instances of both.
fn of_folder(name: &str) -> Option<Project> {
    let all = name.chars().filter(|c| c.is_alphanumeric()).count();
    let kept = name.chars().filter(char::is_ascii_alphanumeric).count();
    let legal = legal(name);
    if legal.len() < MIN_LENGTH || kept * 2 < all {
        return None;
    }
    legal.parse().ok()
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

    #[test]
    fn a_folder_name_that_loses_most_of_its_letters_gives_no_project() {
        let project = |folder| of_folder(folder).map(|it| it.to_string());
        for nothing in ["", "日本", "a", "ünï", "änä", "é-1", "日本語-eu"] {
            assert_eq!(project(nothing), None, "{nothing}");
        }
        for (folder, name) in [("größe", "gr-e"), ("日本-eu", "eu"), ("eu", "eu"), ("2b", "2b")]
        {
            assert_eq!(project(folder).as_deref(), Some(name));
        }
    }
}
