//! A plan lists the hosts that get secrets.

use serde_json::Value;
use snapbox::str;

use crate::snapshot::Snapshot as _;
use crate::support::{CRM, World};

/// A connector whose host is named by a URL.
const ERP: &str = "\
element: saps4hanacloud
name: ERP
configuration:
  saps4hanacloud.url: https://my300000.s4hana.example/sap
  username: ${{ env.ERP_USER }}
  password: ${{ env.ERP_PASSWORD }}
";

fn erp() -> World {
    let world = World::new(&[("instances/erp.yaml", ERP)]).on_sandbox();
    world
        .secret("ERP_USER", "erp-user-of-the-tests")
        .secret("ERP_PASSWORD", "erp-s3cret-of-the-tests")
}

#[test]
fn a_plan_names_the_host_of_each_secret() {
    erp().ocon("plan").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

Hosts that get secrets or events:
  · my300000.s4hana.example  gets password, username of `erp` (secret-to-host)

  + erp  ERP                                                                    instances/erp.yaml:1
      configuration
        + password            (secret, env.ERP_PASSWORD)
        + saps4hanacloud.url  https://my300000.s4hana.example/sap
        + username            (secret, env.ERP_USER)

  note: erp: the platform shows `username` in plain text to everyone who can read the instance,
        although the value comes from a secret (public-secret)

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged.
Requests: 2 read, 1 to write, 1 to check.
--- exit 0 ---
"#]]);
}

#[test]
fn a_changed_host_is_pointed_out_to_the_reviewer() {
    let world = erp();
    world.ocon("apply --yes");
    world.ocon("plan --detailed-exitcode").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

No changes. 1 instance matches the files.
--- exit 0 ---
"#]]);
    let url = "https://my300000.s4hana.example@\\u001b[2Jevil.example/sap";
    world.write(
        "instances/erp.yaml",
        ERP.replace("https://my300000.s4hana.example/sap", &format!("\"{url}\"")),
    );
    world.ocon("plan").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

Hosts that get secrets or events:
  ! an unknown host in `https://my300000.s4hana.example@\u{1b}[2Jevil.example/sap`  will get the
      stored credentials of `erp #20931` (credential-host-changed)

  ~ erp  ERP  #20931                                                            instances/erp.yaml:1
        ~ saps4hanacloud.url
            https://my300000.s4hana.example/sap
            → https://my300000.s4hana.example@\u{1b}[2Jevil.example/sap
          3 unchanged

Plan: 0 to create, 1 to update, 0 to delete; 0 unchanged.
Requests: 1 read, 1 to write.
--- stderr ---
warning[control-character]: this value contains a control character
 --> instances/erp.yaml:4:23
  |
4 |   saps4hanacloud.url: "https://my300000.s4hana.example@\u001b[2Jevil.example/sap"
  |                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: remove the character: the platform would store it
--- exit 0 ---
"#]]);
    world.write("instances/erp.yaml", ERP.replace("s4hana.example", "s4hana.example@evil.example"));
    world.ocon("plan").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

Hosts that get secrets or events:
  ! evil.example  will get the stored credentials of `erp #20931` (credential-host-changed)

  ~ erp  ERP  #20931                                                            instances/erp.yaml:1
        ~ saps4hanacloud.url
            https://my300000.s4hana.example/sap
            → https://my300000.s4hana.example@evil.example/sap
          3 unchanged

Plan: 0 to create, 1 to update, 0 to delete; 0 unchanged.
Requests: 1 read, 1 to write.
--- exit 0 ---
"#]]);
}

#[test]
fn a_changed_host_is_a_note_in_json_as_well() {
    let world = erp();
    world.ocon("apply --yes");
    world.write("instances/erp.yaml", ERP.replace("my300000.s4hana.example", "evil.example"));
    let plan: Value = serde_json::from_str(&world.ocon("plan --format json").stdout).unwrap();
    let notes = serde_json::to_string_pretty(&plan["notes"]).unwrap();
    notes.is(str![[r#"
[
  {
    "code": "credential-host-changed",
    "gets": "the stored credentials",
    "host": "evil.example",
    "instance_id": 20931,
    "key": "erp",
    "message": "`evil.example` will get the stored credentials (`saps4hanacloud.url` changes). Make sure that the host is the provider's"
  }
]
"#]]);
}

#[test]
fn a_host_in_a_secret_is_reported_and_not_shown() {
    let world = erp().secret("ERP_URL", "https://hidden.example/of-the-tests");
    world.write(
        "instances/erp.yaml",
        ERP.replace("https://my300000.s4hana.example/sap", "${{ env.ERP_URL }}"),
    );
    world.ocon("plan").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

Hosts that get secrets or events:
  · a host in a secret, which cannot be shown  gets password, username of `erp` (secret-to-host)

  + erp  ERP                                                                    instances/erp.yaml:1
      configuration
        + password            (secret, env.ERP_PASSWORD)
        + saps4hanacloud.url  (secret, env.ERP_URL)
        + username            (secret, env.ERP_USER)

  note: erp: the platform shows `saps4hanacloud.url`, `username` in plain text to everyone who can
        read the instance, although the value comes from a secret (public-secret)

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged.
Requests: 2 read, 1 to write, 1 to check.
--- exit 0 ---
"#]]);
}

#[test]
fn a_step_that_was_not_approved_has_no_note_about_credentials() {
    let world = erp();
    world.write("instances/desk.yaml", ERP.replace("ERP\n", "Desk\n"));
    world.ocon("apply --yes");
    world.write("instances/desk.yaml", ERP.replace("ERP\n", "Help desk\n"));
    assert_eq!(world.ocon("plan --out plan.json").exit, 0);
    world.write("instances/erp.yaml", ERP.replace("my300000.s4hana.example", "evil.example"));
    world.ocon("apply plan.json").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  ~ desk  Help desk  #20931                                                    instances/desk.yaml:1
        ~ name  Desk → Help desk
          3 unchanged

  note: erp #20932: the instance differs from its file, but the approved plan does not change it.
        Plan again (not-planned)

Plan: 0 to create, 1 to update, 0 to delete; 0 unchanged.
Requests: 1 read, 1 to write.

Applied: 1 updated.
--- exit 0 ---
"#]]);
}

#[test]
fn a_committed_secret_is_an_error() {
    let world = World::new(&[(
        "instances/desk.yaml",
        &CRM.replace("env.DESK_PASSWORD", "file.desk/password"),
    )]);
    world.write("secrets/desk/password", "p4ssword-of-the-desk");
    let git = |line: &str| {
        let mut git = std::process::Command::new("git");
        let ended = git.args(line.split(' ')).current_dir(world.path("")).status().unwrap();
        assert!(ended.success());
    };
    git("init --quiet");
    assert_eq!(world.ocon("plan --sandbox").exit, 0);
    git("add --all");
    for command in ["plan --sandbox", "validate"] {
        world.ocon(command).is(str![[r#"
--- stderr ---
error[committed-secret]: `secrets/desk/password` is in Git, so it is not secret
 --> instances/desk.yaml:6:13
  |
6 |   password: ${{ file.desk/password }}
  |             ^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: remove it from Git (also from the index), change the secret, and add its folder to .gitignore
  = help: in a pipeline, keep secrets outside the repository: --secrets-dir DIR (OCON_SECRETS_DIR)
--- exit 5 ---
"#]]);
    }
    // Naming the folder does not make them secret.
    assert_eq!(world.ocon("plan --sandbox --secrets-dir secrets").exit, 5);
}
