//! Planning, applying and drift, repeated in one process: memory and open files do not grow.
//!
//! The platform is a sandbox in another process, so that what this process holds is what the library
//! holds. A phase is a client on its own runtime that makes many rounds. Between two phases both
//! are gone, so everything that is then still open or allocated is leaked. A round is the edits of a third
//! party, a plan, an apply and a plan that finds nothing.
//!
//! A few rounds by default; `OCON_SOAK_SECONDS=600` for ten minutes of them.

mod client;
mod platform;
mod third_party;
mod usage;

use std::process::Command;
use std::time::{Duration, Instant};

use client::Client;
use platform::Platform;
use third_party::ThirdParty;
use usage::Usage;

/// Rounds of one phase.
const ROUNDS: u64 = 10;
/// Phases before the first look, in which caches fill and the allocator takes what it needs.
const WARM_UP: u64 = 2;
/// Phases at the least.
const PHASES: u64 = WARM_UP + 2;
/// By how much memory may grow after the warm-up: a tenth, and what an allocator is free to do.
const SLACK: u64 = 4 * 1024;

/// How long a run for its own sake takes.
#[expect(clippy::disallowed_methods, reason = "a test may be asked for more")]
fn asked_for() -> Option<Duration> {
    std::env::var("OCON_SOAK_SECONDS").ok()?.parse().ok().map(Duration::from_secs)
}

/// Set in the process that runs only this test.
const ALONE: &str = "OCON_SOAK_ALONE";

#[expect(
    clippy::disallowed_methods,
    reason = "the process that runs this alone is marked by a variable"
)]
fn is_alone() -> bool {
    std::env::var_os(ALONE).is_some()
}

/// Runs the test in another process, since other tests of this one open files and allocate.
fn run_alone() {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["soak::nothing_piles_up_over_many_rounds", "--exact", "--nocapture"])
        .env(ALONE, "1")
        .status()
        .unwrap();
    assert!(status.success(), "{status}");
}

/// The share of a long run that is its warm-up.
fn is_warm(phases: u64, elapsed: Duration, wanted: Duration) -> bool {
    phases >= WARM_UP && elapsed >= wanted / 10
}

#[test]
fn nothing_piles_up_over_many_rounds() {
    if !is_alone() {
        return run_alone();
    }
    let platform = Platform::start();
    let wanted = asked_for().unwrap_or_default();
    let began = Instant::now();
    let (mut phases, mut requests) = (0, 0);
    let mut first: Option<(u64, Usage)> = None;
    while phases < PHASES || began.elapsed() < wanted {
        requests += phase(&platform, phases * ROUNDS);
        phases += 1;
        if first.is_none() && is_warm(phases, began.elapsed(), wanted) {
            first = Some((phases, Usage::of_this_process()));
        }
    }
    let (warm_up, first) = first.unwrap();
    let last = Usage::of_this_process();
    eprintln!(
        "{} rounds in {} s, {requests} requests; after {} rounds {first}, at the end {last}; the sandbox {}",
        phases * ROUNDS,
        began.elapsed().as_secs(),
        warm_up * ROUNDS,
        Usage::of(platform.process())
    );
    assert_eq!(last.open_files, first.open_files, "open files");
    let bound = first.resident + first.resident / 10 + SLACK;
    assert!(last.resident <= bound, "{first}, then {last}");
}

/// Rounds of one client, which is gone afterwards; the number of its requests.
fn phase(platform: &Platform, first_round: u64) -> u64 {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, third_party) = (Client::new(platform), ThirdParty::new(platform));
        if first_round == 0 {
            third_party.create_foreign().await;
            assert!(client.round().await, "there is nothing yet");
        }
        let foreign = third_party.foreign().await;
        for round in first_round..first_round + ROUNDS {
            third_party.drift(round).await;
            assert!(client.round().await, "round {round} has drift");
        }
        assert_eq!(third_party.foreign().await, foreign, "what is not ours is left alone");
        client.requests()
    })
}
