//! `ocon sandbox`, and `--sandbox` of other commands.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use snapbox::str;

use crate::support::{SHOP, World, terminate};

const FILES: &[(&str, &str)] = &[("instances/shop.yaml", SHOP)];

#[test]
fn the_example_is_applied_to_the_embedded_sandbox() {
    let world = World::example();
    world.ocon("apply --sandbox --yes --concurrency 1").is(str![[r#"
Project marketing at https://sandbox.invalid/elements/api-v2

Hosts that get secrets or events:
  · mycoolapp.com  gets the events of `closeio`, `slack` (event-to-host)

  + closeio  Sales Close.io                                                 instances/closeio.yaml:5
      + tags                               sales
      configuration
        + event.notification.callback.url  https://mycoolapp.com/closeio/events
        + event.notification.enabled       true
        + event.poller.configuration
            {
              "contacts": {
                "datesConfiguration": {
                  "createdDateField": "_info.created",
                  "createdDateFormat": "yyyy-MM-dd'T'HH:mm:ss'Z'",
                  "createdDateTimezone": "GMT",
                  "updatedDateField": "_info.lastUpdated",
                  "updatedDateFormat": "yyyy-MM-dd'T'HH:mm:ss'Z'",
                  "updatedDateTimezone": "GMT"
                },
                "idField": "id",
                "pageSize": 100,
                "url": "/hubs/crm/contacts?where=lastUpdated>'${gmtDate:yyyy-MM-dd'T'HH:mm:ss'Z'}'"
              }
            }
        + event.poller.refresh_interval    15
        + event.vendor.type                polling
        + password                         (secret, env.CLOSEIO_PASSWORD)
        + username                         (secret, env.CLOSEIO_API_KEY)
  + hootsuite  Marketing Hootsuite                                        instances/hootsuite.yaml:5
      + tags                               marketing, social
      configuration
        + event.notification.callback.url
            https://sandbox.invalid/elements/api-v2/events/hootsuite/(base64 of the id, known after
            create)
        + event.notification.enabled       true
        + oauth.api.key                    (secret, env.HOOTSUITE_CLIENT_ID)
        + oauth.api.secret                 (secret, env.HOOTSUITE_CLIENT_SECRET)
        + oauth.callback.url               https://mycoolapp.com
      providerData
        + code                             (secret, env.HOOTSUITE_CODE)
  + slack  Support Slack                                                      instances/slack.yaml:5
      + tags                                support
      configuration
        + event.notification.callback.url   https://mycoolapp.com/slack/events
        + event.notification.enabled        true
        + event.notification.signature.key  (secret, env.SLACK_SIGNATURE_KEY)
        + oauth.api.key                     (secret, env.SLACK_CLIENT_ID)
        + oauth.api.secret                  (secret, env.SLACK_CLIENT_SECRET)
        + oauth.callback.url                https://mycoolapp.com
        + oauth.scope                       channels:read channels:history users:read
      providerData
        + code                              (secret, env.SLACK_CODE)

Plan: 3 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged.
Requests: 2 read, 4 to write, 1 to check.

  + closeio  #20931
  + hootsuite  #20932
      webhook URL  https://sandbox.invalid/elements/api-v2/events/hootsuite/MjA5MzI=
      Register this webhook URL at the provider: no event arrives before that.
  + slack  #20933
      webhook URL  https://sandbox.invalid/elements/api-v2/events/slack/MjA5MzM=
      Register this webhook URL at the provider: no event arrives before that.

Applied: 3 created.
--- exit 0 ---
"#]]);
    world.ocon("apply --sandbox --yes --concurrency 1").is(str![[r#"
Project marketing at https://sandbox.invalid/elements/api-v2

No changes. 3 instances match the files.
--- exit 0 ---
"#]]);
}

#[test]
fn the_sandbox_prints_what_a_shell_needs_to_use_it_and_ends_on_a_signal() {
    let mut world = World::new(FILES);
    let mut sandbox =
        world.command("sandbox").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(sandbox.stdout.take().unwrap()).lines();
    for line in lines.take(3).map(Result::unwrap) {
        let (name, value) = line.strip_prefix("export ").unwrap().split_once('=').unwrap();
        world.set(name, value.trim_matches('\''));
    }
    assert_eq!(world.ocon("apply --yes --quiet").exit, 0);
    assert_eq!(world.ocon("plan --detailed-exitcode").exit, 0);
    terminate(&sandbox);
    assert_eq!(sandbox.wait().unwrap().code(), Some(0));
}

#[test]
fn a_state_file_survives_a_restart_of_the_sandbox() {
    let world = World::new(FILES);
    let first_lines = || {
        let mut sandbox = world
            .command("sandbox --state state.json")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(sandbox.stdout.take().unwrap()).lines();
        let lines: Vec<_> = lines.take(3).map(Result::unwrap).collect();
        terminate(&sandbox);
        assert_eq!(sandbox.wait().unwrap().code(), Some(0));
        lines
    };
    assert_eq!(first_lines()[1..], first_lines()[1..]);
}

#[test]
fn the_sandbox_listens_on_loopback_only() {
    let world = World::new(&[]);
    world.ocon("sandbox --listen 0.0.0.0:0").is(str![[r#"
--- stderr ---
error: the sandbox listens only on loopback addresses, and 0.0.0.0:0 is not one: use 127.0.0.1 or [::1] with any port
--- exit 64 ---
"#]]);
    world.ocon("sandbox --listen somewhere").is(str![[r#"
--- stderr ---
error: invalid value 'somewhere' for '--listen <ADDRESS:PORT>': write an address and a port, for example 127.0.0.1:4010

For more information, try '--help'.
--- exit 64 ---
"#]]);
}

#[test]
fn a_scripted_fault_befalls_the_requests_of_an_apply() {
    let mut world = World::new(FILES);
    world
        .write("faults.yaml", "rules: [{ when: { method: POST, occurrence: 1 }, reset: after }]\n");
    let mut sandbox = world
        .command("sandbox --faults faults.yaml")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(sandbox.stdout.take().unwrap()).lines();
    for line in lines.take(3).map(Result::unwrap) {
        let (name, value) = line.strip_prefix("export ").unwrap().split_once('=').unwrap();
        world.set(name, value);
    }
    let log = world.ocon("apply --yes -v").stderr;
    assert!(log.lines().any(|line| line.contains("POST") && line.contains("reset")), "{log}");
    assert_eq!(world.ocon("plan --detailed-exitcode").exit, 0, "the lost create was found");
    terminate(&sandbox);
    assert_eq!(sandbox.wait().unwrap().code(), Some(0));
}

#[test]
fn an_invalid_fault_file_is_refused_with_its_position() {
    let world = World::new(&[]);
    world.write("faults.yaml", "rules:\n  - when: { method: POST }\n    reset: sometimes\n");
    world.ocon("sandbox --faults faults.yaml").is(str![[r#"
--- stderr ---
error: the sandbox cannot read its faults file faults.yaml:3:12: rules[0].reset: unknown variant `sometimes`, expected `before` or `after`; docs/sandbox-faults.md has an example of every fault
--- exit 5 ---
"#]]);
    world.write("faults.yaml", "rules:\n  - status: 500\n    truncate: 40\n");
    world.ocon("sandbox --faults faults.yaml").is(str![[r#"
--- stderr ---
error: the sandbox cannot read its faults file faults.yaml:2:5: rules[0]: a rule has one fault, and this rule has `status` and `truncate`: make it two rules; docs/sandbox-faults.md has an example of every fault
--- exit 5 ---
"#]]);
    world.ocon("sandbox --faults nosuch.yaml").is(str![[r#"
--- stderr ---
error: the sandbox cannot read its faults file nosuch.yaml: check the name and the permissions of the file
  caused by: No such file or directory (os error 2)
--- exit 5 ---
"#]]);
    world.write("large.yaml", " ".repeat(1024 * 1024 + 1));
    world.ocon("sandbox --faults large.yaml").is(str![[r#"
--- stderr ---
error: the sandbox cannot read its faults file large.yaml: the file is larger than 1 MiB; write fewer rules, or name another file
--- exit 5 ---
"#]]);
}

#[test]
fn an_address_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let world = World::new(&[]).at(&format!("http://{address}/elements/api-v2"));
    world.ocon(&format!("sandbox --listen {address}")).is(str![[r#"
--- stderr ---
error: the sandbox cannot listen on 127.0.0.1:[PORT]: choose another port, or 0 for a free one
  caused by: Address already in use (os error 98)
--- exit 1 ---
"#]]);
}

#[test]
fn the_embedded_sandbox_keeps_its_state_to_itself() {
    let world = World::new(FILES);
    world.ocon("apply --sandbox --yes --quiet");
    #[cfg(unix)]
    assert_eq!((world.mode(".ocon"), world.mode(".ocon/sandbox.json")), (0o700, 0o600));
    assert_eq!(world.read(".ocon/.gitignore"), "*\n");
}

#[test]
fn the_embedded_sandbox_ignores_the_environment() {
    let mut world = World::new(FILES).at("https://api.openconnectors.us2.ext.hana.ondemand.com");
    world.set("OCON_REGION", "us10");
    assert_eq!(world.ocon("apply --sandbox --yes").exit, 0);
}

#[test]
fn a_damaged_state_is_left_as_it_is() {
    let world = World::new(FILES);
    world.write(".ocon/sandbox.json", "{\"version\": 1, \"inst");
    world.ocon("plan --sandbox").is(str![[r#"
--- stderr ---
error: the sandbox cannot read its state file .ocon/sandbox.json:1:20: EOF while parsing a string; restore the file, or move it away to start without instances
--- exit 1 ---
"#]]);
    assert_eq!(world.read(".ocon/sandbox.json"), "{\"version\": 1, \"inst");
}

#[test]
fn a_state_that_another_sandbox_uses_is_left_alone() {
    let world = World::new(FILES);
    world.ocon("plan --sandbox");
    let mut other = world
        .command("sandbox --state .ocon/sandbox.json")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(other.stdout.take().unwrap()).read_line(&mut first).unwrap();
    world.ocon("plan --sandbox").is(str![[r#"
--- stderr ---
error: another sandbox uses the state file .ocon/sandbox.json: stop that sandbox, or use another file
--- exit 1 ---
"#]]);
    terminate(&other);
    other.wait().unwrap();
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let world = World::new(FILES);
    world.write(".ocon", "a file");
    world.ocon("plan --sandbox").is(str![[r#"
--- stderr ---
error: the folder .ocon cannot be written
  caused by: File exists (os error 17)
--- exit 1 ---
"#]]);
}

#[test]
fn a_first_sandbox_leaves_nothing_but_its_folder() {
    let world = World::new(FILES);
    world.ocon("plan --sandbox");
    assert_eq!(world.files(), ["instances/shop.yaml", "ocon.yaml"]);
    assert!(fs::exists(world.path(".ocon/sandbox.json")).unwrap());
}
