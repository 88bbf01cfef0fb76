//! The command line itself: usage errors (64) contact nothing.

use snapbox::str;

use crate::snapshot::Snapshot as _;
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
#[expect(clippy::too_many_lines, reason = "it is one text")]
fn help_is_a_result() {
    let world = World::new(&[]);
    world.ocon("--help").is(str![[r#"
Keep SAP Open Connectors instances equal to YAML files in Git

Usage: ocon [OPTIONS] <COMMAND>

Commands:
  validate     Check the files, without network and without secrets
  plan         Show what apply would do
  apply        Make the platform say what the files say
  authorize    Have a person grant access at the provider
  status       Show how the platform compares with the files, instance by instance
  events       Show what the provider of an instance has reported, or take deliveries
  doctor       Look at each link between the provider and the application
  import       Write files for instances that exist
  token        Print the token of an instance, and nothing else
  schema       Write the schemas of connectors
  explain      Say what a code of a problem, of a plan or of a failure means, and how to mend it
  selftest     Show that no secret gets out: run the commands on these files, against an emulator
  sandbox      Run a local emulator of the platform
  completions  Print a completion script for a shell
  man          Write manual pages into a folder
  help         Print this message or the help of the given subcommand(s)

Options:
  -h, --help
          Print help (see a summary with '-h')

  -V, --version
          Print version

Files:
  -C <DIR>
          Run as if started in DIR

      --instances <DIR>
          Folder with the instance files
          
          [default: instances]

      --schemas <DIR>
          Folder with schemas of connectors that take the place of the built-in ones
          
          [default: schemas]

      --var <NAME=VALUE>
          Public variable for ${{ var.NAME }} (repeatable)

      --var-file <FILE>
          YAML map of public variables (repeatable, later files win)

      --secrets-dir <DIR>
          Folder for ${{ file.PATH }} [env: OCON_SECRETS_DIR] [default: secrets]

      --env-allow <PATTERNS>
          Variables that ${{ env.NAME }} may read, like 'HOOTSUITE_*,SLACK_*' [env: OCON_ENV_ALLOW]

      --allow-plain-text-secrets
          Accept secrets that stand in a file in clear, with a warning

      --deny <CODE>
          Take a warning as an error: its code, or `warnings` for all of them (repeatable)

      --allow <CODE>
          Do not report a warning, nor an error that is a matter of judgement (repeatable)

Platform:
      --base-url <URL>
          Base URL of the API [env: OCON_BASE_URL]

      --region <REGION>
          Region of the API, like us2 or trial.us10 [env: OCON_REGION]

      --allow-host <HOST>
          Trust a host that is not known as the platform's (repeatable)

      --sandbox
          Use an embedded emulator, with its state in .ocon/sandbox.json and demo values as secrets

      --user-secret-file <FILE>
          File with the user secret [env: OCON_USER_SECRET holds the secret itself]

      --organization-secret-file <FILE>
          File with the organization secret [env: OCON_ORGANIZATION_SECRET holds the secret itself]

      --project <NAME>
          Owner of the instances [env: OCON_PROJECT] [default: as in ocon.yaml, else `default`]

Output:
      --format <FORMAT>
          Form of the result

          Possible values:
          - text:     Text for people
          - json:     JSON as described in schemas/
          - markdown: A comment for a pull request (plan, apply, status)
          - github:   Workflow commands, which GitHub shows at the lines (validate, plan)
          - sarif:    SARIF 2.1.0, for code scanning (validate)
          
          [default: text]

      --max-bytes <N>
          Most bytes of a comment in Markdown; what is left out is counted
          
          [default: 65000]

      --file-url <URL>
          Where the files can be looked at, for links in Markdown [default: as GitHub or GitLab
          says]

      --color <WHEN>
          When to use colours

          Possible values:
          - auto:   On a terminal, unless `NO_COLOR` is set
          - always: Always
          - never:  Never
          
          [default: auto]

  -v, --verbose...
          Log each request to stderr; -vv also decisions, -vvv also connections

      --log-format <FORM>
          Form of the log

          Possible values:
          - text: The event and its fields, as `name=value`
          - json: One JSON object per line
          
          [default: text]

  -q, --quiet
          Say nothing on stderr but errors

Requests:
      --concurrency <N>
          Requests that are under way at once, and instances that are written at once
          
          [default: 4]

      --timeout <TIME>
          Longest time for one request, like 45s or 2m [default: 30s for reads, 180s for creates]

      --max-requests <N>
          Most requests that are sent in all, repetitions included

Examples:
  ocon plan --sandbox                try it here, without a tenant
  ocon import --all --region us2     files for what a tenant has
  ocon plan --region us2             what an apply would do
  ocon apply --region us2            does it, after a question
  ocon explain orphan                what a word in brackets means

Exit codes: 0 success, no changes · 1 other error · 2 changes or blocked instances (plan
--detailed-exitcode) · 3 some instances failed, unknown or blocked · 4 stale plan · 5 invalid files
· 6 not authenticated or unreachable · 7 stopped by a guard · 64 usage · 130 interrupted
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

Usage: ocon plan --detailed-exitcode [PATHS]...

For more information, try '--help'.
--- exit 64 ---
"#]]);
    world.ocon("plan --format yaml").is(str![[r#"
--- stderr ---
error: invalid value 'yaml' for '--format <FORMAT>'
  [possible values: text, json, markdown, github, sarif]

For more information, try '--help'.
--- exit 64 ---
"#]]);
    world.ocon("plan --timeout 45").is(str![[r#"
--- stderr ---
error: invalid value '45' for '--timeout <TIME>': write a number with its unit, like 45s or 2m

For more information, try '--help'.
--- exit 64 ---
"#]]);
    world.ocon("apply --concurrency 0").is(str![[r#"
--- stderr ---
error: invalid value '0' for '--concurrency <N>': write a number from 1

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
    world.ocon("plan --allow-duplicate a//b").is(str![[r#"
--- stderr ---
error: invalid value 'a//b' for '--allow-duplicate <KEY>': `a//b` is not a valid key: use letters, digits, `.`, `_` and `-`, in parts joined by `/` that begin with a letter or digit, at most 80 characters, and not `all` or `listen`

For more information, try '--help'.
--- exit 64 ---
"#]]);
    world.ocon("plan --verbose --quiet").is(str![[r#"
--- stderr ---
error: the argument '--verbose...' cannot be used with '--quiet'

Usage: ocon plan --verbose... [PATHS]...

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
error: `Marketing` is not a valid project name: use small letters, digits, `.`, `_` and `-`, beginning with a letter or digit, at most 40 characters

hint: give another --project (OCON_PROJECT)
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

#[test]
fn a_completion_script_is_a_result() {
    let world = World::new(&[]);
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = world.ocon(&format!("completions {shell}"));
        let complete = run.stdout.contains("detailed-exitcode") && run.stderr.is_empty();
        assert!(complete && run.exit == 0, "{shell}: {}", run.stderr);
    }
    world.ocon("completions csh").stderr.is(str![[r#"
error: invalid value 'csh' for '<SHELL>'
  [possible values: bash, elvish, fish, powershell, zsh]

  tip: a similar value exists: 'zsh'

For more information, try '--help'.

"#]]);
}
