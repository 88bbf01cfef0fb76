//! A tenant that was created by hand is adopted: import writes files, the plan only adds tags, and then
//! nothing changes.

use std::collections::BTreeSet;

use base64::Engine as _;
use ocon::catalog::{Catalog, ConnectorSpec, FieldKind, PropertySpec, Requirement};
use ocon::sandbox::SandboxOptions;
use serde_json::{Map, Value, json};

use crate::support::{Run, World};

const INSTANCES: usize = 200;

/// Names as people and attackers give them; some of them more than once.
const NAMES: [&str; 16] = [
    "Support",
    "support",
    "Größe & Maß",
    "日本語の接続",
    "${{ env.HOME }}",
    "no",
    "2026-01-01",
    "1_000",
    "a: b # c",
    "- [x] {y}",
    "../../etc/passwd",
    "all",
    "it's \"quoted\" \\ back",
    "\u{202e}desrever",
    "# comment",
    "con",
];

/// Values that are easily written incorrectly in YAML.
const VALUES: [&str; 10] = [
    "https://app.example/x?y=1&z=%20",
    "no",
    "007",
    "1e3",
    "a: b #c",
    " padded",
    "${{ env.HOME }}",
    "${gmtDate:yyyy-MM-dd}",
    "line\nbreak\u{2028}and\u{7f}",
    "{not json",
];

#[test]
fn two_hundred_instances_are_adopted_and_nothing_is_left_to_do() {
    let world = tenant();
    let (ids, connectors) = grow(&world);
    assert_eq!((ids.len(), connectors.len() >= 40), (INSTANCES, true), "{}", connectors.len());
    let before = everything(&world);

    let import = ocon(&world, "import --all");
    let files = files(&world).len();
    assert_eq!(files, INSTANCES, "{}", import.stderr);

    let plan = ocon(&world, "plan --format json");
    let others = plan
        .stderr
        .lines()
        .filter(|line| line.starts_with("warning") && !line.starts_with("warning[unset-variable]"));
    assert_eq!(others.collect::<Vec<_>>(), Vec::<&str>::new());
    let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
    let steps = plan["steps"].as_array().unwrap();
    assert_eq!(steps.len(), INSTANCES, "{}", plan["summary"]);
    for step in steps {
        assert_eq!(step["action"], "adopt", "{step:#}");
        let kinds = step["changes"].as_array().unwrap().iter().map(|change| &change["kind"]);
        assert_eq!(kinds.collect::<Vec<_>>(), ["mark"], "{step:#}");
    }
    ocon(&world, "apply --allow-unset --yes");
    ocon(&world, "plan --detailed-exitcode");
    assert_eq!(without_marks(everything(&world)), before);

    let again = ocon(&world, "import --all").stdout;
    assert!(again.starts_with("Nothing to import"), "{again}");
    println!(
        "{INSTANCES} instances over {} connectors: {files} files, {} adoptions, then no changes",
        connectors.len(),
        steps.len()
    );
}

#[test]
fn files_are_the_same_whatever_the_order_of_the_listing() {
    let world = tenant();
    grow(&world);
    let [first, second] = ["", ""].map(|_| {
        ocon(&world, "import --all");
        let texts = files(&world).into_iter().map(|path| (world.read(&path), path));
        let texts: Vec<_> = texts.collect();
        std::fs::remove_dir_all(world.path("instances")).unwrap();
        texts
    });
    assert_eq!(first.len(), INSTANCES);
    assert_eq!(first, second);
}

/// A platform whose listings have a random order.
fn tenant() -> World {
    World::new(&[]).on_sandbox_with(SandboxOptions { shuffle: true, ..SandboxOptions::default() })
}

fn ocon(world: &World, line: &str) -> Run {
    let run = world.ocon(line);
    assert_eq!(run.exit, 0, "{}{}", run.stdout, run.stderr);
    run
}

fn files(world: &World) -> Vec<String> {
    world.files().into_iter().filter(|path| path.starts_with("instances/")).collect()
}

/// The instances without the tags that an adoption writes.
fn without_marks(mut instances: Vec<Value>) -> Vec<Value> {
    for instance in &mut instances {
        let tags = instance["tags"].as_array_mut().unwrap();
        tags.retain(|tag| !tag.as_str().unwrap().starts_with("ocon:"));
    }
    instances
}

/// Creates instances as third parties do: all kinds of connectors, names and values.
fn grow(world: &World) -> (BTreeSet<u64>, BTreeSet<String>) {
    let catalog = Catalog::embedded();
    let keys: Vec<&str> = catalog.keys().collect();
    let (mut ids, mut connectors) = (BTreeSet::new(), BTreeSet::new());
    for n in 0..INSTANCES {
        let key = keys[(n % 53) * keys.len() / 53].parse().unwrap();
        let shape = catalog.connector(&key).unwrap().spec(&key);
        let created = world.send("POST", "/instances", &body(&shape, n));
        let id = created["id"].as_u64().unwrap();
        let configuration = &shape.properties;
        if n % 3 == 0 && configuration.contains_key("event.notification.callback.url") {
            let base64 = base64::engine::general_purpose::STANDARD.encode(id.to_string());
            let url = format!("{}/events/{key}/{base64}", world.base_url());
            let change = json!({ "configuration": { "event.notification.callback.url": url } });
            world.send("PATCH", &format!("/instances/{id}"), &change);
        }
        if n % 10 == 0 {
            world.send("DELETE", &format!("/instances/{id}/enabled"), &Value::Null);
        }
        ids.insert(id);
        connectors.insert(key.to_string());
    }
    (ids, connectors)
}

/// All instances, by ID.
fn everything(world: &World) -> Vec<Value> {
    world.requests();
    let instances = world.send("GET", "/instances?hydrate=true&pageSize=200", &Value::Null);
    let mut instances = instances.as_array().unwrap().clone();
    instances.sort_by_key(|instance| instance["id"].as_u64());
    for instance in &mut instances {
        let members = instance.as_object_mut().unwrap();
        members.remove("updatedDate");
        let tags = members["tags"].as_array_mut().unwrap();
        tags.sort_by_key(Value::to_string);
    }
    instances
}

fn body(shape: &ConnectorSpec, n: usize) -> Value {
    let mut configuration = Map::new();
    for (index, (key, property)) in shape.properties.iter().enumerate() {
        let wanted = property.requirement != Requirement::Optional || (n + index).is_multiple_of(3);
        if wanted && !property.platform_written {
            configuration.insert(key.clone(), value(key, property, n + index).into());
        }
    }
    let grant = shape.grant.iter().map(|member| (member.clone(), format!("{member}-{n}").into()));
    json!({
        "element": { "key": shape.connector.as_str() },
        "name": NAMES[n % NAMES.len()],
        "tags": (0..n % 4).map(|t| format!("team {t}: {}", NAMES[(n + t) % NAMES.len()])).collect::<Vec<_>>(),
        "configuration": configuration,
        "providerData": grant.collect::<Map<_, _>>(),
    })
}

fn value(key: &str, property: &PropertySpec, n: usize) -> String {
    match property.kind {
        _ if property.secret => format!("s3cret-{n}"),
        FieldKind::Boolean => n.is_multiple_of(2).to_string(),
        FieldKind::Integer => (n % 90 + 1).to_string(),
        FieldKind::Enum => property.options[n % property.options.len()].clone(),
        FieldKind::Json => poller(n),
        _ if key == "event.poller.configuration" => poller(n),
        _ => VALUES[n % VALUES.len()].to_owned(),
    }
}

/// A configuration as pollers have it.
fn poller(n: usize) -> String {
    let resource = json!({
        "url": "/hubs/crm/contacts?where=lastUpdated>'${gmtDate:yyyy-MM-dd'T'HH:mm:ss'Z'}'",
        "idField": "id",
        "pageSize": n,
        "odd": [null, true, 1.5, "no", "${{ x }}", {}],
    });
    json!({ "contacts": resource, NAMES[n % NAMES.len()]: [] }).to_string()
}
