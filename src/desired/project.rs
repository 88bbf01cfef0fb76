//! `ocon.yaml` and variable files.

use std::collections::BTreeMap;
use std::path::Path;

use super::node_reader::{invalid_name, wrong_type};
use super::reference::syntax::MAX_NAME_CHARS;
use super::{
    Code, Diagnostic, Diagnostics, Member, Node, NodeKind, Problem, Problems, Text, files,
    placeholder, yaml,
};
use crate::catalog::closest;
use crate::instance::{Project, Span};
use crate::safe_text::quoted;

/// The name of the project file, in the root.
const PROJECT_FILE: &str = "ocon.yaml";

/// The content of `ocon.yaml`. Empty if the file does not exist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectFile {
    /// The owner of the instances.
    pub project: Option<DeclaredProject>,
    /// Public values for `${{ var.NAME }}`.
    pub vars: BTreeMap<String, String>,
    /// The text of the file.
    pub text: String,
    /// The warnings about the file.
    pub warnings: Vec<Problem>,
}

/// The content of a variable file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VarFile {
    /// Public values for `${{ var.NAME }}`.
    pub vars: BTreeMap<String, String>,
    /// The text of the file.
    pub text: String,
    /// The warnings about the file.
    pub warnings: Vec<Problem>,
}

/// The `project:` of `ocon.yaml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredProject {
    /// The owner of the instances.
    pub name: Project,
    /// The location of the name.
    pub at: Span,
}

/// Reads `ocon.yaml` in the root, if there is one.
///
/// # Errors
///
/// All problems of the file, and every file whose name is almost `ocon.yaml`. If ocon ignored such a
/// file, the project would change silently.
pub fn load_project(root: &Path) -> Result<ProjectFile, Problems> {
    let read = match files::read_optional(root, Path::new(""), Path::new(PROJECT_FILE)) {
        Ok(None) => Ok(ProjectFile::default()),
        Ok(Some(text)) => load(&text, |node, diagnostics| project_file(node, &text, diagnostics))
            .map(|(file, warnings)| ProjectFile { warnings, text: text.content, ..file }),
        Err(problem) => Err(Problems::of(*problem)),
    };
    let mut problems = misnamed(root);
    if problems.is_empty() {
        return read;
    }
    problems.extend(read.err().iter().flat_map(Problems::as_slice).cloned());
    Problems::new(problems).map_or_else(|| Ok(ProjectFile::default()), Err)
}

/// The problems of files in the root whose names are almost `ocon.yaml`. The names come from the folder
/// listing, because some file systems find `Ocon.yaml` under the name `ocon.yaml`.
fn misnamed(root: &Path) -> Vec<Problem> {
    let names = match files::names(root) {
        Ok(names) => names,
        Err(error) => {
            return vec![files::unreadable(".", format!("this folder cannot be listed: {error}"))];
        }
    };
    let help = if names.iter().any(|name| name == PROJECT_FILE) {
        "delete it, or move its content to `ocon.yaml`"
    } else {
        "rename it to `ocon.yaml`"
    };
    let message = "ocon does not read this file: the name of the project file is `ocon.yaml`";
    let problem =
        |name: &String| Problem::of_file(Code::MisnamedProjectFile, name, message).help(help);
    names.iter().filter(|name| is_misnamed(name)).map(problem).collect()
}

/// `ocon.yml`, `.ocon.yaml`, `OCON.YAML`
fn is_misnamed(name: &str) -> bool {
    let folded = name.to_ascii_lowercase();
    let plain = folded.strip_prefix('.').unwrap_or(&folded);
    name != PROJECT_FILE && matches!(plain, "ocon.yaml" | "ocon.yml")
}

/// Reads a file that maps names of variables to their values. The path is relative to the root.
///
/// # Errors
///
/// All problems of the file.
pub fn load_var_file(root: &Path, given: &Path) -> Result<VarFile, Problems> {
    let help = "pass a YAML file to `--var-file`, relative to the folder of `-C`";
    let text = files::read_given(root, given).map_err(|it| Problems::of(it.help(help)))?;
    let read = |node: &Node, diagnostics: &mut _| variables(node, "a variable file", diagnostics);
    let (vars, warnings) = load(&text, read)?;
    Ok(VarFile { vars, text: text.content, warnings })
}

/// Reads a file with at most one document. Returns its content and its warnings.
fn load<T: Default>(
    text: &Text,
    read: impl FnOnce(&Node, &mut Diagnostics) -> T,
) -> Result<(T, Vec<Problem>), Problems> {
    let mut diagnostics = Diagnostics::default();
    let documents = yaml::read(text, &mut diagnostics);
    if let Some(second) = documents.get(1) {
        let message = "this file can contain only one document";
        diagnostics.add(Diagnostic::new(Code::WrongType, second.range, message));
    }
    let value = documents.first().map(|node| read(node, &mut diagnostics)).unwrap_or_default();
    Ok((value, Problems::unless_error(diagnostics.into_problems(text))?))
}

fn project_file(node: &Node, text: &Text, diagnostics: &mut Diagnostics) -> ProjectFile {
    let mut file = ProjectFile::default();
    for member in members(node, "ocon.yaml", diagnostics) {
        match member.name.as_str() {
            "project" => {
                let at = text.span(member.value.range);
                file.project =
                    project(&member.value, diagnostics).map(|name| DeclaredProject { name, at });
            }
            "vars" => file.vars = variables(&member.value, "`vars`", diagnostics),
            name => {
                let message = format!("{} is not a key of ocon.yaml", quoted(&name));
                let nearest = closest(name, ["project", "vars"].into_iter());
                let diagnostic = Diagnostic::new(Code::UnknownKey, member.range, message)
                    .suggest(nearest)
                    .help("use the keys `project` and `vars`");
                diagnostics.add(diagnostic);
            }
        }
    }
    file
}

fn project(node: &Node, diagnostics: &mut Diagnostics) -> Option<Project> {
    let NodeKind::Text(text) = &node.kind else {
        return diagnostics.reject(wrong_type(node, "`project`", "a string"));
    };
    let project = text.parse::<Project>();
    project.map_err(|error| diagnostics.add(invalid_name(node.range, &error))).ok()
}

fn variables(node: &Node, what: &str, diagnostics: &mut Diagnostics) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    for Member { name, range, value, .. } in members(node, what, diagnostics) {
        if !is_variable_name(name) {
            let message = "this is not a valid name for a variable";
            let help = format!(
                "use letters, digits, `.`, `_` and `-`, at most {MAX_NAME_CHARS} characters"
            );
            diagnostics.add(Diagnostic::new(Code::InvalidName, *range, message).help(help));
        }
        let text = match &value.kind {
            NodeKind::Text(text) => {
                diagnostics.items.extend(placeholder::warning_of_variable(value.range, text));
                text.clone()
            }
            NodeKind::Number(number) => number.to_string(),
            NodeKind::Bool(flag) => flag.to_string(),
            NodeKind::Null | NodeKind::List(_) | NodeKind::Map(_) => {
                diagnostics.add(wrong_type(value, "a variable", "a string"));
                continue;
            }
        };
        variables.insert(name.clone(), text);
    }
    variables
}

fn is_variable_name(name: &str) -> bool {
    let of_name = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    !name.is_empty() && name.len() <= MAX_NAME_CHARS && name.chars().all(of_name)
}

fn members<'n>(node: &'n Node, what: &str, diagnostics: &mut Diagnostics) -> &'n [Member] {
    if let NodeKind::Map(members) = &node.kind {
        return members;
    }
    diagnostics.add(wrong_type(node, what, "a map"));
    &[]
}
