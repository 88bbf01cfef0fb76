//! Values of variables with surrounding characters that no secret has.

use snapbox::str;

use crate::snapshot::Snapshot as _;
use crate::support::{CRM, World};

#[test]
fn a_suspicious_variable_is_named_once_and_its_value_never() {
    let other = CRM.replace("Help desk", "Other desk");
    let files = [("instances/desk.yaml", CRM), ("instances/other.yaml", other.as_str())];
    let mut world = World::new(&files).on_sandbox().secret("DESK_PASSWORD", "p4ss-of+the/desk");
    for value in [
        "p4ss-of+the/desk\n",
        "\u{feff}p4ss-of+the/desk",
        " p4ss-of+the/desk\t",
        "\n\"p4ss-of+the/desk\"\r\n",
        "'p4ss-of+the/desk'\u{feff}",
    ] {
        world.set("DESK_PASSWORD", value);
        let run = world.ocon("plan --deny odd-secret");
        assert_eq!(run.exit, 5, "{}", run.stderr);
        let first = run.stderr.lines().next().unwrap();
        first.is(expected(value));
    }
    world.requests();

    world.set("DESK_PASSWORD", "\u{feff}\"p4ss-of+the/desk\" \n");
    world.ocon("apply --yes").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + desk  Help desk                                                            instances/desk.yaml:1
      + tags                     support
      configuration
        + filter.response.nulls  true
        + password               (secret, env.DESK_PASSWORD)
        + servicenow.subdomain   dev12345
        + username               admin
  + other  Other desk                                                         instances/other.yaml:1
      + tags                     support
      configuration
        + filter.response.nulls  true
        + password               (secret, env.DESK_PASSWORD)
        + servicenow.subdomain   dev12345
        + username               admin

Plan: 2 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged.
Requests: 2 read, 2 to write, 1 to check.

  + desk  #20931
  + other  #20932

Applied: 2 created.
--- stderr ---
warning[odd-secret]: the value of `DESK_PASSWORD` begins with a byte-order mark, ends with a line break and is in quotes
 --> instances/desk.yaml:6:13
  |
6 |   password: ${{ env.DESK_PASSWORD }}
  |             ^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: set the variable to the exact secret: ocon sends the value byte for byte
--- exit 0 ---
"#]]);
    assert!(world.writes().contains(r#"\"p4ss-of+the/desk\" \n"#), "it is sent byte for byte");

    world.set("DESK_PASSWORD", "p4ss-of+\"the'/desk");
    assert_eq!(world.ocon("plan").stderr, "");
    assert_eq!(world.ocon("validate").stderr, "");
}

fn expected(value: &str) -> &'static str {
    match value.chars().next() {
        Some('p') => "error[odd-secret]: the value of `DESK_PASSWORD` ends with a line break",
        Some('\u{feff}') => {
            "error[odd-secret]: the value of `DESK_PASSWORD` begins with a byte-order mark"
        }
        Some(' ') => {
            "error[odd-secret]: the value of `DESK_PASSWORD` begins with whitespace and ends with whitespace"
        }
        Some('\n') => {
            "error[odd-secret]: the value of `DESK_PASSWORD` begins with a line break, ends with a line break and is in quotes"
        }
        _ => {
            "error[odd-secret]: the value of `DESK_PASSWORD` ends with a byte-order mark and is in quotes"
        }
    }
}

#[test]
fn a_value_of_only_whitespace_is_unset() {
    let mut world = World::new(&[("instances/desk.yaml", CRM)]).on_sandbox();
    world.set("DESK_PASSWORD", "\u{feff} \r\n");
    world.ocon("apply --yes").is(str![[r#"
--- stderr ---
error[unset-variable]: env.DESK_PASSWORD is not set, or empty
 --> instances/desk.yaml:6:13
  |
6 |   password: ${{ env.DESK_PASSWORD }}
  |             ^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: set it where ocon runs; nothing was contacted
  = help: to apply the rest anyway, use --allow-unset, or give only the files whose variables are set
--- exit 5 ---
"#]]);
    assert_eq!(world.requests(), "");
}

#[test]
fn whitespace_around_credentials_is_removed() {
    let mut world = World::new(&[("instances/desk.yaml", CRM)]).on_sandbox().with_password();
    for name in ["OCON_USER_SECRET", "OCON_ORGANIZATION_SECRET", "OCON_BASE_URL"] {
        world.pad(name);
    }
    assert_eq!(world.ocon("apply --yes").exit, 0);
}
