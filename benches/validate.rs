//! Measures time and peak memory of `ocon validate` with 10,000 files, relative to a process that only
//! reads and parses the same files. Also measures 10,000 files with an equal problem each, relative to the
//! same files without one, and a name of 100,000 characters with a pattern of
//! `--env-allow` that has several `*`, relative to a short name.
//!
//! Run it with `cargo bench --bench validate`. Only the ratios are comparable between machines.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark panics on errors and prints results"
)]

#[path = "support/cost.rs"]
#[expect(dead_code, reason = "other benchmarks use the rest")]
mod cost;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde::Deserialize as _;

use self::cost::{milliseconds, minimum, ratio};

/// Number of runs of each measurement. The minimum counts.
const RUNS: usize = 3;

/// With this argument and a folder, the program is the reference process.
const READ_AND_PARSE: &str = "read-and-parse";

fn main() {
    if cost::measure_if_requested() {
        return;
    }
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [first, folder, ..] if first == READ_AND_PARSE => read_and_parse(Path::new(folder)),
        _ => {
            compare_files();
            compare_problems();
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
        let mut parse = Command::new(std::env::current_exe().unwrap());
        parse.arg(READ_AND_PARSE).arg(root.path());
        let parsed = minimum(RUNS, || cost::measure(&parse));
        let validated = minimum(RUNS, || cost::measure(&validate(root.path(), &[])));
        println!(
            "| {count} | {:.0} ms | {} MiB | {:.0} ms | {} MiB | {:.2} × | {:.2} × |",
            milliseconds(parsed.wall),
            parsed.peak / 1024,
            milliseconds(validated.wall),
            validated.peak / 1024,
            ratio(validated.wall, parsed.wall),
            f64_of(validated.peak) / f64_of(parsed.peak),
        );
    }
}

fn compare_problems() {
    println!("\n| problem in each of 10,000 files | validate | time |");
    println!("|---|---:|---:|");
    let mut without = None;
    for (problem, exit_code, before, after) in PROBLEMS {
        let root = tempfile::tempdir().unwrap();
        let text = HOOTSUITE.replacen(before, after, 1);
        write_files_of(root.path(), 10_000, |number| numbered(&text, number));
        let command = validate(root.path(), &[]);
        let wall = minimum(RUNS, || cost::measure_exit(&command, exit_code)).wall;
        let time = ratio(wall, *without.get_or_insert(wall));
        println!("| {problem} | {:.0} ms | {time:.2} × |", milliseconds(wall));
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
        let command = validate(root.path(), &["--env-allow", "*_*_TOKEN,HOOTSUITE_*"]);
        // A longer name is refused.
        let exit_code = if length > 128 { 5 } else { 0 };
        let wall = minimum(10, || cost::measure_exit(&command, exit_code)).wall;
        let time = ratio(wall, *shortest.get_or_insert(wall));
        println!("| {length} | {:.1} ms | {time:.2} × |", milliseconds(wall));
    }
}

fn validate(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ocon"));
    command.arg("-C").arg(root).arg("validate").args(arguments);
    command
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
    write_files_of(root, count, |number| {
        let text = [HOOTSUITE, CLOSEIO, SLACK].into_iter().cycle().nth(number % 3).unwrap();
        numbered(text, number)
    });
}

fn write_files_of(root: &Path, count: usize, text: impl Fn(usize) -> String) {
    fs::write(root.join("ocon.yaml"), "vars:\n  app: https://mycoolapp.com\n").unwrap();
    for number in 0..count {
        let folder = root.join(format!("instances/team-{}", number % 50));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("n{number}.yaml")), text(number)).unwrap();
    }
}

fn numbered(text: &str, number: usize) -> String {
    text.replace("NUMBER", &number.to_string())
}

/// Problems: a name, the exit code, and what makes it in [`HOOTSUITE`].
const PROBLEMS: [(&str, u64, &str, &str); 5] = [
    ("none", 0, "", ""),
    ("`placeholder` (warning)", 0, "scope: offline", "scope: $SCOPE"),
    ("`unknown-field` (warning)", 0, "oauth.scope", "oauth.scopf"),
    ("`unknown-connector` (warning)", 0, "key: hootsuite", "key: hootsuitf"),
    ("`unknown-key` (error)", 5, "tags:", "tagz:"),
];

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

fn f64_of(kibibytes: u64) -> f64 {
    f64::from(u32::try_from(kibibytes).unwrap())
}
