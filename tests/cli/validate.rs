//! `ocon validate`.

use snapbox::str;

use crate::snapshot::Snapshot as _;
use crate::support::{CRM, SHOP, World};

#[test]
fn valid_files_need_neither_secrets_nor_a_platform() {
    World::example().ocon("validate").is(str![[r#"
3 documents are valid.
--- exit 0 ---
"#]]);
    World::new(&[("instances/shop.yaml", SHOP)]).ocon("validate").is(str![[r#"
1 document is valid.
--- exit 0 ---
"#]]);
}

#[test]
fn a_path_must_contain_a_document() {
    let world = World::new(&[("instances/eu/shop.yaml", SHOP)]);
    world.ocon("validate instances/eu").is(str![[r#"
1 document is valid.
--- exit 0 ---
"#]]);
    world.ocon("validate instances/us").is(str![[r#"
--- stderr ---
error: no document has the key or the path `instances/us`

hint: did you mean `instances/eu`?
--- exit 64 ---
"#]]);
}

#[test]
fn a_path_without_a_document_and_a_path_without_a_file_differ() {
    let world = World::new(&[("instances/shop.yaml", SHOP), ("README.md", "# Shop\n")]);
    world.ocon("validate README.md").is(str![[r#"
--- stderr ---
error: `README.md` contains no document

hint: name a document key, or a file or folder below instances/
--- exit 64 ---
"#]]);
    world.ocon("validate instances/deleted.yaml").is(str![[r#"
--- stderr ---
error: `instances/deleted.yaml` does not exist

hint: did you mean `instances/shop.yaml`?
--- exit 64 ---
"#]]);
    world.ocon("validate instances/shop.yaml instances/crm.yml").is(str![[r#"
--- stderr ---
error: `instances/crm.yml` does not exist

hint: did you mean `instances/shop.yaml`?
--- exit 64 ---
"#]]);
}

#[test]
fn another_folder_and_another_root_are_used() {
    let world = World::new(&[("eu/tenants/shop.yaml", SHOP)]);
    world.ocon("-C eu validate --instances tenants tenants/shop.yaml").is(str![[r#"
1 document is valid.
--- exit 0 ---
"#]]);
    world.ocon("-C us validate").is(str![[r#"
--- stderr ---
error: the folder us does not exist

hint: name an existing folder with -C
--- exit 64 ---
"#]]);
}

#[test]
fn a_warning_does_not_fail() {
    let files = [("instances/shop.yaml", SHOP), ("instances/desk.json", "{}")];
    let world = World::new(&files);
    world.ocon("validate").is(str![[r#"
1 document is valid.
--- stderr ---
warning[json-file]: ocon does not read JSON files
 --> instances/desk.json
  = help: rename it to `.yaml`: JSON is valid YAML
--- exit 0 ---
"#]]);
    world.ocon("validate --quiet").is(str![[r#"
1 document is valid.
--- exit 0 ---
"#]]);
}

#[test]
fn problems_of_all_files_are_reported_together() {
    let world = World::new(&[
        ("instances/a.yaml", "element: stripe\nname: Shop\ntag: [x]\n"),
        ("instances/b.yaml", "element: stripe\nname: Shop <b>\nconfiguration: [1, 2\n"),
        ("instances/c.yaml", CRM.replace("${{ env.DESK_PASSWORD }}", "Tr0ub4dor").as_str()),
        ("instances/d.yaml", CRM.replace("env.DESK", "evn.DESK").as_str()),
    ]);
    world.ocon("validate").is(str![[r#"
--- stderr ---
error[unknown-key]: `tag` is not a key of a document
 --> instances/a.yaml:3:1
  |
3 | tag: [x]
  | ^^^
  |
  = help: did you mean `tags`?

error[invalid-yaml]: this `[` is not closed
 --> instances/b.yaml:3:16
  |
3 | configuration: [1, 2
  |                ^

error[plain-text-secret]: `configuration.password` is a secret in plain text
 --> instances/c.yaml:6:13
  |
6 |   password: …
  |             ^
  |
  = help: write `${{ env.SERVICENOW_PASSWORD }}` and set that variable where ocon runs
  = help: change the secret at the provider: everyone who can read the repository knows it

error[unknown-reference]: `evn` is not a source of values
 --> instances/d.yaml:6:13
  |
6 |   password: ${{ evn.DESK_PASSWORD }}
  |             ^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: did you mean `env`?
  = help: use one of the sources `env`, `file`, `var` and `instance`

4 errors in 4 files
--- exit 5 ---
"#]]);
}

#[test]
fn two_documents_with_one_key_are_an_error() {
    let first = format!("{SHOP}key: eu/shop\n");
    let files = [("instances/eu/shop.yaml", SHOP), ("instances/first.yaml", first.as_str())];
    World::new(&files).ocon("validate").is(str![[r#"
--- stderr ---
error[duplicate-document-key]: two documents have the key `eu/shop`
 --> instances/first.yaml:4:6
  |
4 | key: eu/shop
  |      ^^^^^^^
  |
 ::: instances/eu/shop.yaml:1:1
  |
1 | element: stripe
  | ------- the other document
  |
  = help: give one of them another `key:`
--- exit 5 ---
"#]]);
}

#[test]
fn a_file_that_is_not_utf_8_is_named_with_the_first_wrong_byte() {
    let world = World::new(&[]);
    world.write("instances/shop.yaml", b"element: stripe\nname: Caf\xe9\n");
    world.ocon("validate").is(str![[r#"
--- stderr ---
error[not-utf8]: this file is not UTF-8 text
 --> instances/shop.yaml:2:10
  |
2 | name: Caf�
  |          ^
  |
  = help: save the file as UTF-8
--- exit 5 ---
"#]]);
}

#[test]
fn a_missing_folder_is_an_error() {
    World::new(&[]).ocon("validate").is(str![[r#"
--- stderr ---
error[no-instances-folder]: the folder `instances` does not exist
 --> instances
  = help: create it, name another folder with `--instances DIR`, or run ocon in another folder with `-C DIR`
--- exit 5 ---
"#]]);
}

#[test]
fn an_empty_folder_is_fine() {
    World::new(&[("instances/.keep", "")]).ocon("validate").is(str![[r#"
No document found below instances.
--- exit 0 ---
"#]]);
}

#[test]
fn plain_text_secrets_are_refused_and_never_shown() {
    let world = World::new(&[("instances/desk.yaml", CRM)]).with_password();
    let clear = CRM.replace("${{ env.DESK_PASSWORD }}", "'p4ss\"w0rd\\of+the/desk='");
    world.write("instances/desk.yaml", clear);
    world.ocon("validate").is(str![[r#"
--- stderr ---
error[plain-text-secret]: `configuration.password` is a secret in plain text
 --> instances/desk.yaml:6:13
  |
6 |   password: …
  |             ^
  |
  = help: write `${{ env.SERVICENOW_PASSWORD }}` and set that variable where ocon runs
  = help: change the secret at the provider: everyone who can read the repository knows it
--- exit 5 ---
"#]]);
    world.ocon("validate --allow-plain-text-secrets").is(str![[r#"
1 document is valid.
--- stderr ---
warning[plain-text-secret]: `configuration.password` is a secret in plain text
 --> instances/desk.yaml:6:13
  |
6 |   password: …
  |             ^
  |
  = help: write `${{ env.SERVICENOW_PASSWORD }}` and set that variable where ocon runs
  = help: change the secret at the provider: everyone who can read the repository knows it
--- exit 0 ---
"#]]);
}

#[test]
fn the_project_file_is_checked_like_the_others() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]);
    world.write("ocon.yaml", "project: Marketing Team\nvar: { app: x }\n");
    world.ocon("validate").is(str![[r#"
--- stderr ---
error[invalid-name]: this is not a valid project name
 --> ocon.yaml:1:10
  |
1 | project: Marketing Team
  |          ^^^^^^^^^^^^^^
  |
  = help: use lowercase letters, digits, `.`, `_` and `-`, beginning with a letter or digit, at most 40 characters

error[unknown-key]: `var` is not a key of ocon.yaml
 --> ocon.yaml:2:1
  |
2 | var: { app: x }
  | ^^^
  |
  = help: did you mean `vars`?
  = help: use the keys `project` and `vars`

2 errors in 1 file
--- exit 5 ---
"#]]);
    world.write("ocon.yaml", "");
    world.write("vars.yaml", "app: [a]\n");
    world.ocon("validate --var-file vars.yaml").is(str![[r#"
--- stderr ---
error[wrong-type]: a variable must be a string
 --> vars.yaml:1:6
  |
1 | app: [a]
  |      ^^^ this is a list
--- exit 5 ---
"#]]);
}

#[test]
fn variables_of_ocon_and_of_the_pipeline_are_refused() {
    let refused = CRM.replace("env.DESK_PASSWORD", "env.OCON_USER_SECRET");
    let world = World::new(&[("instances/desk.yaml", refused.as_str())]);
    world.ocon("validate").is(str![[r#"
--- stderr ---
error[refused-variable]: files must not use the variable `OCON_USER_SECRET`
 --> instances/desk.yaml:6:13
  |
6 |   password: ${{ env.OCON_USER_SECRET }}
  |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: give the secret another name: variables of ocon, CI systems and other programs are reserved (here `OCON_*`)
--- exit 5 ---
"#]]);
    world.write("instances/desk.yaml", CRM);
    world.ocon("validate --env-allow SLACK_*,HOOTSUITE_*").is(str![[r#"
--- stderr ---
error[refused-variable]: the variable `DESK_PASSWORD` is not among the variables that files may use
 --> instances/desk.yaml:6:13
  |
6 |   password: ${{ env.DESK_PASSWORD }}
  |             ^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: add it to `--env-allow`, which is `SLACK_*,HOOTSUITE_*`
--- exit 5 ---
"#]]);
}

#[test]
fn hostile_text_in_files_does_not_reach_the_terminal() {
    let hostile = "element: stripe\nname: \"\\e[2J\u{202e}Shop\"\n\u{7}bell: x\n";
    let run = World::new(&[("instances/shop.yaml", hostile)]).ocon("validate");
    assert!(!run.stderr.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{:?}", run.stderr);
    run.stderr.is(str![[r#"
error[invalid-yaml]: a control character is not allowed here
 --> instances/shop.yaml:3:1
  |
3 | \u{7}bell: x
  | ^^^^^
  |
  = help: write it as an escape in double quotes, such as `"\u0007"`

"#]]);
}

#[test]
#[cfg(unix)]
fn a_folder_of_instances_that_leads_out_of_the_repository_is_refused() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("a.yaml"), "password: of-somebody\n").unwrap();
    let world = World::new(&[]);
    std::os::unix::fs::symlink(outside.path(), world.path("instances")).unwrap();
    world.ocon("validate").is(str![[r#"
--- stderr ---
error[link-leaves-repository]: this link leads out of the repository
 --> instances
  = help: replace the link with the file itself
--- exit 5 ---
"#]]);
}

#[test]
fn names_that_a_platform_would_trim_are_refused() {
    let world = World::new(&[(
        "instances/shop.yaml",
        "element: stripe\nname: Shop\ntags: [\" ocon:key=x\"]\n",
    )]);
    world.ocon("validate").is(str![[r#"
--- stderr ---
error[invalid-name]: a tag cannot begin or end with a space or contain control characters
 --> instances/shop.yaml:3:8
  |
3 | tags: [" ocon:key=x"]
  |        ^^^^^^^^^^^^^
  |
  = help: remove them: the platform may remove them too, and the stored text would differ
--- exit 5 ---
"#]]);
}

#[test]
fn a_placeholder_value_of_a_variable_gets_a_warning() {
    let shop = "element: stripe\nname: Shop of ${{ var.team }}\n";
    let world = World::new(&[("instances/shop.yaml", shop)]);
    world.write("ocon.yaml", "project: tests\nvars:\n  team: <YOUR_TEAM>\n  app: ${{ env.APP }}\n");
    world.write("more.yaml", "team: $TEAM\n");
    world.ocon("validate --var-file more.yaml").is(str![[r#"
1 document is valid.
--- stderr ---
warning[placeholder]: `<YOUR_TEAM>` looks like a placeholder that was not replaced
 --> ocon.yaml:3:9
  |
3 |   team: <YOUR_TEAM>
  |         ^^^^^^^^^^^
  |
  = help: write the value itself
  = note: 2 of these, in 2 files; use -v to see each in full
          also more.yaml:1:7: `$TEAM` looks like a placeholder that was not replaced

warning[placeholder]: a reference in the value of a variable is not replaced
 --> ocon.yaml:4:8
  |
4 |   app: ${{ env.APP }}
  |        ^^^^^^^^^^^^^^
  |
  = help: write the value itself, or move the reference to the instance file

3 warnings in 2 files
--- exit 0 ---
"#]]);
    let run = world.ocon("validate --var-file more.yaml --deny placeholder");
    assert_eq!(run.exit, 5, "{}", run.stderr);
    let run = world.ocon("validate --var-file more.yaml --var team=EMEA --allow placeholder");
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""));
}
