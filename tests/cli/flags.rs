//! Every flag of every command has a test, which a search for the flag finds.

use std::fs;

use clap::{Command, CommandFactory as _};
use ocon::cli::Cli;

/// Files that mention flags without testing them: this one and the help texts.
const NO_TESTS: [&str; 2] = ["flags.rs", "help.rs"];

/// The lines of the tests without expected output, because a hint in it runs nothing.
fn lines() -> Vec<String> {
    let entries = walkdir::WalkDir::new("tests/cli").sort_by_file_name().into_iter();
    let files = entries.map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    let files = files.filter(|entry| !NO_TESTS.iter().any(|file| entry.file_name() == *file));
    let text: String = files.map(|file| fs::read_to_string(file.path()).unwrap()).collect();
    let code = text.split("r#\"").enumerate().map(|(number, part)| match number {
        0 => part,
        _ => part.split_once("\"#").map_or("", |(_, code)| code),
    });
    code.flat_map(str::lines).map(str::to_owned).collect()
}

/// The flags of a command and of its subcommands, each with the word that must precede it in a line:
/// the command's name, or nothing for a global flag.
fn flags(command: &Command, word: &str) -> Vec<(String, String)> {
    let own = command.get_arguments().filter(|it| !it.is_positional());
    let own = own.filter(|it| word.is_empty() || !it.is_global_set());
    let own = own.filter_map(|it| match (it.get_long(), it.get_short()) {
        (Some("help" | "version"), _) | (None, None) => None,
        (Some(long), _) => Some(format!("--{long}")),
        (None, Some(short)) => Some(format!("-{short}")),
    });
    let below = command.get_subcommands().flat_map(|command| flags(command, command.get_name()));
    own.map(|flag| (word.to_owned(), flag)).chain(below).collect()
}

fn names(line: &str, word: &str, flag: &str) -> bool {
    let is_end = |c: char| !c.is_ascii_alphanumeric() && c != '-';
    let Some((_, after)) = line.split_once(word) else { return false };
    after
        .match_indices(flag)
        .any(|(at, _)| after[at + flag.len()..].chars().next().is_none_or(is_end))
}

#[test]
fn every_flag_of_every_command_is_in_a_test() {
    let lines = lines();
    let flags = flags(&Cli::command(), "");
    assert!(flags.len() > 50, "{flags:?}");
    let is_missing =
        |(word, flag): &&(String, String)| !lines.iter().any(|line| names(line, word, flag));
    let missing: Vec<_> = flags.iter().filter(is_missing).collect();
    assert!(missing.is_empty(), "no test runs these: {missing:?}");
}

#[test]
fn a_flag_is_a_whole_word_after_its_command() {
    let line = r#"    world.ocon("plan --out-file x");"#;
    assert!(names(line, "plan", "--out-file") && names(line, "", "--out-file"));
    assert!(!names(line, "plan", "--out") && !names(line, "apply", "--out-file"));
}
