//! `--help`, `-h`, manual pages and completions. `tests/data/help/` holds the text of each command,
//! and the global options once.

use clap::{CommandFactory as _, Parser as _};
use ocon::cli::Cli;
use snapbox::Data;
use snapbox::data::DataFormat;
use snapbox::str;

use crate::snapshot::Snapshot as _;
use crate::support::World;

fn commands() -> Vec<String> {
    let cli = Cli::command();
    cli.get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

/// The words between `ocon` and `--help`.
fn lines() -> Vec<String> {
    ["", "schema pull", "events listen"].map(str::to_owned).into_iter().chain(commands()).collect()
}

/// The global options as a help text writes them: `-C` and `--instances`, among others.
fn global_options() -> Vec<String> {
    let cli = Cli::command();
    let global = cli.get_arguments().filter(|argument| argument.is_global_set());
    let name = |argument: &clap::Arg| match argument.get_long() {
        Some(long) => format!("--{long}"),
        None => format!("-{}", argument.get_short().unwrap()),
    };
    global.map(name).collect()
}

/// A help text in two parts.
#[derive(Default)]
struct Help {
    /// The text without the global options.
    own: String,
    /// The global options, under their headings.
    global: String,
}

impl Help {
    /// The help that `line` prints at 80 columns.
    fn of(world: &World, line: &str) -> Self {
        let run = world.ocon(line);
        assert_eq!((run.exit, run.stderr.as_str()), (0, ""), "{line}");
        let options = global_options();
        let (mut help, mut heading, mut is_global) = (Self::default(), None, false);
        // clap writes the spaces at the end of a line.
        for line in run.stdout.lines().map(str::trim_end) {
            let text = line.trim_start();
            let indent = line.len() - text.len();
            if indent == 0 && text.ends_with(':') {
                heading = Some(line);
                is_global = false;
                continue;
            }
            if indent == 0 && !text.is_empty() {
                is_global = false;
            }
            if indent < 10 && text.starts_with('-') {
                let mut names = text.split([' ', ',', '.']).filter(|word| word.starts_with('-'));
                is_global = names.any(|name| options.iter().any(|option| option == name));
            }
            let part = if is_global { &mut help.global } else { &mut help.own };
            for line in heading.take_if(|_| !line.is_empty()).into_iter().chain([line]) {
                // At most one empty line, even if options are omitted.
                if !line.is_empty() || !part.ends_with("\n\n") {
                    part.push_str(line);
                    part.push('\n');
                }
            }
        }
        help
    }

    /// Compares the text with a file; `SNAPSHOTS=overwrite` writes it.
    fn is(text: &str, name: &str) {
        let file = format!("{}/tests/data/help/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        text.is(Data::read_from(file.as_ref(), Some(DataFormat::Text)).raw());
    }
}

/// The words of a text in alphabetical order, so that line breaks and headings do not matter.
fn words(text: &str) -> Vec<&str> {
    let lines = text.lines().filter(|line| line.starts_with(' '));
    let mut words: Vec<_> = lines.flat_map(str::split_whitespace).collect();
    words.sort_unstable();
    words
}

fn at_80_columns() -> World {
    let mut world = World::new(&[]);
    world.set("COLUMNS", "80");
    world
}

#[test]
fn every_help_text_matches_its_snapshot() {
    let world = at_80_columns();
    for (flag, suffix) in [("--help", ""), ("-h", "-short")] {
        let mut global = Help::of(&world, flag).global;
        if global.is_empty() {
            global = world.ocon("help options").stdout;
        }
        Help::is(&global, &format!("global-options{suffix}"));
        for command in lines() {
            let name = format!("ocon {command}").trim_end().replace(' ', "-");
            let help = Help::of(&world, &format!("{command} {flag}"));
            Help::is(&help.own, &format!("{name}{suffix}"));
            // The width of the column depends on the options of the command, and so do the line breaks.
            if !help.global.is_empty() {
                assert_eq!(words(&help.global), words(&global), "{command} {flag}");
            }
        }
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
            // Two spaces start a description, and `>` is for the shell.
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
    assert_eq!(complete("ocon help pl"), "plan");
    assert_eq!(complete("ocon help opt"), "options");
    assert_eq!(complete("ocon plan --detailed"), "--detailed-exitcode");
    assert_eq!(complete("ocon plan --format m"), "markdown");
    for shell in ["zsh", "fish", "powershell"] {
        let script = world.ocon(&format!("completions {shell}")).stdout;
        assert!(commands().iter().all(|command| script.contains(command)), "{shell}");
    }
}

#[test]
fn help_refuses_a_word_that_is_not_a_command() {
    let world = World::new(&[]);
    world.ocon("help plan nope").is(str![[r#"
--- stderr ---
error: `nope` is not a subcommand of plan

hint: run `ocon help plan` for its help
--- exit 64 ---
"#]]);
    assert_eq!(world.ocon("help nope").exit, 64);
    assert_eq!(world.ocon("help events listen").exit, 0);
}
