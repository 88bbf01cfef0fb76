//! Import cycles between the files of `src`.
//!
//! A file imports the file that defines the name in a `use`. A re-export (`pub use`) does not count as
//! an import: the file that uses the re-exported name imports the file that defines it.

use std::collections::{BTreeMap, BTreeSet};

use super::source;

#[test]
fn no_import_cycle_exists() {
    let imports = Crate::read().imports();
    for group in cycles(&imports) {
        let edges = group.iter().flat_map(|from| {
            let within = imports[from].iter().filter(|to| group.contains(*to));
            within.map(move |to| format!("{from} imports {to}"))
        });
        assert_eq!(edges.collect::<Vec<_>>(), Vec::<String>::new(), "an import cycle");
    }
}

/// The parts of the command line. Each may import itself and the parts before it.
const CLI_LAYERS: [&str; 3] = ["cli/terminal", "cli/setup", "cli/commands"];

#[test]
fn no_layer_of_the_command_line_imports_a_later_layer() {
    let layer = |file: &str| {
        let is_in = |layer: &&str| {
            file.strip_prefix(layer).is_some_and(|rest| rest.starts_with(['/', '.']))
        };
        CLI_LAYERS.iter().position(is_in)
    };
    let files = Crate::read().imports();
    for name in CLI_LAYERS {
        assert!(files.keys().any(|file| file.starts_with(name)), "there is no `{name}`");
    }
    for (file, imports) in &files {
        let Some(own) = layer(file) else { continue };
        for imported in imports {
            let is_allowed = layer(imported).map_or(imported != "cli.rs", |other| other <= own);
            assert!(is_allowed, "`{file}` imports `{imported}`");
        }
    }
}

/// The path of a module, for example `["api", "client"]`. The path of the crate is empty.
type Module = Vec<String>;

/// A name that a `use` brings into a module.
struct Import {
    is_reexport: bool,
    path: Vec<String>,
    name: String,
}

/// The modules of the library that are files, with what they import.
struct Crate(BTreeMap<Module, Vec<Import>>);

impl Crate {
    fn read() -> Self {
        let files = source::files().into_iter().filter(|(path, _)| path != "main.rs");
        Self::of(files.map(|(path, code)| (module(&path), code)))
    }

    fn of(files: impl Iterator<Item = (Module, String)>) -> Self {
        Self(files.map(|(module, code)| (module, imports(&code))).collect())
    }

    /// The files that each file imports, without itself.
    fn imports(&self) -> BTreeMap<String, BTreeSet<String>> {
        let of = |(module, imports): (&Module, &Vec<Import>)| {
            let own = imports.iter().filter(|import| !import.is_reexport);
            let files = own.filter_map(|import| self.definition(module, &import.path, 8));
            let files = files.filter(|file| file != module).map(|file| file_of(&file)).collect();
            (file_of(module), files)
        };
        self.0.iter().map(of).collect()
    }

    /// The module that defines the item at `path` in `module`, through at most `depth` re-exports. `None`
    /// if another crate defines it.
    fn definition(&self, module: &Module, path: &[String], depth: usize) -> Option<Module> {
        let supers = path.iter().take_while(|segment| *segment == "super").count();
        let (mut found, mut rest) = match path.first()?.as_str() {
            "crate" => (Vec::new(), &path[1..]),
            "self" => (module.clone(), &path[1..]),
            "super" => (module[..module.len().checked_sub(supers)?].to_vec(), &path[supers..]),
            first if self.0.contains_key(&child(module, first)) => (module.clone(), path),
            _ => return None,
        };
        while let [first, others @ ..] = rest
            && self.0.contains_key(&child(&found, first))
        {
            found.push(first.clone());
            rest = others;
        }
        let reexport = self.0[&found]
            .iter()
            .find(|import| import.is_reexport && depth > 0 && rest.first() == Some(&import.name));
        let defined = reexport.and_then(|import| {
            self.definition(&found, &[&import.path, &rest[1..]].concat(), depth - 1)
        });
        Some(defined.unwrap_or(found))
    }
}

fn module(path: &str) -> Module {
    let path = path.strip_suffix(".rs").unwrap();
    if path == "lib" { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

fn file_of(module: &Module) -> String {
    if module.is_empty() { "lib.rs".to_owned() } else { format!("{}.rs", module.join("/")) }
}

fn child(module: &Module, name: &str) -> Module {
    [module.as_slice(), &[name.to_owned()]].concat()
}

/// The imports of the `use` declarations of a file.
fn imports(code: &str) -> Vec<Import> {
    let mut imports = Vec::new();
    let mut rest = code;
    while let Some((line, after)) = rest.split_once('\n') {
        rest = after;
        let (visibility, declaration) = line.split_once("use ").unwrap_or((line, ""));
        let visibility = visibility.trim();
        let is_use = visibility.is_empty() || visibility == "pub" || visibility.starts_with("pub(");
        if !is_use || declaration.is_empty() {
            continue;
        }
        let start = code.len() - rest.len() - 1 - declaration.len();
        let tree = code[start..].split(';').next().unwrap();
        for path in expand(tree) {
            let (path, alias) = path.split_once(" as ").unwrap_or((&path, ""));
            let mut path: Vec<String> = path.split("::").map(|it| it.trim().to_owned()).collect();
            if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
                path.pop();
            }
            let name =
                if alias.is_empty() { path.last().unwrap() } else { alias.trim() }.to_owned();
            imports.push(Import { is_reexport: !visibility.is_empty(), path, name });
        }
    }
    imports
}

/// The paths of a tree: `a::{b, c::{d, e}}` has three.
fn expand(tree: &str) -> Vec<String> {
    let Some((prefix, group)) = tree.split_once('{') else {
        return vec![tree.trim().to_owned()];
    };
    // A line of a string can look like a declaration without an end.
    let group = group.rsplit_once('}').map_or(group, |(group, _)| group);
    let mut depth = 0;
    let parts = group.split(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    });
    let parts = parts.filter(|part| !part.trim().is_empty());
    parts.flat_map(|part| expand(&format!("{}{}", prefix.trim(), part.trim()))).collect()
}

/// The groups of nodes that reach each other.
fn cycles(edges: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<BTreeSet<String>> {
    let reached: BTreeMap<_, _> = edges.keys().map(|from| (from, reach(edges, from))).collect();
    let group = |from: &String| -> BTreeSet<String> {
        reached[from].iter().filter(|to| reached[to].contains(from)).cloned().collect()
    };
    edges.keys().map(group).filter(|group| group.len() > 1).collect()
}

/// The nodes that a node reaches. It contains the node itself only if another node leads back to it.
fn reach(edges: &BTreeMap<String, BTreeSet<String>>, from: &String) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(node) = open.pop() {
        open.extend(edges[node].iter().filter(|to| reached.insert((*to).clone())));
    }
    reached
}

#[test]
fn a_parent_and_a_child_that_import_each_other_are_a_cycle() {
    let files = [
        ("lib.rs", "pub mod a;\npub mod b;\n"),
        ("a.rs", "mod c;\npub use c::Shown;\nuse self::c::{Hidden, inner::Deep};\nuse std::fmt;\n"),
        ("a/c.rs", "use super::{\n    Parent,\n};\n"),
        // Uses an item that `a` only re-exports, so this file imports `a/c.rs` and is in no cycle.
        ("b.rs", "use crate::{a::{Shown as Other}, b};\n"),
    ];
    let files = files.map(|(path, code)| (module(path), code.to_owned()));
    let imports = Crate::of(files.into_iter()).imports();
    assert_eq!(imports["b.rs"], ["a/c.rs".to_owned()].into());
    let cycle = ["a.rs", "a/c.rs"].map(str::to_owned);
    assert_eq!(cycles(&imports), [cycle.into()].into());
}
