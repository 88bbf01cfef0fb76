//! Measures time and peak memory of `ocon validate` with 10,000 files, relative to a process that only
//! reads and parses the same files. Also measures a name of 100,000 characters with a pattern of
//! `--env-allow` that has several `*`, relative to a short name.
//!
//! Run it with `cargo bench --bench validate`. Only the ratios are comparable between machines. Peak
//! memory comes from `/proc`, so it is available only on Linux.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark panics on errors and prints results"
)]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde::Deserialize as _;

/// Number of runs of each measurement. The minimum counts.
const RUNS: usize = 3;

/// Interval between two measurements of the memory.
const POLL_INTERVAL: Duration = Duration::from_millis(2);

/// With this argument and a folder, the program is the reference process.
const READ_AND_PARSE: &str = "read-and-parse";

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [first, folder, ..] if first == READ_AND_PARSE => read_and_parse(Path::new(folder)),
        _ => {
            compare_files();
            compare_names();
        }
    }
}

fn compare_files() {
    println!("| files | read and parse | memory | validate | memory | time | memory |");
    println!("|---:|---:|---:|---:|---:|---:|---:|");
    for count in [100, 10_000] {
        let root = tempfile::tempdir().unwrap();
        write_files(root.path(), count);
        let own = std::env::current_exe().unwrap();
        let parse = || start(Command::new(&own).arg(READ_AND_PARSE).arg(root.path()));
        let ocon = env!("CARGO_BIN_EXE_ocon");
        let validate = || start(Command::new(ocon).arg("-C").arg(root.path()).arg("validate"));
        let (parsed, validated) = (cheapest(parse), cheapest(validate));
        println!(
            "| {count} | {:.0} ms | {} | {:.0} ms | {} | {:.2} × | {} |",
            milliseconds(parsed.took),
            mebibytes(parsed.peak),
            milliseconds(validated.took),
            mebibytes(validated.peak),
            validated.took.as_secs_f64() / parsed.took.as_secs_f64(),
            ratio(validated.peak, parsed.peak),
        );
    }
}

fn compare_names() {
    println!("\n| characters of a name | validate | time |");
    println!("|---:|---:|---:|");
    let root = tempfile::tempdir().unwrap();
    write_files(root.path(), 0);
    fs::create_dir(root.path().join("instances")).unwrap();
    let mut shortest = None;
    for length in [100, 100_000] {
        let name = format!("{}TOKEN", "A_".repeat((length - 5) / 2));
        let file = HOOTSUITE.replace("HOOTSUITE_CLIENT_SECRET", &name);
        fs::write(root.path().join("instances/a.yaml"), file).unwrap();
        let validate = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_ocon"));
            command.arg("-C").arg(root.path()).args([
                "validate",
                "--env-allow",
                "*_*_TOKEN,HOOTSUITE_*",
            ]);
            command.stderr(Stdio::null());
            start(&mut command)
        };
        let expected = if length > 128 { 5 } else { 0 };
        let took = (0..10).map(|_| cost(validate, expected).took).min().unwrap();
        let ratio = took.as_secs_f64() / shortest.get_or_insert(took).as_secs_f64();
        println!("| {length} | {:.1} ms | {ratio:.2} × |", milliseconds(took));
    }
}

/// Resources that a process used.
struct Cost {
    took: Duration,
    /// Peak memory in KiB. `None` if the system does not report it.
    peak: Option<u64>,
}

fn cheapest(start: impl Fn() -> Child) -> Cost {
    let costs: Vec<_> = (0..RUNS).map(|_| cost(&start, 0)).collect();
    let took = costs.iter().map(|cost| cost.took).min().unwrap();
    Cost { took, peak: costs.iter().filter_map(|cost| cost.peak).min() }
}

fn cost(run: impl Fn() -> Child, exit_code: i32) -> Cost {
    let started = Instant::now();
    let mut child = run();
    let mut peak = None;
    let status = loop {
        peak = peak_memory(child.id()).or(peak);
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        pause();
    };
    let took = started.elapsed();
    assert_eq!(status.code(), Some(exit_code));
    Cost { took, peak }
}

#[expect(clippy::disallowed_methods, reason = "only the watched process must run in the meantime")]
fn pause() {
    std::thread::sleep(POLL_INTERVAL);
}

/// Peak memory of the process so far, in KiB.
fn peak_memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

fn start(command: &mut Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap()
}

/// Reads and parses all files, and keeps their content, as ocon does.
fn read_and_parse(root: &Path) {
    let files = walkdir::WalkDir::new(root.join("instances")).sort_by_file_name().into_iter();
    let paths = files.map(|file| file.unwrap().into_path()).filter(|path| path.is_file());
    let values = paths.flat_map(|path| {
        let text = fs::read_to_string(path).unwrap();
        let documents = serde_yaml::Deserializer::from_str(&text);
        documents.map(|one| serde_yaml::Value::deserialize(one).unwrap()).collect::<Vec<_>>()
    });
    let values: Vec<_> = values.collect();
    assert!(!values.is_empty());
    std::hint::black_box(values);
}

fn write_files(root: &Path, count: usize) {
    fs::write(root.join("ocon.yaml"), "vars:\n  app: https://mycoolapp.com\n").unwrap();
    for number in 0..count {
        let folder = root.join(format!("instances/team-{}", number % 50));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("n{number}.yaml")), file(number)).unwrap();
    }
}

/// A typical file. Every third file uses polling.
fn file(number: usize) -> String {
    let text = [HOOTSUITE, CLOSEIO, SLACK].into_iter().cycle().nth(number % 3).unwrap();
    text.replace("NUMBER", &number.to_string())
}

const HOOTSUITE: &str = "\
# yaml-language-server: $schema=../../schemas/instance.schema.json
element: { key: hootsuite }
name: Marketing NUMBER
tags: [marketing, social]
configuration:
  oauth.callback.url: ${{ var.app }}
  oauth.api.key: ${{ env.HOOTSUITE_CLIENT_ID }}
  oauth.api.secret: ${{ env.HOOTSUITE_CLIENT_SECRET }}
  oauth.scope: offline
  filter.response.nulls: true
  event.notification.enabled: true
  event.notification.callback.url: ${{ instance.webhook_url }}
  base.url: https://platform.hootsuite.com/NUMBER
providerData:
  code: ${{ env.HOOTSUITE_CODE }}
";

const CLOSEIO: &str = "\
# Macros of the platform, such as ${gmtDate:…}, are not changed.
element: closeio
name: Sales NUMBER
tags: [sales]
configuration:
  username: ${{ env.CLOSEIO_API_KEY }}
  password: ${{ env.CLOSEIO_PASSWORD }}
  base.url: https://app.close.io/api/v1
  filter.response.nulls: true
  event.notification.enabled: true
  event.vendor.type: polling
  event.notification.callback.url: ${{ var.app }}/closeio/NUMBER
  event.poller.refresh_interval: 15
  event.poller.configuration:
    contacts:
      url: /hubs/crm/contacts?where=lastUpdated>'${gmtDate:yyyy-MM-dd'T'HH:mm:ss'Z'}'
      idField: id
      pageSize: 100
      datesConfiguration:
        updatedDateField: _info.lastUpdated
        updatedDateFormat: yyyy-MM-dd'T'HH:mm:ss'Z'
        updatedDateTimezone: GMT
        createdDateField: _info.created
        createdDateFormat: yyyy-MM-dd'T'HH:mm:ss'Z'
        createdDateTimezone: GMT
lifecycle:
  protect: true
";

const SLACK: &str = "\
element: slack
name: Support NUMBER
tags: [support]
configuration:
  oauth.callback.url: ${{ var.app }}
  oauth.api.key: ${{ env.SLACK_CLIENT_ID }}
  oauth.api.secret: ${{ env.SLACK_CLIENT_SECRET }}
  oauth.scope: channels:read channels:history users:read
  filter.response.nulls: true
  event.notification.enabled: true
  event.notification.callback.url: ${{ var.app }}/slack/NUMBER
  event.notification.signature.key: ${{ env.SLACK_SIGNATURE_KEY }}
  base.url: https://slack.com/api
providerData:
  code: ${{ env.SLACK_CODE }}
lifecycle:
  ignore:
    - path: name
      reason: the team renames it
";

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

fn mebibytes(kibibytes: Option<u64>) -> String {
    kibibytes.map_or_else(|| "n/a".to_owned(), |size| format!("{} MiB", size / 1024))
}

fn ratio(one: Option<u64>, other: Option<u64>) -> String {
    match (one, other) {
        (Some(one), Some(other)) => format!("{:.2} ×", f64_of(one) / f64_of(other)),
        _ => "n/a".to_owned(),
    }
}

fn f64_of(kibibytes: u64) -> f64 {
    f64::from(u32::try_from(kibibytes).unwrap())
}
