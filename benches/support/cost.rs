//! What a process costs: a program runs below a process of its own, which asks the system what its
//! children took. So the time of this benchmark is no part of it, and that of a shell's children is.

use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

/// With this argument and a command line, a benchmark is the parent of what is measured.
const MEASURE: &str = "measure";

/// What a process cost, with all the processes that it waited for.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    /// Of all cores together, in user and system mode.
    pub(crate) cpu: Duration,
    /// The memory of the largest of the processes, in kibibytes.
    pub(crate) peak: u64,
}

impl Cost {
    /// The smallest of each: what disturbs a run only ever adds.
    fn least(self, other: Self) -> Self {
        Self {
            wall: self.wall.min(other.wall),
            cpu: self.cpu.min(other.cpu),
            peak: self.peak.min(other.peak),
        }
    }
}

/// The smallest cost of so many runs.
pub(crate) fn cheapest(runs: usize, run: impl FnMut() -> Cost) -> Cost {
    std::iter::repeat_with(run).take(runs).reduce(Cost::least).unwrap()
}

/// Runs the program, which must succeed; what it says is thrown away then.
pub(crate) fn cost(command: &Command) -> Cost {
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
    Cost {
        wall: Duration::from_micros(figure()),
        cpu: Duration::from_micros(figure()),
        peak: figure(),
    }
}

/// Where this process was started to measure another, does so; says whether that was it.
pub(crate) fn measured() -> bool {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_none_or(|first| first != MEASURE) {
        return false;
    }
    let mut command = Command::new(arguments.next().unwrap());
    command.args(arguments).stdin(Stdio::null());
    let started = Instant::now();
    let Output { status, stdout, stderr } = command.output().unwrap();
    let wall = started.elapsed();
    let said = [stdout, stderr].concat();
    assert!(status.success(), "{status}\n{}", String::from_utf8_lossy(&said));
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let (user, system) = (usage.user_time(), usage.system_time());
    let cpu = [user, system].map(|time| time.tv_sec() * 1_000_000 + time.tv_usec());
    println!("{} {} {}", wall.as_micros(), cpu.iter().sum::<i64>(), usage.max_rss());
    true
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
