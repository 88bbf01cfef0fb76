//! `ocon variables`: the secrets and public variables that the files read.

use std::fs;
use std::path::Path;

use snapbox::str;

use crate::support::{CRM, SHOP, World};

/// A document that reads a shared secret twice, a file and public variables.
const CHAT: &str = "\
element: slack
name: Chat
configuration:
  oauth.callback.url: ${{ var.app }}
  oauth.api.key: ${{ env.CHAT_ID }}
  oauth.api.secret: ${{ file.chat/secret }}
  event.notification.enabled: true
  event.notification.callback.url: ${{ var.app }}/hook/${{ var.path }}?password=${{ env.DESK_PASSWORD }}
  event.notification.signature.key: ${{ env.DESK_PASSWORD }}
providerData:
  code: ${{ env.CHAT_CODE }}
";

fn world() -> World {
    let files = [("instances/desk.yaml", CRM), ("instances/team/chat.yaml", CHAT)];
    let world = World::new(&files);
    world.write(
        "ocon.yaml",
        "project: tests\nvars:\n  app: https://app.example\n  path: a\n  old: x\n",
    );
    world.write("eu.yaml", "path: b\n");
    world
}

#[test]
fn each_secret_is_listed_with_its_places_and_whether_it_is_set() {
    let world = world().with_password();
    world.write("secrets/chat/secret", "s3cret-of-the-chat");
    world.ocon("variables --var-file eu.yaml").is(str![[r#"
team/chat  instances/team/chat.yaml
  not set  env.CHAT_ID        line 5
  set      file.chat/secret   line 6
  set      env.DESK_PASSWORD  lines 8, 9
  not set  env.CHAT_CODE      line 11, only for a create

desk  instances/desk.yaml
  set      env.DESK_PASSWORD  line 6

Public variables
  app   from ocon.yaml, read by team/chat:4, team/chat:8
  old   from ocon.yaml, not read
  path  from eu.yaml, read by team/chat:8

4 secrets, 2 of them not set.
For a file of variables, or for the lines of a pipeline: ocon variables --format dotenv (or github,
gitlab, azure, jenkins)
--- exit 0 ---
"#]]);
    // Files of secrets can be elsewhere.
    world.ocon("variables --secrets-dir . --var path=c team/chat").is(str![[r#"
team/chat  instances/team/chat.yaml
  not set  env.CHAT_ID        line 5
  not set  file.chat/secret   line 6
  set      env.DESK_PASSWORD  lines 8, 9
  not set  env.CHAT_CODE      line 11, only for a create

Public variables
  app   from ocon.yaml, read by team/chat:4, team/chat:8
  path  from --var, read by team/chat:8

4 secrets, 3 of them not set.
For a file of variables, or for the lines of a pipeline: ocon variables --format dotenv (or github,
gitlab, azure, jenkins)
--- exit 0 ---
"#]]);
}

#[test]
fn a_selection_is_by_key_or_path() {
    let world = world();
    world.ocon("variables desk").is(str![[r#"
desk  instances/desk.yaml
  not set  env.DESK_PASSWORD  line 6

1 secret, not set.
For a file of variables, or for the lines of a pipeline: ocon variables --format dotenv (or github,
gitlab, azure, jenkins)
--- exit 0 ---
"#]]);
    let by_path = world.ocon("variables instances/team --format json").stdout;
    assert_eq!(by_path, world.ocon("variables team/chat --format json").stdout);
    world.ocon("variables nobody").is(str![[r#"
--- stderr ---
error: no document has the key or the path `nobody`

hint: name a document key, or a file or folder below instances/
--- exit 64 ---
"#]]);
}

#[test]
fn with_the_sandbox_every_secret_has_a_demo_value() {
    let run = world().ocon("variables desk --sandbox");
    assert!(run.stdout.contains("\n1 secret, set.\n"), "{}", run.stdout);
}

#[test]
fn files_without_secrets_say_so() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]);
    world.ocon("variables").is(str![[r#"
The files read no secret.
--- exit 0 ---
"#]]);
    world.ocon("variables --format dotenv").is(str![[r#"
# The files read no environment variable.
--- exit 0 ---
"#]]);
    world.ocon("variables --format gitlab").is(str![[r#"
# The files read no environment variable.
--- exit 0 ---
"#]]);
    world.ocon("variables --format jenkins").is(str![[r#"
// The files read no environment variable.
--- exit 0 ---
"#]]);
}

#[test]
fn a_file_of_variables_is_grouped_by_document() {
    world().ocon("variables --format dotenv").is(str![[r#"
# In a pipeline: OCON_ENV_ALLOW=CHAT_CODE,CHAT_ID,DESK_PASSWORD

# desk (instances/desk.yaml)
DESK_PASSWORD=

# team/chat (instances/team/chat.yaml)
CHAT_CODE=
CHAT_ID=
# Files in the folder that OCON_SECRETS_DIR names:
#   chat/secret
--- exit 0 ---
"#]]);
}

#[test]
fn each_pipeline_gets_its_lines() {
    let world = world();
    world.ocon("variables --format github").is(str![[r#"
# At the head of the pipeline:
#   OCON_ENV_ALLOW: CHAT_CODE,CHAT_ID,DESK_PASSWORD
# In each step that plans or applies:
env:
  CHAT_CODE: ${{ secrets.CHAT_CODE }}
  CHAT_ID: ${{ secrets.CHAT_ID }}
  DESK_PASSWORD: ${{ secrets.DESK_PASSWORD }}
# Files in the folder that OCON_SECRETS_DIR names:
#   chat/secret
--- exit 0 ---
"#]]);
    world.ocon("variables --format gitlab").is(str![[r#"
variables:
  OCON_ENV_ALLOW: CHAT_CODE,CHAT_ID,DESK_PASSWORD
# GitLab passes these to the jobs by itself. Add them in Settings > CI/CD > Variables: of the type
# Variable, masked, not expanded, and only for the environments ocon-plan and ocon-apply.
#   CHAT_CODE
#   CHAT_ID
#   DESK_PASSWORD
# Files in the folder that OCON_SECRETS_DIR names:
#   chat/secret
--- exit 0 ---
"#]]);
    world.ocon("variables --format azure").is(str![[r#"
# At the head of the pipeline:
#   OCON_ENV_ALLOW: CHAT_CODE,CHAT_ID,DESK_PASSWORD
# In each step that plans or applies:
env:
  CHAT_CODE: $(CHAT_CODE)
  CHAT_ID: $(CHAT_ID)
  DESK_PASSWORD: $(DESK_PASSWORD)
# Files in the folder that OCON_SECRETS_DIR names:
#   chat/secret
--- exit 0 ---
"#]]);
    world.ocon("variables --format jenkins").is(str![[r#"
// At the head of the pipeline:
//   OCON_ENV_ALLOW = 'CHAT_CODE,CHAT_ID,DESK_PASSWORD'
// In each stage that plans or applies:
environment {
  CHAT_CODE = credentials('CHAT_CODE')
  CHAT_ID = credentials('CHAT_ID')
  DESK_PASSWORD = credentials('DESK_PASSWORD')
}
// Files in the folder that OCON_SECRETS_DIR names:
//   chat/secret
--- exit 0 ---
"#]]);
}

#[test]
fn the_lines_for_a_selection_allow_the_variables_of_all_documents() {
    // Every file is checked in every run, so a narrower list would make the other files invalid.
    world().ocon("variables desk --format github").is(str![[r#"
# At the head of the pipeline:
#   OCON_ENV_ALLOW: CHAT_CODE,CHAT_ID,DESK_PASSWORD
# In each step that plans or applies:
env:
  DESK_PASSWORD: ${{ secrets.DESK_PASSWORD }}
--- exit 0 ---
"#]]);
}

#[test]
fn no_pattern_allows_the_variables_of_another_program() {
    for (prefix, foreign) in [("OP", "OP_SERVICE_ACCOUNT_TOKEN"), ("AWS", "AWS_SECRET_ACCESS_KEY")]
    {
        let mut world = World::bare();
        let text = CHAT
            .replace("CHAT_", &format!("{prefix}_"))
            .replace("${{ var.app }}", "https://a.example");
        let text: String = text.split_inclusive('\n').filter(|it| !it.contains("event.")).collect();
        world.write("instances/chat.yaml", &text);
        let names = format!("{prefix}_CODE,{prefix}_ID");
        let run = world.ocon("variables --format github");
        assert!(run.stdout.contains(&format!("#   OCON_ENV_ALLOW: {names}\n")), "{}", run.stdout);
        assert_eq!(world.ocon("init --project tests --ci github").exit, 0);
        let apply = world.read(".github/workflows/ocon-apply.yml");
        assert!(apply.contains(&format!("  OCON_ENV_ALLOW: {names}\n")), "{apply}");
        // A later file cannot read what this program stores: the name is reserved, or not in the patterns.
        world.set("OCON_ENV_ALLOW", &names);
        world.write("instances/crm.yaml", CRM.replace("DESK_PASSWORD", foreign));
        let run = world.ocon("validate");
        assert_eq!(run.exit, 5);
        assert!(run.stderr.contains("error[refused-variable]: "), "{}", run.stderr);
        assert!(run.stderr.contains(&format!("`{foreign}`")), "{}", run.stderr);
    }
}

#[test]
fn a_file_of_variables_and_the_printed_patterns_are_enough_for_an_apply() {
    let world = world().on_sandbox();
    let lines = world.ocon("variables --format dotenv").stdout;
    let names = lines.lines().filter_map(|line| line.strip_suffix('='));
    let patterns =
        lines.lines().find_map(|line| line.strip_prefix("# In a pipeline: OCON_ENV_ALLOW="));
    let (mut world, patterns) = (world, patterns.unwrap());
    let mut number = 0;
    for name in names {
        world.set(name, &format!("value-of-{name}"));
        number += 1;
    }
    assert_eq!(number, 3);
    world.set("OCON_ENV_ALLOW", patterns);
    world.write("secrets/chat/secret", "s3cret-of-the-chat");
    assert_eq!(world.ocon("apply --yes").exit, 0);
}

/// The worked files of all connectors have more secrets than fit on a screen.
#[test]
fn a_long_list_is_cut_after_a_document_and_complete_on_request() {
    let world = World::new(&[]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/files/valid/connectors");
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        world.write(&format!("instances/{name}"), fs::read(entry.path()).unwrap());
    }
    let short = world.ocon("variables").stdout;
    assert!(short.lines().count() < 100, "{short}");
    assert!(short.contains("; -v shows all\n"), "{short}");
    let listed = |text: &str| text.matches("  not set  env.").count();
    let json: serde_json::Value =
        serde_json::from_str(&world.ocon("variables --format json").stdout).unwrap();
    let all = usize::try_from(json["summary"]["unset"].as_u64().unwrap()).unwrap();
    assert!((40..50).contains(&listed(&short)), "{short}");
    assert_eq!(listed(&world.ocon("variables -v").stdout), all);
}

#[test]
fn documents_with_unset_secrets_come_first() {
    let mut world = world();
    for name in ["DESK_PASSWORD", "CHAT_ID"] {
        world.set(name, "value-of-the-tests");
    }
    let text = world.ocon("variables").stdout;
    let position = |text: &str, key| text.find(key).unwrap();
    assert!(position(&text, "team/chat  ") < position(&text, "desk  "), "{text}");
}

#[test]
fn an_invalid_file_is_reported_as_by_validate() {
    let world = world();
    world.write("instances/desk.yaml", CRM.replace("env.DESK", "evn.DESK"));
    world.write("ocon.yaml", "project: tests\n");
    for format in ["text", "json", "github"] {
        let listed = world.ocon(&format!("variables --format {format}"));
        let validated = world.ocon(&format!("validate --format {format}"));
        assert_eq!(listed.exit, 5);
        assert_eq!((listed.stdout, listed.stderr), (validated.stdout, validated.stderr));
    }
    // The other formats have no form for problems.
    for format in ["dotenv", "gitlab", "azure", "jenkins"] {
        let listed = world.ocon(&format!("variables --format {format}"));
        assert_eq!((listed.exit, listed.stdout.as_str()), (5, ""), "{format}");
    }
    // A public variable without a value is such an error.
    world.write("instances/desk.yaml", CRM);
    world.ocon("variables").is(str![[r#"
--- stderr ---
error[unknown-reference]: no `vars:` entry has the name `app`
 --> instances/team/chat.yaml:4:23
  |
4 |   oauth.callback.url: ${{ var.app }}
  |                       ^^^^^^^^^^^^^^
  |
  = help: declare it under `vars:` in ocon.yaml, or set it with `--var` or `--var-file`
  = note: 3 of these in this file; use -v to see each in full
          also instances/team/chat.yaml:8:36
          also instances/team/chat.yaml:8:56: no `vars:` entry has the name `path`

3 errors in 1 file
--- exit 5 ---
"#]]);
}

#[test]
fn a_file_that_cannot_be_a_secret_is_an_error() {
    let world = world();
    fs::create_dir_all(world.path("secrets/chat/secret")).unwrap();
    world.ocon("variables").is(str![[r#"
--- stderr ---
error[refused-file]: the secret file `chat/secret` cannot be used: it is not a file
 --> instances/team/chat.yaml:6:21
  |
6 |   oauth.api.secret: ${{ file.chat/secret }}
  |                     ^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: use a text file of at most 1 MiB below `secrets`
--- exit 5 ---
"#]]);
}
