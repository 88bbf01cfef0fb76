//! What `ocon plan` costs on 1,000, 10,000 and 100,000 unchanged instances of 25 keys, beside what
//! cannot be avoided: downloading the same pages with the same HTTP library.
//!
//! Run it with `cargo bench --bench plan`; `-- 1000 5000` after it takes other sizes. Sandbox, plan
//! and download are processes of their own on one machine and everything is measured in one run, so
//! only the ratios mean anything elsewhere. On loopback a page costs less than a millisecond; the
//! last columns have a platform that takes 50 ms for each, which is still a fast one.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark stops where it fails, and prints"
)]

#[path = "support/cost.rs"]
mod cost;
#[path = "support/world.rs"]
mod world;

use std::path::Path;
use std::process::Command;

use tokio::task::JoinHandle;

use self::cost::{Cost, cheapest, ratio, seconds};
use self::world::{Served, Server};

/// Runs of each measurement on loopback; the cheapest counts.
const RUNS: usize = 3;

/// With this argument, a base URL and the credentials, the program is what plan is compared to.
const DOWNLOAD: &str = "download";

fn main() {
    if cost::measured() || world::served() {
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
    let served = Served { instances, drifted: 0, delay: 0 };
    let near = Both::measure(root.path(), served, RUNS);
    let far = Both::measure(root.path(), Served { delay: 50, ..served }, 1);
    let Both { download, plan, requests } = near;
    println!(
        "| {instances} | {requests} | {} | {} | {:.2} × | {} | {} MiB | {} | {} | {:.2} × |",
        seconds(download.wall),
        seconds(plan.wall),
        ratio(plan.wall, download.wall),
        seconds(plan.cpu),
        plan.peak / 1024,
        seconds(far.download.wall),
        seconds(far.plan.wall),
        ratio(far.plan.wall, far.download.wall),
    );
}

struct Both {
    download: Cost,
    plan: Cost,
    /// Of one plan.
    requests: usize,
}

impl Both {
    fn measure(root: &Path, wanted: Served, runs: usize) -> Self {
        let mut server = Server::start(root, wanted);
        let download = cheapest(runs, || {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.arg(DOWNLOAD);
            cost::cost(server.introduce(&mut command))
        });
        // Fails where there is anything to do.
        let plan =
            cheapest(runs, || cost::cost(&server.ocon(root, &["plan", "--detailed-exitcode"])));
        let requests = server.requests();
        assert_eq!(requests.writes, 0);
        // Both ask for the same pages.
        Self { download, plan, requests: requests.all / (2 * runs) }
    }
}

/// Fetches all pages and throws them away; the next is asked for as soon as its name is in.
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

#[expect(clippy::disallowed_methods, reason = "this is a program of its own")]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap()
}
