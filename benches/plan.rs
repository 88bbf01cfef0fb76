//! How long a plan of 10, 1,000 and 10,000 unchanged instances takes, as ratios to what cannot be
//! avoided: downloading the same pages with the same HTTP library, and reading the same files.
//!
//! Run it with `cargo bench`. Everything is measured in one run against one sandbox on loopback, so
//! only the ratios mean anything elsewhere.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark stops where it fails, and prints"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use ocon::api::client::{Client, Credentials, Settings};
use ocon::catalog::Catalog;
use ocon::desired::secrets::{AllowedVariables, Demo};
use ocon::desired::{self, Desired, Levels, Sources};
use ocon::instance::{BaseUrl, Secret};
use ocon::ownership::{Fingerprints, Subject};
use ocon::plan::{Plan, Target, Terms, Wishes};
use ocon::sandbox::{self, Handle, Options};
use ocon::{observed, plan};
use serde_json::json;

/// Runs of each measurement; the fastest counts.
const RUNS: usize = 3;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    println!(
        "| instances | GETs | files: read | load / read | download | plan / download | compute |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|");
    for count in [10, 1_000, 10_000] {
        runtime.block_on(measure(count));
    }
}

async fn measure(count: usize) {
    let root = tempfile::tempdir().unwrap();
    write_files(root.path(), count);
    let handle = sandbox::start(Options::default()).await.unwrap();
    let desired = load(root.path());
    handle.seed(count, |number| body(number, &desired)).unwrap();

    let read = fastest(|| read_files(root.path()));
    let load_time = fastest(|| load(root.path()));
    let (mut downloaded, mut planned) = (Duration::MAX, Duration::MAX);
    for _ in 0..RUNS {
        let start = Instant::now();
        download(&handle).await;
        downloaded = downloaded.min(start.elapsed());
        let start = Instant::now();
        let (plan, _) = plan_over_http(&handle, &desired).await;
        planned = planned.min(start.elapsed());
        assert!(
            plan.is_empty() && plan.tally.unchanged == count && plan.reads == count.div_ceil(200)
        );
    }
    let (plan, compute) = plan_over_http(&handle, &desired).await;
    println!(
        "| {count} | {} | {:.1} ms | {:.1} × | {:.1} ms | {:.2} × | {:.1} ms |",
        plan.reads,
        milliseconds(read),
        ratio(load_time, read),
        milliseconds(downloaded),
        ratio(planned, downloaded),
        milliseconds(compute),
    );
}

/// An instance with 25 configuration keys, five of which its file declares.
fn body(number: usize, desired: &Desired) -> serde_json::Value {
    let undeclared = (0..20).map(|key| (format!("extra.key.{key}"), json!(format!("value {key}"))));
    let mut configuration: serde_json::Map<_, _> = undeclared.collect();
    for (key, value) in declared(number) {
        configuration.insert(key.to_owned(), json!(value));
    }
    json!({
        "element": { "key": "closeio" },
        "name": format!("Instance {number}"),
        "tags": ["ocon:project=bench", format!("ocon:key=n{number}"), applied(number, desired)],
        "configuration": configuration,
    })
}

/// The tag that an apply of the document leaves behind.
fn applied(number: usize, desired: &Desired) -> String {
    let (project, key) = ("bench".parse().unwrap(), format!("n{number}").parse().unwrap());
    let subject = Subject { project: &project, key: &key };
    let mut applied = fingerprints().begin(subject, &desired.instances[&key].as_written());
    fingerprints().add(&mut applied, subject, "username", &Secret::new("demo-api-key"));
    applied.to_string()
}

fn fingerprints() -> Fingerprints {
    Fingerprints::new(&Secret::new("bench"))
}

fn declared(number: usize) -> [(&'static str, String); 5] {
    [
        ("username", "demo-api-key".to_owned()),
        ("event.notification.enabled", "true".to_owned()),
        ("event.notification.callback.url", format!("https://mycoolapp.com/{number}")),
        ("event.vendor.type", "polling".to_owned()),
        ("event.poller.refresh_interval", "15".to_owned()),
    ]
}

fn write_files(root: &Path, count: usize) {
    fs::create_dir(root.join("instances")).unwrap();
    for number in 0..count {
        let mut text = format!("element: closeio\nname: Instance {number}\nconfiguration:\n");
        for (key, value) in declared(number) {
            let value = if key == "username" { "${{ env.API_KEY }}" } else { &value };
            text.push_str(&format!("  {key}: \"{value}\"\n"));
        }
        fs::write(root.join(format!("instances/n{number}.yaml")), text).unwrap();
    }
}

fn read_files(root: &Path) -> usize {
    let files = fs::read_dir(root.join("instances")).unwrap();
    files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap().len()).sum()
}

fn load(root: &Path) -> Desired {
    let sources = Sources {
        root,
        instances: Path::new("instances"),
        schemas: Path::new("schemas"),
        variables: &BTreeMap::new(),
        secrets: &Demo { allowed: AllowedVariables::all() },
        catalog: Catalog::embedded(),
        levels: &Levels::default(),
        today: "2026-01-01",
    };
    desired::load(&sources).unwrap().desired
}

/// The same pages, with their bodies read and thrown away.
async fn download(handle: &Handle) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let secrets = handle.credentials();
    let authorization = format!("User {}, Organization {}", secrets.user, secrets.organization);
    let mut token = String::new();
    loop {
        let query = [("tags[]", "ocon:project=bench"), ("pageSize", "200"), ("nextPage", &token)];
        let request = http.get(format!("{}/instances", handle.url())).query(&query);
        let reply = request.header("authorization", &authorization).send().await.unwrap();
        let next = reply.headers().get("elements-next-page-token").cloned();
        reply.bytes().await.unwrap();
        match next {
            Some(next) => next.to_str().unwrap().clone_into(&mut token),
            None => return,
        }
    }
}

async fn plan_over_http(handle: &Handle, desired: &Desired) -> (Plan, Duration) {
    let secrets = handle.credentials();
    let credentials = Credentials {
        user: Secret::new(secrets.user.clone()),
        organization: Secret::new(secrets.organization.clone()),
    };
    let base_url = BaseUrl::new(handle.url());
    let client = Client::new(Settings::new(base_url.clone(), credentials)).unwrap();
    let target = Target { base_url, project: "bench".parse().unwrap() };
    let keys = desired.declared_keys();
    let observed = observed::fetch(&client, &target.project, keys).await.unwrap();
    let start = Instant::now();
    assert!(plan::questions(desired, &observed, &Wishes::default()).is_empty());
    let (wishes, fingerprints) = (Wishes::default(), fingerprints());
    let terms = Terms { target: &target, wishes: &wishes, fingerprints: &fingerprints };
    let plan = plan::compute(desired, &observed, &terms);
    (plan, start.elapsed())
}

fn fastest<T>(mut work: impl FnMut() -> T) -> Duration {
    let runs = (0..RUNS).map(|_| {
        let start = Instant::now();
        work();
        start.elapsed()
    });
    runs.min().unwrap()
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}
