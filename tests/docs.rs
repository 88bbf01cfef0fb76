//! The pages say what the program says.
//!
//! In blocks marked `console`, a line that begins with `$ ` is a command, lines that begin with `> `
//! below it belong to it, and what follows is what it says, in which a line of three dots stands for
//! any lines. A block marked `yaml PATH` is a file that a reader writes there. A page is run in
//! order in one folder, by `sh`, with `ocon` as this build's binary.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use ocon::catalog::Catalog;
use ocon::desired::schema;
use serde_json::Value;
use tempfile::TempDir;

/// What a reader does.
#[derive(Debug, PartialEq)]
enum Step {
    /// Runs a command that should say this.
    Command { line: usize, command: String, output: String },
    /// Writes a file.
    File { path: String, text: String },
}

#[test]
fn the_readme_shows_what_the_program_says() {
    let root = tempfile::tempdir().unwrap();
    copy_of_the_example(root.path());
    follow("README.md", &root, 2);
}

#[test]
fn the_tour_shows_what_the_program_says() {
    follow("docs/tour.md", &tempfile::tempdir().unwrap(), 10);
}

#[test]
fn the_reference_of_files_shows_what_the_program_says() {
    follow("docs/files.md", &tempfile::tempdir().unwrap(), 3);
}

#[test]
fn the_reference_of_files_has_the_fields_of_the_schema() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/files.md");
    let page = fs::read_to_string(&path).unwrap();
    let (begin, end) = ("generated from the schema -->\n", "<!-- end of fields -->");
    let (before, rest) = page.split_once(begin).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV).eq(
        format!("{before}{begin}{}{end}{after}", fields()),
        snapbox::Data::read_from(&path, Some(snapbox::data::DataFormat::Text)).raw(),
    );
}

/// The fields of a document, as the schema of a connector tells them.
fn fields() -> String {
    let key = "stripe".parse().unwrap();
    let shape = Catalog::embedded().connector(&key).unwrap().shape(&key);
    let schema: Value = serde_json::from_str(&schema::connector(&shape).unwrap()).unwrap();
    let lifecycle = &schema["properties"]["lifecycle"];
    let ignore = &lifecycle["properties"]["ignore"]["items"];
    let rows =
        [rows("", &schema), rows("lifecycle.", lifecycle), rows("lifecycle.ignore[].", ignore)];
    format!("| field | required | meaning |\n|---|---|---|\n{}", rows.concat())
}

fn rows(prefix: &str, schema: &Value) -> String {
    let required = |name: &str| {
        let names = schema["required"].as_array();
        names.is_some_and(|names| names.iter().any(|required| required == name))
    };
    let properties = schema["properties"].as_object().unwrap();
    let row = |(name, property): (&String, &Value)| {
        let meaning = property["description"].as_str().unwrap().split_whitespace();
        let meaning = meaning.collect::<Vec<_>>().join(" ");
        let required = if required(name) { "yes" } else { "" };
        format!("| `{prefix}{name}` | {required} | {meaning} |\n")
    };
    properties.iter().map(row).collect::<Vec<_>>().concat()
}

#[test]
fn only_marked_blocks_are_steps() {
    let text = "```\n$ ls\n```\n```console\n$ ocon plan\na\n...\n$ ocon \\\n> validate\n```\nb\n$ c\n\
                ```yaml\nx\n```\n```yaml a/b.yaml\nx: 1\ny: 2\n```\n";
    let command = |line, command: &str, output: &str| Step::Command {
        line,
        command: command.to_owned(),
        output: output.to_owned(),
    };
    let file = Step::File { path: "a/b.yaml".to_owned(), text: "x: 1\ny: 2\n".to_owned() };
    assert_eq!(
        steps(text),
        [command(5, "ocon plan", "a\n...\n"), command(8, "ocon \\\nvalidate", ""), file]
    );
}

/// Does what a page says in this folder, and compares.
fn follow(page: &str, root: &TempDir, at_least: usize) {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap();
    let steps = steps(&text);
    assert!(steps.len() >= at_least, "{page} lacks its blocks marked `console`");
    let programs = program();
    for step in &steps {
        match step {
            Step::File { path, text } => {
                let path = root.path().join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            Step::Command { line, command, output } => {
                let said = run(root, &programs, &format!("{page}:{line}"), command);
                let compared = snapbox::Assert::new().normalize_paths(false).try_eq(
                    Some(&format!("{page}:{line}")),
                    said.into(),
                    output.into(),
                );
                compared.unwrap_or_else(|error| panic!("$ {command}\n{error}"));
            }
        }
    }
}

/// The steps of a text in Markdown.
fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut block = None;
    for (line, content) in (1..).zip(text.lines()) {
        if let Some(language) = content.strip_prefix("```") {
            block = block.xor(Some(language));
            if let Some(path) = block.and_then(|language| language.strip_prefix("yaml ")) {
                steps.push(Step::File { path: path.to_owned(), text: String::new() });
            }
            continue;
        }
        match (block, steps.last_mut()) {
            (Some("console"), _) => push_line(&mut steps, line, content),
            (Some(language), Some(Step::File { text, .. })) if language.starts_with("yaml ") => {
                text.push_str(&format!("{content}\n"));
            }
            _ => {}
        }
    }
    steps
}

fn push_line(steps: &mut Vec<Step>, line: usize, content: &str) {
    if let Some(command) = content.strip_prefix("$ ") {
        let (command, output) = (command.to_owned(), String::new());
        steps.push(Step::Command { line, command, output });
        return;
    }
    match steps.last_mut() {
        Some(Step::Command { command, output, .. }) => match content.strip_prefix("> ") {
            Some(more) if output.is_empty() => command.push_str(&format!("\n{more}")),
            _ => output.push_str(&format!("{content}\n")),
        },
        _ => panic!("line {line}: output before any command"),
    }
}

/// A folder with `ocon`, which applies one step after the other, so that ids are given in the order
/// of the files.
fn program() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let ocon = env!("CARGO_BIN_EXE_ocon");
    let script = format!(
        "#!/bin/sh\ncase $1 in apply) exec '{ocon}' \"$@\" --concurrency 1 ;; *) exec '{ocon}' \"$@\" ;; esac\n"
    );
    let path = folder.path().join("ocon");
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// What a command says, which has to succeed.
fn run(root: &TempDir, programs: &TempDir, place: &str, command: &str) -> String {
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1\n{command}")])
        .current_dir(root.path())
        .env_clear()
        .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", programs.path().display()))
        .env("COLUMNS", "100")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{place}: {}\n{said}", output.status);
    said
}

fn copy_of_the_example(root: &Path) {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    for entry in walkdir::WalkDir::new(repository.join("instances")) {
        let entry = entry.unwrap();
        let copy = root.join(entry.path().strip_prefix(repository).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir(copy).unwrap();
        } else {
            fs::copy(entry.path(), copy).unwrap();
        }
    }
    fs::copy(repository.join("ocon.yaml"), root.join("ocon.yaml")).unwrap();
}
