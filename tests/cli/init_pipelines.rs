//! `ocon init --ci`: the pipelines of a repository.

use std::fs;

use snapbox::str;

use crate::snapshot::Snapshot as _;
use crate::support::{CRM, SHOP, World};

const SYSTEMS: [&str; 4] = ["github", "gitlab", "azure", "jenkins"];

/// Names of the example's project, its files and its connectors.
const EXAMPLE: [&str; 5] = ["marketing", "closeio", "hootsuite", "slack", "mycoolapp"];

/// A document with three secrets.
const CHAT: &str = "\
element: slack
name: Chat
configuration:
  oauth.callback.url: https://app.example
  oauth.api.key: ${{ env.CHAT_ID }}
  oauth.api.secret: ${{ env.CHAT_SECRET }}
providerData:
  code: ${{ env.CHAT_CODE }}
";

/// The pipelines that `ocon init` wrote, in one text.
fn pipelines(world: &World) -> String {
    let own = ["ocon.yaml", ".gitignore", "instances/"];
    let files =
        world.files().into_iter().filter(|file| !own.iter().any(|own| file.starts_with(own)));
    files.map(|file| world.read(&file)).collect()
}

fn desk() -> World {
    let world = World::bare();
    world.write("instances/desk.yaml", CRM);
    world.write("instances/shop.yaml", SHOP);
    world
}

#[test]
fn the_files_of_each_system_are_written_once() {
    for system in SYSTEMS {
        let world = desk();
        let line = format!("init --project sales --ci {system}");
        let first = world.ocon(&line);
        assert_eq!((first.exit, first.stderr.as_str()), (0, ""), "{}", first.stdout);
        let (files, text) = (world.files(), pipelines(&world));
        let second = world.ocon(&line);
        assert_eq!(second.exit, 0);
        assert!(second.stdout.contains("Nothing was written: this repository has every file.\n"));
        assert_eq!((world.files(), pipelines(&world)), (files, text));
    }
}

#[test]
fn the_result_has_the_files_and_the_next_commands() {
    desk().ocon("init --project sales --ci github").is(str![[r#"
written  ocon.yaml
exists   instances/
written  .gitignore
written  .github/workflows/ocon-apply.yml
written  .github/workflows/ocon-drift.yml
written  .github/workflows/ocon-fork-data.yml
written  .github/workflows/ocon-fork-plan.yml
written  .github/workflows/ocon-plan.yml
written  .github/workflows/ocon-validate.yml
8 files written, 1 unchanged.

Next:
  ocon apply --sandbox  # try the files without a tenant

For the new pipelines:
  - Set OCON_BASE_URL: without --region, it is that of region us2.
  - Check the other values at their heads.
  - Store the secrets of ocon, and 1 secret of the files: ocon variables --format github
  - Set up the CI system: https://github.com/your-organization/ocon/blob/main/docs/pipelines.md#github-actions
--- exit 0 ---
"#]]);
    World::bare().ocon("init --project sales --ci gitlab").is(str![[r#"
written  ocon.yaml
written  instances/.gitkeep
written  .gitignore
written  .gitlab-ci.yml
4 files written, 0 unchanged.

Next:
  ocon connectors       # list the connectors
  ocon new hootsuite    # write the file of an instance
  ocon apply --sandbox  # try the files without a tenant

For the new pipeline:
  - Set OCON_BASE_URL: without --region, it is that of region us2.
  - Check the other values at its head.
  - When the files read secrets, get their lines: ocon variables --format gitlab
  - Set up the CI system: https://github.com/your-organization/ocon/blob/main/docs/pipelines.md#gitlab
--- exit 0 ---
"#]]);
    World::bare().ocon("init --project sales --ci azurre").is(str![[r#"
--- stderr ---
error: invalid value 'azurre' for '--ci <SYSTEM>'
  [possible values: github, gitlab, azure, jenkins]

  tip: a similar value exists: 'azure'

For more information, try '--help'.
--- exit 64 ---
"#]]);
}

#[test]
fn a_second_run_names_the_variables_that_the_pipelines_lack() {
    let world = World::bare();
    assert_eq!(world.ocon("init --project sales --ci github --region eu10").exit, 0);
    world.write("instances/desk.yaml", CRM);
    world.write("instances/chat.yaml", CHAT);
    world.ocon("init --ci github --region eu10").is(str![[r#"
exists   ocon.yaml
exists   instances/
exists   .gitignore
exists   .github/workflows/ocon-apply.yml
exists   .github/workflows/ocon-drift.yml
exists   .github/workflows/ocon-fork-data.yml
exists   .github/workflows/ocon-fork-plan.yml
exists   .github/workflows/ocon-plan.yml
exists   .github/workflows/ocon-validate.yml
Nothing was written.

These pipelines do not allow or do not pass variables that the files read:
  .github/workflows/ocon-apply.yml: CHAT_CODE, CHAT_ID, CHAT_SECRET, DESK_PASSWORD
  .github/workflows/ocon-drift.yml: CHAT_CODE, CHAT_ID, CHAT_SECRET, DESK_PASSWORD
  .github/workflows/ocon-fork-plan.yml: CHAT_CODE, CHAT_ID, CHAT_SECRET, DESK_PASSWORD
  .github/workflows/ocon-plan.yml: CHAT_CODE, CHAT_ID, CHAT_SECRET, DESK_PASSWORD
  .github/workflows/ocon-validate.yml: CHAT_CODE, CHAT_ID, CHAT_SECRET, DESK_PASSWORD
Set OCON_ENV_ALLOW: CHAT_*,DESK_PASSWORD there. To print all lines: ocon variables --format github
--- exit 0 ---
"#]]);
    for file in world.files().iter().filter(|file| file.starts_with(".github/")) {
        let text = world.read(file);
        world.write(file, text.replace("_ALLOW: NONE", "_ALLOW: CHAT_*,DESK_PASSWORD"));
    }
    // The other pipelines have no secrets of the files.
    let run = world.ocon("init --ci github");
    let lacking = run.stdout.split("the files read:\n").nth(1).unwrap();
    lacking.is(str![[r#"
  .github/workflows/ocon-apply.yml: CHAT_CODE, CHAT_ID, CHAT_SECRET, DESK_PASSWORD
  .github/workflows/ocon-drift.yml: CHAT_CODE, CHAT_ID, CHAT_SECRET, DESK_PASSWORD
Set OCON_ENV_ALLOW: CHAT_*,DESK_PASSWORD there. To print all lines: ocon variables --format github

"#]]);
    let world = World::bare();
    assert_eq!(world.ocon("init --project sales --ci jenkins").exit, 0);
    world.write("instances/desk.yaml", CRM);
    world.ocon("init --ci jenkins").is(str![[r#"
exists   ocon.yaml
exists   instances/
exists   .gitignore
exists   Jenkinsfile
Nothing was written.

These pipelines do not allow or do not pass variables that the files read:
  Jenkinsfile: DESK_PASSWORD
Set OCON_ENV_ALLOW = 'DESK_PASSWORD' there. To print all lines: ocon variables --format jenkins
--- exit 0 ---
"#]]);
}

#[test]
fn an_existing_file_without_ocon_is_named_as_such() {
    let world = desk();
    world.write(".gitlab-ci.yml", "stages: [x]\n");
    world.ocon("init --project sales --ci gitlab").is(str![[r#"
written  ocon.yaml
exists   instances/
written  .gitignore
exists   .gitlab-ci.yml
2 files written, 2 unchanged.

.gitlab-ci.yml was not changed, and it has no job of ocon.
To add the jobs, rename it, run this command again, and merge both files: https://github.com/your-organization/ocon/blob/main/docs/pipelines.md#gitlab

Next:
  ocon apply --sandbox  # try the files without a tenant
--- exit 0 ---
"#]]);
    assert_eq!(world.read(".gitlab-ci.yml"), "stages: [x]\n");
    world.ocon("init --ci gitlab").is(str![[r#"
exists   ocon.yaml
exists   instances/
exists   .gitignore
exists   .gitlab-ci.yml
Nothing was written.

.gitlab-ci.yml was not changed, and it has no job of ocon.
To add the jobs, rename it, run this command again, and merge both files: https://github.com/your-organization/ocon/blob/main/docs/pipelines.md#gitlab
--- exit 0 ---
"#]]);
    world.write("Jenkinsfile", [0xff, 0xfe]);
    world.ocon("init --ci jenkins").is(str![[r#"
exists   ocon.yaml
exists   instances/
exists   .gitignore
exists   Jenkinsfile
Nothing was written.

Jenkinsfile was not checked: it is not UTF-8 text.
--- exit 0 ---
"#]]);
}

#[test]
fn no_name_of_the_example_remains() {
    for system in SYSTEMS {
        for world in [desk(), World::bare()] {
            assert_eq!(world.ocon(&format!("init --project sales --ci {system}")).exit, 0);
            let text = pipelines(&world).to_lowercase();
            assert!(text.contains("sales"));
            for name in EXAMPLE {
                assert!(!text.contains(name), "{system} has {name}");
            }
            let page = "https://github.com/your-organization/ocon/blob/main/docs/pipelines.md";
            assert!(text.contains(page), "{system}");
            assert!(!text.replace(page, "").contains("docs/"), "{system}");
            assert!(!text.contains("copy this file"), "{system}");
        }
    }
}

#[test]
fn each_secret_has_its_lines_and_is_allowed() {
    let world = desk();
    world.write("instances/chat.yaml", CHAT);
    for (system, line) in [
        ("github", "DESK_PASSWORD: ${{ secrets.DESK_PASSWORD }}\n"),
        ("azure", "DESK_PASSWORD: $(DESK_PASSWORD)\n"),
        ("jenkins", "DESK_PASSWORD = credentials('DESK_PASSWORD')\n"),
    ] {
        assert_eq!(world.ocon(&format!("init --project sales --ci {system}")).exit, 0);
        let text = pipelines(&world);
        assert!(text.contains(line), "{text}");
    }
    let apply = world.read(".github/workflows/ocon-apply.yml");
    assert!(apply.contains("  OCON_ENV_ALLOW: CHAT_*,DESK_PASSWORD\n"), "{apply}");
    assert!(apply.contains("  group: ocon-apply-sales\n"), "{apply}");
    let step = apply.split("- name: Plan\n").nth(1).unwrap().split("        run:").next().unwrap();
    step.is(str![[r#"
        id: plan
        env:
          OCON_USER_SECRET: ${{ secrets.OCON_USER_SECRET }}
          OCON_ORGANIZATION_SECRET: ${{ secrets.OCON_ORGANIZATION_SECRET }}
          OCON_FINGERPRINT_KEY: ${{ secrets.OCON_FINGERPRINT_KEY }}
          CHAT_CODE: ${{ secrets.CHAT_CODE }}
          CHAT_ID: ${{ secrets.CHAT_ID }}
          CHAT_SECRET: ${{ secrets.CHAT_SECRET }}
          DESK_PASSWORD: ${{ secrets.DESK_PASSWORD }}

"#]]);
}

#[test]
fn without_documents_no_variable_is_allowed_and_comments_say_what_to_run() {
    let world = World::bare();
    assert_eq!(world.ocon("init --project sales --ci github").exit, 0);
    let plan = world.read(".github/workflows/ocon-drift.yml");
    let head = plan.split("\nenv:\n").nth(1).unwrap().split("  OCON_SECRETS_DIR").next().unwrap();
    let step = plan.split("- name: Plan\n").nth(1).unwrap().split("        run:").next().unwrap();
    format!("{head}{step}").is(str![[r#"
  OCON_PROJECT: sales
  # No file reads a variable yet. For new lines: ocon variables --format github
  OCON_ENV_ALLOW: NONE
        id: plan
        env:
          OCON_USER_SECRET: ${{ secrets.OCON_USER_SECRET }}
          OCON_ORGANIZATION_SECRET: ${{ secrets.OCON_ORGANIZATION_SECRET }}
          OCON_FINGERPRINT_KEY: ${{ secrets.OCON_FINGERPRINT_KEY }}
          # No file reads a variable yet. For new lines: ocon variables --format github

"#]]);
    assert_eq!(world.ocon("init --ci jenkins").exit, 0);
    let jenkins = world.read("Jenkinsfile");
    assert!(jenkins.contains("    // No file reads a variable yet."), "{jenkins}");
    // Jenkins unsets a variable with an empty value, and every variable would be allowed.
    assert!(jenkins.contains("    OCON_ENV_ALLOW = 'NONE'\n"), "{jenkins}");
    let mut world = world;
    world.set("OCON_ENV_ALLOW", "NONE");
    world.write("instances/desk.yaml", CRM);
    world.ocon("validate").is(str![[r#"
--- stderr ---
error[refused-variable]: the variable `DESK_PASSWORD` is not among the variables that files may use
 --> instances/desk.yaml:6:13
  |
6 |   password: ${{ env.DESK_PASSWORD }}
  |             ^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: add it to `--env-allow`, which is `NONE`
--- exit 5 ---
"#]]);
}

#[test]
fn files_refer_to_each_other_by_their_new_names() {
    let world = desk();
    assert_eq!(world.ocon("init --project sales --ci github").exit, 0);
    let read = |name: &str| world.read(&format!(".github/workflows/ocon-{name}.yml"));
    assert!(read("fork-data").contains("ocon-fork-plan.yml is step two."));
    assert!(read("fork-plan").contains("the files that ocon-fork-data.yml uploaded"));
    // A workflow is found by its name, and artifacts by theirs.
    let name =
        read("fork-data").lines().find_map(|it| it.strip_prefix("name: ").map(str::to_owned));
    assert!(read("fork-plan").contains(&format!("workflows: [{}]\n", name.unwrap())));
}

#[test]
fn a_given_platform_is_set() {
    let world = desk();
    assert_eq!(world.ocon("init --project sales --ci github --region eu10").exit, 0);
    let apply = world.read(".github/workflows/ocon-apply.yml");
    let url = "https://api.openconnectors.eu10.ext.hana.ondemand.com/elements/api-v2";
    assert!(apply.contains(&format!("  OCON_BASE_URL: {url}\n")), "{apply}");
    let world = World::bare();
    world.ocon("init --project sales --ci github --region eu_10").is(str![[r#"
--- stderr ---
error: `eu_10` is not the name of a region

hint: did you mean `eu10`?
--- exit 64 ---
"#]]);
    assert_eq!(world.files(), [""; 0]);
}

#[test]
fn a_project_that_could_be_a_number_is_a_text_in_the_pipelines() {
    for system in ["github", "gitlab", "azure"] {
        let world = desk();
        assert_eq!(world.ocon(&format!("init --project 2026 --ci {system}")).exit, 0);
        let text = pipelines(&world);
        assert!(text.contains("  OCON_PROJECT: \"2026\"\n"), "{text}");
        // Azure locks the environment.
        assert!(system == "azure" || text.contains(": ocon-apply-2026\n"), "{text}");
    }
}

#[test]
fn a_project_with_the_name_of_an_example_keeps_its_name() {
    for name in ["plan.yml", "x.plan.yml", "gitlab-ci.yml", "apply.yml", "closeio", "marketing-2"] {
        for (system, line) in [
            ("github", format!("  OCON_PROJECT: {name}\n")),
            ("gitlab", format!("  OCON_PROJECT: {name}\n")),
            ("azure", format!("  OCON_PROJECT: {name}\n")),
            ("jenkins", format!("    OCON_PROJECT = '{name}'\n")),
        ] {
            let world = desk();
            assert_eq!(world.ocon(&format!("init --project {name} --ci {system}")).exit, 0);
            let text = pipelines(&world);
            let set = text.matches(line.trim_end().split(name).next().unwrap()).count();
            assert!(set > 0 && text.matches(&line).count() == set, "{system}: {text}");
            let group = format!(": ocon-apply-{name}\n");
            assert!(["azure", "jenkins"].contains(&system) || text.contains(&group), "{text}");
        }
    }
}

#[test]
fn invalid_files_are_reported_and_nothing_is_written() {
    let world = World::bare();
    world.write("instances/shop.yaml", "element: stripe\nnmae: Shop\n");
    let run = world.ocon("init --project tests --ci github");
    let validated = world.ocon("validate");
    assert_eq!((run.exit, run.stderr), (5, validated.stderr));
    assert_eq!(world.files(), ["instances/shop.yaml"]);
    // Without pipelines, the documents do not matter.
    assert_eq!(world.ocon("init --project tests").exit, 0);
}

#[test]
fn pipelines_are_for_the_top_of_a_repository() {
    let world = World::bare();
    fs::create_dir_all(world.path("repository/.git")).unwrap();
    fs::create_dir_all(world.path("repository/eu")).unwrap();
    world.ocon("-C repository/eu init --ci github").is(str![[r#"
--- stderr ---
error: pipelines belong to the top of a Git repository, and this folder is below it
  caused by: the top of the repository is [ROOT]/repository

hint: nothing was written. Run `ocon init --ci` at the top, or remove --ci
--- exit 64 ---
"#]]);
    assert_eq!(world.files(), [""; 0]);
    assert_eq!(world.ocon("-C repository/eu init").exit, 0);
    assert_eq!(world.ocon("-C repository init --ci github").exit, 0);
}

#[test]
fn pipelines_need_the_default_folders() {
    let world = World::bare();
    world.ocon("init --project tests --ci gitlab --instances tenants").is(str![[r#"
--- stderr ---
error: the pipelines of --ci read instances/ and do not use --instances

hint: remove --instances, or remove --ci and adapt a pipeline: https://github.com/your-organization/ocon/blob/main/docs/pipelines.md
--- exit 64 ---
"#]]);
    world.ocon("init --project tests --ci gitlab --schemas elsewhere").is(str![[r#"
--- stderr ---
error: the pipelines of --ci read schemas/ and do not use --schemas

hint: remove --schemas, or remove --ci and adapt a pipeline: https://github.com/your-organization/ocon/blob/main/docs/pipelines.md
--- exit 64 ---
"#]]);
    assert_eq!(world.files(), [""; 0]);
}
