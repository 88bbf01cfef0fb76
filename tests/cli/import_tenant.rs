//! A tenant that was made by hand is adopted: import writes files, the plan only adds tags, and then
//! nothing changes.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use base64::Engine as _;
use ocon::catalog::{Catalog, ConnectorSpec, FieldKind, PropertySpec, Requirement};
use ocon::sandbox::{self, Handle, SandboxCredentials, SandboxOptions};
use reqwest::Method;
use serde_json::{Map, Value, json};

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

/// Values that a careless writer of YAML gets wrong.
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
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let tenant = Tenant::start(&runtime);
    let (ids, connectors) = runtime.block_on(tenant.grow());
    assert_eq!((ids.len(), connectors.len() >= 40), (INSTANCES, true), "{}", connectors.len());
    let before = runtime.block_on(tenant.everything());

    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("ocon.yaml"), "project: adopted\n").unwrap();
    let import = tenant.ocon(root.path(), "import --all");
    printed(&import, 0);
    let files = walkdir::WalkDir::new(root.path().join("instances")).into_iter();
    let files = files.filter(|entry| entry.as_ref().unwrap().file_type().is_file()).count();
    assert_eq!(files, INSTANCES, "{}", String::from_utf8_lossy(&import.stderr));

    let plan = tenant.ocon(root.path(), "plan --format json");
    let warnings = String::from_utf8_lossy(&plan.stderr);
    let others = warnings
        .lines()
        .filter(|line| line.starts_with("warning") && !line.starts_with("warning[unset-variable]"));
    assert_eq!(others.collect::<Vec<_>>(), Vec::<&str>::new());
    let plan: Value = serde_json::from_slice(&plan.stdout).unwrap();
    let steps = plan["steps"].as_array().unwrap();
    assert_eq!(steps.len(), INSTANCES, "{}", plan["summary"]);
    for step in steps {
        assert_eq!(step["action"], "adopt", "{step:#}");
        let kinds = step["changes"].as_array().unwrap().iter().map(|change| &change["kind"]);
        assert_eq!(kinds.collect::<Vec<_>>(), ["mark"], "{step:#}");
    }
    printed(&tenant.ocon(root.path(), "apply --allow-unset --yes"), 0);
    printed(&tenant.ocon(root.path(), "plan --detailed-exitcode"), 0);
    assert_eq!(without_marks(runtime.block_on(tenant.everything())), before);

    let again = printed(&tenant.ocon(root.path(), "import --all"), 0);
    assert!(again.starts_with("Nothing to import"), "{again}");
    println!(
        "{INSTANCES} instances over {} connectors: {files} files, {} adoptions, then no changes",
        connectors.len(),
        steps.len()
    );
}

#[test]
fn files_are_the_same_whatever_the_order_of_the_listing() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let tenant = Tenant::start(&runtime);
    runtime.block_on(tenant.grow());
    let [first, second] = ["", ""].map(|_| {
        let root = tempfile::tempdir().unwrap();
        printed(&tenant.ocon(root.path(), "import --all"), 0);
        let files = walkdir::WalkDir::new(root.path()).sort_by_file_name().into_iter();
        let files = files.map(Result::unwrap).filter(|entry| entry.file_type().is_file());
        let text = |entry: &walkdir::DirEntry| std::fs::read_to_string(entry.path()).unwrap();
        let path =
            |entry: &walkdir::DirEntry| entry.path().strip_prefix(root.path()).unwrap().to_owned();
        files.map(|entry| (path(&entry), text(&entry))).collect::<Vec<_>>()
    });
    assert_eq!(first, second);
}

/// The stdout of a run that ends with this exit code.
fn printed(output: &Output, exit: i32) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(exit), "{stdout}{stderr}");
    stdout
}

/// The instances without what an adoption writes.
fn without_marks(mut instances: Vec<Value>) -> Vec<Value> {
    for instance in &mut instances {
        let tags = instance["tags"].as_array_mut().unwrap();
        tags.retain(|tag| !tag.as_str().unwrap().starts_with("ocon:"));
    }
    instances
}

struct Tenant {
    sandbox: Handle,
    client: reqwest::Client,
}

impl Tenant {
    fn start(runtime: &tokio::runtime::Runtime) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let credentials = SandboxCredentials {
            user: "user-secret".to_owned(),
            organization: "organization-secret".to_owned(),
        };
        let options = SandboxOptions {
            credentials: Some(credentials),
            shuffle: true,
            ..SandboxOptions::default()
        };
        let sandbox = runtime.block_on(sandbox::start(options)).unwrap();
        Self { sandbox, client: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        let url = format!("{}{path}", self.sandbox.url());
        let request = self.client.request(method, url);
        let request =
            request.header("authorization", "User user-secret, Organization organization-secret");
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let response = request.send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{path} {body:?}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// Makes instances as third parties do: all kinds of connectors, names and values.
    async fn grow(&self) -> (BTreeSet<u64>, BTreeSet<String>) {
        let catalog = Catalog::embedded();
        let keys: Vec<&str> = catalog.keys().collect();
        let (mut ids, mut connectors) = (BTreeSet::new(), BTreeSet::new());
        for n in 0..INSTANCES {
            let key = keys[(n % 53) * keys.len() / 53].parse().unwrap();
            let shape = catalog.connector(&key).unwrap().spec(&key);
            let created = self.send(Method::POST, "/instances", Some(&body(&shape, n))).await;
            let id = created["id"].as_u64().unwrap();
            let configuration = &shape.properties;
            if n % 3 == 0 && configuration.contains_key("event.notification.callback.url") {
                let base64 = base64::engine::general_purpose::STANDARD.encode(id.to_string());
                let url = format!("{}/events/{key}/{base64}", self.sandbox.url());
                let change = json!({ "configuration": { "event.notification.callback.url": url } });
                self.send(Method::PATCH, &format!("/instances/{id}"), Some(&change)).await;
            }
            if n % 10 == 0 {
                self.send(Method::DELETE, &format!("/instances/{id}/enabled"), None).await;
            }
            ids.insert(id);
            connectors.insert(key.to_string());
        }
        (ids, connectors)
    }

    /// All instances, by id.
    async fn everything(&self) -> Vec<Value> {
        let path = "/instances?hydrate=true&pageSize=200";
        let mut instances = self.send(Method::GET, path, None).await.as_array().unwrap().clone();
        instances.sort_by_key(|instance| instance["id"].as_u64());
        for instance in &mut instances {
            let members = instance.as_object_mut().unwrap();
            members.remove("updatedDate");
            let tags = members["tags"].as_array_mut().unwrap();
            tags.sort_by_key(Value::to_string);
        }
        instances
    }

    fn ocon(&self, root: &Path, line: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_ocon"))
            .args(line.split_whitespace())
            .current_dir(root)
            .env_clear()
            .env("OCON_BASE_URL", self.sandbox.url())
            .env("OCON_USER_SECRET", "user-secret")
            .env("OCON_ORGANIZATION_SECRET", "organization-secret")
            .output()
            .unwrap()
    }
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
