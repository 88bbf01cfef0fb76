//! Completions: the candidates that ocon prints, and the scripts in real shells.

#![cfg(unix)]

#[cfg(unix)]
use std::fs;
use std::process::Command;

use clap::{Arg, CommandFactory as _};
use ocon::cli::Cli;
use snapbox::str;

use crate::snapshot::Snapshot as _;
use crate::support::{CRM, SHOP, World};

/// Texts that a shell would execute.
const HOSTILE: [&str; 3] = ["$(touch pwned)", "`touch pwned`", "a;touch pwned #"];

/// A repository with two documents, one of which has a hostile name.
fn world() -> World {
    let hostile = format!("element: stripe\nname: \"Social {}\"\n", HOSTILE.join(" "));
    World::new(&[
        ("instances/social.yaml", &hostile),
        ("instances/eu/desk.yaml", CRM),
        ("docs/notes.md", ""),
        ("plan.json", "{}"),
    ])
}

/// The candidates for the last word of a line, without their descriptions.
fn candidates(world: &World, line: &str) -> Vec<String> {
    let lines = described(world, line);
    lines.iter().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

/// The candidates for the last word of a line, as ocon prints them. It prints nothing else.
fn described(world: &World, line: &str) -> Vec<String> {
    let words: Vec<&str> = line.split(' ').collect();
    let mut command = world.command("__complete fish");
    command.arg((words.len() - 1).to_string()).arg("--").args(words);
    let run = world.run(command);
    assert_eq!((run.stderr.as_str(), run.exit), ("", 0), "{line}");
    run.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn commands_and_options_are_offered_with_their_descriptions() {
    let world = World::new(&[]);
    assert_eq!(described(&world, "ocon pl"), ["plan\tShow what apply would change"]);
    assert_eq!(candidates(&world, "ocon plan --detailed"), ["--detailed-exitcode"]);
    assert_eq!(candidates(&world, "ocon plan --format m"), ["markdown"]);
    assert_eq!(candidates(&world, "ocon plan --format=m"), ["--format=markdown"]);
    assert_eq!(candidates(&world, "ocon help pl"), ["plan"]);
    assert_eq!(candidates(&world, "ocon help opt"), ["options"]);
    assert_eq!(candidates(&world, "ocon schema "), ["pull"]);
    assert!(!candidates(&world, "ocon ").contains(&"__complete".to_owned()));
    assert!(candidates(&world, "ocon sandbox ").contains(&"--faults".to_owned()));
}

#[test]
fn document_keys_are_offered_with_their_names_and_paths_when_one_is_begun() {
    let world = world();
    assert_eq!(
        described(&world, "ocon doctor "),
        ["eu/desk\tHelp desk".to_owned(), format!("social\tSocial {}", HOSTILE.join(" "))]
    );
    assert_eq!(candidates(&world, "ocon doctor soc"), ["social"]);
    assert_eq!(candidates(&world, "ocon plan social eu"), ["eu/desk"]);
    assert_eq!(candidates(&world, "ocon plan inst"), ["instances/"]);
    assert_eq!(
        candidates(&world, "ocon plan ./instances/"),
        ["./instances/social.yaml", "./instances/eu/"]
    );
    assert_eq!(candidates(&world, "ocon apply pl"), ["plan.json"]);
    assert_eq!(candidates(&world, "ocon plan pl"), [""; 0]);
    assert_eq!(candidates(&world, "ocon events listen so"), ["social"]);
    assert_eq!(candidates(&world, "ocon plan --rotate "), ["eu/desk", "social", "all"]);
}

#[test]
fn every_argument_that_takes_a_document_offers_document_keys() {
    fn takes_document(arg: &Arg) -> bool {
        arg.get_value_names().unwrap_or_default().iter().any(|name| name.contains("KEY|PATH"))
    }
    fn lines(command: &clap::Command, before: &str) -> Vec<String> {
        let arguments = command.get_arguments().filter(|arg| takes_document(arg));
        let own = arguments.map(|arg| match arg.get_long() {
            Some(long) => format!("{before} --{long} soc"),
            None => format!("{before} soc"),
        });
        let below = command
            .get_subcommands()
            .flat_map(|command| lines(command, &format!("{before} {}", command.get_name())));
        own.chain(below).collect()
    }
    let world = world();
    let lines = lines(&Cli::command(), "ocon");
    assert!(lines.len() >= 13, "{lines:?}");
    for line in lines {
        assert_eq!(candidates(&world, &line), ["social"], "{line}");
    }
}

#[test]
fn the_folders_of_the_line_are_searched() {
    let world = World::new(&[
        ("eu/instances/shop.yaml", SHOP),
        ("eu/tenant/desk.yaml", CRM),
        ("eu/own/connectors/acme.schema.json", "{}"),
    ]);
    assert_eq!(candidates(&world, "ocon plan s"), [""; 0]);
    assert_eq!(candidates(&world, "ocon -C eu plan s"), ["shop"]);
    assert_eq!(candidates(&world, "ocon plan -C eu s"), ["shop"]);
    assert_eq!(candidates(&world, "ocon plan -C eu inst"), ["instances/"]);
    assert_eq!(candidates(&world, "ocon plan --instances eu/tenant "), ["desk"]);
    assert_eq!(candidates(&world, "ocon token -C eu --instances=tenant "), ["desk"]);
    // A mistake in the line does not matter.
    assert_eq!(candidates(&world, "ocon -C eu plan --timeout never "), ["shop"]);
    assert_eq!(candidates(&world, "ocon -C e"), ["eu/"]);
    let connectors = candidates(&world, "ocon import -C eu --schemas own --connector acm");
    assert_eq!(connectors, ["acme"]);
}

#[test]
fn connectors_codes_and_regions_are_offered() {
    let world = World::new(&[]);
    assert_eq!(described(&world, "ocon import --connector hoot"), ["hootsuite\tHootsuite"]);
    assert_eq!(described(&world, "ocon new hoot"), ["hootsuite\tHootsuite"]);
    let salesforce = ["sfdc\tSalesforce Sales Cloud", "sfdcdocuments\tSalesforce Files"];
    assert_eq!(described(&world, "ocon new sfdc")[..2], salesforce);
    // No key begins with it, and one connector has this name.
    assert_eq!(described(&world, "ocon new closei"), ["closeio\tClose.io"]);
    assert_eq!(
        described(&world, "ocon schema pull cloudelements"),
        ["stripe\tCloud Elements for Stripe"]
    );
    // Several connectors have it in their names. A shell would replace the word with what they share.
    assert_eq!(described(&world, "ocon new cloud"), [""; 0]);
    assert_eq!(
        described(&world, "ocon schema pull slack zoh"),
        described(&world, "ocon schema pull zoh")
    );
    assert!(candidates(&world, "ocon schema pull ").len() > 100);
    assert_eq!(
        described(&world, "ocon explain orphan"),
        ["orphan\tNo file describes this instance of the project."]
    );
    assert_eq!(described(&world, "ocon plan --deny warn"), ["warnings\tAll warnings"]);
    assert!(candidates(&world, "ocon plan --deny ").contains(&"unknown-field".to_owned()));
    // These cannot be allowed.
    let allowed = candidates(&world, "ocon plan --allow ");
    assert!(allowed.contains(&"unknown-field".to_owned()));
    assert!(
        !allowed.contains(&"duplicate-key".to_owned())
            && !allowed.contains(&"plain-text-secret".to_owned())
    );
    assert_eq!(
        candidates(&world, "ocon --region "),
        ["eu10", "jp20", "trial.ap21", "trial.eu10", "trial.us10", "us10", "us2"]
    );
}

#[test]
fn a_broken_repository_gives_fewer_candidates_and_no_message() {
    let world = World::new(&[
        ("instances/shop.yaml", SHOP),
        ("instances/broken.yaml", "name: [\n"),
        ("instances/sealed.yaml", "key: ${{ env.KEY }}\n"),
        ("ocon.yaml", "project: [\n"),
    ]);
    assert_eq!(candidates(&world, "ocon doctor "), ["shop"]);
    assert!(candidates(&world, "ocon -C nowhere doctor ").iter().all(|it| it.starts_with('-')));
    assert_eq!(candidates(&world, "ocon nonsense "), candidates(&world, "ocon "));
    assert_eq!(world.ocon("__complete bash 0 --").stdout, "");
}

#[test]
fn a_name_that_could_deceive_is_not_offered() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]);
    for name in ["a\u{202e}b", "a\nb", "a\tb", "a\u{200b}b", "a\u{1b}[2Jb"] {
        world.write(
            &format!("instances/{name}.yaml"),
            "key: other\nelement: stripe\nname: \"a\\u202eb\\nc\"\n",
        );
    }
    assert_eq!(candidates(&world, "ocon plan instances/"), ["instances/shop.yaml"]);
    assert_eq!(described(&world, "ocon plan ot"), ["other\ta\\u{202e}b"]);
}

#[expect(clippy::disallowed_methods, reason = "a shell needs the programs of this machine")]
fn search_path() -> String {
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_ocon")).parent().unwrap();
    format!("{}:{}", binary.display(), std::env::var("PATH").unwrap())
}

/// Runs a shell in the world, with ocon in its path, and returns the lines that it prints.
fn shell(world: &World, program: &str, arguments: &[&str]) -> Vec<String> {
    let path = search_path();
    let output = Command::new(program)
        .args(arguments)
        .current_dir(world.path(""))
        .envs([
            ("PATH", path.as_str()),
            ("LC_ALL", "C.UTF-8"),
            ("HOME", world.path("").to_str().unwrap()),
        ])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// What bash inserts for these words, which are those of readline: `=` is a word.
fn bash(world: &World, words: &str) -> Vec<String> {
    world.write("ocon.bash", world.ocon("completions bash").stdout);
    let script = format!(
        "source ocon.bash; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
         word=${{COMP_WORDS[COMP_CWORD]}}; _ocon ocon \"${{word#[\\\"\\']}}\" ''; \
         [[ ${{#COMPREPLY[@]}} == 0 ]] || printf '%s\\n' \"${{COMPREPLY[@]}}\""
    );
    shell(world, "bash", &["--noprofile", "--norc", "-c", &script])
}

#[test]
fn bash_completes_commands_keys_and_values() {
    let world = world();
    assert_eq!(bash(&world, "ocon pl"), ["plan"]);
    assert_eq!(bash(&world, "ocon doctor soc"), ["social"]);
    assert_eq!(bash(&world, "ocon doctor ''"), ["eu/desk", "social"]);
    assert_eq!(bash(&world, "ocon plan --region tr"), ["trial.ap21", "trial.eu10", "trial.us10"]);
    assert_eq!(bash(&world, "ocon plan --region = us"), ["us10", "us2"]);
    assert_eq!(bash(&world, "ocon plan --region ="), bash(&world, "ocon plan --region ''"));
    assert_eq!(bash(&world, "ocon explain orph"), ["orphan"]);
}

/// Writes files with hostile names, and returns their paths.
fn hostile_files(world: &World) -> Vec<String> {
    let paths = HOSTILE.iter().enumerate().map(|(number, name)| {
        let path = format!("instances/x {name}.yaml");
        world.write(&path, format!("key: key-{number}\nelement: stripe\nname: X\n"));
        path
    });
    let mut paths: Vec<String> = paths.collect();
    paths.sort();
    paths
}

#[test]
fn bash_executes_no_part_of_a_name() {
    let world = world();
    let mut paths = hostile_files(&world);
    let inserted = bash(&world, r"ocon plan 'instances/x\ '");
    // The shell reads what was inserted when the line is executed.
    let script = format!("for path in {}; do printf '%s\\n' \"$path\"; done", inserted.join(" "));
    let mut read = shell(&world, "bash", &["--noprofile", "--norc", "-c", &script]);
    paths.sort();
    read.sort();
    assert_eq!(read, paths);
    // In a word that begins with a quotation mark, they cannot be inserted.
    assert_eq!(bash(&world, r#"ocon plan '"instances/x'"#), [""; 0]);
    assert_eq!(bash(&world, r#"ocon plan '"instances/so'"#), ["instances/social.yaml"]);
    assert!(!world.path("pwned").exists());
}

#[cfg(unix)]
#[test]
fn bash_executes_the_ocon_in_path_and_not_that_of_the_folder() {
    let world = world();
    world.write("ocon", "#!/bin/sh\ntouch pwned\n");
    let file = world.path("ocon");
    let mut permissions = fs::metadata(&file).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
    fs::set_permissions(&file, permissions).unwrap();
    assert_eq!(bash(&world, "./ocon doctor soc"), ["social"]);
    assert!(!world.path("pwned").exists());
}

#[test]
#[ignore = "needs zsh"]
fn zsh_completes_keys_and_values() {
    let world = world();
    hostile_files(&world);
    world.write("ocon.zsh", world.ocon("completions zsh").stdout);
    let zsh = |words: &str| {
        // In place of the function that shows the candidates.
        let script = format!(
            "compdef() {{ }}; _describe() {{ print -rl -- \"${{(@P)3}}\" }}; source ./ocon.zsh; \
             words=({words}); CURRENT=$#words; _ocon"
        );
        shell(&world, "zsh", &["-f", "-c", &script])
    };
    assert_eq!(zsh("ocon doctor eu"), ["eu/desk:Help desk"]);
    assert_eq!(zsh("ocon doctor soc"), [format!("social:Social {}", HOSTILE.join(" "))]);
    assert_eq!(zsh("ocon plan --region=us"), ["--region=us10", "--region=us2"]);
    assert_eq!(zsh("ocon plan inst"), ["instances/"]);
    assert_eq!(zsh(r"ocon plan 'instances/x\ a'"), ["instances/x a;touch pwned #.yaml"]);
    assert!(!world.path("pwned").exists());
}

#[test]
#[ignore = "needs fish"]
fn fish_completes_keys_and_values() {
    let world = world();
    hostile_files(&world);
    world.write("ocon.fish", world.ocon("completions fish").stdout);
    let fish = |line: &str| {
        let script = format!("source ocon.fish; complete --do-complete '{line}'");
        shell(&world, "fish", &["--no-config", "-c", &script])
    };
    assert_eq!(fish("ocon doctor eu"), ["eu/desk\tHelp desk"]);
    assert_eq!(fish("ocon doctor soc"), [format!("social\tSocial {}", HOSTILE.join(" "))]);
    assert_eq!(fish("ocon --region us"), ["us10", "us2"]);
    assert_eq!(fish("ocon plan inst"), ["instances/"]);
    assert_eq!(fish(r"ocon plan instances/x\ a"), ["instances/x a;touch pwned #.yaml"]);
    assert!(!world.path("pwned").exists());
}

#[test]
fn a_completion_script_is_a_result() {
    let world = World::new(&[]);
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = world.ocon(&format!("completions {shell}"));
        let calls_ocon =
            run.stdout.contains(&format!("__complete {shell} ")) && run.stderr.is_empty();
        assert!(calls_ocon && run.exit == 0, "{shell}: {}", run.stderr);
    }
    world.ocon("completions csh").stderr.is(str![[r#"
error: invalid value 'csh' for '<SHELL>'
  [possible values: bash, elvish, fish, powershell, zsh]

  tip: a similar value exists: 'zsh'

For more information, try '--help'.

"#]]);
}
