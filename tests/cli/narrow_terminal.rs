//! Terminals of 40 columns: long lines are wrapped, except text to copy.

#![expect(clippy::unicode_not_nfc, reason = "combining marks must be measured, too")]

use snapbox::str;
use unicode_width::UnicodeWidthStr as _;

use crate::snapshot::Snapshot as _;
use crate::support::{CRM, SHOP, World};

/// A poller configuration, which is shown line by line.
const POLLED: &str = "\
element: stripe
name: Shop
tags: [shop]
configuration:
  event.poller.configuration: |
    { \"customers\": { \"url\": \"/customers?where=created>='${gmtDate:yyyy-MM-dd}'\", \"size\": 100 } }
";

/// Long keys, wide and combining characters, and URLs.
const WIDE: &str = "\
element: hootsuite
name: 市場 Hootsuite 🚀 日本語の長い名前 Cafe\u{301} de\u{301}ja\u{300}
tags: [marketing, ベータ]
configuration:
  event.notification.callback.url: ${{ instance.webhook_url }}
  event.notification.enabled: true
  oauth.api.key: ${{ env.HOOTSUITE_CLIENT_ID }}
  oauth.api.secret: ${{ env.HOOTSUITE_CLIENT_SECRET }}
  oauth.callback.url: https://mycoolapp.example.com/callback
providerData: { code: \"${{ env.HOOTSUITE_CODE }}\" }
";

const LONG: &str = "instances/support/emea/a-rather-long-key-for-a-help-desk.yaml";

fn world() -> World {
    let mut world = World::new(&[("instances/hootsuite.yaml", WIDE), (LONG, CRM)])
        .on_sandbox()
        .with_password()
        .secret("HOOTSUITE_CLIENT_ID", "cl1ent-id-of-the-tests")
        .secret("HOOTSUITE_CLIENT_SECRET", "cl1ent-secret-of-the-tests")
        .secret("HOOTSUITE_CODE", "c0de-of-the-tests");
    world.write("instances/shop.yaml", POLLED);
    world.set("COLUMNS", "40");
    world
}

/// Every line fits, unless a single word does not.
#[track_caller]
fn fits(text: &str, columns: usize) {
    for line in text.lines().filter(|line| line.width() > columns) {
        let words =
            line.split_whitespace().filter(|word| word.width() > 2 && *word != "note:").count();
        assert!(words < 2, "{} columns: {line}", line.width());
    }
}

#[test]
fn a_plan_and_its_result_fit_on_forty_columns() {
    let world = world();
    let plan = world.ocon("plan").is(str![[r#"
Project tests at
http://127.0.0.1:[PORT]/elements/api-v2

  + hootsuite  市場 Hootsuite 🚀
      日本語の長い名前 Café déjà
      instances/hootsuite.yaml:1
      + tags  marketing, ベータ
      configuration
        + event.notification.callback.url
            http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite/(base64
            of the id, known after
            create)
        + event.notification.enabled
            true
        + oauth.api.key
            (secret,
            env.HOOTSUITE_CLIENT_ID)
        + oauth.api.secret
            (secret,
            env.HOOTSUITE_CLIENT_SECRET)
        + oauth.callback.url
            https://mycoolapp.example.com/callback
      providerData
        + code
            (secret, env.HOOTSUITE_CODE)
  + shop  Shop     instances/shop.yaml:1
      + tags  shop
      configuration
        + event.poller.configuration
            {
              "customers": {
                "size": 100,
                "url":
                  "/customers?where=created>='${gmtDate:yyyy-MM-dd}'"
              }
            }
  + support/emea/a-rather-long-key-for-a-help-desk
      Help desk
      instances/support/emea/a-rather-long-key-for-a-help-desk.yaml:1
      + tags  support
      configuration
        + filter.response.nulls  true
        + password
            (secret, env.DESK_PASSWORD)
        + servicenow.subdomain  dev12345
        + username  admin

Plan: 3 to create, 0 to update, 0 to
delete; 0 unchanged, 0 unmanaged.
Requests: 2 read, 4 to write, 1 to
check.
--- stderr ---
warning[not-nfc]: the name contains a decomposed letter (it is not in Unicode normalization form C)
 --> instances/hootsuite.yaml:2:7
  |
2 | name: 市場 Hootsuite 🚀 日本語の長い名前 Café déjà
  |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: copy the composed form: 市場 Hootsuite 🚀 日本語の長い名前 Café déjà
--- exit 0 ---
"#]]);
    fits(&plan.stdout, 40);
    let apply = world.ocon("apply --yes");
    fits(&apply.stdout, 40);
    let result = apply.stdout.strip_prefix(&plan.stdout).unwrap();
    world.constant(result).is(str![[r#"

  + hootsuite  #20931
      webhook URL
      http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite/MjA5MzE=
      Register this webhook URL at the
      provider: no event arrives before
      that.
  + shop  #20932
  + support/emea/a-rather-long-key-for-a-help-desk
      #20933

Applied: 3 created.

"#]]);
}

#[test]
fn changes_fit_on_forty_columns() {
    let world = world();
    world.ocon("apply --yes");
    world.write("instances/shop.yaml", POLLED.replace("100", "2500").replace("created", "updated"));
    world.write("instances/hootsuite.yaml", WIDE.replace("mycoolapp", "another.app"));
    world.write(LONG, CRM.replace("dev12345", "another-subdomain"));
    world.write("instances/second.yaml", WIDE.replace("providerData", "# providerData"));
    let plan = world.ocon("plan").is(str![[r#"
Project tests at
http://127.0.0.1:[PORT]/elements/api-v2

Hosts that get secrets or events:
  ! the host for `another-subdomain`
      will get the stored credentials of
      `support/emea/a-rather-long-key-for-a-help-desk
      #20933` (credential-host-changed)

  ~ hootsuite  市場 Hootsuite 🚀
      日本語の長い名前 Café déjà  #20931
      instances/hootsuite.yaml:1
        ~ oauth.callback.url
            https://mycoolapp.example.com/callback
            → https://another.app.example.com/callback
          6 unchanged
  ~ shop  Shop  #20932
      instances/shop.yaml:1
        ~ event.poller.configuration
              {
                "customers": {
            -     "size": 100,
                          ^^^
            -     "url":
                    "/customers?where=created>='${gmtDate:yyyy-MM-dd}'"
                                      ^^^^^^^
            +     "size": 2500,
                          ^^^^
            +     "url":
                    "/customers?where=updated>='${gmtDate:yyyy-MM-dd}'"
                                      ^^^^^^^
                }
              }
          2 unchanged
  ~ support/emea/a-rather-long-key-for-a-help-desk
      Help desk  #20933
      instances/support/emea/a-rather-long-key-for-a-help-desk.yaml:1
        ~ servicenow.subdomain
            dev12345
            → another-subdomain
          5 unchanged
  ! second  blocked
      instances/second.yaml:1
      needs-authorization: connector
      `hootsuite` authenticates with
      OAuth, but the document has no
      authorization grant. Run `ocon
      authorize second`, add
      `providerData: { code: "${{ env.…
      }}" }`, or use
      `externalAuthentication: initial`
      with a refresh token

Plan: 0 to create, 3 to update, 0 to
delete, 1 blocked; 0 unchanged, 0
unmanaged.
Requests: 2 read, 3 to write.
--- stderr ---
warning[not-nfc]: the name contains a decomposed letter (it is not in Unicode normalization form C)
 --> instances/hootsuite.yaml:2:7
  |
2 | name: 市場 Hootsuite 🚀 日本語の長い名前 Café déjà
  |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: copy the composed form: 市場 Hootsuite 🚀 日本語の長い名前 Café déjà
  = note: 2 of these, in 2 files; use -v to see each in full
          also instances/second.yaml:2:7

2 warnings in 2 files
--- exit 0 ---
"#]]);
    fits(&plan.stdout, 40);
}

#[test]
fn a_status_fits_on_forty_columns() {
    let world = world();
    world.ocon("apply --yes");
    world.write("instances/new.yaml", SHOP);
    let status = world.ocon("status").is(str![[r#"
Project tests at
http://127.0.0.1:[PORT]/elements/api-v2

  + new  missing
      stripe
  = hootsuite  #20931  in sync
      hootsuite, valid, enabled, events
      webhook URL
      http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite/MjA5MzE=
  = shop  #20932  in sync
      stripe, valid, enabled, no events
  = support/emea/a-rather-long-key-for-a-help-desk
      #20933  in sync
      servicenow, valid, enabled, no
      events

Status: 1 missing, 3 in sync.
--- stderr ---
warning[not-nfc]: the name contains a decomposed letter (it is not in Unicode normalization form C)
 --> instances/hootsuite.yaml:2:7
  |
2 | name: 市場 Hootsuite 🚀 日本語の長い名前 Café déjà
  |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: copy the composed form: 市場 Hootsuite 🚀 日本語の長い名前 Café déjà
--- exit 0 ---
"#]]);
    fits(&status.stdout, 40);
}

#[test]
fn the_same_fits_on_eighty_columns() {
    let mut world = world();
    world.set("COLUMNS", "80");
    for command in ["plan", "apply --yes", "status"] {
        fits(&world.ocon(command).stdout, 80);
    }
    world.write("instances/shop.yaml", POLLED.replace("100", "2500"));
    fits(&world.ocon("plan").stdout, 80);
}
