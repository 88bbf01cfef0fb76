//! A page as a list of steps.

use std::fs;
use std::path::Path;

/// The language of a block that is a script without output. A reader can paste it.
const SCRIPT: &str = "sh run";

/// The text of a page of this repository.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// An action of a reader.
#[derive(Debug, PartialEq)]
pub(crate) enum Step {
    /// Runs a command that should have this output.
    Command { line: usize, command: String, output: String },
    /// Writes a file.
    File { path: String, text: String },
}

/// The steps of a text in Markdown.
pub(crate) fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut block = None;
    for (line, content) in (1..).zip(text.lines()) {
        if let Some(language) = content.strip_prefix("```") {
            block = block.xor(Some(language));
            steps.extend(block.and_then(|language| opened(language, line + 1)));
            continue;
        }
        match (block, steps.last_mut()) {
            (Some("console"), _) => push_line(&mut steps, line, content),
            (Some(SCRIPT), Some(Step::Command { command, .. })) => {
                command.push_str(&format!("{content}\n"));
            }
            (Some(language), Some(Step::File { text, .. })) if language.starts_with("yaml ") => {
                text.push_str(&format!("{content}\n"));
            }
            _ => {}
        }
    }
    steps
}

/// The step that a block of this language begins.
fn opened(language: &str, line: usize) -> Option<Step> {
    if language == SCRIPT {
        return Some(Step::Command { line, command: String::new(), output: String::new() });
    }
    let path = language.strip_prefix("yaml ")?.to_owned();
    Some(Step::File { path, text: String::new() })
}

fn push_line(steps: &mut Vec<Step>, line: usize, content: &str) {
    if let Some(command) = content.strip_prefix("$ ") {
        let (command, output) = (command.to_owned(), String::new());
        steps.push(Step::Command { line, command, output });
        return;
    }
    match steps.last_mut() {
        Some(Step::Command { command, output, .. }) => {
            if output.is_empty() && command.ends_with('\\') {
                command.push_str(&format!("\n{content}"));
            } else {
                output.push_str(&format!("{content}\n"));
            }
        }
        _ => panic!("line {line}: output before any command"),
    }
}

#[test]
fn only_marked_blocks_are_steps() {
    let text = "```\n$ ls\n```\n```console\n$ ocon plan\na\n...\n$ ocon \\\n  validate\n```\nb\n$ c\n\
                ```sh run\na\nb\n```\n```yaml\nx\n```\n```yaml a/b.yaml\nx: 1\ny: 2\n```\n";
    let command = |line, command: &str, output: &str| Step::Command {
        line,
        command: command.to_owned(),
        output: output.to_owned(),
    };
    let file = Step::File { path: "a/b.yaml".to_owned(), text: "x: 1\ny: 2\n".to_owned() };
    assert_eq!(
        steps(text),
        [
            command(5, "ocon plan", "a\n...\n"),
            command(8, "ocon \\\n  validate", ""),
            command(14, "a\nb\n", ""),
            file
        ]
    );
}
