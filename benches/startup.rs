//! Measures the size and the startup time of builds of ocon, relative to the shortest process.
//!
//! Run it with `cargo bench --bench startup`. It measures the build that Cargo made for benchmarks, and
//! others whose paths are appended, such as `-- target/x86_64-unknown-linux-musl/dist/ocon`. Only the
//! ratios are comparable between machines.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark panics on errors and prints results"
)]

#[path = "support/cost.rs"]
#[expect(dead_code, reason = "other benchmarks use the rest")]
mod cost;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use self::cost::{Cost, milliseconds, minimum, ratio};

/// Number of runs of each measurement. The minimum counts.
const RUNS: usize = 50;

/// With this argument, the program is the shortest process: it starts and ends.
const NOTHING: &str = "nothing";

const FILE: &str = "element: stripe\nname: Shop\nconfiguration:\n  site: one\n";

fn main() {
    if cost::measure_if_requested() {
        return;
    }
    let arguments: Vec<_> = std::env::args().skip(1).filter(|text| text != "--bench").collect();
    if arguments.first().is_some_and(|first| first == NOTHING) {
        return;
    }
    let builds = std::iter::once(env!("CARGO_BIN_EXE_ocon").into());
    let builds: Vec<PathBuf> = builds.chain(arguments.into_iter().map(PathBuf::from)).collect();
    compare(&builds);
}

fn compare(builds: &[PathBuf]) {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("instances")).unwrap();
    fs::write(root.path().join("instances/shop.yaml"), FILE).unwrap();
    let mut nothing = Command::new(std::env::current_exe().unwrap());
    nothing.arg(NOTHING);
    let nothing = minimum(RUNS, || cost::measure(&nothing));
    println!("| build | size | `--version` | / nothing | `validate` | / nothing | peak memory |");
    println!("|---|---:|---:|---:|---:|---:|---:|");
    for build in builds {
        let build = build.canonicalize().unwrap();
        let version = run(&build, root.path(), "--version");
        let validate = run(&build, root.path(), "validate");
        println!(
            "| {} | {:.1} MB | {:.1} ms | {:.1} × | {:.1} ms | {:.1} × | {} MiB |",
            build.display(),
            megabytes(&build),
            milliseconds(version.wall),
            ratio(version.wall, nothing.wall),
            milliseconds(validate.wall),
            ratio(validate.wall, nothing.wall),
            validate.peak / 1024,
        );
    }
}

fn run(build: &Path, root: &Path, command: &str) -> Cost {
    let mut ocon = Command::new(build);
    ocon.arg(command).current_dir(root);
    minimum(RUNS, || cost::measure(&ocon))
}

#[expect(clippy::cast_precision_loss, reason = "no binary has 2^52 bytes")]
fn megabytes(file: &Path) -> f64 {
    file.metadata().unwrap().len() as f64 / 1_000_000.0
}
