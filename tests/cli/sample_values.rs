//! The samples of a new file reach no real platform: a text can select the host that gets a password.

use serde_json::Value;
use snapbox::str;

use crate::support::{SHOP, World};

/// A repository with a new file, at a platform that is not the embedded sandbox.
fn with_new_file() -> World {
    let world = World::new(&[("instances/shop.yaml", SHOP)])
        .secret("SERVICENOW_PASSWORD", "passw0rd-of-the-tests")
        .on_sandbox();
    assert_eq!(world.ocon("new servicenow").exit, 0);
    world
}

#[test]
fn a_sample_blocks_its_document_only() {
    let world = with_new_file();
    world.ocon("validate --deny warnings").is(str![[r#"
2 documents are valid.
--- exit 0 ---
"#]]);
    world.ocon("apply --yes").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + shop  Shop                                                                 instances/shop.yaml:1
      + tags    shop
  ! servicenow  blocked                                                  instances/servicenow.yaml:2
      sample-value: `servicenow.subdomain` is still `replace-me` at instances/servicenow.yaml:8,
      `username` is still `replace-me` at instances/servicenow.yaml:9. Write the values of your
      account at the provider instead

Plan: 1 to create, 0 to update, 0 to delete, 1 blocked; 0 unchanged, 0 unmanaged.
Requests: 2 read, 1 to write, 1 to check.

  + shop  #20931

Applied: 1 created. Blocked: 1. Resolve what is blocked, and run it again.
--- exit 3 ---
"#]]);
    assert!(!world.writes().contains("servicenow"), "{}", world.writes());
    world.ocon("status --quiet").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

    key         connector   id     state    valid  enabled  events
  ! servicenow  servicenow  -      blocked  -      -        -
  = shop        stripe      20931  in sync  yes    yes      no

  blocked: servicenow: `servicenow.subdomain` is still `replace-me` at instances/servicenow.yaml:8,
           `username` is still `replace-me` at instances/servicenow.yaml:9. Write the values of your
           account at the provider instead (sample-value)

Status: 1 blocked, 1 in sync.
--- exit 0 ---
"#]]);
    world.ocon("token servicenow").is(str![[r#"
--- stderr ---
error: `servicenow` has no instance yet, so it has no token

hint: create it first: ocon apply; if somebody must grant access: ocon authorize servicenow
--- exit 1 ---
"#]]);
}

#[test]
fn json_has_the_code_and_the_places() {
    let world = with_new_file();
    let run = world.ocon("plan --format json");
    let plan: Value = serde_json::from_str(&run.stdout).unwrap();
    let blocked = plan["blocked"].as_array().unwrap();
    assert_eq!(blocked.len(), 1, "{plan}");
    assert_eq!(blocked[0]["code"], "sample-value");
    assert_eq!(blocked[0]["key"], "servicenow");
    let message = blocked[0]["message"].as_str().unwrap();
    assert!(message.contains("at instances/servicenow.yaml:8, `username` is"), "{message}");
}

#[test]
fn samples_of_hosts_urls_and_variables_block_and_similar_values_do_not() {
    let file = |value: &str| {
        format!("element: closeio\nname: A\nconfiguration: {{ base.url: \"{value}\" }}\n")
    };
    let world = World::new(&[]).on_sandbox();
    world.write("ocon.yaml", "project: tests\nvars: { site: replace-me }\n");
    for (value, is_sample) in [
        ("replace-me", true),
        ("${{ var.site }}", true),
        ("replace-me.example", true),
        ("https://replace-me.example/callback", true),
        ("https://replace-me.example.com", false),
        ("replace-me-too", false),
        ("example", false),
    ] {
        world.write("instances/a.yaml", file(value));
        let run = world.ocon("plan");
        assert_eq!(run.exit, 0, "{value}: {}", run.stderr);
        assert_eq!(run.stdout.contains("sample-value:"), is_sample, "{value}: {}", run.stdout);
    }
}

#[test]
fn an_existing_instance_gets_no_sample() {
    let file = |user: &str| {
        format!(
            "element: servicenow\nname: A\nconfiguration:\n  servicenow.subdomain: acme\n  \
             username: {user}\n  password: ${{{{ env.PASSWORD }}}}\n"
        )
    };
    let world = World::new(&[("instances/a.yaml", &file("me"))])
        .secret("PASSWORD", "passw0rd-of-the-tests")
        .on_sandbox();
    assert_eq!(world.ocon("apply --yes").exit, 0);
    world.write("instances/a.yaml", file("replace-me"));
    let run = world.ocon("apply --yes");
    assert_eq!(run.exit, 3, "{}", run.stdout);
    assert!(run.stdout.contains("sample-value: `username` is still"), "{}", run.stdout);
    world.write("instances/a.yaml", file("me"));
    assert_eq!(world.ocon("plan --detailed-exitcode").exit, 0);
}
