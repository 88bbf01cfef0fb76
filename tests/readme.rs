//! The README says what the program says.
//!
//! In blocks marked `console`, a line that begins with `$ ` is a command and what follows is its
//! output, in which a line of three dots stands for any lines. `ocon …` and
//! `cargo run --release -- …` run the binary of this build. All blocks run in order in one folder,
//! which holds a copy of `ocon.yaml` and `instances/`.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A command of the README and what it should say.
struct Example {
    line: usize,
    command: String,
    output: String,
}

#[test]
fn the_readme_shows_what_the_program_says() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(repository.join("README.md")).unwrap();
    let examples = examples(&readme);
    assert!(
        examples.len() >= 2,
        "README.md lacks its demonstration: blocks marked `console` with lines like `$ ocon plan`"
    );
    let root = copy_of_the_example(repository);
    for example in &examples {
        let said = run(&root, example);
        let line = example.line;
        let compared = snapbox::Assert::new().normalize_paths(false).try_eq(
            Some(&format!("README.md:{line}")),
            said.into(),
            (&example.output).into(),
        );
        compared.unwrap_or_else(|error| panic!("$ {}\n{error}", example.command));
    }
}

#[test]
fn only_console_blocks_are_examples() {
    let text = "```\n$ ls\n```\n```console\n$ ocon plan\na\n...\n$ ocon validate\n```\nb\n$ c\n";
    let examples: Vec<_> = examples(text)
        .into_iter()
        .map(|example| (example.line, example.command, example.output))
        .collect();
    let expected = [(5, "ocon plan", "a\n...\n"), (8, "ocon validate", "")];
    assert_eq!(
        examples,
        expected.map(|(line, command, output)| (line, command.to_owned(), output.to_owned()))
    );
}

/// The examples of a text in Markdown.
fn examples(text: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut block = None;
    for (line, content) in (1..).zip(text.lines()) {
        if let Some(language) = content.strip_prefix("```") {
            block = block.xor(Some(language));
        } else if block == Some("console") {
            match (content.strip_prefix("$ "), examples.last_mut()) {
                (Some(command), _) => examples.push(Example {
                    line,
                    command: command.to_owned(),
                    output: String::new(),
                }),
                (None, Some(example)) => example.output.push_str(&format!("{content}\n")),
                (None, None) => panic!("line {line}: output before any command"),
            }
        }
    }
    examples
}

/// Runs an example, which has to succeed and to say nothing on stderr.
fn run(root: &TempDir, example: &Example) -> String {
    let Example { line, command, .. } = example;
    let arguments =
        command.strip_prefix("ocon ").or_else(|| command.strip_prefix("cargo run --release -- "));
    let arguments = arguments.unwrap_or_else(|| panic!("line {line}: `{command}` is not run here"));
    let mut ocon = Command::new(env!("CARGO_BIN_EXE_ocon"));
    ocon.args(arguments.split_whitespace())
        .current_dir(root.path())
        .env_clear()
        .env("COLUMNS", "100");
    if arguments.starts_with("apply") {
        // One after the other, so that ids are given in the order of the files.
        ocon.args(["--concurrency", "1"]);
    }
    let output = ocon.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "line {line}: {}\n{stderr}", output.status);
    assert_eq!(stderr, "", "line {line}");
    String::from_utf8(output.stdout).unwrap()
}

fn copy_of_the_example(repository: &Path) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for entry in walkdir::WalkDir::new(repository.join("instances")) {
        let entry = entry.unwrap();
        let copy = root.path().join(entry.path().strip_prefix(repository).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir(copy).unwrap();
        } else {
            fs::copy(entry.path(), copy).unwrap();
        }
    }
    fs::copy(repository.join("ocon.yaml"), root.path().join("ocon.yaml")).unwrap();
    root
}
