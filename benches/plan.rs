//! Measures `ocon plan` with 1,000, 10,000 and 100,000 unchanged instances of 25 keys, relative to the
//! unavoidable cost: a download of the same pages with the same HTTP library.
//!
//! Run it with `cargo bench --bench plan`. For other sizes, append `-- 1000 5000`. Sandbox, plan and
//! download are separate processes on one machine, so only the ratios are comparable between machines.
//! On loopback, a page takes less than a millisecond. In the last columns, the platform takes 50 ms for
//! each page, which is still fast.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark panics on errors and prints results"
)]

#[path = "support/cost.rs"]
mod cost;
#[path = "support/world.rs"]
mod world;

use std::path::Path;
use std::process::Command;

use tokio::task::JoinHandle;

use self::cost::{Cost, minimum, ratio, seconds};
use self::world::{SandboxSetup, Server};

/// Number of runs of each measurement on loopback. The minimum counts.
const RUNS: usize = 3;

/// With this argument, the program is the reference download.
const DOWNLOAD: &str = "download";

fn main() {
    if cost::measure_if_requested() || world::serve_if_requested() {
        return;
    }
    let arguments: Vec<_> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if arguments.first().is_some_and(|first| first == DOWNLOAD) {
        return tokio::runtime::Runtime::new().unwrap().block_on(download());
    }
    let given: Vec<usize> = arguments.iter().map(|size| size.parse().unwrap()).collect();
    println!(
        "| instances | requests | download | plan | plan / download | CPU | peak memory | \
         download at 50 ms | plan | plan / download |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    for size in if given.is_empty() { vec![1_000, 10_000, 100_000] } else { given } {
        compare(size);
    }
}

fn compare(instances: usize) {
    let root = tempfile::tempdir().unwrap();
    world::write_files(root.path(), instances);
    let setup = SandboxSetup { instances, drifted: 0, delay: 0 };
    let fast = Comparison::measure(root.path(), setup, RUNS);
    let slow = Comparison::measure(root.path(), SandboxSetup { delay: 50, ..setup }, 1);
    let Comparison { download, plan, requests } = fast;
    println!(
        "| {instances} | {requests} | {} | {} | {:.2} × | {} | {} MiB | {} | {} | {:.2} × |",
        seconds(download.wall),
        seconds(plan.wall),
        ratio(plan.wall, download.wall),
        seconds(plan.cpu),
        plan.peak / 1024,
        seconds(slow.download.wall),
        seconds(slow.plan.wall),
        ratio(slow.plan.wall, slow.download.wall),
    );
}

struct Comparison {
    download: Cost,
    plan: Cost,
    /// Number of requests of one plan.
    requests: usize,
}

impl Comparison {
    fn measure(root: &Path, setup: SandboxSetup, runs: usize) -> Self {
        let mut server = Server::start(root, setup);
        let download = minimum(runs, || {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.arg(DOWNLOAD);
            cost::measure(server.configure(&mut command))
        });
        // Fails if the plan has a change.
        let plan =
            minimum(runs, || cost::measure(&server.ocon(root, &["plan", "--detailed-exitcode"])));
        let requests = server.requests();
        assert_eq!(requests.writes, 0);
        // Plan and download request the same pages.
        Self { download, plan, requests: requests.all / (2 * runs) }
    }
}

/// Downloads all pages and discards them. Requests each page as soon as its token is known.
async fn download() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let url = format!("{}/instances", variable("OCON_BASE_URL"));
    let (user, organization) = (variable("OCON_USER_SECRET"), variable("OCON_ORGANIZATION_SECRET"));
    let authorization = format!("User {user}, Organization {organization}");
    let mut token = String::new();
    let mut body: Option<JoinHandle<_>> = None;
    loop {
        let query = [("tags[]", "ocon:project=bench"), ("pageSize", "200"), ("nextPage", &token)];
        let request = http.get(&url).query(&query).header("authorization", &authorization);
        let reply = request.send().await.unwrap().error_for_status().unwrap();
        let next = reply.headers().get("elements-next-page-token").cloned();
        if let Some(before) = body.replace(tokio::spawn(reply.bytes())) {
            before.await.unwrap().unwrap();
        }
        match next {
            Some(next) => next.to_str().unwrap().clone_into(&mut token),
            None => break,
        }
    }
    body.unwrap().await.unwrap().unwrap();
}

#[expect(clippy::disallowed_methods, reason = "this is a separate program")]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap()
}
