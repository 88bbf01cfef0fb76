//! Checks files one after another, and stops at one that breaks an invariant, panics or hangs.
//!
//! Execution `n` of seed `s` is execution 0 of seed `s + n`, so each can be repeated alone.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use fastrand::Rng;

use super::instance_file;
use super::mutation::Corpus;

/// A file that takes this long counts as endless. This does not measure speed.
const MAX_DURATION: Duration = Duration::from_mins(1);

/// The result of many executions.
pub(crate) struct Summary {
    pub(crate) executions: u64,
    /// The number of files without problems.
    pub(crate) clean: u64,
    pub(crate) codes: BTreeSet<String>,
    elapsed: Duration,
    slowest: Slowest,
}

#[derive(Default)]
struct Slowest {
    took: Duration,
    seed: u64,
    file: Vec<u8>,
}

/// Runs this number of files.
///
/// # Panics
///
/// Panics at the first file that breaks an invariant, with its path and how to run it again.
pub(crate) fn run(corpus: &Corpus, first: u64, executions: u64) -> Summary {
    let started = Instant::now();
    let watchdog = Watchdog::start();
    let mut slowest = Slowest::default();
    let (mut clean, mut codes) = (0, BTreeSet::new());
    for seed in (0..executions).map(|number| first.wrapping_add(number)) {
        let file = corpus.file(&mut Rng::with_seed(seed), instance_file::planted());
        let start = Instant::now();
        watchdog.begins(seed, &file);
        let found = check(&file).unwrap_or_else(|broken| {
            let path = save("failing", seed, &reduced(&file));
            panic!("seed {seed}: {broken}\n{}", how_to_repeat(&path));
        });
        let took = start.elapsed();
        if took > slowest.took {
            slowest = Slowest { took, seed, file };
        }
        clean += u64::from(found.is_empty());
        codes.extend(found);
    }
    Summary { executions, clean, codes, elapsed: started.elapsed(), slowest }
}

/// Checks one file. A panic also breaks an invariant.
pub(crate) fn check(file: &[u8]) -> Result<Vec<String>, String> {
    catch_unwind(AssertUnwindSafe(|| instance_file::check(file))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(format!("it panics: {}", text.unwrap_or_default()))
    })
}

/// The smallest part of the file that still breaks an invariant.
fn reduced(file: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    let mut length = file.len() / 2;
    while length > 0 {
        let mut at = 0;
        while at < file.len() {
            let mut shorter = file.clone();
            shorter.drain(at..file.len().min(at + length));
            if check(&shorter).is_err() {
                file = shorter;
            } else {
                at += length;
            }
        }
        length /= 2;
    }
    file
}

/// Writes a file to the build folder and returns its path.
fn save(what: &str, seed: u64, file: &[u8]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{what}-{seed}.yaml"));
    match fs::write(&path, file) {
        Ok(()) => path,
        Err(error) => panic!("seed {seed}, and {} cannot be written: {error}", path.display()),
    }
}

fn how_to_repeat(path: &Path) -> String {
    let path = path.display();
    format!(
        "the file is {path}; run it with\nOCON_FUZZ_FILE={path} cargo test --test fuzz one_file"
    )
}

impl Summary {
    /// Prints the numbers, and keeps the file that took longest.
    pub(crate) fn print(&self) {
        let Self { executions, clean, codes, elapsed, slowest } = self;
        let Slowest { took, seed, file } = slowest;
        let rate = u128::from(*executions) * 1000 / elapsed.as_millis().max(1);
        println!("{executions} executions in {elapsed:.1?}: {rate} a second");
        println!("{clean} files without a problem, {} codes: {codes:?}", codes.len());
        let path = save("slowest", *seed, file);
        println!("slowest: {took:.1?} for {} bytes, {}", file.len(), path.display());
    }
}

/// Ends the process when a file takes too long, and keeps that file.
struct Watchdog {
    begins: Sender<(u64, Vec<u8>)>,
}

impl Watchdog {
    fn start() -> Self {
        let (begins, files) = mpsc::channel::<(u64, Vec<u8>)>();
        std::thread::spawn(move || {
            let mut file = None;
            loop {
                match files.recv_timeout(MAX_DURATION) {
                    Ok(next) => file = Some(next),
                    Err(RecvTimeoutError::Disconnected) => return,
                    Err(RecvTimeoutError::Timeout) => bark(file.as_ref()),
                }
            }
        });
        Self { begins }
    }

    /// Reports that the check of a file starts now.
    fn begins(&self, seed: u64, file: &[u8]) {
        // The watchdog lives until this sender is dropped.
        let _ = self.begins.send((seed, file.to_vec()));
    }
}

fn bark(file: Option<&(u64, Vec<u8>)>) {
    if let Some((seed, file)) = file {
        let path = save("hanging", *seed, file);
        eprintln!("seed {seed} takes more than {MAX_DURATION:?}\n{}", how_to_repeat(&path));
        std::process::abort();
    }
}
