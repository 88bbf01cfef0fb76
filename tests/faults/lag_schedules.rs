//! Random lags, kills, saved plans and up to three concurrent applies: no instance is duplicated without
//! a report or lost, and in the end the platform matches the files.
//!
//! `OCON_SCHEDULES` asks for more schedules than a test run has, `OCON_SEED` for others, and
//! `OCON_LAGS=1` for lags. A seed draws which call goes on, so the same seed is the same schedule. With
//! `OCON_FREE=1` the calls of all applies go side by side, page by page, and no two schedules are the same.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use fastrand::Rng;

use crate::checker::Checker;
use crate::fifty_instances::Fifty;
use crate::schedules::{asked, run_seeds};
use crate::support::{Apply, Run};
use crate::time::Order;

/// Schedules in a test run.
const SCHEDULES: u64 = 10;

/// Whether views lag by default.
const LAGS: u64 = 1;

/// The longest lag of a view, in seconds.
const MAX_LAG: u64 = 30;

/// Longer than a late commit and the longest lag together.
const QUIET: Duration = Duration::from_secs(4 * MAX_LAG);

#[test]
fn whatever_lags_and_dies_nothing_is_doubled_in_silence_and_nothing_is_lost() {
    let total = run_seeds(SCHEDULES, schedule, Figures::add);
    assert!(total.wrong.is_empty(), "{}", total.wrong.join("\n"));
}

/// The results of schedules.
#[derive(Debug, Default)]
struct Figures {
    requests: usize,
    /// How often each exit code came; 255 is a run that was killed.
    exits: BTreeMap<u8, usize>,
    /// The number of schedules that broke an invariant.
    broken: usize,
    wrong: Vec<String>,
}

impl Figures {
    fn add(&mut self, other: Self) {
        self.requests += other.requests;
        self.broken += other.broken;
        self.wrong.extend(other.wrong);
        for (exit, times) in other.exits {
            *self.exits.entry(exit).or_default() += times;
        }
    }

    fn count(&mut self, run: &Run) {
        *self.exits.entry(if run.died { u8::MAX } else { run.exit }).or_default() += 1;
    }
}

/// One schedule: applies while the platform lags, and two while it does not.
fn schedule(seed: u64) -> Figures {
    let mut random = Rng::with_seed(seed);
    let mut world = Fifty::prepared().world(&mut random);
    world.concurrency = if random.bool() { 4 } else { 1 };
    if asked("OCON_FREE", 0) == 0 {
        world.time.order(Order::Seeded(random.fork()));
    }
    let saved = random.bool().then(|| world.saved_plan());
    let rules = if asked("OCON_LAGS", LAGS) == 0 { String::new() } else { rules(&mut random) };
    if !rules.is_empty() {
        world.set_faults(&rules);
    }
    let before = world.stored();
    let (mut figures, mut runs, mut reported) = (Figures::default(), Vec::new(), rules);
    for wave in 1..=random.usize(1..=2) {
        writeln!(reported, "wave {wave}, which begins as soon as all before it has ended:")
            .unwrap();
        let applies: Vec<_> =
            (0..random.usize(1..=3)).map(|_| apply(saved.as_deref(), &mut random)).collect();
        let done = world.applies(&applies);
        figures.requests += done.first().map_or(0, |run| run.journal.len());
        for (apply, run) in applies.iter().zip(&done) {
            figures.count(run);
            describe(&mut reported, apply, run);
        }
        runs.extend(done);
    }
    world.time.pass(QUIET);
    world.goes_well();
    let checker = Checker { world: &world, before: &before, runs: &runs };
    figures.wrong.extend(checker.after());
    world.apply();
    let last = world.apply();
    figures.wrong.extend(checker.finally(&last));
    if !figures.wrong.is_empty() {
        figures.broken = 1;
        figures.wrong = vec![report(seed, &reported, &figures.wrong)];
    }
    figures
}

fn report(seed: u64, reported: &str, wrong: &[String]) -> String {
    let lags = asked("OCON_LAGS", LAGS);
    let again = format!(
        "OCON_LAGS={lags} OCON_SEED={seed} OCON_SCHEDULES=1 cargo test --test faults lag_schedules"
    );
    format!("seed {seed}, again with {again}:\n{reported}\n{}\n", wrong.join("\n"))
}

fn describe(reported: &mut String, apply: &Apply, run: &Run) {
    let Apply { begins_after, dies_at, saved, page_size } = apply;
    let plan = if saved.is_some() { "of a saved plan, " } else { "" };
    let exit = if run.died { "killed".to_owned() } else { format!("exit {}", run.exit) };
    let pages = page_size.unwrap_or_default();
    writeln!(
        reported,
        "apply {plan}after {begins_after:?}, killed at {dies_at:?}, pages of {pages}: {exit}, created {:?}, \
         deleted {:?}",
        run.touched.created, run.touched.deleted
    )
    .unwrap();
    for result in run.results() {
        if let Some(failure) = result.status.failure() {
            writeln!(reported, "  {}: {}: {}", result.key, failure.code, failure.message).unwrap();
        }
    }
    let notes = run.done.iter().flat_map(|(_, outcome)| &outcome.notes);
    for note in notes {
        writeln!(reported, "  note {}: {}", note.code.as_str(), note.message).unwrap();
    }
    if let Some(error) = &run.error {
        writeln!(reported, "  {error}").unwrap();
    }
}

/// How late each view is, each drawn for itself, and a few creates that come late.
fn rules(random: &mut Rng) -> String {
    let mut lags = Vec::new();
    for view in ["tag_listing", "account_listing", "get"] {
        let seconds = random.u64(0..=MAX_LAG);
        lags.extend((seconds > 0).then(|| format!("{view}: {seconds}s")));
    }
    let mut rules = String::new();
    if !lags.is_empty() {
        writeln!(rules, "- lag: {{ {} }}", lags.join(", ")).unwrap();
    }
    for _ in 0..random.usize(0..3) {
        let occurrence = random.u8(1..=15);
        let when = format!("method: POST, path: /instances, occurrence: {occurrence}");
        let seconds = random.u64(0..=MAX_LAG);
        let lag =
            if seconds > 0 { format!(", lag: {{ commit: {seconds}s }}") } else { String::new() };
        writeln!(rules, "- {{ when: {{ {when} }}, reset: after{lag} }}").unwrap();
    }
    rules
}

fn apply(saved: Option<&str>, random: &mut Rng) -> Apply {
    Apply {
        begins_after: Duration::from_secs([0, 0, 1, random.u64(0..60)][random.usize(..4)]),
        dies_at: (random.u8(0..4) == 0).then(|| random.usize(1..150)),
        saved: saved.filter(|_| random.u8(0..3) == 0).map(str::to_owned),
        page_size: Some(random.usize(2..=200)),
    }
}
