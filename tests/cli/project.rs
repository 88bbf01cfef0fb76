//! Which project owns the instances (`--project`), and sources that give it different names.

use snapbox::str;

use crate::snapshot::Snapshot as _;
use crate::support::{SHOP, World};

fn shop() -> World {
    World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox()
}

#[test]
fn a_misnamed_project_file_is_an_error_before_anything_is_contacted() {
    let world = shop();
    world.remove("ocon.yaml");
    for name in ["ocon.yml", ".ocon.yaml", ".ocon.yml", "Ocon.yaml", "OCON.YAML"] {
        world.write(name, "project: tests\n");
    }
    world.write("ocon.json", "{}");
    world.write("my-ocon.yml", "");
    world.ocon("apply --yes").is(str![[r#"
--- stderr ---
error[misnamed-project-file]: ocon does not read this file: the name of the project file is `ocon.yaml`
 --> .ocon.yaml
  = help: rename it to `ocon.yaml`
  = note: 5 of these, in 5 files; use -v to see all of them
          also .ocon.yml
          also OCON.YAML

5 errors in 5 files
--- exit 5 ---
"#]]);
    assert_eq!(world.ocon("validate").exit, 5);
    assert_eq!(world.requests(), "");
}

#[test]
fn a_misnamed_project_file_is_an_error_even_next_to_the_right_one() {
    let world = shop();
    world.write("ocon.yaml", "projct: tests\n");
    world.write("ocon.yml", "project: tests\n");
    world.ocon("plan").is(str![[r#"
--- stderr ---
error[unknown-key]: `projct` is not a key of ocon.yaml
 --> ocon.yaml:1:1
  |
1 | projct: tests
  | ^^^^^^
  |
  = help: did you mean `project`?
  = help: use the keys `project` and `vars`

error[misnamed-project-file]: ocon does not read this file: the name of the project file is `ocon.yaml`
 --> ocon.yml
  = help: delete it, or move its content to `ocon.yaml`

2 errors in 2 files
--- exit 5 ---
"#]]);
    assert_eq!(world.requests(), "");
}

#[test]
fn two_sources_that_name_different_projects_end_every_command() {
    let mut world = shop();
    world.ocon("apply --yes --project other").is(str![[r#"
--- stderr ---
error: the project is `other` in --project and `tests` in ocon.yaml:1:10

hint: nothing was contacted. Name the owner of these instances in both places. If several projects use these files, remove `project:` from ocon.yaml
--- exit 64 ---
"#]]);
    world.set("OCON_PROJECT", "other");
    world.ocon("plan").is(str![[r#"
--- stderr ---
error: the project is `other` in OCON_PROJECT and `tests` in ocon.yaml:1:10

hint: nothing was contacted. Name the owner of these instances in both places. If several projects use these files, remove `project:` from ocon.yaml
--- exit 64 ---
"#]]);
    for command in ["validate", "status", "import", "doctor shop", "plan --sandbox"] {
        assert_eq!(world.ocon(command).exit, 64, "{command}");
    }
    assert_eq!(world.requests(), "");

    // The flag overrides the variable, and whitespace around a setting is removed.
    assert_eq!(world.ocon("plan --project tests").exit, 0);
    world.set("OCON_PROJECT", " tests\n");
    assert_eq!(world.ocon("plan").exit, 0);
}

#[test]
fn a_file_without_a_project_leaves_the_choice_to_the_pipeline() {
    let world = shop();
    world.write("ocon.yaml", "vars: { a: b }\n");
    let run = world.ocon("plan --project other");
    assert!(run.stdout.starts_with("Project other at "), "{}", run.stdout);
}

#[test]
fn a_pipeline_that_names_no_project_gets_a_warning() {
    let mut world = shop();
    world.set("CI", "true");
    world.set("OCON_ENV_ALLOW", "SHOP_*");
    world.ocon("plan").stderr.is(str![[r#"
warning[project-unset]: a change of `ocon.yaml` can change whose instances this pipeline manages
  |
  = help: set it in the pipeline: --project tests (OCON_PROJECT)

"#]]);
    world.ocon("apply --yes --deny project-unset").is(str![[r#"
--- stderr ---
error[project-unset]: a change of `ocon.yaml` can change whose instances this pipeline manages
  |
  = help: set it in the pipeline: --project tests (OCON_PROJECT)
--- exit 5 ---
"#]]);
    world.requests();
    assert_eq!(world.ocon("plan --allow project-unset").stderr, "");
    assert_eq!(world.ocon("plan --project tests").stderr, "");
    assert_eq!(world.ocon("validate").stderr, "");
    world.set("OCON_PROJECT", "tests");
    assert_eq!(world.ocon("plan").stderr, "");
    world.unset("OCON_PROJECT");
    world.unset("OCON_BASE_URL");
    assert_eq!(world.ocon("plan --sandbox").stderr, "");
}
