//! `ocon new`: the file, its errors, and that nothing is ever replaced.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::{Value, json};
use snapbox::str;

use crate::snapshot::Snapshot as _;
use crate::support::World;

#[test]
fn a_file_has_the_keys_that_the_connector_needs() {
    let world = World::new(&[]);
    world.ocon("new hootsuite --events").is(str![[r#"
written  instances/hootsuite.yaml

# Set these where ocon runs. The sandbox needs none of them.
export HOOTSUITE_OAUTH_API_KEY=
export HOOTSUITE_OAUTH_API_SECRET=
# Only without `ocon authorize`:
export HOOTSUITE_CODE=

Next:
  ocon validate                         # check the file
  ocon apply --sandbox                  # try it without a tenant
  ocon authorize hootsuite              # create the instance after you grant access
  ocon schema pull hootsuite --sandbox  # get the schema for your editor
--- exit 0 ---
"#]]);
    world.read("instances/hootsuite.yaml").is(str![[r#"
# yaml-language-server: $schema=../schemas/connectors/hootsuite.schema.json
element: hootsuite
name: Hootsuite
configuration:
  # Client ID and client secret of your OAuth application at Hootsuite.
  oauth.api.key: ${{ env.HOOTSUITE_OAUTH_API_KEY }}
  oauth.api.secret: ${{ env.HOOTSUITE_OAUTH_API_SECRET }}
  # Redirect URL of this application. `ocon authorize` listens at this
  # address.
  oauth.callback.url: http://127.0.0.1:8899/callback
  # Events: `ocon apply` prints the webhook URL, which you register at
  # Hootsuite.
  event.notification.enabled: true
  # The events stay on the platform.
  event.notification.callback.url: ${{ instance.webhook_url }}
# Authorization grant of Hootsuite. `ocon authorize` gets it in a browser
# instead, and needs no variable for it.
providerData:
  code: ${{ env.HOOTSUITE_CODE }}

"#]]);
    world.ocon("new servicenow help/desk").is(str![[r#"
written  instances/help/desk.yaml

Replace the samples in the file:
  servicenow.subdomain
  username

# Set these where ocon runs. The sandbox needs none of them.
export HELP_DESK_PASSWORD=

Next:
  ocon validate                          # check the file
  ocon apply --sandbox                   # try it without a tenant
  ocon apply                             # create the instance on your tenant
  ocon schema pull servicenow --sandbox  # get the schema for your editor
--- exit 0 ---
"#]]);
    world.read("instances/help/desk.yaml").is(str![[r#"
# yaml-language-server: $schema=../../schemas/connectors/servicenow.schema.json
element: servicenow
name: ServiceNow (help/desk)
configuration:
  # Credentials of your account at ServiceNow.
  password: ${{ env.HELP_DESK_PASSWORD }}
  # Samples: write the values of your account instead.
  servicenow.subdomain: replace-me
  username: replace-me

"#]]);
    world.ocon("validate").is(str![[r#"
2 documents are valid.
--- exit 0 ---
"#]]);
}

#[test]
fn alternatives_and_samples_are_in_comments() {
    let world = World::new(&[]);
    world.ocon("new netsuitecrmv2 --stdout --events").is(str![[r#"
# yaml-language-server: $schema=../schemas/connectors/netsuitecrmv2.schema.json
element: netsuitecrmv2
name: NetSuite 2016 CRM
configuration:
  # How the instance authenticates, or `custom` with consumer_key,
  # consumer_secret, token_id, token_secret.
  authentication.type: Basic
  # Credentials of your account at NetSuite 2016 CRM.
  user.password: ${{ env.NETSUITECRMV2_USER_PASSWORD }}
  # true or false.
  netsuite.sandbox: false
  # Samples: write the values of your account instead.
  netsuite.accountId: replace-me
  netsuite.appId: replace-me
  user.username: replace-me
  # Events: the platform polls NetSuite 2016 CRM.
  event.notification.enabled: true
  # URL of your application, to which the platform sends the events.
  event.notification.callback.url: https://replace-me.example/events
  # You choose this key. The platform signs the events with it.
  event.notification.signature.key: ${{ env.NETSUITECRMV2_EVENT_NOTIFICATION_SIGNATURE_KEY }}
  # Minutes between two polls.
  event.poller.refresh_interval: 15
--- exit 0 ---
"#]]);
    world.ocon("new quickbooks --stdout").is(str![[r#"
# yaml-language-server: $schema=../schemas/connectors/quickbooks.schema.json
element: quickbooks
name: QuickBooks Online
configuration:
  authentication.type: oauth2
  # Client ID and client secret of your OAuth application at QuickBooks
  # Online.
  oauth.api.key: ${{ env.QUICKBOOKS_OAUTH_API_KEY }}
  oauth.api.secret: ${{ env.QUICKBOOKS_OAUTH_API_SECRET }}
  # Redirect URL of this application. `ocon authorize` listens at this
  # address.
  oauth.callback.url: http://127.0.0.1:8899/callback
  # Samples: write the values of your account instead.
  scope: replace-me
  # Optional keys that the documented requests have.
  # quickbooks.minorversion:
  # use_sandbox:
# Authorization grant of QuickBooks Online. `ocon authorize` gets it in a
# browser instead, and needs no variable for it.
providerData:
  code: ${{ env.QUICKBOOKS_CODE }}
  realmId: ${{ env.QUICKBOOKS_REALMID }}
--- exit 0 ---
"#]]);
    world.ocon("new syncplicity --stdout").is(str![[r#"
# yaml-language-server: $schema=../schemas/connectors/syncplicity.schema.json
element: syncplicity
name: Syncplicity
# No credentials of Syncplicity are known. Get its keys from your tenant:
# ocon schema pull syncplicity
--- exit 0 ---
"#]]);
    assert_eq!(world.files(), ["ocon.yaml"], "nothing is written");
}

#[test]
fn variables_of_other_documents_and_tools_are_not_used() {
    let used =
        "element: closeio\nname: A\nconfiguration: { username: \"${{ env.EU_OAUTH_API_KEY }}\" }\n";
    let world = World::new(&[("instances/a.yaml", used), ("instances/broken.yaml", "name: [")]);
    let names = |line: &str| {
        let text = world.ocon(line).stdout;
        let names =
            text.split("env.").skip(1).map(|rest| rest.split(' ').next().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names("new github --stdout")[0], "MY_GITHUB_OAUTH_API_KEY", "GITHUB_… is reserved");
    assert_eq!(
        names("new shopify eu --stdout")[..2],
        ["EU_OAUTH_API_KEY_2", "EU_OAUTH_API_SECRET"]
    );
    world.write("instances/eu.yaml", "key: eu.shop\nname: ${{ env.EU_SHOP_OAUTH_API_KEY }}\n");
    assert_eq!(names("new shopify eu/shop --stdout")[0], "EU_SHOP_2_OAUTH_API_KEY");
}

#[test]
fn an_unknown_connector_has_suggestions_and_the_way_to_a_custom_one() {
    let world = World::new(&[]);
    world.ocon("new salesforce").is(str![[r#"
--- stderr ---
error: the connector `salesforce` is not in the catalog

hint: did you mean `sfdc` (Salesforce Sales Cloud)?
hint: to list all 6 matches: ocon connectors salesforce
hint: for a custom connector of your tenant, get its schema first: ocon schema pull salesforce
--- exit 64 ---
"#]]);
    world.ocon("new Hootsuite").is(str![[r#"
--- stderr ---
error: the connector `Hootsuite` is not in the catalog

hint: did you mean `hootsuite`?
hint: for a custom connector of your tenant, get its schema first: ocon schema pull Hootsuite
--- exit 64 ---
"#]]);
    world.ocon("new acme-erp").is(str![[r#"
--- stderr ---
error: the connector `acme-erp` is not in the catalog

hint: list the connectors with: ocon connectors
hint: for a custom connector of your tenant, get its schema first: ocon schema pull acme-erp
--- exit 64 ---
"#]]);
    world.ocon("new ../x").is(str![[r#"
--- stderr ---
error: the connector `../x` is not in the catalog

hint: list the connectors with: ocon connectors
--- exit 64 ---
"#]]);
    assert_eq!(world.files(), ["ocon.yaml"]);
}

#[test]
fn a_connector_without_events_is_an_error_only_with_events() {
    let world = World::new(&[]);
    world.ocon("new sftp --events").is(str![[r#"
--- stderr ---
error: the catalog has no events for `sftp`

hint: write the file without events: ocon new sftp
hint: to list how the events of each connector arrive: ocon connectors
--- exit 64 ---
"#]]);
    assert_eq!(world.ocon("new sftp --stdout").exit, 0);
    assert_eq!(world.files(), ["ocon.yaml"]);
}

#[test]
fn a_key_that_no_file_can_have_is_an_error() {
    let world = World::new(&[]);
    for key in ["../x", "/x", "a//b", "a/../b", ".x", "a\\b", "all", &"k".repeat(81)] {
        let run = world.ocon(&format!("new hootsuite {key}"));
        assert_eq!(run.exit, 64, "{key}: {}", run.stderr);
        assert!(run.stderr.contains("is not a valid document key"), "{}", run.stderr);
    }
    world.ocon("new hootsuite ../x").is(str![[r#"
--- stderr ---
error: invalid value '../x' for '[KEY]': `../x` is not a valid document key: use letters, digits, `.`, `_` and `-`, in parts joined by `/` that begin with a letter or digit, at most 80 characters, and not `all` or `listen`

For more information, try '--help'.
--- exit 64 ---
"#]]);
    world.ocon("new hootsuite eu/con").is(str![[r#"
--- stderr ---
error: Windows reserves a name in the document key `eu/con`

hint: use another document key
--- exit 64 ---
"#]]);
    for key in ["CON", "COM1.x", "Lpt9", "nul.eu/social", "a/Prn.b.c"] {
        let run = world.ocon(&format!("new hootsuite {key}"));
        assert_eq!(run.exit, 64, "{key}: {}", run.stderr);
        assert!(run.stderr.contains("Windows reserves a name"), "{}", run.stderr);
    }
    for key in ["console", "com10", "x.con", "community"] {
        assert_eq!(world.ocon(&format!("new hootsuite {key} --stdout")).exit, 0, "{key}");
    }
    world.ocon("new hootsuite instances/eu/social.yaml").is(str![[r#"
--- stderr ---
error: `instances/eu/social.yaml` is a path, not a document key

hint: write the key: ocon new hootsuite eu/social
--- exit 64 ---
"#]]);
    world.ocon("new hootsuite social.yml").is(str![[r#"
--- stderr ---
error: `social.yml` is a path, not a document key

hint: write the key: ocon new hootsuite social
--- exit 64 ---
"#]]);
    assert_eq!(world.files(), ["ocon.yaml"]);
}

#[test]
fn nothing_that_exists_is_replaced() {
    let other = "key: social\nelement: slack\nname: A\n";
    let world = World::new(&[("instances/hootsuite.yml", "x"), ("instances/a.yaml", other)]);
    world.ocon("new hootsuite").is(str![[r#"
--- stderr ---
error: instances/hootsuite.yml exists, so no file was written

hint: name another document key: ocon new hootsuite KEY
hint: or print the file: ocon new hootsuite --stdout
--- exit 1 ---
"#]]);
    world.ocon("new hootsuite social").is(str![[r#"
--- stderr ---
error: a document already has the key `social`, so no file was written

hint: name another document key: ocon new hootsuite KEY
hint: or print the file: ocon new hootsuite --stdout
--- exit 1 ---
"#]]);
    world.ocon("new hootsuite SOCIAL").is(str![[r#"
--- stderr ---
error: the document key `SOCIAL` differs from `social` only in case, so no file was written

hint: name another document key: ocon new hootsuite KEY
hint: or print the file: ocon new hootsuite --stdout
--- exit 1 ---
"#]]);
    world.write("instances/folder", "a file");
    world.ocon("new hootsuite folder/x").is(str![[r#"
--- stderr ---
error: no file can be written to instances/folder
  caused by: not a directory

hint: make it a folder inside the repository that you can write to
hint: or print the file: ocon new hootsuite --stdout
--- exit 1 ---
"#]]);
    fs::create_dir(world.path("instances/b.yaml")).unwrap();
    world.ocon("new hootsuite b").is(str![[r#"
--- stderr ---
error: instances/b.yaml exists, so no file was written

hint: name another document key: ocon new hootsuite KEY
hint: or print the file: ocon new hootsuite --stdout
--- exit 1 ---
"#]]);
    symlink("/nowhere/at/all", world.path("instances/link.yaml")).unwrap();
    world.ocon("new hootsuite link").is(str![[r#"
--- stderr ---
error: instances/link.yaml exists, so no file was written

hint: name another document key: ocon new hootsuite KEY
hint: or print the file: ocon new hootsuite --stdout
--- exit 1 ---
"#]]);
    symlink(std::env::temp_dir(), world.path("instances/out")).unwrap();
    world.ocon("new hootsuite out/x").is(str![[r#"
--- stderr ---
error: no file can be written to instances/out
  caused by: a link leads out of the repository

hint: make it a folder inside the repository that you can write to
hint: or print the file: ocon new hootsuite --stdout
--- exit 1 ---
"#]]);
    assert_eq!(world.read("instances/hootsuite.yml"), "x");
    assert_eq!(
        world.files(),
        ["instances/a.yaml", "instances/folder", "instances/hootsuite.yml", "ocon.yaml"]
    );
}

#[test]
fn a_folder_that_cannot_be_written_leaves_nothing_behind() {
    let world = World::new(&[]);
    let run = world.ocon_on_a_small_disk(0, "new hootsuite eu/social");
    assert_eq!(run.exit, 1);
    run.is(str![[r#"
--- stderr ---
error: instances/eu/social.yaml cannot be written
  caused by: File too large (os error 27)

hint: raise the file-size limit (`ulimit -f`), then run the command again
--- exit 1 ---
"#]]);
    assert_eq!(world.files(), ["ocon.yaml"]);
    assert!(!world.path("instances").exists(), "the new folders are removed");
}

#[test]
fn the_next_commands_use_the_given_schemas() {
    let world = World::bare();
    let run = world.ocon("new hootsuite --schemas sch");
    let next = run.stdout.split("Next:\n").nth(1).unwrap();
    next.is(str![[r#"
  ocon validate --schemas sch                         # check the file
  ocon apply --sandbox --schemas sch                  # try it without a tenant
  ocon authorize hootsuite --schemas sch              # create the instance after you grant access
  ocon schema pull hootsuite --sandbox --schemas sch  # get the schema for your editor

"#]]);
}

#[test]
fn the_next_commands_have_the_given_folders() {
    let world = World::new(&[]);
    fs::create_dir(world.path("my repo")).unwrap();
    let mut command = world.command("new slack --instances live");
    command.args(["-C", "my repo"]);
    world.run(command).is(str![[r#"
written  my repo/live/slack.yaml

# Set these where ocon runs. The sandbox needs none of them.
export SLACK_OAUTH_API_KEY=
export SLACK_OAUTH_API_SECRET=
# Only without `ocon authorize`:
export SLACK_CODE=

Next:
  ocon validate -C 'my repo' --instances live                     # check the file
  ocon apply --sandbox -C 'my repo' --instances live              # try it without a tenant
  ocon authorize slack -C 'my repo' --instances live              # create the instance after you grant access
  ocon schema pull slack --sandbox -C 'my repo' --instances live  # get the schema for your editor
--- exit 0 ---
"#]]);
    assert!(world.path("my repo/live/slack.yaml").is_file());
    world.write("sch/connectors/lt.schema.json", CUSTOM_SCHEMA);
    world.ocon("new lt --schemas sch").is(str![[r#"
written  instances/lt.yaml

Replace the samples in the file:
  count
  port
  ratio
  user

# Set these where ocon runs. The sandbox needs none of them.
export LT_API_TOKEN=
export LT_CLIENT_SECRET=
export LT_PIN=

Next:
  ocon validate --schemas sch         # check the file
  ocon apply --sandbox --schemas sch  # try it without a tenant
  ocon apply --schemas sch            # create the instance on your tenant
--- exit 0 ---
"#]]);
}

/// A schema as a person writes it: plain types, and no `writeOnly`.
const CUSTOM_SCHEMA: &str = r#"{ "properties": { "configuration": {
    "required": ["client.secret", "api_token", "pin", "debug", "count", "ratio", "port", "user"],
    "properties": {
        "client.secret": { "type": "string" }, "api_token": { "type": "string" },
        "pin": { "type": "string", "format": "password" }, "debug": { "type": "boolean" },
        "count": { "type": "integer" }, "ratio": { "type": "number" },
        "port": { "type": ["integer", "string"] }, "user": { "type": "string" } } } } }"#;

#[test]
fn secrets_of_a_schema_become_references_and_other_values_have_their_type() {
    let world = World::new(&[("schemas/connectors/acme.schema.json", CUSTOM_SCHEMA)]);
    assert_eq!(world.ocon("new acme").exit, 0);
    world.read("instances/acme.yaml").is(str![[r#"
# yaml-language-server: $schema=../schemas/connectors/acme.schema.json
element: acme
name: acme
configuration:
  # Credentials of your account at acme.
  api_token: ${{ env.ACME_API_TOKEN }}
  client.secret: ${{ env.ACME_CLIENT_SECRET }}
  pin: ${{ env.ACME_PIN }}
  # true or false.
  debug: false
  # Samples: write the values of your account instead.
  count: 0
  port: 587
  ratio: 0
  user: replace-me

"#]]);
    world.ocon("validate --deny warnings").is(str![[r#"
1 document is valid.
--- exit 0 ---
"#]]);
    let plain = world.read("instances/acme.yaml").replace("${{ env.ACME_PIN }}", "abc123");
    world.write("instances/acme.yaml", plain);
    let run = world.ocon("validate");
    assert!(run.stderr.contains("error[plain-text-secret]"), "{}", run.stderr);
}

#[test]
fn a_schema_in_the_repository_describes_a_custom_connector() {
    let world = World::new(&[]);
    let schema = r#"{ "properties": {
        "configuration": { "required": ["pin", "tenant.url", "mode"], "properties": {
            "pin": { "writeOnly": true }, "tenant.url": {}, "color": {},
            "mode": { "anyOf": [{ "enum": ["fast", "slow"] }] },
            "event.notification.enabled": {}, "event.notification.callback.url": {} } },
        "providerData": { "properties": { "code": {} } } } }"#;
    world.write("schemas/connectors/acme-erp.schema.json", schema);
    world.ocon("new acme-erp --events --stdout").is(str![[r#"
# yaml-language-server: $schema=../schemas/connectors/acme-erp.schema.json
element: acme-erp
name: acme-erp
configuration:
  # Credentials of your account at acme-erp.
  pin: ${{ env.ACME_ERP_PIN }}
  # One of: fast, slow.
  mode: fast
  # Samples: write the values of your account instead.
  tenant.url: https://replace-me.example
  # Events: `ocon apply` prints the webhook URL, which you register at
  # acme-erp.
  event.notification.enabled: true
  # URL of your application, to which the platform sends the events.
  event.notification.callback.url: https://replace-me.example/events
# Authorization grant of acme-erp. `ocon authorize` gets it in a browser
# instead, and needs no variable for it.
providerData:
  code: ${{ env.ACME_ERP_CODE }}
--- exit 0 ---
"#]]);
    assert_eq!(world.ocon("new acme-erp --events").exit, 0);
    world.ocon("validate --deny warnings").is(str![[r#"
1 document is valid.
--- exit 0 ---
"#]]);
    assert_eq!(world.ocon("apply --yes --sandbox").exit, 3, "the emulator has no such connector");
    // Its key is a word of the command line.
    world.write("schemas/connectors/listen.schema.json", schema);
    world.ocon("new listen").is(str![[r#"
--- stderr ---
error: `listen` is not a valid document key: use letters, digits, `.`, `_` and `-`, in parts joined by `/` that begin with a letter or digit, at most 80 characters, and not `all` or `listen`

hint: name a document key: ocon new listen KEY
--- exit 64 ---
"#]]);
    world.write("schemas/connectors/broken.schema.json", "{");
    world.ocon("new broken").is(str![[r#"
--- stderr ---
error[invalid-schema]: this is not valid JSON: EOF while parsing an object
 --> schemas/connectors/broken.schema.json:1:1
  |
1 | {
  | ^
  |
  = help: run `ocon schema pull` to write the schema of a connector again
--- exit 5 ---
"#]]);
    world.write("schemas/connectors/hootsuite.schema.json", "[]");
    world.ocon("new hootsuite").is(str![[r#"
--- stderr ---
error[invalid-schema]: a schema must be a JSON object
 --> schemas/connectors/hootsuite.schema.json
  = help: run `ocon schema pull` to write the schema of a connector again
--- exit 5 ---
"#]]);
    world.write("schemas/connectors/empty.schema.json", "{}");
    world.ocon("new empty").is(str![[r#"
--- stderr ---
error: the schema schemas/connectors/empty.schema.json lists no keys of `configuration`

hint: get the schema of your tenant: ocon schema pull empty
hint: or list the keys in its `properties.configuration.properties`
--- exit 5 ---
"#]]);
    fs::create_dir(world.path("schemas/connectors/folder.schema.json")).unwrap();
    assert_eq!(world.ocon("new folder").exit, 5);
    assert!(!world.path("instances/broken.yaml").exists());
}

/// The four connectors for which no source says which credentials a create needs.
#[test]
fn a_file_without_known_credentials_says_so() {
    let world = World::new(&[]);
    world.ocon("new stripe").is(str![[r#"
written  instances/stripe.yaml

# Set these where ocon runs. The sandbox needs none of them.
export MY_STRIPE_API_KEY=
export STRIPE_PASSWORD=
export STRIPE_USERNAME=

Next:
  ocon validate                      # check the file
  ocon apply --sandbox               # try it without a tenant
  ocon apply                         # create the instance on your tenant
  ocon schema pull stripe --sandbox  # get the schema for your editor
--- exit 0 ---
"#]]);
    world.read("instances/stripe.yaml").is(str![[r#"
# yaml-language-server: $schema=../schemas/connectors/stripe.schema.json
element: stripe
name: Cloud Elements for Stripe
configuration:
  # Possible credentials of your account at Cloud Elements for Stripe.
  # Remove those that it does not have.
  api.key: ${{ env.MY_STRIPE_API_KEY }}
  password: ${{ env.STRIPE_PASSWORD }}
  username: ${{ env.STRIPE_USERNAME }}

"#]]);
    world.ocon("new sapbusinessone --events").is(str![[r#"
written  instances/sapbusinessone.yaml

Replace the samples in the file:
  event.notification.callback.url

No credentials of sapbusinessone are known. Add them to the file.

# Set these where ocon runs. The sandbox needs none of them.
export SAPBUSINESSONE_EVENT_NOTIFICATION_SIGNATURE_KEY=

Next:
  ocon validate                    # check the file
  ocon apply --sandbox             # try it without a tenant
  ocon schema pull sapbusinessone  # get the keys of its credentials from your tenant
--- exit 0 ---
"#]]);
    world.read("instances/sapbusinessone.yaml").is(str![[r#"
# yaml-language-server: $schema=../schemas/connectors/sapbusinessone.schema.json
element: sapbusinessone
name: SAP Business One
# No credentials of SAP Business One are known. Get its keys from your
# tenant:
# ocon schema pull sapbusinessone
configuration:
  # Events: the platform polls SAP Business One.
  event.notification.enabled: true
  # URL of your application, to which the platform sends the events.
  event.notification.callback.url: https://replace-me.example/events
  # You choose this key. The platform signs the events with it.
  event.notification.signature.key: ${{ env.SAPBUSINESSONE_EVENT_NOTIFICATION_SIGNATURE_KEY }}
  # Minutes between two polls.
  event.poller.refresh_interval: 15

"#]]);
    world.ocon("validate --deny warnings").is(str![[r#"
2 documents are valid.
--- exit 0 ---
"#]]);
}

#[test]
fn a_schema_in_the_repository_replaces_the_catalog() {
    let world = World::new(&[]);
    assert_eq!(world.ocon("schema pull hootsuite servicenow --sandbox").exit, 0);
    for connector in ["hootsuite", "servicenow"] {
        assert_eq!(world.ocon(&format!("new {connector}")).exit, 0);
    }
    world.ocon("validate --deny warnings").is(str![[r#"
2 documents are valid.
--- exit 0 ---
"#]]);
    let path = "schemas/connectors/servicenow.schema.json";
    let mut schema: Value = serde_json::from_str(&world.read(path)).unwrap();
    let configuration = &mut schema["properties"]["configuration"];
    for key in ["colors.url", "event.metadata"] {
        configuration["properties"][key] = json!({});
        configuration["required"].as_array_mut().unwrap().push(json!(key));
    }
    world.write(path, schema.to_string());
    assert_eq!(world.ocon("validate").exit, 5, "the tenant needs another key");
    world.remove("instances/servicenow.yaml");
    assert_eq!(world.ocon("new servicenow").exit, 0);
    let text = world.read("instances/servicenow.yaml");
    assert!(text.contains("  colors.url: https://replace-me.example\n"), "{text}");
    assert!(text.contains("  event.metadata: {}\n"), "{text}");
    world.ocon("validate --deny warnings").is(str![[r#"
2 documents are valid.
--- exit 0 ---
"#]]);
}

/// Connectors differ in their keys, conditions and enumerations, so each of them is tried.
#[test]
fn the_file_of_every_connector_validates_and_applies() {
    let world = World::new(&[]);
    let (mut files, mut without_events) = (0, 0);
    let mut without_credentials = Vec::new();
    for key in ocon::catalog::Catalog::embedded().keys() {
        for (folder, flag) in [("plain", ""), ("events", "--events")] {
            // Without existing files to read, a run takes a few milliseconds.
            let run =
                world.ocon(&format!("new {key} {folder}/{key} --stdout --instances none {flag}"));
            if run.exit == 64 && folder == "events" {
                assert!(run.stderr.contains("the catalog has no events"), "{}", run.stderr);
                without_events += 1;
                continue;
            }
            assert_eq!((run.exit, run.stderr.as_str()), (0, ""), "{key}");
            if folder == "plain" && run.stdout.contains("# No credentials of ") {
                without_credentials.push(key.to_owned());
            } else {
                assert!(run.stdout.contains(": ${{ env."), "{key}: {}", run.stdout);
            }
            world.write(&format!("all/{folder}/{key}.yaml"), &run.stdout);
            files += 1;
        }
    }
    assert_eq!((files, without_events), (167 + 124, 43));
    assert_eq!(without_credentials, ["quickbooksonprem", "sapbusinessone", "syncplicity"]);
    let validated = world.ocon("validate --deny warnings --instances all");
    assert_eq!((validated.stderr.as_str(), validated.exit), ("", 0));
    let applied = world.ocon("apply --yes --sandbox --instances all --concurrency 16");
    assert_eq!((applied.stderr.as_str(), applied.exit), ("", 0));
    assert!(applied.stdout.ends_with("\nApplied: 291 created.\n"), "{}", applied.stdout);
    assert!(!applied.stdout.contains("(public-secret)"), "{}", applied.stdout);
    let again = world.ocon("plan --sandbox --instances all --detailed-exitcode");
    assert_eq!((again.stderr.as_str(), again.exit), ("", 0), "{}", again.stdout);
}
