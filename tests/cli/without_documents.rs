//! `ocon plan` and `ocon status` in a repository without any document.

use serde_json::{Value, json};
use snapbox::str;

use crate::support::{SHOP, World};

/// Connectors that need at most a user name and a password.
const CONNECTORS: [&str; 9] = [
    "stripe",
    "closeio",
    "abbyy",
    "insightly",
    "mixpanel",
    "sapbusinessone",
    "syncplicity",
    "twiliov2",
    "zuorav2",
];

/// An empty repository, and an account with instances of nine connectors. One belongs to another
/// project.
fn tenant() -> World {
    let world = World::new(&[]).on_sandbox();
    let connectors = [CONNECTORS[0], CONNECTORS[0], CONNECTORS[1]].into_iter().chain(CONNECTORS);
    for (number, connector) in connectors.enumerate() {
        let tags =
            if number == 0 { json!(["ocon:project=other", "ocon:key=a"]) } else { json!([]) };
        let name = format!("Instance {number}");
        let configuration = json!({ "username": "name", "password": "p4ssw0rd" });
        let instance = json!({
            "element": { "key": connector },
            "name": name,
            "tags": tags,
            "configuration": configuration,
        });
        world.send("POST", "/instances", &instance);
    }
    world
}

#[test]
fn a_plan_shows_what_exists_and_what_to_do() {
    let world = tenant();
    world.ocon("plan --detailed-exitcode").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

There is no document, and the account has 12 instances (1 of other projects):
  3  stripe
  2  closeio
  1  abbyy
  1  insightly
  1  mixpanel
  … and 4 instances of 4 other connectors

Next:
  - To write files for 11 existing instances, run `ocon import --all`.
  - To create an instance, write its file with `ocon new CONNECTOR`. `ocon connectors` lists the
    connectors.

No changes. No document exists.
--- exit 0 ---
"#]]);
    assert_eq!(world.requests(), "GET /instances?pageSize=200");
    world.ocon("plan --format markdown").is(str![[r#"
<!-- ocon-plan project=tests at=127.0.0.1:[PORT] -->
## ocon plan: no changes

Project `tests` at `http://127.0.0.1:[PORT]/elements/api-v2`

No document exists.

There is no document, and the account has 12 instances (1 of other projects): 3 `stripe`, 2 `closeio`, 1 `abbyy`, 1 `insightly`, 1 `mixpanel`, 4 instances of 4 other connectors.

### Next

- To write files for 11 existing instances, run `ocon import --all`.
- To create an instance, write its file with `ocon new CONNECTOR`. `ocon connectors` lists the connectors.

`ocon explain CODE` explains the codes in brackets. Requests: 1 read, 0 to write.
--- exit 0 ---
"#]]);
}

#[test]
fn a_status_shows_what_exists_and_what_to_do() {
    let world = tenant();
    world.ocon("status --detailed-exitcode").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

There is no document, and the account has 12 instances (1 of other projects):
  3  stripe
  2  closeio
  1  abbyy
  1  insightly
  1  mixpanel
  … and 4 instances of 4 other connectors

Next:
  - To write files for 11 existing instances, run `ocon import --all`.
  - To create an instance, write its file with `ocon new CONNECTOR`. `ocon connectors` lists the
    connectors.

Status: 11 unmanaged.
--- exit 0 ---
"#]]);
    world.ocon("status --format markdown").is(str![[r#"
<!-- ocon-status project=tests at=127.0.0.1:[PORT] -->
## ocon status: 11 unmanaged

Project `tests` at `http://127.0.0.1:[PORT]/elements/api-v2`

There is no document, and the account has 12 instances (1 of other projects): 3 `stripe`, 2 `closeio`, 1 `abbyy`, 1 `insightly`, 1 `mixpanel`, 4 instances of 4 other connectors.

### Next

- To write files for 11 existing instances, run `ocon import --all`.
- To create an instance, write its file with `ocon new CONNECTOR`. `ocon connectors` lists the connectors.
--- exit 0 ---
"#]]);
}

#[test]
fn the_json_has_every_connector() {
    let world = tenant();
    for command in ["plan", "status"] {
        let run = world.ocon(&format!("{command} --format json"));
        let document: Value = serde_json::from_str(&run.stdout).unwrap();
        let account = &document["account"];
        assert_eq!((&account["instances"], &account["of_other_projects"]), (&json!(12), &json!(1)));
        let connectors = account["connectors"].as_array().unwrap();
        assert_eq!(connectors[0], json!({ "connector": "stripe", "instances": 3 }));
        assert_eq!((connectors.len(), run.exit), (9, 0));
    }
    world.write("instances/shop.yaml", SHOP);
    let document: Value = serde_json::from_str(&world.ocon("plan --format json").stdout).unwrap();
    assert_eq!(document.get("account"), None);
}

#[test]
fn an_empty_account_needs_a_first_file() {
    let world = World::new(&[]).on_sandbox();
    std::fs::create_dir(world.path("instances")).unwrap();
    world.ocon("plan").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

There is no document, and the account has no instance.

Next:
  - To create an instance, write its file with `ocon new CONNECTOR`. `ocon connectors` lists the
    connectors.

No changes. No document exists.
--- exit 0 ---
"#]]);
    world.ocon("status").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

There is no document, and the account has no instance.

Next:
  - To create an instance, write its file with `ocon new CONNECTOR`. `ocon connectors` lists the
    connectors.
--- exit 0 ---
"#]]);
}

#[test]
fn a_saved_plan_without_documents_can_be_applied() {
    let world = World::new(&[]).on_sandbox();
    std::fs::create_dir(world.path("instances")).unwrap();
    assert_eq!(world.ocon("plan --out plan.json").exit, 0);
    world.ocon("apply plan.json").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

No changes. 0 instances match the files.
--- exit 0 ---
"#]]);
}

#[test]
fn orphans_are_shown_when_the_last_document_is_gone() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    assert_eq!(world.ocon("apply --yes").exit, 0);
    world.remove("instances/shop.yaml");
    world.ocon("plan").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

There is no document, and the account has 1 instance:
  1  stripe

Next:
  - To write a file for the existing instance, run `ocon import --all`.
  - To create an instance, write its file with `ocon new CONNECTOR`. `ocon connectors` lists the
    connectors.

  note: shop #20931: no document describes stripe `Shop`. It is not changed. To delete it, use
        `--prune` (orphan)

No changes. No document exists; 1 orphan.
--- exit 0 ---
"#]]);
    world.ocon("status").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

There is no document, and the account has 1 instance:
  1  stripe

Next:
  - To write a file for the existing instance, run `ocon import --all`.
  - To create an instance, write its file with `ocon new CONNECTOR`. `ocon connectors` lists the
    connectors.

    key   connector  id     state   valid  enabled  events
  ? shop  stripe     20931  orphan  yes    yes      no

Status: 1 orphan.
--- exit 0 ---
"#]]);
    world.ocon("plan --prune").is(str![[r#"
--- stderr ---
error: there are no documents, so --prune would delete every instance of the project

hint: check that `instances` is the right folder: --instances DIR, -C DIR. To delete a whole project, delete its instances in the user interface
--- exit 7 ---
"#]]);
}

#[test]
fn the_folder_is_still_needed_by_a_write_a_check_and_a_name() {
    let world = World::new(&[]).on_sandbox();
    for command in
        ["apply --yes", "validate", "plan --instances tenants", "status --instances tenants"]
    {
        let run = world.ocon(command);
        assert!(run.stderr.contains("error[no-instances-folder]"), "{command}: {}", run.stderr);
        assert_eq!(run.exit, 5, "{command}");
    }
    world.ocon("plan --prune").is(str![[r#"
--- stderr ---
error: there are no documents, so --prune would delete every instance of the project

hint: check that `instances` is the right folder: --instances DIR, -C DIR. To delete a whole project, delete its instances in the user interface
--- exit 7 ---
"#]]);
    world.ocon("plan instances/shop.yaml").is(str![[r#"
--- stderr ---
error: `instances/shop.yaml` does not exist

hint: name a document key, or a file or folder below instances/
--- exit 64 ---
"#]]);
    assert_eq!(world.requests(), "");
}
