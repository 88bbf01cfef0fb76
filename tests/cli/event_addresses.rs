//! Every command shows the same address for the events of an instance, in the form of its connector.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ocon::catalog::{Catalog, ConnectorField, FieldKind};
use serde_json::{Value, json};
use snapbox::str;

use crate::snapshot::Snapshot as _;
use crate::support::World;

/// The connectors whose form a source documents (docs/platform.md#events).
const FORMS: [(&str, &str); 18] = [
    ("acuityscheduling", "platform-generated"),
    ("box", "none"),
    ("brandfolder", "base64"),
    ("closeio", "base64"),
    ("dropbox", "none"),
    ("dropboxbusiness", "none"),
    ("ecwid", "none"),
    ("facebookleadads", "platform-generated"),
    ("freshservice", "base64"),
    ("github", "platform-generated"),
    ("greenhouse", "platform-generated"),
    ("hootsuite", "base64"),
    ("jira", "none"),
    ("mailchimpv3", "none"),
    ("marketo", "base64"),
    ("pipedrive", "base64"),
    ("slack", "base64"),
    ("zuorav2", "raw"),
];

/// What the file of an instance has if the platform generates the address.
const APPLICATION: &str = "https://app.example/events";

/// A document whose events arrive by webhook, with all required keys.
fn document(connector: &str, form: &str) -> String {
    let callback = match form {
        "platform-generated" => APPLICATION,
        _ => "${{ instance.webhook_url }}",
    };
    let mut text = format!("element: {connector}\nname: {connector}\nconfiguration:\n");
    for (key, value) in required(connector) {
        writeln!(text, "  {key}: {value}").unwrap();
    }
    writeln!(text, "  event.notification.enabled: true").unwrap();
    writeln!(text, "  event.vendor.type: webhooks").unwrap();
    writeln!(text, "  event.notification.callback.url: {callback}").unwrap();
    text.push_str("providerData:\n  code: ${{ env.GRANT }}\n");
    text
}

fn required(connector: &str) -> BTreeMap<String, String> {
    let key = connector.parse().unwrap();
    let fields = &Catalog::embedded().connector(&key).unwrap().fields;
    let needed = |field: &&ConnectorField| {
        let is_documented_way = match connector {
            "ecwid" => field.key.starts_with("ecwid."),
            "zuorav2" => matches!(field.key.as_str(), "username" | "password"),
            _ => field.required,
        };
        is_documented_way && !field.key.starts_with("event.")
    };
    let value = |field: &ConnectorField| match field.kind {
        _ if field.secret => "${{ env.CREDENTIAL }}".to_owned(),
        FieldKind::Url => "https://app.example".to_owned(),
        _ => "x".to_owned(),
    };
    fields.iter().filter(needed).map(|field| (field.key.clone(), value(field))).collect()
}

fn world() -> World {
    let world = World::new(&[]).on_sandbox();
    for (connector, form) in FORMS {
        world.write(&format!("instances/{connector}.yaml"), document(connector, form));
    }
    world.secret("CREDENTIAL", "cr3dential-of-the-tests").secret("GRANT", "gr4nt-of-the-tests")
}

/// The values of a member by document key, from the entries of a document.
fn by_key(entries: &Value, member: &str) -> BTreeMap<String, Value> {
    let entries = entries.as_array().unwrap().iter();
    entries
        .map(|entry| (entry["key"].as_str().unwrap().to_owned(), entry[member].clone()))
        .collect()
}

fn json(world: &World, arguments: &str) -> Value {
    let run = world.ocon(arguments);
    assert_eq!(run.exit, 0, "{arguments}: {}{}", run.stdout, run.stderr);
    serde_json::from_str(&run.stdout).unwrap()
}

/// The address that the form gives for an instance, or null.
fn expected(world: &World, connector: &str, form: &str, id: &Value) -> Value {
    let common = format!("{}/events/{connector}", world.base_url());
    match form {
        "base64" => json!(format!("{common}/{}", STANDARD.encode(id.to_string()))),
        "raw" => json!(format!("{common}/{id}")),
        "none" => json!(common),
        _ => Value::Null,
    }
}

fn link(doctor: &Value, name: &str) -> Value {
    let mut links = doctor["links"].as_array().unwrap().iter();
    links.find(|link| link["link"] == name).unwrap().clone()
}

#[test]
fn every_command_shows_the_address_in_the_form_of_the_connector() {
    let world = world();
    let applied = json(&world, "apply --yes --format json --outputs outputs.json");
    let (ids, registered) =
        (by_key(&applied["results"], "instance_id"), by_key(&applied["results"], "webhook_url"));
    let status = json(&world, "status --format json");
    let shown = by_key(&status["instances"], "webhook_url");
    let outputs: Value =
        serde_json::from_slice(&std::fs::read(world.path("outputs.json")).unwrap()).unwrap();
    world.requests();
    let mut table = String::new();
    for (connector, form) in FORMS {
        let id = &ids[connector];
        let expected = expected(&world, connector, form, id);
        let stored = world.send("GET", &format!("/instances/{id}"), &Value::Null);
        world.requests();
        let stored = &stored["configuration"]["event.notification.callback.url"];
        let own = if expected.is_null() { json!(APPLICATION) } else { expected.clone() };
        let is_reported =
            [&registered[connector], &shown[connector], &outputs[connector]["webhook_url"]]
                .map(|reported| *reported == expected);
        let registration =
            link(&json(&world, &format!("doctor {connector} --format json")), "registered");
        world.requests();
        let advice = registration["advice"].as_str().unwrap();
        let is_advised = match expected.as_str() {
            Some(url) => advice == format!("register the URL at the provider: {url}"),
            None => advice.starts_with("the platform generates the URL"),
        };
        assert_eq!((stored, is_reported, is_advised), (&own, [true; 3], true), "{connector}");
        let address = expected.as_str().map_or("-", |url| url.split("/events/").nth(1).unwrap());
        writeln!(table, "{connector:<17}{form:<19}{address}").unwrap();
    }
    print!("{table}");
    table.is(str![[r#"
acuityscheduling platform-generated -
box              none               box
brandfolder      base64             brandfolder/MjA5MzM=
closeio          base64             closeio/MjA5MzQ=
dropbox          none               dropbox
dropboxbusiness  none               dropboxbusiness
ecwid            none               ecwid
facebookleadads  platform-generated -
freshservice     base64             freshservice/MjA5Mzk=
github           platform-generated -
greenhouse       platform-generated -
hootsuite        base64             hootsuite/MjA5NDI=
jira             none               jira
mailchimpv3      none               mailchimpv3
marketo          base64             marketo/MjA5NDU=
pipedrive        base64             pipedrive/MjA5NDY=
slack            base64             slack/MjA5NDc=
zuorav2          raw                zuorav2/20948

"#]]);
    assert_eq!(world.ocon("plan --detailed-exitcode").exit, 0);
}

#[test]
fn an_event_at_the_address_proves_the_registration() {
    let world = world();
    let applied = json(&world, "apply --yes --format json");
    let addresses = by_key(&applied["results"], "webhook_url");
    world.requests();
    for (connector, form) in FORMS.into_iter().filter(|(_, form)| *form != "platform-generated") {
        let path = addresses[connector].as_str().unwrap().strip_prefix(&world.base_url()).unwrap();
        world.send("POST", path, &json!({ "type": "message", "id": 7 }));
        world.requests();
        let doctor = json(&world, &format!("doctor {connector} --format json"));
        assert_eq!(link(&doctor, "registered")["state"], "holds", "{connector} {form}");
        world.requests();
    }
}

#[test]
fn import_recognizes_the_own_address_in_each_form() {
    let world = world();
    let applied = json(&world, "apply --yes --format json");
    world.requests();
    for (connector, id) in by_key(&applied["results"], "instance_id") {
        world.send("PATCH", &format!("/instances/{id}"), &json!({ "tags": ["by hand"] }));
        world.requests();
        world.remove(&format!("instances/{connector}.yaml"));
    }
    world.ocon("import --all");
    for (connector, form) in FORMS {
        let file = world.read(&format!("instances/{connector}/{connector}.yaml"));
        let reference = "event.notification.callback.url: ${{ instance.webhook_url }}";
        assert_eq!(file.contains(reference), form != "platform-generated", "{file}");
    }
    let plan = json(&world, "plan --format json --quiet");
    let actions = plan["steps"].as_array().unwrap().iter().map(|step| step["action"].clone());
    assert!(actions.clone().all(|action| action == "adopt"), "{plan}");
    assert_eq!(actions.count(), FORMS.len());
}

/// An instance whose webhook URL has a form that no source documents.
const UNDOCUMENTED: &str = "\
element: autopilot
name: Journeys
configuration:
  api.key: ${{ env.CREDENTIAL }}
  event.notification.enabled: true
  event.notification.callback.url: ${{ instance.webhook_url }}
";

#[test]
fn an_assumed_form_is_reported_where_it_is_used() {
    let world = World::new(&[("instances/journeys.yaml", UNDOCUMENTED)]).on_sandbox();
    let world = world.secret("CREDENTIAL", "cr3dential-of-the-tests");
    world.ocon("apply --yes").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + journeys  Journeys                                                     instances/journeys.yaml:1
      configuration
        + api.key                          (secret, env.CREDENTIAL)
        + event.notification.callback.url
            http://127.0.0.1:[PORT]/elements/api-v2/events/autopilot/(base64 of the id, known after
            create)
        + event.notification.enabled       true

  note: journeys: no source documents the form of the webhook URL of `autopilot`, so ocon uses the
        most common form. If events do not arrive, set `x-ocon-webhook-url-form` in the schema of
        the connector (webhook-url-assumed)

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged.
Requests: 2 read, 2 to write, 1 to check.

  + journeys  #20931
      webhook URL  http://127.0.0.1:[PORT]/elements/api-v2/events/autopilot/MjA5MzE=
      Register this webhook URL at the provider: no event arrives before that.
      No source documents the form of this URL, so it is assumed (webhook-url-assumed).

Applied: 1 created.
--- exit 0 ---
"#]]);
    let status = json(&world, "status --format json");
    let url = format!("{}/events/autopilot/MjA5MzE=", world.base_url());
    assert_eq!(by_key(&status["instances"], "webhook_url")["journeys"], url);
}

#[test]
fn a_schema_of_the_repository_states_the_form() {
    let world = World::new(&[("instances/journeys.yaml", UNDOCUMENTED)]).on_sandbox();
    let world = world.secret("CREDENTIAL", "cr3dential-of-the-tests");
    assert_eq!(world.ocon("apply --yes").exit, 0);
    let schema = "schemas/connectors/autopilot.schema.json";
    world.write(schema, r#"{ "x-ocon-webhook-url-form": "raw" }"#);
    world.ocon("apply --yes").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  ~ journeys  Journeys  #20931                                             instances/journeys.yaml:1
        ~ event.notification.callback.url
            http://127.0.0.1:[PORT]/elements/api-v2/events/autopilot/MjA5MzE=
            → http://127.0.0.1:[PORT]/elements/api-v2/events/autopilot/20931
          3 unchanged

Plan: 0 to create, 1 to update, 0 to delete; 0 unchanged.
Requests: 1 read, 1 to write.

Applied: 1 updated.
--- exit 0 ---
"#]]);
    assert_eq!(world.ocon("plan --detailed-exitcode").exit, 0);
    world.write(schema, r#"{ "x-ocon-webhook-url-form": "none" }"#);
    assert_eq!(world.ocon("apply --yes").exit, 0);
    assert_eq!(world.ocon("plan --detailed-exitcode").exit, 0);
    world.write(schema, r#"{ "x-ocon-webhook-url-form": "platform-generated" }"#);
    world.ocon("plan").is(str![[r#"
--- stderr ---
error[no-webhook-url]: the platform generates the webhook URL of this connector, so ocon does not know it
 --> instances/journeys.yaml:6:36
  |
6 |   event.notification.callback.url: ${{ instance.webhook_url }}
  |                                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: write the URL of your application, or remove the line
  = help: if your tenant has another form of the URL, set `x-ocon-webhook-url-form` in the schema of the connector
--- exit 5 ---
"#]]);
    for other in [r#""hex""#, "7", "null", r#""encodedid""#] {
        world.write(schema, format!(r#"{{ "x-ocon-webhook-url-form": {other} }}"#));
        world.ocon("plan").is(str![[r#"
--- stderr ---
error[invalid-schema]: `x-ocon-webhook-url-form` must be one of `base64`, `raw`, `none`, `platform-generated`
 --> schemas/connectors/autopilot.schema.json
  = help: run `ocon schema pull` to write the schema of a connector again
--- exit 5 ---
"#]]);
    }
}

#[test]
fn a_secret_beside_an_address_without_an_id_converges() {
    let world = World::new(&[]).on_sandbox();
    let callback = "${{ instance.webhook_url }}?token=${{ env.CREDENTIAL }}";
    for (connector, form) in [("jira", "none"), ("zuorav2", "raw"), ("freshservice", "base64")] {
        let text = document(connector, form).replace("${{ instance.webhook_url }}", callback);
        world.write(&format!("instances/{connector}.yaml"), text);
    }
    let world = world.secret("CREDENTIAL", "cr3dential-of-the-tests").secret("GRANT", "gr4nt-code");
    assert_eq!(world.ocon("apply --yes").exit, 0);
    world.ocon("plan --detailed-exitcode").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

No changes. 3 instances match the files.
--- exit 0 ---
"#]]);
}

#[test]
fn a_schema_that_is_pulled_again_keeps_the_stated_form() {
    let world = World::new(&[]).on_sandbox();
    let file = |connector: &str| format!("schemas/connectors/{connector}.schema.json");
    world.write(&file("slack"), r#"{ "x-ocon-webhook-url-form": "raw" }"#);
    assert_eq!(world.ocon("schema pull autopilot github slack zuorav2").exit, 0);
    let form = |connector: &str| {
        let schema: Value = serde_json::from_str(&world.read(&file(connector))).unwrap();
        schema["x-ocon-webhook-url-form"].clone()
    };
    assert_eq!(form("slack"), "raw");
    assert_eq!(form("zuorav2"), "raw");
    assert_eq!(form("github"), "platform-generated");
    assert_eq!(form("autopilot"), Value::Null);
}

#[test]
fn a_masked_secret_with_an_address_is_written_when_the_form_changes() {
    let text = "element: freshservice\nname: Desk\nconfiguration:\n  subdomain: x\n  username: x\n  \
                password: ${{ env.CREDENTIAL }}@${{ instance.webhook_url }}\n";
    let world = World::new(&[("instances/desk.yaml", text)]).on_sandbox();
    let world = world.secret("CREDENTIAL", "cr3dential-of-the-tests");
    assert_eq!(world.ocon("apply --yes").exit, 0);
    assert_eq!(world.ocon("plan --detailed-exitcode").exit, 0);
    for form in ["raw", "none", "base64"] {
        let schema = format!(r#"{{ "x-ocon-webhook-url-form": "{form}" }}"#);
        world.write("schemas/connectors/freshservice.schema.json", schema);
        let plan = json(&world, "plan --format json --quiet");
        assert_eq!(plan["steps"][0]["changes"][0]["path"], "configuration.password", "{plan}");
        assert_eq!(world.ocon("apply --yes").exit, 0);
        assert_eq!(world.ocon("plan --detailed-exitcode").exit, 0, "{form}");
    }
}

#[test]
fn a_doctor_doubts_an_address_in_another_form_than_that_of_the_connector() {
    let world = world();
    let plain = document("jira", "none")
        .replace("instance.webhook_url", "var.base }}/events/jira/${{ instance.id");
    world.write("instances/jira.yaml", plain);
    world.write(
        "instances/greenhouse.yaml",
        document("greenhouse", "platform-generated")
            .replace(APPLICATION, "${{ var.base }}/events/greenhouse"),
    );
    let base = world.base_url();
    world.write("ocon.yaml", format!("project: tests\nvars: {{ base: {base} }}\n"));
    assert_eq!(world.ocon("apply --yes --quiet").exit, 0);
    let callback = |key: &str| {
        let run = world.ocon(&format!("doctor {key}"));
        let lines = run.stdout.lines().skip_while(|line| !line.contains(" callback "));
        let lines: Vec<&str> = lines.take(2).collect();
        format!("{}\n--- exit {} ---\n", world.constant(&lines.join("\n")), run.exit)
    };
    ["jira", "greenhouse"].map(callback).concat().is(str![[r#"
  warn    callback        the URL contains this instance's ID, but not in the form of the connector
                          if no events arrive, use the webhook URL http://127.0.0.1:[PORT]/elements/api-v2/events/jira
--- exit 0 ---
  BROKEN  callback        the URL contains no instance ID
                          declare the URL of your application and run `ocon apply`
--- exit 1 ---

"#]]);
}
