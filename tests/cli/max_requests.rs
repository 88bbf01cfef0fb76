//! `--max-requests`: the limit is reached before there is a plan, and during an apply.

use snapbox::str;

use crate::support::{SHOP, World};

const SOCIAL: &str = "\
element: hootsuite
name: Social
configuration:
  event.notification.enabled: true
  event.notification.callback.url: ${{ instance.webhook_url }}
  oauth.api.key: ${{ env.SOCIAL_KEY }}
  oauth.api.secret: ${{ env.SOCIAL_SECRET }}
  oauth.callback.url: https://mycoolapp.com
providerData:
  code: ${{ env.SOCIAL_CODE }}
";

fn shops() -> World {
    let names = ["a", "b", "c"];
    let world = World::new(&[]);
    for name in names {
        let text = SHOP.replace("Shop", &format!("Shop {name}"));
        world.write(&format!("instances/{name}.yaml"), text);
    }
    world.on_sandbox()
}

#[test]
fn before_there_is_a_plan_nothing_is_done() {
    let world = shops();
    for command in ["plan --max-requests 1", "apply --yes --max-requests 1"] {
        world.ocon(command).is(str![[r#"
--- stderr ---
error: the request limit is reached, and more requests are needed
  caused by: GET /instances?hydrate=false&pageSize=200 failed: the limit of 1 request is reached

hint: nothing was changed. Raise --max-requests, or omit it: one request reads 200 instances
--- exit 6 ---
"#]]);
    }
    world.ocon("status --max-requests 0").is(str![[r#"
--- stderr ---
error: invalid value '0' for '--max-requests <N>': write a number of at least 1

For more information, try '--help'.
--- exit 64 ---
"#]]);
    assert_eq!(world.writes(), "");
}

#[test]
fn during_an_apply_one_step_fails_and_no_other_starts() {
    let world = shops();
    world.ocon("apply --yes --max-requests 3").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + a  Shop a                                                                     instances/a.yaml:1
      + tags    shop
  + b  Shop b                                                                     instances/b.yaml:1
      + tags    shop
  + c  Shop c                                                                     instances/c.yaml:1
      + tags    shop

Plan: 3 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged.
Requests: 2 read, 3 to write, 1 to check.

  ! b  create failed
      request-limit: POST /instances failed: the limit of 3 requests is reached
  ! c  create not-started
  + a  #20931

Applied: 1 created. Failed: 1. Not started: 1. Running it again is safe.
--- exit 3 ---
"#]]);
    let run = world.ocon("apply --yes --max-requests 6 --format json --quiet");
    assert_eq!(run.exit, 0, "{}", run.stdout);
    world.ocon("plan --detailed-exitcode --max-requests 1").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

No changes. 3 instances match the files.
--- exit 0 ---
"#]]);
}

#[test]
fn an_incomplete_create_is_reported_and_completed_by_the_next_run() {
    let world = World::new(&[("instances/social.yaml", SOCIAL)]).on_sandbox();
    let world = world.secret("SOCIAL_SECRET", "s0cial-s3cret-of-the-tests");
    let world = world.secret("SOCIAL_KEY", "s0cial-k3y-of-the-tests");
    let world = world.secret("SOCIAL_CODE", "s0cial-c0de-of-the-tests");
    world.ocon("apply --yes --max-requests 3").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + social  Social                                                           instances/social.yaml:1
      configuration
        + event.notification.callback.url
            http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite/(base64 of the id, known after
            create)
        + event.notification.enabled       true
        + oauth.api.key                    (secret, env.SOCIAL_KEY)
        + oauth.api.secret                 (secret, env.SOCIAL_SECRET)
        + oauth.callback.url               https://mycoolapp.com
      providerData
        + code                             (secret, env.SOCIAL_CODE)

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged.
Requests: 2 read, 2 to write, 1 to check.

  ! social  #20931  create failed
      request-limit: PATCH /instances/20931 failed: the limit of 3 requests is reached
  ! social  #20931
      webhook URL  http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite/MjA5MzE=

Applied: nothing. Failed: 1. Running it again is safe.
--- exit 3 ---
"#]]);
    let run = world.ocon("apply --yes");
    assert!(run.exit == 0 && run.stdout.contains("finish"), "{}", run.stdout);
}
