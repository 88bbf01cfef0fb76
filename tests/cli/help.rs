//! `--help`, `-h`, manual pages and completions: every text is a file in `tests/data/help/`.

use std::path::Path;

use clap::{CommandFactory as _, Parser as _};
use ocon::cli::Cli;
use snapbox::Data;
use snapbox::data::DataFormat;

use crate::support::World;

fn commands() -> Vec<String> {
    let cli = Cli::command();
    cli.get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

/// What stands between `ocon` and `--help`.
fn lines() -> Vec<String> {
    ["", "schema pull", "events listen"].map(str::to_owned).into_iter().chain(commands()).collect()
}

/// The help of a command at 80 columns, which is in a file; `SNAPSHOTS=overwrite` writes it.
fn help(world: &World, line: &str, name: &str) -> String {
    let run = world.ocon(line);
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""), "{line}");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/help/{name}.txt"));
    // Trailing blanks are clap's own.
    let lines = run.stdout.lines().map(str::trim_end);
    let text = lines.flat_map(|line| [line, "\n"]).collect::<String>();
    snapbox::Assert::new()
        .action_env(snapbox::assert::DEFAULT_ACTION_ENV)
        .eq(&text, Data::read_from(&file, Some(DataFormat::Text)).raw());
    text
}

fn at_80_columns() -> World {
    let mut world = World::new(&[]);
    world.set("COLUMNS", "80");
    world
}

#[test]
fn every_help_text_is_as_it_was_read() {
    let world = at_80_columns();
    for command in lines() {
        let name = format!("ocon {command}").trim_end().replace(' ', "-");
        help(&world, &format!("{command} --help"), &name);
        help(&world, &format!("{command} -h"), &format!("{name}-short"));
    }
}

#[test]
fn every_example_in_a_help_text_is_a_command_line() {
    let world = at_80_columns();
    for command in lines() {
        let text = world.ocon(&format!("{command} --help")).stdout;
        let (_, examples) = text.split_once("Examples:\n").expect(&command);
        let examples = examples.split("\n\n").next().unwrap();
        let lines = examples.lines().map(str::trim).filter(|line| line.starts_with("ocon "));
        let mut number = 0;
        for line in lines {
            // What follows two blanks says what it is for; what follows `>` is the shell's.
            let line = line.split("  ").next().unwrap().split(" >").next().unwrap();
            Cli::try_parse_from(line.split_whitespace())
                .unwrap_or_else(|error| panic!("{line}: {error}"));
            number += 1;
        }
        assert!(number > 0, "{command} has no example");
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let world = World::new(&[]);
    assert_eq!(
        world.ocon("man pages").stdout.trim_end(),
        format!("{} pages in pages", commands().len() + 1)
    );
    for name in
        std::iter::once("ocon".to_owned()).chain(commands().iter().map(|it| format!("ocon-{it}")))
    {
        let page = world.read(&format!("pages/{name}.1"));
        assert!(page.contains(&format!(".TH {name} 1")), "{name}: {page}");
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS"] {
            assert!(page.contains(&format!(".SH {section}")), "{name} has no {section}");
        }
        assert!(page.contains("Examples:"), "{name} has no examples");
    }
}

#[test]
fn bash_completes_commands_and_flags() {
    let world = World::new(&[]);
    world.write("ocon.bash", world.ocon("completions bash").stdout);
    let complete = |words: &str| -> String {
        let script = format!(
            "source ocon.bash; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             _ocon ocon \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD - 1]}}\"; echo \"${{COMPREPLY[@]}}\""
        );
        let output = std::process::Command::new("bash")
            .args(["--noprofile", "--norc", "-c", &script])
            .current_dir(world.path(""))
            .output()
            .unwrap();
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(complete("ocon pl"), "plan");
    assert_eq!(complete("ocon plan --detailed"), "--detailed-exitcode");
    assert_eq!(complete("ocon plan --format m"), "markdown");
    for shell in ["zsh", "fish", "powershell"] {
        let script = world.ocon(&format!("completions {shell}")).stdout;
        assert!(commands().iter().all(|command| script.contains(command)), "{shell}");
    }
}
