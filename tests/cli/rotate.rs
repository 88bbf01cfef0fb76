//! `--rotate`, and secrets whose values changed.

use snapbox::str;

use crate::snapshot::Snapshot as _;
use crate::support::{CRM, World};

#[test]
fn a_secret_with_another_value_is_rotated_and_shown_nowhere() {
    let world = World::new(&[("instances/desk.yaml", CRM)]).with_password().on_sandbox();
    world.ocon("apply --yes");
    let world = world.secret("DESK_PASSWORD", "n3w-p4ssword-of-the-tests");
    world.ocon("plan").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  ~ desk  Help desk  #20931                                                    instances/desk.yaml:1
        ~ password  (secret, env.DESK_PASSWORD)
          5 unchanged

Plan: 0 to create, 1 to update, 0 to delete; 0 unchanged.
Requests: 1 read, 1 to write.
--- exit 0 ---
"#]]);
    world.requests();
    world.ocon("apply --yes").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  ~ desk  Help desk  #20931                                                    instances/desk.yaml:1
        ~ password  (secret, env.DESK_PASSWORD)
          5 unchanged

Plan: 0 to create, 1 to update, 0 to delete; 0 unchanged.
Requests: 1 read, 1 to write.

Applied: 1 updated.
--- exit 0 ---
"#]]);
    world.writes().is(str![[r#"
PATCH /instances/20931 {"configuration":{"password":"n3w-p4ssword-of-the-tests"},"tags":["ocon:applied=[FINGERPRINTS]","ocon:key=desk","ocon:project=tests","support"]}
"#]]);
    world.ocon("plan --detailed-exitcode").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

No changes. 1 instance matches the files.
--- exit 0 ---
"#]]);
}

#[test]
fn a_secret_that_cannot_be_compared_is_written_on_request() {
    let mut world = World::new(&[("instances/desk.yaml", CRM)]).with_password().on_sandbox();
    world.ocon("apply --yes");
    world.set("OCON_FINGERPRINT_KEY", "an0ther-key-for-fingerprints-of-the-tests");
    world.ocon("plan").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  note: desk #20931: ocon cannot tell whether these secrets changed, so it does not write them:
        `password`. To write the values that are set here, use `--rotate desk` (unverified)

No changes. 1 instance matches the files.
--- exit 0 ---
"#]]);
    world.ocon("plan --rotate desk").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  ~ desk  Help desk  #20931  (requested)                                       instances/desk.yaml:1
        ~ password  (secret, env.DESK_PASSWORD)
          5 unchanged

Plan: 0 to create, 1 to update (1 requested), 0 to delete; 0 unchanged.
Requests: 1 read, 1 to write.
--- exit 0 ---
"#]]);
    world.ocon("plan --rotate desc").is(str![[r#"
--- stderr ---
error: no document has the key or the path `desc`

hint: did you mean `desk`?
--- exit 5 ---
"#]]);
}
