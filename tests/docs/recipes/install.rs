//! `packaging/install`, which people and the GitHub action run.

use std::fs;
use std::path::Path;
use std::process::Command;

use snapbox::{assert_data_eq, str};
use tempfile::TempDir;

use super::release::{Release, VERSION, archive, linux, write_script};

const LINUX: [(&str, &str); 2] = [("RUNNER_OS", "Linux"), ("RUNNER_ARCH", "X64")];

/// A release, a folder for programs, and tools that replace those of the machine.
pub(crate) struct Setup {
    pub(crate) release: Release,
    pub(crate) tools: TempDir,
    bin: TempDir,
}

impl Setup {
    pub(crate) fn new() -> Self {
        let release = Release::new(&format!("echo ocon {VERSION}"));
        let [tools, bin] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        // A real `gh` would contact GitHub.
        write_script(&tools.path().join("gh"), "exit 1");
        Self { release, tools, bin }
    }

    /// A `gh` with a login, which writes its arguments to a file and verifies an attestation with this result.
    pub(crate) fn use_gh(&self, result: &str) {
        let log = self.tools.path().join("asked");
        let script = format!(
            "case \"$*\" in *--help | 'auth token') ;; *) echo \"$*\" >> {}; {result} ;; esac",
            log.display()
        );
        write_script(&self.tools.path().join("gh"), &script);
    }

    pub(crate) fn folder(&self) -> String {
        self.bin.path().join("new").display().to_string()
    }

    /// Runs the script for the folder. Returns its exit code and its output.
    pub(crate) fn run(&self, given: &[(&str, &str)]) -> (i32, String) {
        self.run_with(&[&self.folder()], given)
    }

    /// Runs the script with these arguments.
    pub(crate) fn run_with(&self, arguments: &[&str], given: &[(&str, &str)]) -> (i32, String) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/install");
        let mut command = Command::new("/bin/sh");
        command.arg(script).args(arguments).env_clear();
        command
            .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", self.tools.path().display()));
        command.env("OCON_RELEASES", self.release.url()).envs(given.iter().copied());
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8(text).unwrap().replace(&self.release.url(), "[RELEASES]");
        let text = text.replace(&self.folder(), "[FOLDER]").replace(VERSION, "[VERSION]");
        (output.status.code().unwrap(), text.replace(&linux(), "[TARGET]"))
    }

    /// Installs well. Returns the output.
    pub(crate) fn installed(&self, given: &[(&str, &str)]) -> String {
        let (exit, output) = self.run(given);
        assert_eq!(exit, 0, "{output}");
        output
    }

    /// The messages of a failure, which leaves nothing.
    pub(crate) fn refused(&self, given: &[(&str, &str)]) -> String {
        let (exit, output) = self.run(given);
        assert_eq!(exit, 1, "{output}");
        assert_eq!(fs::read_dir(self.bin.path()).unwrap().count(), 0, "{output}");
        let lines = output.lines();
        lines.filter(|line| is_own(line)).flat_map(|line| [line, "\n"]).collect()
    }

    pub(crate) fn files(&self) -> Vec<String> {
        let files = fs::read_dir(self.folder()).unwrap();
        files.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

/// Whether the script wrote a line itself, instead of a program that it runs.
fn is_own(line: &str) -> bool {
    ["error: ", "help: "].iter().any(|start| line.starts_with(start))
}

#[test]
fn the_program_of_a_release_is_installed() {
    let setup = Setup::new();
    assert_data_eq!(
        setup.installed(&[]),
        str![[r#"
installed [FOLDER]/ocon from [RELEASES]/v[VERSION]/ocon-[VERSION]-[TARGET].tar.gz
[FOLDER] is not in your PATH: export PATH="[FOLDER]:$PATH"

"#]]
    );
    assert_eq!(setup.files(), ["ocon"]);
    let run = Command::new(format!("{}/ocon", setup.folder())).output().unwrap();
    assert_eq!(run.stdout, format!("ocon {VERSION}\n").as_bytes());
    // The names of a tag and of a version are accepted, and a SHA-256 in capitals.
    let tag = format!("v{VERSION}");
    let sha256 = setup.release.sha256(&linux()).to_uppercase();
    setup.installed(&[("OCON_VERSION", &tag), ("OCON_SHA256", &sha256)]);
    assert_eq!(setup.files(), ["ocon"]);
}

#[test]
fn every_platform_of_a_release_has_its_archive() {
    for (os, arch, target) in [
        ("Linux", "X64", "x86_64-unknown-linux-musl"),
        ("Linux", "ARM64", "aarch64-unknown-linux-musl"),
        ("macOS", "X64", "x86_64-apple-darwin"),
        ("macOS", "ARM64", "aarch64-apple-darwin"),
        ("Windows", "X64", "x86_64-pc-windows-msvc"),
    ] {
        let setup = Setup::new();
        setup.release.pack(target);
        let output = setup.installed(&[("RUNNER_OS", os), ("RUNNER_ARCH", arch)]);
        let program = if os == "Windows" { "ocon.exe" } else { "ocon" };
        assert_eq!(setup.files(), [program], "{output}");
    }
}

#[test]
fn the_platform_is_that_of_the_machine_outside_of_github() {
    let setup = Setup::new();
    let uname = "if [ \"$1\" = -s ]; then echo Darwin; else echo arm64; fi";
    write_script(&setup.tools.path().join("uname"), uname);
    setup.release.pack("aarch64-apple-darwin");
    let output = setup.installed(&[]);
    assert!(output.contains("-aarch64-apple-darwin.tar.gz"), "{output}");
}

#[test]
fn a_folder_in_the_path_needs_no_hint() {
    let setup = Setup::new();
    let tools = setup.tools.path().display().to_string();
    let path = format!("{tools}:/usr/bin:/bin:{}", setup.folder());
    assert_eq!(setup.installed(&[("PATH", &path)]).lines().count(), 1);
    // The action adds the folder to this file.
    assert_eq!(setup.installed(&[("GITHUB_PATH", "/nowhere")]).lines().count(), 1);
}

#[test]
fn the_default_folder_is_below_the_home_folder() {
    let setup = Setup::new();
    let (exit, output) = setup.run_with(&[], &[("HOME", &setup.folder())]);
    assert_eq!(exit, 0, "{output}");
    assert!(output.starts_with("installed [FOLDER]/.local/bin/ocon from "), "{output}");
}

#[test]
fn the_help_is_the_comment_of_the_script() {
    let setup = Setup::new();
    let (exit, help) = setup.run_with(&["--help"], &[]);
    assert_eq!((exit, &help), (0, &setup.run_with(&["-h"], &[]).1));
    assert!(help.starts_with("Installs ocon from a release"), "{help}");
    assert!(help.ends_with(
        "OCON_ARCHIVE    URL of one archive, instead of a version; needs OCON_SHA256\n"
    ));
}

/// Git Bash has `cygpath`, and its programs want the form of a path that it prints.
#[test]
fn a_folder_of_windows_is_converted() {
    let setup = Setup::new();
    let cygpath = format!("[ \"$*\" = '-u {0}' ] && echo '{0}/converted'", setup.folder());
    write_script(&setup.tools.path().join("cygpath"), &cygpath);
    setup.installed(&[]);
    assert_eq!(setup.files(), ["converted"]);
}

/// macOS before version 15 has no `sha256sum`.
#[test]
fn shasum_replaces_a_missing_sha256sum() {
    let setup = Setup::new();
    let programs = "sh curl tar gzip tr cut grep chmod mktemp mkdir mv rm rmdir uname";
    for name in programs.split(' ') {
        let script = format!("PATH=/usr/local/bin:/usr/bin:/bin exec {name} \"$@\"");
        write_script(&setup.tools.path().join(name), &script);
    }
    let shasum = "[ \"$1 $2\" = '-a 256' ] && PATH=/usr/bin:/bin exec sha256sum";
    write_script(&setup.tools.path().join("shasum"), shasum);
    let tools = setup.tools.path().display().to_string();
    setup.installed(&[("PATH", &tools)]);
    assert_data_eq!(
        setup
            .run(&[("PATH", &tools), ("OCON_SHA256", &"0123abcd".repeat(8))])
            .1
            .replace(&setup.release.sha256(&linux()), "[ACTUAL]"),
        str![[r#"
error: ocon was not installed: ocon-[VERSION]-[TARGET].tar.gz has the SHA-256 [ACTUAL] instead of 0123abcd0123abcd0123abcd0123abcd0123abcd0123abcd0123abcd0123abcd
help: do not use the archive before you know why they differ

"#]]
    );
}

#[test]
fn an_attestation_is_verified_if_there_is_no_given_digest() {
    let setup = Setup::new();
    setup.use_gh("exit 0");
    let sha256 = setup.release.sha256(&linux());
    // The attestation replaces the published digest.
    setup.release.remove(&format!("{}.sha256", archive(&linux())));
    setup.installed(&[]);
    let asked = fs::read_to_string(setup.tools.path().join("asked")).unwrap();
    let (verified, options) = asked.split_once(" --repo ").unwrap();
    assert!(verified.starts_with("attestation verify ") && verified.ends_with(&archive(&linux())));
    let workflow = "your-organization/ocon/.github/workflows/release.yml";
    assert_eq!(options, format!("your-organization/ocon --signer-workflow {workflow}\n"));

    fs::remove_file(setup.tools.path().join("asked")).unwrap();
    setup.installed(&[("OCON_SHA256", &sha256)]);
    assert!(!setup.tools.path().join("asked").exists());
}

#[test]
fn a_failure_keeps_the_program_that_is_installed() {
    let setup = Setup::new();
    setup.installed(&[]);
    let (exit, output) = setup.run(&[("OCON_VERSION", "9.9.9")]);
    assert_eq!(exit, 1, "{output}");
    assert_eq!(setup.files(), ["ocon"]);
}

#[test]
fn an_interrupted_download_leaves_nothing() {
    let setup = Setup::new();
    write_script(&setup.tools.path().join("curl"), "kill -TERM $PPID");
    let (exit, output) = setup.run(&LINUX);
    assert_eq!(exit, 143, "{output}");
    assert_eq!(fs::read_dir(setup.bin.path()).unwrap().count(), 0, "{output}");
}

#[test]
fn the_script_has_the_version_of_this_project() {
    let path = format!("{}/packaging/install", env!("CARGO_MANIFEST_DIR"));
    let script = fs::read_to_string(path).unwrap();
    assert!(script.contains(&format!("\ndefault_version={VERSION}\n")));
}
