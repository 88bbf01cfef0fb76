//! The commands of `docs/install.md`, with a release in a folder.

use std::fs;

use super::reader::Reader;
use crate::recipes::release::{Release, VERSION, linux};

/// Downloads from the folders that stand for GitHub: `ROOT` is the repository, `RELEASES` has the releases.
const CURL: &str = r#"for argument; do
  shift
  case "$argument" in
    https://raw.githubusercontent.com/your-organization/ocon/v*) argument="file://ROOT/${argument#*/ocon/v*/}" ;;
    https://github.com/your-organization/ocon/releases/*) argument="RELEASES/${argument#*/download/}" ;;
  esac
  set -- "$@" "$argument"
done
exec /usr/bin/curl "$@""#;

/// Runs `ocon` in this folder with the variables of `--env` only, and refuses a folder that it cannot write.
const DOCKER: &str = r#"[ "$1 $2 $3 $4" = "run --rm --user $(id -u):$(id -g)" ] || exit 1
[ "$5 $6" = "--volume $PWD:/work" ] || [ "$5 $6" = "--volume $PWD:/work:ro" ] || exit 1
shift 6
[ "$1" = ghcr.io/your-organization/ocon:VERSION ] || exit 1
shift
exec env -i OCON "$@" > /dev/null"#;

fn reader(release: &Release) -> Reader {
    let reader = Reader::default();
    let curl = CURL.replace("ROOT", env!("CARGO_MANIFEST_DIR"));
    reader.add_program("curl", &curl.replace("RELEASES", &release.url()));
    let docker = DOCKER.replace("VERSION", VERSION);
    reader.add_program("docker", &docker.replace("OCON", env!("CARGO_BIN_EXE_ocon")));
    for (name, script) in [
        ("gh", "exit 1"),
        ("dpkg", "[ \"$*\" = --print-architecture ] && echo amd64"),
        ("sudo", "echo \"$*\" > asked; cp \"$4\" installed"),
        ("sh", "if [ \"$1\" = install ]; then exec > /dev/null; fi; exec /bin/sh \"$@\""),
        (
            "sha256sum",
            "if [ $# != 0 ]; then set -- --quiet \"$@\"; fi; exec /usr/bin/sha256sum \"$@\"",
        ),
    ] {
        reader.add_program(name, script);
    }
    reader
}

#[test]
fn the_commands_of_the_page_install_ocon() {
    let release = Release::new(&format!("echo ocon {VERSION}"));
    let package = format!("ocon_{VERSION}_amd64.deb");
    release.run(&format!("echo deb > {package} && sha256sum {package} > {package}.sha256"));
    let mut reader = reader(&release);
    let home = tempfile::tempdir().unwrap();
    reader.set("HOME", home.path().to_str().unwrap());
    reader.follow("docs/install.md", 3);
    assert!(home.path().join(".local/bin/ocon").is_file(), "no archive for {}", linux());
    let read = |name: &str| fs::read_to_string(reader.root().join(name)).unwrap();
    assert_eq!(read("asked"), format!("apt-get install --yes ./{package}\n"));
    assert_eq!(read("installed"), "deb\n");
    assert!(read("ocon.yaml").contains("marketing"));
    assert!(read("instances/hootsuite.yaml").contains("hootsuite"));
}
