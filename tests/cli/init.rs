//! `ocon init`: the files of a new repository.

use std::fs;
use std::os::unix::fs::symlink;

use snapbox::str;

use crate::snapshot::Snapshot as _;
use crate::support::{SHOP, World};

#[test]
fn an_empty_folder_becomes_a_repository() {
    let world = World::bare();
    world.ocon("init --project tests").is(str![[r#"
written  ocon.yaml
written  instances/.gitkeep
written  .gitignore
3 files written, 0 unchanged.

Next:
  ocon connectors       # list the connectors
  ocon new hootsuite    # write the file of an instance
  ocon apply --sandbox  # try the files without a tenant
--- exit 0 ---
"#]]);
    assert_eq!(world.files(), [".gitignore", "instances/.gitkeep", "ocon.yaml"]);
    let files = ["ocon.yaml", ".gitignore", "instances/.gitkeep"];
    files.map(|file| format!("{file}:\n{}", world.read(file))).concat().is(str![[r#"
ocon.yaml:
# The owner of the instances, usually one project per tenant.
project: tests

# Public values for ${{ var.NAME }}. --var and --var-file override them.
# vars:
#   app: https://app.example.com
.gitignore:
# Files of ocon with secrets, tokens or results.
/.ocon/
/secrets/
/.env
/outputs.json
/plan.json
/plan.html
/report.html
/comment.md
instances/.gitkeep:

"#]]);
    world.ocon("validate").is(str![[r#"
No document found below instances.
--- exit 0 ---
"#]]);
    world.ocon("init").is(str![[r#"
exists   ocon.yaml
exists   instances/
exists   .gitignore
Nothing was written: this repository has every file.
--- exit 0 ---
"#]]);
}

#[test]
fn the_first_file_can_be_applied_at_once() {
    let world = World::bare();
    assert_eq!(world.ocon("init --project tests").exit, 0);
    world.write("instances/shop.yaml", SHOP);
    let run = world.ocon("apply --sandbox --yes");
    assert!(run.stdout.ends_with("Applied: 1 created.\n"), "{}{}", run.stdout, run.stderr);
}

#[test]
fn the_folder_names_the_project() {
    let world = World::bare();
    fs::create_dir(world.path("Open Connectors (EU)")).unwrap();
    world.ocon_in("Open Connectors (EU)", "init --quiet").is(str![[r#"
written  ocon.yaml (project open-connectors-eu, from the name of the folder)
written  instances/.gitkeep
written  .gitignore
3 files written, 0 unchanged.

Next:
  ocon connectors       # list the connectors
  ocon new hootsuite    # write the file of an instance
  ocon apply --sandbox  # try the files without a tenant
--- exit 0 ---
"#]]);
    assert!(
        world.read("Open Connectors (EU)/ocon.yaml").contains("\nproject: open-connectors-eu\n")
    );
    fs::create_dir(world.path("日本")).unwrap();
    world.ocon("-C 日本 init").is(str![[r#"
--- stderr ---
error: the name of the folder, `日本`, gives no name for a project

hint: nothing was written. Name the project: ocon init --project marketing
--- exit 64 ---
"#]]);
    assert_eq!(fs::read_dir(world.path("日本")).unwrap().count(), 0);
    // `n` would also be the project of the folder `änö`.
    fs::create_dir(world.path("ünï")).unwrap();
    world.ocon("-C ünï init").is(str![[r#"
--- stderr ---
error: the name of the folder, `ünï`, gives no name for a project

hint: nothing was written. Name the project: ocon init --project marketing
--- exit 64 ---
"#]]);
}

#[test]
fn a_project_that_could_be_a_number_is_a_text() {
    for name in ["2026", "1e3", "0x1f", "null", "on", "1.0", "2026-01-01"] {
        let world = World::bare();
        assert_eq!(world.ocon(&format!("init --project {name}")).exit, 0);
        let run = world.ocon("plan --sandbox");
        assert!(run.stdout.starts_with(&format!("Project {name} at ")), "{}", run.stderr);
    }
}

#[test]
fn the_project_is_chosen_as_in_other_commands() {
    let mut world = World::bare();
    world.ocon("init --project Tests").is(str![[r#"
--- stderr ---
error: `Tests` is not a valid project name: use lowercase letters, digits, `.`, `_` and `-`, beginning with a letter or digit, at most 40 characters

hint: use another name with --project (OCON_PROJECT)
--- exit 64 ---
"#]]);
    assert_eq!(world.files(), [""; 0]);
    world.set("OCON_PROJECT", "of-the-environment");
    assert_eq!(world.ocon("init").exit, 0);
    assert!(world.read("ocon.yaml").contains("\nproject: of-the-environment\n"));
    world.ocon("init --project other").is(str![[r#"
--- stderr ---
error: the project is `other` in --project and `of-the-environment` in ocon.yaml:2:10

hint: nothing was contacted. Name the owner of these instances in both places. If several projects use these files, remove `project:` from ocon.yaml
--- exit 64 ---
"#]]);
}

#[test]
fn nothing_that_exists_is_changed() {
    let world = World::bare();
    world.write("ocon.yaml", "project: mine\n");
    world.write(".gitignore", "target\n.ocon/\n/secrets\n");
    world.write("instances/shop.yaml", SHOP);
    world.ocon("init").is(str![[r#"
exists   ocon.yaml
exists   instances/
exists   .gitignore
Nothing was written: this repository has every file.

Add these lines to .gitignore, so that no secret or result is committed:
  /.env
  /outputs.json
  /plan.json
  /plan.html
  /report.html
  /comment.md
--- exit 0 ---
"#]]);
    assert_eq!(world.files(), [".gitignore", "instances/shop.yaml", "ocon.yaml"]);
    assert_eq!(world.read("ocon.yaml"), "project: mine\n");
    assert_eq!(world.read(".gitignore"), "target\n.ocon/\n/secrets\n");
}

#[test]
fn an_ignore_file_counts_as_git_reads_it() {
    let advice = "Add these lines to .gitignore";
    for complete in ["*\n", "\u{feff}.ocon\r\nsecrets\r\n.env*\r\n*.json\r\n*.html\r\n*.md\r\n"] {
        let world = World::bare();
        world.write(".gitignore", complete);
        let run = world.ocon("init --project tests");
        assert!(run.exit == 0 && !run.stdout.contains(advice), "{}", run.stdout);
    }
    let world = World::bare();
    assert_eq!(world.ocon("init --project tests").exit, 0);
    world.write(".gitignore", world.read(".gitignore") + "!/.env\n");
    let run = world.ocon("init");
    assert!(run.stdout.ends_with("result is committed:\n  /.env\n"), "{}", run.stdout);
}

#[test]
fn another_folder_of_instances_is_created() {
    let world = World::bare();
    world.ocon("init --project tests --instances tenants/eu --schemas eu/schemas").is(str![[r#"
written  ocon.yaml
written  tenants/eu/.gitkeep
written  .gitignore
3 files written, 0 unchanged.

Next:
  ocon connectors                                                   # list the connectors
  ocon new hootsuite --instances tenants/eu --schemas eu/schemas    # write the file of an instance
  ocon apply --sandbox --instances tenants/eu --schemas eu/schemas  # try the files without a tenant
--- exit 0 ---
"#]]);
    assert_eq!(world.files(), [".gitignore", "ocon.yaml", "tenants/eu/.gitkeep"]);
    assert_eq!(world.ocon("validate --instances tenants/eu").exit, 0);
}

#[test]
fn a_project_file_that_is_invalid_or_misnamed_is_an_error() {
    let world = World::bare();
    world.write("ocon.yml", "project: tests\n");
    world.ocon("init").is(str![[r#"
--- stderr ---
error[misnamed-project-file]: ocon does not read this file: the name of the project file is `ocon.yaml`
 --> ocon.yml
  = help: rename it to `ocon.yaml`
--- exit 5 ---
"#]]);
    world.write("ocon.yaml", "projcet: tests\n");
    world.remove("ocon.yml");
    world.ocon("init").is(str![[r#"
--- stderr ---
error[unknown-key]: `projcet` is not a key of ocon.yaml
 --> ocon.yaml:1:1
  |
1 | projcet: tests
  | ^^^^^^^
  |
  = help: did you mean `project`?
  = help: use the keys `project` and `vars`
--- exit 5 ---
"#]]);
    assert_eq!(world.files(), ["ocon.yaml"]);
}

#[test]
fn a_file_in_place_of_a_folder_and_the_reverse_are_errors() {
    let world = World::bare();
    world.write("instances", "");
    world.ocon("init --project tests").is(str![[r#"
--- stderr ---
error: instances is not a folder

hint: nothing was written. Move it: ocon needs a folder of this name
--- exit 1 ---
"#]]);
    world.remove("instances");
    world.write(".github", "");
    world.ocon("init --project tests --ci github").is(str![[r#"
--- stderr ---
error: no file can be written to .github/workflows
  caused by: not a directory

hint: nothing was written
--- exit 1 ---
"#]]);
    world.remove(".github");
    fs::create_dir(world.path("Jenkinsfile")).unwrap();
    world.ocon("init --project tests --ci jenkins").is(str![[r#"
--- stderr ---
error: Jenkinsfile is a folder

hint: nothing was written. Move it: ocon needs a file of this name
--- exit 1 ---
"#]]);
    assert_eq!(world.files(), [""; 0]);
    assert!(!world.path("instances").exists(), "a folder that was created is removed");
}

#[test]
fn nothing_is_written_through_a_link_that_leads_elsewhere() {
    let outside = tempfile::tempdir().unwrap();
    for (link, arguments) in [
        ("instances", "init --project tests --instances instances/eu"),
        (".github", "init --project tests --ci github"),
    ] {
        let world = World::bare();
        symlink(outside.path(), world.path(link)).unwrap();
        let run = world.ocon(arguments);
        assert_eq!(run.exit, 1, "{}", run.stdout);
        assert!(run.stderr.contains("a link leads out of the repository"), "{}", run.stderr);
        assert_eq!(world.files(), [""; 0]);
    }
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    // A link in place of a file is left, wherever it leads.
    let world = World::bare();
    symlink(outside.path().join("nothing"), world.path("Jenkinsfile")).unwrap();
    let run = world.ocon("init --project tests --ci jenkins");
    assert!(run.stdout.contains("exists   Jenkinsfile\n"), "{}", run.stderr);
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[test]
fn an_ignore_file_that_cannot_be_read_is_an_error() {
    let world = World::bare();
    world.write(".gitignore", [0xff, 0xfe]);
    world.ocon("init --project tests").is(str![[r#"
--- stderr ---
error: .gitignore cannot be read
  caused by: it is not UTF-8 text

hint: nothing was written
--- exit 1 ---
"#]]);
    world.remove(".gitignore");
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("ignore"), "x").unwrap();
    symlink(outside.path().join("ignore"), world.path(".gitignore")).unwrap();
    world.ocon("init --project tests").is(str![[r#"
--- stderr ---
error: .gitignore cannot be read
  caused by: a link leads out of the repository

hint: nothing was written
--- exit 1 ---
"#]]);
    assert_eq!(world.files(), [""; 0]);
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error() {
    // Not even the superuser can create a file there.
    World::bare().ocon("-C /proc init --project tests").is(str![[r#"
--- stderr ---
error: /proc/ocon.yaml cannot be written
  caused by: No such file or directory (os error 2)

hint: nothing was written
--- exit 1 ---
"#]]);
    let world = World::bare();
    world.ocon_on_a_small_disk(0, "init --project tests --quiet").is(str![[r#"
--- stderr ---
error: ocon.yaml cannot be written
  caused by: File too large (os error 27)

hint: raise the file-size limit (`ulimit -f`), then run the command again
hint: nothing was written
--- exit 1 ---
"#]]);
    assert_eq!(world.files(), [""; 0]);
    assert!(!world.path("instances").exists());
}
