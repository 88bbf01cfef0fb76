//! `ocon.yaml` and files of variables.

use std::collections::BTreeMap;
use std::path::Path;

use super::Code;
use super::files;
use super::problem::{Problem, Problems, Severity};
use super::text::{Finding, Notes, Text};
use super::yaml::{self, Kind, Member, Node};
use crate::catalog::closest;
use crate::instance::Project;

/// The name of the project file, in the root.
const PROJECT_FILE: &str = "ocon.yaml";

/// What `ocon.yaml` says; nothing, where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectFile {
    /// The owner of the instances.
    pub project: Option<Project>,
    /// Public values for `${{ var.NAME }}`.
    pub vars: BTreeMap<String, String>,
}

/// Reads `ocon.yaml` in the root, if there is one.
///
/// # Errors
///
/// All problems of the file.
pub fn load_project(root: &Path) -> Result<ProjectFile, Problems> {
    match files::read_within(root, Path::new(PROJECT_FILE)) {
        Ok(None) => Ok(ProjectFile::default()),
        Ok(Some(text)) => load(&text, project_file),
        Err(problem) => Err(Problems::of(*problem)),
    }
}

/// Reads a file that maps names of variables to their values.
///
/// # Errors
///
/// All problems of the file.
pub fn load_var_file(path: &Path) -> Result<BTreeMap<String, String>, Problems> {
    match files::read_text(path, &files::display_path(path)) {
        Ok(text) => load(&text, |node, notes| variables(node, "a file of variables", notes)),
        Err(problem) => Err(Problems::of(*problem)),
    }
}

/// Reads a file with at most one document.
fn load<T: Default>(text: &Text, read: impl FnOnce(&Node, &mut Notes) -> T) -> Result<T, Problems> {
    let mut notes = Notes::default();
    let documents = yaml::read(text, &mut notes);
    if let Some(second) = documents.get(1) {
        notes.add(Finding::new(
            Code::WrongType,
            second.mark,
            "this file can hold one document only",
        ));
    }
    let value = documents.first().map(|node| read(node, &mut notes)).unwrap_or_default();
    match Problems::new(into_errors(notes, text)) {
        Some(problems) => Err(problems),
        None => Ok(value),
    }
}

fn into_errors(notes: Notes, text: &Text) -> Vec<Problem> {
    let mut problems = notes.into_problems(text);
    problems.retain(|problem| problem.severity == Severity::Error);
    problems
}

fn project_file(node: &Node, notes: &mut Notes) -> ProjectFile {
    let mut file = ProjectFile::default();
    for member in members(node, "ocon.yaml", notes) {
        match member.name.as_str() {
            "project" => file.project = project(&member.value, notes),
            "vars" => file.vars = variables(&member.value, "`vars`", notes),
            name => {
                let message = format!("ocon.yaml has no key `{name}`");
                let nearest = closest(name, ["project", "vars"].into_iter());
                let finding = Finding::new(Code::UnknownKey, member.mark, message)
                    .suggest(nearest)
                    .help("the keys are `project` and `vars`");
                notes.add(finding);
            }
        }
    }
    file
}

fn project(node: &Node, notes: &mut Notes) -> Option<Project> {
    let Kind::Text(text) = &node.kind else {
        notes.add(wrong_type(node, "`project`", "a text"));
        return None;
    };
    let project = text.parse::<Project>();
    if let Err(error) = &project {
        let message = format!("this is not a valid {}", error.what);
        notes.add(Finding::new(Code::InvalidName, node.mark, message).help(error.rule));
    }
    project.ok()
}

fn variables(node: &Node, what: &str, notes: &mut Notes) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    for Member { name, mark, value, .. } in members(node, what, notes) {
        if !is_variable_name(name) {
            let finding =
                Finding::new(Code::InvalidName, *mark, "this is not a valid name of a variable")
                    .help("use letters, digits, `.`, `_` and `-`");
            notes.add(finding);
        }
        let text = match &value.kind {
            Kind::Text(text) => text.clone(),
            Kind::Number(number) => number.to_string(),
            Kind::Bool(flag) => flag.to_string(),
            Kind::Null | Kind::List(_) | Kind::Map(_) => {
                notes.add(wrong_type(value, "a variable", "a text"));
                continue;
            }
        };
        variables.insert(name.clone(), text);
    }
    variables
}

fn is_variable_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c))
}

fn members<'n>(node: &'n Node, what: &str, notes: &mut Notes) -> &'n [Member] {
    if let Kind::Map(members) = &node.kind {
        return members;
    }
    notes.add(wrong_type(node, what, "a map"));
    &[]
}

fn wrong_type(node: &Node, what: &str, expected: &str) -> Finding {
    super::document::wrong_type(node, what, expected)
}
