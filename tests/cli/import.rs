//! `ocon import`: files for instances that exist.

use serde_json::{Value, json};
use snapbox::str;

use crate::snapshot::Snapshot as _;
use crate::support::World;

/// A world without files, with instances that were created by hand.
pub(crate) fn tenant() -> World {
    let world = World::new(&[]).on_sandbox();
    std::fs::remove_dir_all(world.path("instances")).ok();
    world.send("POST", "/instances", &desk("Help desk"));
    world.send("POST", "/instances", &shop("Shop", &[]));
    world
}

pub(crate) fn desk(name: &str) -> Value {
    let configuration = json!({
        "servicenow.subdomain": "dev12345",
        "username": "admin",
        "password": "hidden-by-the-platform",
        "filter.response.nulls": "true",
    });
    json!({
        "element": { "key": "servicenow" },
        "name": name,
        "tags": ["support", "no"],
        "configuration": configuration,
    })
}

pub(crate) fn shop(name: &str, tags: &[&str]) -> Value {
    json!({ "element": { "key": "stripe" }, "name": name, "tags": tags })
}

#[test]
fn every_instance_gets_a_file_and_is_adopted() {
    let world = tenant();
    world.ocon("import --all").is(str![[r#"
written  instances/servicenow/help-desk.yaml  #20931
written  instances/stripe/shop.yaml  #20932
2 files and 1 variable; 3 keys in comments.

# Set these where ocon runs, to the secrets from the provider:
# instances/servicenow/help-desk.yaml
export SERVICENOW_HELP_DESK_PASSWORD=
export OCON_ENV_ALLOW='SERVICENOW_HELP_DESK_PASSWORD'

Next: `ocon plan` shows the adoptions. `ocon apply --allow-unset` adopts the instances and changes
nothing else, whether or not the variables are set.

2 instances: 2 written.
--- exit 0 ---
"#]]);
    world.read("instances/servicenow/help-desk.yaml").is(str![[r##"
# yaml-language-server: $schema=../../schemas/connectors/servicenow.schema.json
id: 20931
element: servicenow
name: Help desk
tags:
  - "no"
  - support
configuration:
  password: ${{ env.SERVICENOW_HELP_DESK_PASSWORD }}
  servicenow.subdomain: dev12345
  username: admin
  # Masked, or not known to be public. To manage a key with ocon, remove the `#`.
  # event.notification.basic.password: ${{ env.SERVICENOW_HELP_DESK_EVENT_NOTIFICATION_BASIC_PASSWORD }}

"##]]);
    world.ocon("plan").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  > servicenow/help-desk  Help desk  #20931  (adoption)        instances/servicenow/help-desk.yaml:2
  > stripe/shop  Shop  #20932  (adoption)                               instances/stripe/shop.yaml:2

  note: 1 secret is not set where this plan was made, which is usual in a review:
        `env.SERVICENOW_HELP_DESK_PASSWORD`. The fields that use it are not compared. An apply that
        has the values writes those that changed. An apply without them needs --allow-unset
        (unset-variable)

Plan: 0 to create, 2 to adopt, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged.
Requests: 4 read, 2 to write.
--- exit 0 ---
"#]]);
    assert_eq!(world.ocon("apply --allow-unset --yes").exit, 0);
    assert_eq!(world.ocon("plan --detailed-exitcode").exit, 0);
    world.ocon("import --all").is(str![[r#"
Nothing to import: every instance that can have a file has one.
2 instances: 2 with a document already.
--- exit 0 ---
"#]]);
    world.ocon("import 20931").is(str![[r#"
Nothing to import: every instance that can have a file has one.
1 instance: 1 with a document already.
--- stderr ---
no file for 20931: it already has a document, at instances/servicenow/help-desk.yaml:2
--- exit 0 ---
"#]]);
}

#[test]
fn import_needs_a_selection() {
    tenant().ocon("import").is(str![[r#"
--- stderr ---
error: no instances to import are given

hint: name IDs, `ocon import 4711`, or a connector, `--connector hootsuite`
hint: or import all instances that have no file: ocon import --all
--- exit 64 ---
"#]]);
}

#[test]
fn an_id_or_a_connector_chooses() {
    let world = tenant();
    world.ocon("import 20932 --quiet").is(str![[r#"
written  instances/stripe/shop.yaml  #20932
1 file and 0 variables; 2 keys in comments.

Next: `ocon plan` shows the adoptions. `ocon apply --allow-unset` adopts the instances and changes
nothing else, whether or not the variables are set.

1 instance: 1 written.
--- exit 0 ---
"#]]);
    assert_eq!(world.ocon("import --connector servicenow").exit, 0);
    assert_eq!(
        world.ocon("import --connector closeio").stdout,
        "Nothing to import: no such instances exist.\n"
    );
    assert_eq!(
        world.ocon("import --connector hootsuit").stdout,
        "Nothing to import: no such instances exist. Did you mean `hootsuite`?\n"
    );
    assert_eq!(
        world.ocon("import --connector salesforce").stdout,
        "Nothing to import: no such instances exist. Did you mean `sfdc` (Salesforce Sales Cloud)?\n"
    );
    world.remove("ocon.yaml");
    world.remove("instances/stripe/shop.yaml");
    let import = world.ocon("import --connector stripe --force").stdout;
    assert!(
        import.contains("First, name your project with `project: NAME` in ocon.yaml"),
        "{import}"
    );
}

#[test]
fn an_instance_that_cannot_be_written_ends_with_an_error_and_the_others_are_written() {
    let world = tenant();
    world.send("POST", "/instances", &shop("Theirs", &["ocon:project=theirs", "ocon:key=shop"]));
    world.ocon("import 20931 20933 4711").is(str![[r#"
written  instances/servicenow/help-desk.yaml  #20931
1 file and 1 variable; 1 key in comments.

# Set these where ocon runs, to the secrets from the provider:
# instances/servicenow/help-desk.yaml
export SERVICENOW_HELP_DESK_PASSWORD=
export OCON_ENV_ALLOW='SERVICENOW_HELP_DESK_PASSWORD'

Next: `ocon plan` shows the adoptions. `ocon apply --allow-unset` adopts the instances and changes
nothing else, whether or not the variables are set.

3 instances: 1 written, 1 of other projects, 1 that cannot be written.
--- stderr ---
no file for 4711: the instance does not exist
no file for 20933: it belongs to project `theirs`
--- exit 7 ---
"#]]);
    world.ocon("import --all").is(str![[r#"
written  instances/stripe/shop.yaml  #20932
1 file and 0 variables; 2 keys in comments.

Next: `ocon plan` shows the adoptions. `ocon apply --allow-unset` adopts the instances and changes
nothing else, whether or not the variables are set.

3 instances: 1 written, 1 with a document already, 1 of other projects.
--- exit 0 ---
"#]]);
}

#[test]
fn hostile_text_stays_text() {
    let world = World::new(&[]).on_sandbox();
    let mut evil = shop("${{ env.HOME }}\u{202e} # ::error::x", &["- a: b", "${{ env.HOME }}"]);
    evil["configuration"] = json!({ "a\nb: c": "x", "unknown.key": "y" });
    world.send("POST", "/instances", &evil);
    world.send("POST", "/instances", &shop("\u{1b}[2J", &[]));
    world.ocon("import --all").is(str![[r#"
written  instances/stripe/env-home-error-x.yaml  #20931
1 file and 0 variables; 2 keys in comments.

Next: `ocon plan` shows the adoptions. `ocon apply --allow-unset` adopts the instances and changes
nothing else, whether or not the variables are set.

2 instances: 1 written, 1 that cannot be written.
--- stderr ---
no file for 20932: a name cannot begin or end with a space or contain control characters: change it on the platform
warning: instances/stripe/env-home-error-x.yaml omits configuration.a\nb: c: it is not a valid configuration key
warning: instances/stripe/env-home-error-x.yaml omits configuration.unknown.key: the connector does not document this key
--- exit 3 ---
"#]]);
    let file = world.files().into_iter().find(|path| path.starts_with("instances/")).unwrap();
    world.read(&file).is(str![[r##"
# yaml-language-server: $schema=../../schemas/connectors/stripe.schema.json
id: 20931
element: stripe
name: "$${{ env.HOME }}\u202e # ::error::x"
tags:
  - "$${{ env.HOME }}"
  - "- a: b"
# configuration:
  # Masked, or not known to be public. To manage a key with ocon, remove the `#`.
  # event.notification.basic.password: ${{ env.STRIPE_ENV_HOME_ERROR_X_EVENT_NOTIFICATION_BASIC_PASSWORD }}
  # password: ${{ env.STRIPE_ENV_HOME_ERROR_X_PASSWORD }}

"##]]);
    assert_eq!(world.ocon("plan --format json").exit, 0);
}

#[test]
fn hostile_names_become_slugs_and_stay_text() {
    let world = World::new(&[]).on_sandbox();
    let names = [
        "line\nbreak",
        "nul\0",
        "# comment",
        "a: b",
        "../../.github/workflows/x",
        "..\\..\\windows",
        "/etc/passwd",
        "~root",
        "con",
        "aux.yaml",
        "COM1",
        "🔑🔥",
        "${{ env.AWS_SECRET_ACCESS_KEY }}",
        "$${{ file.x }}",
        "--force",
        &"x".repeat(300),
    ];
    for name in names {
        world.requests();
        world.send("POST", "/instances", &shop(name, &[name]));
    }
    let run = world.ocon("import --all");
    // Two names contain a control character.
    assert_eq!(run.exit, 3, "{}", run.stderr);
    let written = run.stdout.lines().filter_map(|line| line.strip_prefix("written  "));
    let written: Vec<&str> = written.map(|line| line.split("  #").next().unwrap()).collect();
    format!("{}\n", written.join("\n")).is(str![[r#"
instances/stripe/comment.yaml
instances/stripe/a-b.yaml
instances/stripe/github-workflows-x.yaml
instances/stripe/windows.yaml
instances/stripe/etc-passwd.yaml
instances/stripe/root.yaml
instances/stripe/con-20939.yaml
instances/stripe/aux-yaml.yaml
instances/stripe/com1-20941.yaml
instances/stripe/stripe-20942.yaml
instances/stripe/env-aws-secret-access-key.yaml
instances/stripe/file-x.yaml
instances/stripe/force.yaml
instances/stripe/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.yaml

"#]]);
    let comments = [
        "# yaml-language-server: $schema=../../schemas/connectors/stripe.schema.json",
        "# configuration:",
        "# Masked, or not known to be public. To manage a key with ocon, remove the `#`.",
    ];
    for path in &written {
        for line in world.read(path).lines() {
            let comment = line.trim_start();
            let is_key = comment.ends_with("PASSWORD }}");
            let is_known = !comment.starts_with('#') || comments.contains(&comment) || is_key;
            assert!(is_known, "{path}: {line}");
            let has_reference = line.replace("$${{", "").contains("${{");
            assert!(!has_reference || is_key, "{path}: {line}");
        }
    }
    let files = world.files().into_iter().filter(|path| path.starts_with("instances/"));
    assert_eq!(files.count(), written.len());
    let plan = world.ocon("plan --format json");
    let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
    let steps = plan["steps"].as_array().unwrap();
    assert_eq!(steps.len(), written.len());
    assert!(steps.iter().all(|step| step["action"] == "adopt"), "{steps:?}");
}

#[test]
fn variables_have_the_prefix_of_their_document_and_are_listed_by_name() {
    let mut world = World::new(&[(
        "instances/stripe/other.yaml",
        "key: stripe/support-b\nelement: stripe\nname: Other\nconfiguration:\n  # password: ${{ env.STRIPE_SUPPORT_EVENT_NOTIFICATION_CALLBACK_URL }}\n  event.notification.callback.url: ${{ env.STRIPE_OTHER_URL }}\n",
    )])
    .on_sandbox();
    let hook = |name: &str| {
        let mut hook = shop(name, &[]);
        hook["configuration"] =
            json!({ "event.notification.callback.url": "https://app.example/hook?token=abc123" });
        hook
    };
    for name in ["Support", "Support B"] {
        world.requests();
        world.send("POST", "/instances", &hook(name));
    }
    let exports = |world: &World| {
        let run = world.ocon("import --all --quiet");
        let (_, exports) = run.stdout.split_once("provider:\n").unwrap();
        exports.split_once("\nNext").unwrap().0.to_owned()
    };
    let first = exports(&world);
    first.is(str![[r#"
# instances/stripe/support.yaml
export STRIPE_SUPPORT_EVENT_NOTIFICATION_CALLBACK_URL_20931=
# instances/stripe/support-b-20932.yaml
export STRIPE_SUPPORT_B_20932_EVENT_NOTIFICATION_CALLBACK_URL=
export OCON_ENV_ALLOW='
STRIPE_OTHER_URL,
STRIPE_SUPPORT_B_20932_EVENT_NOTIFICATION_CALLBACK_URL,
STRIPE_SUPPORT_EVENT_NOTIFICATION_CALLBACK_URL_20931
'

"#]]);
    // The list can be copied unchanged.
    let (_, list) = first.split_once("OCON_ENV_ALLOW='").unwrap();
    world.set("OCON_ENV_ALLOW", list.trim_end().trim_end_matches('\''));
    assert_eq!(world.ocon("validate").exit, 0);
    for path in world.files().iter().filter(|path| path.contains("stripe/support")) {
        std::fs::remove_file(world.path(path)).unwrap();
    }
    // A list that matches other programs' variables is not suggested again.
    world.set("OCON_ENV_ALLOW", "SHOP_*,*");
    exports(&world).is(str![[r#"
# instances/stripe/support.yaml
export STRIPE_SUPPORT_EVENT_NOTIFICATION_CALLBACK_URL_20931=
# instances/stripe/support-b-20932.yaml
export STRIPE_SUPPORT_B_20932_EVENT_NOTIFICATION_CALLBACK_URL=
export OCON_ENV_ALLOW='
SHOP_*,
STRIPE_OTHER_URL,
STRIPE_SUPPORT_B_20932_EVENT_NOTIFICATION_CALLBACK_URL,
STRIPE_SUPPORT_EVENT_NOTIFICATION_CALLBACK_URL_20931
'

"#]]);
}

#[test]
fn a_value_that_opens_something_is_not_written() {
    let world = tenant();
    let token = world.send("POST", "/instances", &shop("Other", &[]))["token"].clone();
    let mut desk = desk("Desk");
    desk["configuration"]["username"] = token.clone();
    desk["configuration"]["event.notification.callback.url"] =
        json!("https://app.example/hook?token=abc123");
    world.send("POST", "/instances", &desk);
    world.ocon("import --all --quiet").is(str![[r#"
written  instances/servicenow/help-desk.yaml  #20931
written  instances/stripe/shop.yaml  #20932
written  instances/stripe/other.yaml  #20933
written  instances/servicenow/desk.yaml  #20934
4 files and 4 variables; 6 keys in comments.

# Set these where ocon runs, to the secrets from the provider:
# instances/servicenow/help-desk.yaml
export SERVICENOW_HELP_DESK_PASSWORD=
# instances/servicenow/desk.yaml
export SERVICENOW_DESK_EVENT_NOTIFICATION_CALLBACK_URL=
export SERVICENOW_DESK_PASSWORD=
export SERVICENOW_DESK_USERNAME=
export OCON_ENV_ALLOW='
SERVICENOW_DESK_EVENT_NOTIFICATION_CALLBACK_URL,
SERVICENOW_DESK_PASSWORD,
SERVICENOW_DESK_USERNAME,
SERVICENOW_HELP_DESK_PASSWORD
'

Next: `ocon plan` shows the adoptions. `ocon apply --allow-unset` adopts the instances and changes
nothing else, whether or not the variables are set.

4 instances: 4 written.
--- exit 0 ---
"#]]);
    world.read("instances/servicenow/desk.yaml").is(str![[r##"
# yaml-language-server: $schema=../../schemas/connectors/servicenow.schema.json
id: 20934
element: servicenow
name: Desk
tags:
  - "no"
  - support
configuration:
  event.notification.callback.url: ${{ env.SERVICENOW_DESK_EVENT_NOTIFICATION_CALLBACK_URL }}
  password: ${{ env.SERVICENOW_DESK_PASSWORD }}
  servicenow.subdomain: dev12345
  username: ${{ env.SERVICENOW_DESK_USERNAME }}
  # Masked, or not known to be public. To manage a key with ocon, remove the `#`.
  # event.notification.basic.password: ${{ env.SERVICENOW_DESK_EVENT_NOTIFICATION_BASIC_PASSWORD }}

"##]]);
}

#[test]
fn a_secret_of_one_key_stays_a_secret_under_another() {
    let world = World::new(&[]).on_sandbox();
    let mut desk = desk("Desk");
    desk["tags"] = json!(["s3cret-of-the-signature"]);
    desk["configuration"]["event.notification.signature.key"] = json!("s3cret-of-the-signature");
    desk["configuration"]["event.notification.callback.url"] =
        json!("https://app.example/s3cret-of-the-signature");
    world.send("POST", "/instances", &desk);
    assert_eq!(world.ocon("import --all --quiet").exit, 0);
    let file = world.read("instances/servicenow/desk.yaml");
    assert!(!file.contains("s3cret"), "{file}");
    // A URL whose path grants access is also a secret.
    world.requests();
    let hook = json!("https://hooks.slack.com/services/T000/B000/XXXX");
    let mut other = self::desk("Other");
    other["configuration"]["event.notification.callback.url"] = hook;
    world.send("POST", "/instances", &other);
    assert_eq!(world.ocon("import --all --quiet").exit, 0);
    let file = world.read("instances/servicenow/other.yaml");
    assert!(!file.contains("hooks.slack.com"), "{file}");
}

#[test]
fn a_name_that_is_a_secret_in_other_letters_names_no_file() {
    let world = World::new(&[]).on_sandbox();
    for name in ["0RG-S3CRET+/OF=THE-TESTS", "us3r s3cret of the tests"] {
        world.send("POST", "/instances", &desk(name));
    }
    let run = world.ocon("import --all");
    assert_eq!(run.stderr, "no file for 20931, 20932: its name contains a secret\n");
    let files = world.files();
    assert!(files.iter().all(|file| !file.to_lowercase().contains("s3cret")), "{files:?}");
}
