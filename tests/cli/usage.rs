//! The command line itself: usage errors (64) contact nothing.

use snapbox::str;

use crate::support::{SHOP, World};

const FILES: &[(&str, &str)] = &[("instances/shop.yaml", SHOP)];

#[test]
fn the_version_is_a_result() {
    World::new(&[]).ocon("--version").is(str![[r#"
ocon 0.1.0
--- exit 0 ---
"#]]);
}

#[test]
fn help_is_a_result() {
    let world = World::new(&[]);
    world.ocon("--help").is(str![[r#"
Keep SAP Open Connectors instances in sync with YAML files in Git

Usage: ocon <COMMAND>

Commands:
  init         Start a repository
  new          Write the file of a new instance
  connectors   List the connectors
  validate     Check the files without network access or secrets
  variables    List the secrets and variables that the files read
  plan         Show what apply would change
  apply        Change the instances to match the files
  authorize    Grant access at a provider in the browser
  status       Compare the platform with the files, instance by instance
  events       Show the events of an instance, or receive events on this machine
  doctor       Check each link between the provider and the application
  import       Write files for existing instances
  token        Print the token of an instance
  schema       Write the schemas of connectors
  explain      Explain a diagnostic code and how to fix the problem
  selftest     Test that no command prints a secret of these files
  sandbox      Run a local emulator of the platform
  completions  Print a completion script for a shell
  man          Write manual pages into a folder
  help         Show the help of a command, or the global options

Options:
  -h, --help
          Print help (see a summary with '-h')

  -V, --version
          Print version

Examples:
  ocon plan --sandbox                try ocon here, without a tenant
  ocon import --all --region us2     write files for the instances of a tenant
  ocon plan --region us2             show what an apply would change
  ocon apply --region us2            ask, then apply the changes
  ocon explain orphan                explain a diagnostic code

Exit codes:
    0  success, or no changes
    1  another error
    2  changes or blocked instances (plan and status with --detailed-exitcode)
    3  some instances failed, are unknown or are blocked
    4  the state changed since the plan
    5  invalid files
    6  not authenticated, or the platform cannot be reached
    7  stopped by a guard
   64  usage error
  130  interrupted

Run `ocon help options` for the global options.
--- exit 0 ---
"#]]);
    for command in ["validate", "plan", "apply", "sandbox", "completions"] {
        let run = world.ocon(&format!("{command} --help"));
        assert!(run.stdout.contains("Usage: ocon") && run.stderr.is_empty(), "{}", run.stdout);
    }
}

#[test]
fn no_command_is_a_mistake() {
    let run = World::new(&[]).ocon("");
    assert_eq!((run.exit, run.stdout.as_str()), (64, ""));
    assert!(run.stderr.contains("Usage: ocon"), "{}", run.stderr);
}

#[test]
fn a_misspelled_name_is_reported_with_a_similar_one() {
    let world = World::new(FILES);
    world.ocon("plna").is(str![[r#"
--- stderr ---
error: unrecognized subcommand 'plna'

  tip: some similar subcommands exist: 'explain', 'plan'

Usage: ocon [OPTIONS] <COMMAND>

For more information, try '--help'.
--- exit 64 ---
"#]]);
    world.ocon("plan --detailed-exit-code").is(str![[r#"
--- stderr ---
error: unexpected argument '--detailed-exit-code' found

  tip: a similar argument exists: '--detailed-exitcode'

Usage: ocon plan --detailed-exitcode [KEY|PATH]...

For more information, try '--help'.
--- exit 64 ---
"#]]);
    world.ocon("plan --format yaml").is(str![[r#"
--- stderr ---
error: invalid value 'yaml' for '--format <FORMAT>'
  [possible values: text, json, markdown, html, github]

For more information, try '--help'.
--- exit 64 ---
"#]]);
    world.ocon("variables --format sarrif").is(str![[r#"
--- stderr ---
error: invalid value 'sarrif' for '--format <FORMAT>'
  [possible values: text, json, dotenv, github, gitlab, azure, jenkins]

For more information, try '--help'.
--- exit 64 ---
"#]]);
    world.ocon("variables desk --format=envdot --nope").is(str![[r#"
--- stderr ---
error: invalid value 'envdot' for '--format <FORMAT>'
  [possible values: text, json, dotenv, github, gitlab, azure, jenkins]

For more information, try '--help'.
--- exit 64 ---
"#]]);
    world.ocon("--format foo explain orphan").is(str![[r#"
--- stderr ---
error: invalid value 'foo' for '--format <FORMAT>'
  [possible values: text]

For more information, try '--help'.
--- exit 64 ---
"#]]);
    world.ocon("--format foo").is(str![[r#"
--- stderr ---
error: invalid value 'foo' for '--format <FORMAT>'
  [possible values: text, json, markdown, html, github, sarif, dotenv, gitlab, azure, jenkins]

For more information, try '--help'.
--- exit 64 ---
"#]]);
    world.ocon("plan --timeout 45").is(str![[r#"
--- stderr ---
error: invalid value '45' for '--timeout <TIME>': write a number with a unit, for example 45s or 2m

For more information, try '--help'.
--- exit 64 ---
"#]]);
    world.ocon("apply --concurrency 0").is(str![[r#"
--- stderr ---
error: invalid value '0' for '--concurrency <N>': write a number of at least 1

For more information, try '--help'.
--- exit 64 ---
"#]]);
    world.ocon("apply --max-deletes many").is(str![[r#"
--- stderr ---
error: invalid value 'many' for '--max-deletes <N>': write a whole number

For more information, try '--help'.
--- exit 64 ---
"#]]);
    world.ocon("plan --var app").is(str![[r#"
--- stderr ---
error: invalid value 'app' for '--var <NAME=VALUE>': write it as NAME=VALUE

For more information, try '--help'.
--- exit 64 ---
"#]]);
    world.ocon("plan --sandbox --allow-duplicate a//b").is(str![[r#"
--- stderr ---
error: `a//b` does not exist

hint: name a document key, or a file or folder below instances/
--- exit 64 ---
"#]]);
    world.ocon("plan --verbose --quiet").is(str![[r#"
--- stderr ---
error: the argument '--verbose...' cannot be used with '--quiet'

Usage: ocon plan --verbose... [KEY|PATH]...

For more information, try '--help'.
--- exit 64 ---
"#]]);
}

#[test]
fn a_project_name_follows_its_rule() {
    World::new(FILES)
        .ocon("plan --sandbox --project Marketing")
        .is(str![[r#"
--- stderr ---
error: `Marketing` is not a valid project name: use lowercase letters, digits, `.`, `_` and `-`, beginning with a letter or digit, at most 40 characters

hint: use another name with --project (OCON_PROJECT)
--- exit 64 ---
"#]]);
}

#[test]
fn colours_are_used_on_request_only() {
    let world = World::new(FILES);
    assert!(world.ocon("plan --sandbox --color always").stdout.contains("\u{1b}[32m+"));
    assert!(!world.ocon("plan --sandbox --color never").stdout.contains('\u{1b}'));
    assert!(!world.ocon("plan --sandbox").stdout.contains('\u{1b}'));
}
