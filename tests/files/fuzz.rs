//! Any bytes as an instance file: no panic, no hang, no secret shown, no position that does not exist.
//! Any bytes as a response of the platform: no panic, no credential shown, no unclear error. Any text in the
//! output: no format lets it control a terminal, hide text, add structure or run a workflow command.
//!
//! `cargo test` runs a few hundred files, the same ones each time. More of them:
//! `OCON_FUZZ_RUNS=1000000 OCON_FUZZ_SEED=1 cargo test --release --test files fuzz::mutated -- --nocapture`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test that cannot read its files has failed, and this one prints its result"
)]

mod bombs;
mod driver;
mod instance_file;
mod mutation;
mod output;
mod replies;

use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, iter};

use mutation::Corpus;

/// The number of files in an ordinary test run.
const DEFAULT_RUNS: u64 = 500;

/// The files of the repository that are, or should be, instance files.
fn files() -> impl Iterator<Item = Vec<u8>> {
    let folders = ["tests/data/files/valid", "tests/data/files/invalid", "instances"];
    let entries = folders.into_iter().flat_map(|folder| {
        walkdir::WalkDir::new(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
            .sort_by_file_name()
    });
    let paths = entries.map(|entry| entry.unwrap().into_path());
    let is_yaml = |path: &std::path::PathBuf| {
        path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
    };
    paths.filter(is_yaml).map(|path| fs::read(path).unwrap())
}

fn corpus() -> Corpus {
    let starts = instance_file::planted().iter().map(|start| start.as_bytes().to_vec());
    let bombs = bombs::all().into_iter().flatten().map(|bomb| bomb.bytes);
    Corpus::new(files().chain(starts).chain(bombs).chain(iter::once(Vec::new())))
}

#[expect(clippy::disallowed_methods, reason = "a run can be configured")]
fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.replace('_', "").parse().unwrap())
}

#[test]
fn mutated_files_keep_every_invariant() {
    let seed = number("OCON_FUZZ_SEED");
    let runs = number("OCON_FUZZ_RUNS");
    let corpus = corpus();
    let summary = driver::run(&corpus, seed.unwrap_or_default(), runs.unwrap_or(DEFAULT_RUNS));
    summary.print();
    if seed.is_none() && summary.executions >= DEFAULT_RUNS {
        // Some files are valid, and they have different problems.
        assert!(summary.clean > 3, "{}", summary.clean);
        assert!(summary.codes.len() > 25, "{:?}", summary.codes);
    }
}

#[test]
fn mutated_replies_keep_every_invariant() {
    let first = number("OCON_FUZZ_SEED").unwrap_or_default();
    let runs = number("OCON_FUZZ_RUNS").unwrap_or(10 * DEFAULT_RUNS);
    let replies = replies::REPLIES.iter().map(|reply| reply.as_bytes().to_vec());
    let corpus = Corpus::speaking(replies::WORDS, replies);
    let mut readable = 0;
    for seed in (0..runs).map(|number| first.wrapping_add(number)) {
        let reply = corpus.file(&mut fastrand::Rng::with_seed(seed), &[]);
        let outcome = std::panic::catch_unwind(|| replies::check(&reply));
        let read =
            outcome.unwrap_or_else(|_| Err("it panics".to_owned())).unwrap_or_else(|broken| {
                panic!("seed {seed}: {broken}\n{}", String::from_utf8_lossy(&reply))
            });
        readable += u64::from(read > 0);
    }
    println!("{runs} replies, {readable} of them readable");
    // Some are valid, and they have different problems.
    assert!(
        runs < DEFAULT_RUNS || (runs / 20..runs / 2).contains(&readable),
        "{readable} of {runs}"
    );
}

#[test]
fn mutated_texts_keep_every_output_invariant() {
    let first = number("OCON_FUZZ_SEED").unwrap_or_default();
    let runs = number("OCON_FUZZ_RUNS").unwrap_or(DEFAULT_RUNS / 5);
    let texts = output::TEXTS.iter().map(|text| text.as_bytes().to_vec());
    let corpus = Corpus::speaking(output::WORDS, texts);
    let started = std::time::Instant::now();
    for seed in (0..runs).map(|number| first.wrapping_add(number)) {
        let text = corpus.file(&mut fastrand::Rng::with_seed(seed), &[]);
        let outcome = std::panic::catch_unwind(|| output::check(&text));
        let outcome = outcome.unwrap_or_else(|_| Err("it panics".to_owned()));
        outcome.unwrap_or_else(|broken| {
            panic!("seed {seed}: {broken}\n{:?}", String::from_utf8_lossy(&text))
        });
    }
    println!("{runs} texts in {:.1?}", started.elapsed());
}

#[test]
fn hostile_texts_keep_every_output_invariant() {
    for text in output::TEXTS {
        output::check(text.as_bytes()).unwrap();
    }
}

#[test]
fn valid_replies_can_be_read() {
    let readable = replies::REPLIES.iter().map(|reply| replies::check(reply.as_bytes()).unwrap());
    assert_eq!(readable.collect::<Vec<_>>(), [2, 3, 0, 1, 3, 3, 1, 1, 1, 0, 5, 0]);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a run can be configured")]
fn one_file_keeps_every_invariant() {
    let file = std::env::var_os("OCON_FUZZ_FILE");
    let bytes = file.map_or_else(Vec::new, |path| fs::read(path).unwrap());
    let codes = driver::check(&bytes).unwrap_or_else(|broken| panic!("{broken}"));
    println!("{codes:?}");
}

#[test]
fn files_of_the_repository_keep_every_invariant() {
    for file in files() {
        driver::check(&file).unwrap();
    }
}

#[test]
fn bombs_end_with_their_diagnostics() {
    let groups = bombs::all().into_iter();
    let threads: Vec<_> = groups.map(|group| std::thread::spawn(|| run_bombs(group))).collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

fn run_bombs(bombs: Vec<bombs::Bomb>) {
    for bomb in bombs {
        let codes =
            driver::check(&bomb.bytes).unwrap_or_else(|broken| panic!("{}: {broken}", bomb.name));
        let mut codes: BTreeSet<_> = codes.iter().map(String::as_str).collect();
        // No bomb is a complete instance.
        codes.remove("likely-missing-field");
        assert!(codes.iter().eq(bomb.codes), "{}: {codes:?}", bomb.name);
    }
}

#[test]
fn a_seed_gives_the_same_file_each_time() {
    let corpus = corpus();
    let file = |seed| corpus.file(&mut fastrand::Rng::with_seed(seed), instance_file::planted());
    let files: Vec<_> = (0..50).map(file).collect();
    assert!(files.iter().eq(&(0..50).map(file).collect::<Vec<_>>()));
    assert!(files.iter().collect::<BTreeSet<_>>().len() > 40);
}
