//! `ocon import`: files for instances that exist.

use serde_json::{Value, json};
use snapbox::str;

use crate::support::{World, is};

/// A world without files, with instances that somebody made by hand.
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
$ ocon import --all
written  instances/servicenow/help-desk.yaml  #20931
written  instances/stripe/shop.yaml  #20932
2 files and 1 variable; 3 keys in comments.

# Where ocon runs, with the secrets as they are at the provider:
# instances/servicenow/help-desk.yaml
export SERVICENOW_HELP_DESK_PASSWORD=
export OCON_ENV_ALLOW='SERVICENOW_HELP_DESK_*'

Next: `ocon plan` shows the adoptions; `ocon apply --allow-unset` marks the instances as
yours and changes nothing else, whether or not the variables are set.
--- exit 0 ---

"#]]);
    is(
        &world.read("instances/servicenow/help-desk.yaml"),
        str![[r##"
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
  # Masked, or not known as public; remove the `#` to have ocon manage it.
  # event.notification.basic.password: ${{ env.SERVICENOW_HELP_DESK_EVENT_NOTIFICATION_BASIC_PASSWORD }}

"##]],
    );
    world.ocon("plan").is(str![[r#"
$ ocon plan
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  > servicenow/help-desk  Help desk  #20931  (adoption)        instances/servicenow/help-desk.yaml:2
        > mark  servicenow/help-desk
          4 unchanged
  > stripe/shop  Shop  #20932  (adoption)                               instances/stripe/shop.yaml:2
        > mark  stripe/shop
          2 unchanged

  note: servicenow/help-desk #20931: not compared and not written: `password`; `--rotate
        servicenow/help-desk` writes what is set here (unverified)

Plan: 0 to create, 2 to adopt, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged.
Requests: 4 read, 2 to write.
--- stderr ---
warning[unset-variable]: env.SERVICENOW_HELP_DESK_PASSWORD is not set, or empty
 --> instances/servicenow/help-desk.yaml:9:13
  |
9 |   password: ${{ env.SERVICENOW_HELP_DESK_PASSWORD }}
  |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: set it where ocon runs; until then such a field is neither compared nor written
--- exit 0 ---

"#]]);
    assert_eq!(world.ocon("apply --allow-unset --yes").exit, 0);
    assert_eq!(world.ocon("plan --detailed-exitcode").exit, 0);
    world.ocon("import --all").is(str![[r#"
$ ocon import --all
Nothing to import: no instance that can have a file lacks one.
--- stderr ---
no file for 20931: it has a document already, at instances/servicenow/help-desk.yaml:2
no file for 20932: it has a document already, at instances/stripe/shop.yaml:2
--- exit 0 ---

"#]]);
    world.ocon("import 20931").is(str![[r#"
$ ocon import 20931
--- stderr ---
error: not all of these instances can be imported, so no file was written
  caused by: 20931: it has a document already, at instances/servicenow/help-desk.yaml:2

hint: leave them out; `ocon import --all` does so itself
--- exit 1 ---

"#]]);
}

#[test]
fn what_to_import_has_to_be_said() {
    tenant().ocon("import").is(str![[r#"
$ ocon import
--- stderr ---
error: nothing says which instances to import

hint: name ids, `ocon import 4711`, or a connector, `--connector hootsuite`
hint: `ocon import --all` writes a file for every instance that has none
--- exit 64 ---

"#]]);
}

#[test]
fn an_id_or_a_connector_chooses() {
    let world = tenant();
    world.ocon("import 20932 --quiet").is(str![[r#"
$ ocon import 20932 --quiet
written  instances/stripe/shop.yaml  #20932
1 file and 0 variables; 2 keys in comments.

Next: `ocon plan` shows the adoptions; `ocon apply --allow-unset` marks the instances as
yours and changes nothing else, whether or not the variables are set.
--- exit 0 ---

"#]]);
    assert_eq!(world.ocon("import --connector servicenow").exit, 0);
    assert_eq!(
        world.ocon("import --connector closeio").stdout,
        "Nothing to import: there are no such instances.\n"
    );
    assert_eq!(
        world.ocon("import --connector hootsuit").stdout,
        "Nothing to import: there are no such instances. Did you mean `hootsuite`?\n"
    );
    world.remove("ocon.yaml");
    world.remove("instances/stripe/shop.yaml");
    let import = world.ocon("import --connector stripe --force").stdout;
    assert!(import.contains("First: name a project, `project: NAME` in ocon.yaml"), "{import}");
}

#[test]
fn what_was_named_and_gets_no_file_is_an_error() {
    let world = tenant();
    world.send("POST", "/instances", &shop("Theirs", &["ocon:project=theirs", "ocon:key=shop"]));
    world.ocon("import 20931 20933 4711").is(str![[r#"
$ ocon import 20931 20933 4711
--- stderr ---
error: not all of these instances can be imported, so no file was written
  caused by: 4711: the platform has no such instance
  caused by: 20933: it belongs to project `theirs`

hint: leave them out; `ocon import --all` does so itself
--- exit 7 ---

"#]]);
    world.ocon("import --all").is(str![[r#"
$ ocon import --all
written  instances/servicenow/help-desk.yaml  #20931
written  instances/stripe/shop.yaml  #20932
2 files and 1 variable; 3 keys in comments.

# Where ocon runs, with the secrets as they are at the provider:
# instances/servicenow/help-desk.yaml
export SERVICENOW_HELP_DESK_PASSWORD=
export OCON_ENV_ALLOW='SERVICENOW_HELP_DESK_*'

Next: `ocon plan` shows the adoptions; `ocon apply --allow-unset` marks the instances as
yours and changes nothing else, whether or not the variables are set.
--- stderr ---
no file for 20933: it belongs to project `theirs`
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
$ ocon import --all
written  instances/stripe/env-home-error-x.yaml  #20931
1 file and 0 variables; 2 keys in comments.

Next: `ocon plan` shows the adoptions; `ocon apply --allow-unset` marks the instances as
yours and changes nothing else, whether or not the variables are set.
--- stderr ---
no file for 20932: a name cannot begin or end with a blank, nor hold control characters; change it on the platform
warning: instances/stripe/env-home-error-x.yaml leaves out configuration.a\nb: c: this is no key that a file should hold
warning: instances/stripe/env-home-error-x.yaml leaves out configuration.unknown.key: the connector documents no such key
--- exit 0 ---

"#]]);
    let file = world.files().into_iter().find(|path| path.starts_with("instances/")).unwrap();
    is(
        &world.read(&file),
        str![[r##"
# yaml-language-server: $schema=../../schemas/connectors/stripe.schema.json
id: 20931
element: stripe
name: "$${{ env.HOME }}\u202e # ::error::x"
tags:
  - "$${{ env.HOME }}"
  - "- a: b"
# configuration:
  # Masked, or not known as public; remove the `#` to have ocon manage it.
  # event.notification.basic.password: ${{ env.STRIPE_ENV_HOME_ERROR_X_EVENT_NOTIFICATION_BASIC_PASSWORD }}
  # password: ${{ env.STRIPE_ENV_HOME_ERROR_X_PASSWORD }}

"##]],
    );
    assert_eq!(world.ocon("plan --format json").exit, 0);
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
$ ocon import --all --quiet
written  instances/servicenow/help-desk.yaml  #20931
written  instances/stripe/shop.yaml  #20932
written  instances/stripe/other.yaml  #20933
written  instances/servicenow/desk.yaml  #20934
4 files and 4 variables; 6 keys in comments.

# Where ocon runs, with the secrets as they are at the provider:
# instances/servicenow/help-desk.yaml
export SERVICENOW_HELP_DESK_PASSWORD=
# instances/servicenow/desk.yaml
export SERVICENOW_DESK_EVENT_NOTIFICATION_CALLBACK_URL=
export SERVICENOW_DESK_PASSWORD=
export SERVICENOW_DESK_USERNAME=
export OCON_ENV_ALLOW='SERVICENOW_DESK_*,SERVICENOW_HELP_DESK_*'

Next: `ocon plan` shows the adoptions; `ocon apply --allow-unset` marks the instances as
yours and changes nothing else, whether or not the variables are set.
--- exit 0 ---

"#]]);
    is(
        &world.read("instances/servicenow/desk.yaml"),
        str![[r##"
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
  # Masked, or not known as public; remove the `#` to have ocon manage it.
  # event.notification.basic.password: ${{ env.SERVICENOW_DESK_EVENT_NOTIFICATION_BASIC_PASSWORD }}

"##]],
    );
}

#[test]
fn what_is_a_secret_under_one_key_is_none_the_less_under_another() {
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
    // An address whose path opens it is one as well.
    world.requests();
    let hook = json!("https://hooks.slack.com/services/T000/B000/XXXX");
    let mut other = self::desk("Other");
    other["configuration"]["event.notification.callback.url"] = hook;
    world.send("POST", "/instances", &other);
    assert_eq!(world.ocon("import --all --quiet").exit, 0);
    let file = world.read("instances/servicenow/other.yaml");
    assert!(!file.contains("hooks.slack.com"), "{file}");
}
