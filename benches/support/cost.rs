//! Measures the resources of a process. A separate parent process runs the program and asks the system
//! for the resources of its children. The result includes the children of a shell, and excludes the
//! benchmark itself.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// With this argument and a command line, a benchmark is the parent of the measured process.
const MEASURE: &str = "measure";

/// Resources of a process and of all processes that it waited for.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    /// Sum of all cores, in user and system mode.
    pub(crate) cpu: Duration,
    /// Peak memory of the largest process, in KiB.
    pub(crate) peak: u64,
}

impl Cost {
    /// Minimum of each resource, because disturbances only increase them.
    fn min(self, other: Self) -> Self {
        Self {
            wall: self.wall.min(other.wall),
            cpu: self.cpu.min(other.cpu),
            peak: self.peak.min(other.peak),
        }
    }
}

/// Minimum cost of several runs.
pub(crate) fn minimum(runs: usize, run: impl FnMut() -> Cost) -> Cost {
    std::iter::repeat_with(run).take(runs).reduce(Cost::min).unwrap()
}

/// Runs the program, which must succeed. Discards its output.
pub(crate) fn measure(command: &Command) -> Cost {
    measure_exit(command, 0)
}

/// Runs the program, which must end with this exit code. Discards its output.
pub(crate) fn measure_exit(command: &Command, exit_code: u64) -> Cost {
    let mut parent = Command::new(std::env::current_exe().unwrap());
    parent.arg(MEASURE).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => parent.env(name, value),
            None => parent.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        parent.current_dir(folder);
    }
    let Output { status, stdout, stderr } = parent.output().unwrap();
    assert!(status.success(), "{command:?}\n{}", String::from_utf8_lossy(&stderr));
    let figures = String::from_utf8(stdout).unwrap();
    let mut figures = figures.split_whitespace().map(|figure| figure.parse::<u64>().unwrap());
    let mut figure = || figures.next().unwrap();
    let (wall, cpu, peak) = (figure(), figure(), figure());
    let output = String::from_utf8_lossy(&stderr);
    assert_eq!(figure(), exit_code, "{command:?}\n{output}");
    Cost { wall: Duration::from_micros(wall), cpu: Duration::from_micros(cpu), peak }
}

/// Measures another process if this process was started for that. Returns whether it was.
pub(crate) fn measure_if_requested() -> bool {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_none_or(|first| first != MEASURE) {
        return false;
    }
    let mut command = Command::new(arguments.next().unwrap());
    command.args(arguments).stdin(Stdio::null());
    let started = Instant::now();
    let Output { status, stdout, stderr } = command.output().unwrap();
    let wall = started.elapsed();
    let exit_code = status.code().unwrap();
    // The caller shows it if the exit code is not the expected one.
    std::io::stderr().write_all(&[stdout, stderr].concat()).unwrap();
    let (cpu, peak) = of_children();
    println!("{} {cpu} {peak} {exit_code}", wall.as_micros());
    true
}

/// The time of all cores in microseconds, and the peak memory in KiB, of the processes that ended.
#[cfg(unix)]
fn of_children() -> (i64, i64) {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike as _;
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let cpu = usage.user_time() + usage.system_time();
    // macOS counts bytes.
    let unit = if cfg!(target_vendor = "apple") { 1024 } else { 1 };
    (cpu.num_microseconds(), usage.max_rss() / unit)
}

#[cfg(not(unix))]
fn of_children() -> (i64, i64) {
    panic!("only Unix says what a process took")
}

pub(crate) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

pub(crate) fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

/// `1.23 s`, or `45 ms` below a second.
pub(crate) fn seconds(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        format!("{:.0} ms", milliseconds(duration))
    } else {
        format!("{:.2} s", duration.as_secs_f64())
    }
}
