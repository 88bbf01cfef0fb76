//! `ocon.yaml` and files of variables.

use std::collections::BTreeMap;
use std::path::Path;

use super::Code;
use super::files;
use super::placeholder;
use super::problem::{Problem, Problems, Severity};
use super::reference::MAX_NAME;
use super::text::{Finding, Notes, Text};
use super::yaml::{self, Kind, Member, Node};
use crate::catalog::closest;
use crate::instance::{Project, Span};
use crate::untrusted::quoted;

/// The name of the project file, in the root.
const PROJECT_FILE: &str = "ocon.yaml";

/// What `ocon.yaml` says; nothing, where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectFile {
    /// The owner of the instances.
    pub project: Option<DeclaredProject>,
    /// Public values for `${{ var.NAME }}`.
    pub vars: BTreeMap<String, String>,
    /// The text of the file.
    pub text: String,
    /// What looks wrong in the file.
    pub warnings: Vec<Problem>,
}

/// What a file of variables says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VarFile {
    /// Public values for `${{ var.NAME }}`.
    pub vars: BTreeMap<String, String>,
    /// The text of the file.
    pub text: String,
    /// What looks wrong in the file.
    pub warnings: Vec<Problem>,
}

/// The `project:` of `ocon.yaml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredProject {
    /// The owner of the instances.
    pub name: Project,
    /// The place of the name.
    pub at: Span,
}

/// Reads `ocon.yaml` in the root, if there is one.
///
/// # Errors
///
/// All problems of the file, and every file whose name is nearly `ocon.yaml`: if it was ignored, the
/// project would silently be another one.
pub fn load_project(root: &Path) -> Result<ProjectFile, Problems> {
    let read = match files::read_known(root, Path::new(""), Path::new(PROJECT_FILE)) {
        Ok(None) => Ok(ProjectFile::default()),
        Ok(Some(text)) => load(&text, |node, notes| project_file(node, &text, notes))
            .map(|(file, warnings)| ProjectFile { warnings, text: text.content, ..file }),
        Err(problem) => Err(Problems::of(*problem)),
    };
    let mut problems = misnamed(root);
    if problems.is_empty() {
        return read;
    }
    problems.extend(read.err().iter().flatten().cloned());
    Problems::new(problems).map_or_else(|| Ok(ProjectFile::default()), Err)
}

/// The files in the root whose names are nearly that of the project file. The names come from the
/// folder's own list, because some file systems find `Ocon.yaml` under the name `ocon.yaml`.
fn misnamed(root: &Path) -> Vec<Problem> {
    let names = match files::names(root) {
        Ok(names) => names,
        Err(error) => {
            let message = format!("this folder cannot be listed: {error}");
            return vec![Problem::of_file(Code::UnreadableFile, ".", message)];
        }
    };
    let has_project_file = names.iter().any(|name| name == PROJECT_FILE);
    let help = if has_project_file {
        "delete it, or move its content to `ocon.yaml`"
    } else {
        "rename it to `ocon.yaml`"
    };
    let misnamed = names.iter().filter(|name| is_misnamed(name));
    misnamed
        .map(|name| {
            let message = "ocon does not read this file: the project file is named `ocon.yaml`";
            Problem::of_file(Code::MisnamedProjectFile, name, message).help(help)
        })
        .collect()
}

/// `ocon.yml`, `.ocon.yaml`, `OCON.YAML`
fn is_misnamed(name: &str) -> bool {
    let folded = name.to_ascii_lowercase();
    let plain = folded.strip_prefix('.').unwrap_or(&folded);
    name != PROJECT_FILE && matches!(plain, "ocon.yaml" | "ocon.yml")
}

/// Reads a file, given relative to the root, that maps names of variables to their values.
///
/// # Errors
///
/// All problems of the file.
pub fn load_var_file(root: &Path, given: &Path) -> Result<VarFile, Problems> {
    match files::read_given(root, given) {
        Ok(text) => load(&text, |node, notes| variables(node, "a file of variables", notes))
            .map(|(vars, warnings)| VarFile { vars, text: text.content, warnings }),
        Err(problem) => {
            let help = "`--var-file` names a YAML file, relative to the folder of `-C`";
            Err(Problems::of(problem.help(help)))
        }
    }
}

/// Reads a file with at most one document; what it says, and what looks wrong in it.
fn load<T: Default>(
    text: &Text,
    read: impl FnOnce(&Node, &mut Notes) -> T,
) -> Result<(T, Vec<Problem>), Problems> {
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
    let problems = notes.into_problems(text);
    if problems.iter().any(|problem| problem.severity == Severity::Error)
        && let Some(problems) = Problems::new(problems.clone())
    {
        return Err(problems);
    }
    Ok((value, problems))
}

fn project_file(node: &Node, text: &Text, notes: &mut Notes) -> ProjectFile {
    let mut file = ProjectFile::default();
    for member in members(node, "ocon.yaml", notes) {
        match member.name.as_str() {
            "project" => {
                let at = text.span(member.value.mark);
                file.project =
                    project(&member.value, notes).map(|name| DeclaredProject { name, at });
            }
            "vars" => file.vars = variables(&member.value, "`vars`", notes),
            name => {
                let message = format!("ocon.yaml has no key {name}", name = quoted(&name));
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
        let message = format!("this is not a valid {}", error.kind);
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
                    .help(format!(
                        "use letters, digits, `.`, `_` and `-`, at most {MAX_NAME} characters"
                    ));
            notes.add(finding);
        }
        let text = match &value.kind {
            Kind::Text(text) => {
                notes.findings.extend(placeholder::warning_of_variable(value.mark, text));
                text.clone()
            }
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
    let of_name = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    !name.is_empty() && name.len() <= MAX_NAME && name.chars().all(of_name)
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
