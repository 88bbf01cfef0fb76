//! The lines of shell that get ocon in every recipe.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use snapbox::{assert_data_eq, str};

use super::fixture::bash;
use super::install_content::{NO_FILES, no_digests};
use super::release::{Release, VERSION, archive, linux, write_script};

const FIRST: &str =
    "# Gets ocon into $bin after a check of its digest. Every recipe has these lines.";
const LAST: &str = "rm -rf \"$part\"";

/// The recipes for runners, with the number of their jobs that get ocon.
const RECIPES: [(&str, usize); 8] = [
    ("azure/azure-pipelines.yml", 5),
    ("github/apply.yml", 2),
    ("github/drift.yml", 1),
    ("github/fork-plan.yml", 1),
    ("github/plan.yml", 1),
    ("github/validate.yml", 2),
    ("gitlab/gitlab-ci.yml", 1),
    ("jenkins/Jenkinsfile", 1),
];

fn recipe(name: &str) -> String {
    fs::read_to_string(format!("{}/examples/ci/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Each place with the lines in a recipe, without their indentation.
fn places(text: &str) -> Vec<String> {
    let places = text.match_indices(FIRST).map(|(at, _)| {
        let indentation = text[..at].rsplit('\n').next().unwrap().len();
        let mut lines = Vec::new();
        for line in text[at - indentation..].lines() {
            lines.push(line.get(indentation..).unwrap_or_default());
            if lines.last() == Some(&LAST) {
                break;
            }
        }
        lines.join("\n")
    });
    places.collect()
}

fn lines() -> String {
    places(&recipe("github/plan.yml")).remove(0)
}

#[test]
fn every_recipe_gets_ocon_with_the_same_lines() {
    let expected = lines();
    for (name, jobs) in RECIPES {
        let text = recipe(name);
        assert_eq!(places(&text), vec![expected.clone(); jobs], "{name}");
        assert_eq!(
            text.matches("curl --fail --silent --show-error --location").count(),
            jobs,
            "{name}"
        );
    }
}

/// The variables at the head of a recipe.
fn variables(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().map(|line| line.trim().replace(" = ", ": "));
    let pairs = lines.filter_map(|line| {
        let (name, value) = line.split_once(": ")?;
        let is_wanted = ["OCON_RELEASES", "OCON_VERSION", "OCON_SHA256"].contains(&name);
        is_wanted.then(|| (name.to_owned(), value.trim_matches(['\'', '"']).to_owned()))
    });
    pairs.collect()
}

#[test]
fn every_recipe_names_this_version() {
    let releases = "https://github.com/your-organization/ocon/releases/download";
    let expected = [("OCON_RELEASES", releases), ("OCON_VERSION", VERSION), ("OCON_SHA256", "")];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    for (name, _) in RECIPES {
        assert_eq!(variables(&recipe(name)), expected, "{name}");
    }
    let image = format!("image: ghcr.io/your-organization/ocon:{VERSION}\n");
    assert!(recipe("kubernetes/base/cronjob.yaml").contains(&image));
}

/// The result of the lines: the exit code, the messages, and the files in the folder.
struct Installed {
    exit: i32,
    messages: String,
    files: BTreeSet<String>,
}

/// Runs the lines in this shell. `tools` has programs that replace those of the machine.
fn run(shell: &str, releases: &str, tools: &Path, given: &[(&str, &str)]) -> Installed {
    let folder = tempfile::tempdir().unwrap();
    let mut variables: BTreeMap<String, String> = [
        ("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", tools.display())),
        ("bin", folder.path().join("new").display().to_string()),
        ("OCON_RELEASES", releases.to_owned()),
        ("OCON_VERSION", VERSION.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    variables.extend(given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    variables.insert("LINES_OF_THE_RECIPES".to_owned(), lines());
    let mut log = String::new();
    let script = format!("exec {shell} -euc \"$LINES_OF_THE_RECIPES\"");
    let exit = bash(&script, folder.path(), &variables, &mut log);
    let messages = log.lines().filter(|line| line.starts_with("ocon was not installed: "));
    let messages = messages.collect::<Vec<_>>().join("\n").replace(releases, "[RELEASES]");
    let messages = messages.replace(&linux(), "[TARGET]").replace(VERSION, "[VERSION]");
    let files = fs::read_dir(&variables["bin"]).unwrap();
    let files = files.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    Installed { exit, messages, files }
}

#[test]
fn a_checked_program_is_installed() {
    let release = Release::new("echo run");
    let tools = tempfile::tempdir().unwrap();
    let sha256 = release.sha256(&linux());
    for (shell, sha256) in [("sh", ""), ("sh", sha256.as_str()), ("bash", ""), ("bash", &sha256)] {
        let ended = run(shell, &release.url(), tools.path(), &[("OCON_SHA256", sha256)]);
        assert_eq!((ended.exit, ended.messages.as_str()), (0, ""), "{shell}");
        assert_eq!(ended.files, ["ocon".to_owned()].into(), "{shell}");
    }
}

/// The message of a failure, which leaves no file.
fn refused(release: &Release, given: &[(&str, &str)]) -> String {
    let tools = tempfile::tempdir().unwrap();
    let mut messages = BTreeSet::new();
    for shell in ["sh", "bash"] {
        let ended = run(shell, &release.url(), tools.path(), given);
        assert_eq!((ended.exit, ended.files), (1, BTreeSet::new()), "{}", ended.messages);
        messages.insert(ended.messages);
    }
    assert_eq!(messages.len(), 1, "{messages:?}");
    messages.pop_first().unwrap()
}

#[test]
fn a_version_that_does_not_exist_is_named() {
    let release = Release::new("echo run");
    assert_data_eq!(
        refused(&release, &[("OCON_VERSION", "9.9.9")]),
        str![
            "ocon was not installed: cannot download [RELEASES]/v9.9.9/ocon-9.9.9-[TARGET].tar.gz. Check OCON_RELEASES and OCON_VERSION."
        ]
    );
    assert_data_eq!(
        refused(&release, &[("OCON_VERSION", "latest")]),
        str![
            "ocon was not installed: cannot download [RELEASES]/vlatest/ocon-latest-[TARGET].tar.gz. Check OCON_RELEASES and OCON_VERSION."
        ]
    );
    assert_data_eq!(
        refused(&release, &[("OCON_VERSION", "../../x")]),
        str![
            "ocon was not installed: cannot download [RELEASES]/v../../x/ocon-../../x-[TARGET].tar.gz. Check OCON_RELEASES and OCON_VERSION."
        ]
    );
    let elsewhere = [("OCON_RELEASES", "file:///nowhere")];
    assert_data_eq!(
        refused(&release, &elsewhere),
        str![
            "ocon was not installed: cannot download file:///nowhere/v[VERSION]/ocon-[VERSION]-[TARGET].tar.gz. Check OCON_RELEASES and OCON_VERSION."
        ]
    );
}

#[test]
fn an_archive_with_another_digest_is_not_unpacked() {
    let release = Release::new("echo run");
    let expected = "0123456789abcdef".repeat(4);
    let actual = release.sha256(&linux());
    let shown = |message: String| message.replace(&actual, "[ACTUAL]");
    assert_data_eq!(
        shown(refused(&release, &[("OCON_SHA256", &expected)])),
        str![
            "ocon was not installed: ocon-[VERSION]-[TARGET].tar.gz has the SHA-256 [ACTUAL] instead of 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef."
        ]
    );
    let published = format!("{}.sha256", archive(&linux()));
    release.replace(&published, format!("{expected}  ocon\n").as_bytes());
    assert_data_eq!(
        shown(refused(&release, &[])),
        str![
            "ocon was not installed: ocon-[VERSION]-[TARGET].tar.gz has the SHA-256 [ACTUAL] instead of 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef."
        ]
    );
    release.remove(&published);
    assert_data_eq!(
        shown(refused(&release, &[])),
        str![
            "ocon was not installed: cannot download [RELEASES]/v[VERSION]/ocon-[VERSION]-[TARGET].tar.gz.sha256. Check OCON_RELEASES and OCON_VERSION."
        ]
    );
}

#[test]
fn an_archive_without_the_program_is_refused() {
    let release = Release::new("echo run");
    release.replace(&archive(&linux()), b"text");
    release.publish_digest(&linux());
    assert_data_eq!(
        refused(&release, &[]),
        str!["ocon was not installed: ocon-[VERSION]-[TARGET].tar.gz does not contain ocon."]
    );
}

#[test]
fn a_text_that_is_no_digest_is_not_shown() {
    let release = Release::new("echo run");
    let published = format!("{}.sha256", archive(&linux()));
    for content in no_digests() {
        release.replace(&published, content.as_bytes());
        for given in ["", content.trim_end()] {
            assert_data_eq!(
                refused(&release, &[("OCON_SHA256", given)]),
                str![
                    "ocon was not installed: OCON_SHA256, or else ocon-[VERSION]-[TARGET].tar.gz.sha256, is not one SHA-256 of 64 digits."
                ]
            );
        }
    }
}

#[test]
fn a_member_that_is_no_file_is_refused() {
    for script in NO_FILES {
        let release = Release::new("echo run");
        release.repack(script);
        assert_data_eq!(
            refused(&release, &[]),
            str![
                "ocon was not installed: ocon in ocon-[VERSION]-[TARGET].tar.gz is not a file with content."
            ]
        );
    }
}

#[test]
fn the_mode_of_the_archive_has_no_effect() {
    let release = Release::new("echo run");
    release.repack("chmod 6777 ocon");
    let tools = tempfile::tempdir().unwrap();
    let bin = tempfile::tempdir().unwrap();
    let path = bin.path().display().to_string();
    assert_eq!(run("sh", &release.url(), tools.path(), &[("bin", &path)]).exit, 0);
    let mode = fs::metadata(bin.path().join("ocon")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o755);
}

#[test]
fn a_folder_in_place_of_the_program_is_refused() {
    let release = Release::new("echo run");
    let tools = tempfile::tempdir().unwrap();
    let bin = tempfile::tempdir().unwrap();
    fs::create_dir(bin.path().join("ocon")).unwrap();
    let path = bin.path().display().to_string();
    let ended = run("sh", &release.url(), tools.path(), &[("bin", &path)]);
    assert_eq!(ended.exit, 1);
    assert_data_eq!(
        ended.messages.replace(&path, "[BIN]"),
        str!["ocon was not installed: [BIN]/ocon is a folder. Move it away."]
    );
    assert_eq!(ended.files, ["ocon".to_owned()].into());
    assert_eq!(fs::read_dir(bin.path().join("ocon")).unwrap().count(), 0);
}

#[test]
fn a_missing_program_is_named() {
    let release = Release::new("echo run");
    let tools = tempfile::tempdir().unwrap();
    let path = tools.path().display().to_string();
    let mut messages = String::new();
    write_script(&tools.path().join("bash"), "exec /bin/bash \"$@\"");
    for name in ["uname", "mkdir", "mktemp", "rm", "curl", "tar"] {
        let script = format!("PATH=/usr/bin:/bin exec {name} \"$@\"");
        write_script(&tools.path().join(name), &script);
        if ["rm", "curl", "tar"].contains(&name) {
            let ended = run("/bin/sh", &release.url(), tools.path(), &[("PATH", &path)]);
            assert_eq!((ended.exit, ended.files), (1, BTreeSet::new()));
            messages = messages + &ended.messages + "\n";
        }
    }
    assert_data_eq!(
        messages,
        str![[r#"
ocon was not installed: curl is missing. Install it, or use an image with it.
ocon was not installed: tar is missing. Install it, or use an image with it.
ocon was not installed: sha256sum is missing. Install it, or use an image with it.

"#]]
    );
}

#[test]
fn a_platform_without_an_archive_is_refused() {
    let release = Release::new("echo run");
    let tools = tempfile::tempdir().unwrap();
    for (printed, expected) in [
        (
            "Linux riscv64",
            str![
                "ocon was not installed: there is no archive for Linux riscv64. Use Linux on x86_64 or aarch64."
            ],
        ),
        (
            "Darwin arm64",
            str![
                "ocon was not installed: there is no archive for Darwin arm64. Use Linux on x86_64 or aarch64."
            ],
        ),
    ] {
        write_script(&tools.path().join("uname"), &format!("echo '{printed}'"));
        let ended = run("sh", &release.url(), tools.path(), &[]);
        assert_eq!((ended.exit, ended.files), (1, BTreeSet::new()));
        assert_data_eq!(ended.messages, expected);
    }
}
