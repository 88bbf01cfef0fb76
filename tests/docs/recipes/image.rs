//! The Dockerfile. `.ci/run` shows that the program can be built from the files it copies.

use std::collections::BTreeSet;
use std::fs;

fn file(name: &str) -> String {
    fs::read_to_string(format!("{}/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The instructions with their operands, of the stages from one `FROM` to the next.
fn stages(text: &str) -> Vec<Vec<Vec<&str>>> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.fold(Vec::new(), |mut stages, line| {
        let words: Vec<_> = line.split(' ').collect();
        if words[0] == "FROM" {
            stages.push(Vec::new());
        }
        stages.last_mut().unwrap().push(words);
        stages
    })
}

fn operands<'a>(stage: &'a [Vec<&str>], name: &str) -> Vec<&'a [&'a str]> {
    stage.iter().filter(|words| words[0] == name).map(|words| &words[1..]).collect()
}

/// The stage `FROM … AS name`.
fn stage<'a>(stages: &'a [Vec<Vec<&'a str>>], name: &str) -> &'a [Vec<&'a str>] {
    stages.iter().find(|stage| stage[0].get(3) == Some(&name)).unwrap()
}

/// The path where programs on Linux search for certificates.
const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

#[test]
fn the_image_has_the_program_and_certificates_and_an_unprivileged_user() {
    let text = file("Dockerfile");
    let stages = stages(&text);
    let image = stages.last().unwrap();
    assert_eq!(operands(image, "FROM"), [["scratch", "AS", "static"]]);
    let copied = operands(image, "COPY");
    let [certificates, program] = copied.as_slice() else { panic!("two files") };
    assert_eq!(*certificates, ["--from=rust", CERTIFICATES, CERTIFICATES]);
    assert_eq!(*program, ["--from=program", "/ocon", "/ocon"]);
    assert_eq!(operands(image, "ENTRYPOINT"), [["[\"/ocon\"]"]]);
    assert_eq!(operands(image, "USER"), [["65532:65532"]]);
}

#[test]
fn the_image_for_jobs_has_tools_and_no_entry_point() {
    let text = file("Dockerfile");
    let stages = stages(&text);
    let image = stage(&stages, "debian");
    let install = "apt-get install --yes --no-install-recommends ca-certificates curl git jq \\\n";
    assert!(text.contains(install), "{text}");
    assert_eq!(operands(image, "COPY"), [["--from=program", "/ocon", "/usr/local/bin/ocon"]]);
    assert_eq!(operands(image, "ENTRYPOINT"), [[""; 0]; 0]);
    // Jobs write to a folder of root.
    assert_eq!(operands(image, "USER"), [[""; 0]; 0]);
}

/// A release replaces the stage `program`. Then no stage of an image may need the one that compiles.
#[test]
fn only_the_replaced_stage_needs_the_compiler() {
    let text = file("Dockerfile");
    let stages = stages(&text);
    let compiling = stage(&stages, "build");
    assert_eq!(operands(compiling, "RUN"), [["cargo", "build", "--locked", "--release"]]);
    assert_eq!(operands(compiling, "WORKDIR"), [["/source"]]);
    let program = stage(&stages, "program");
    assert_eq!(
        operands(program, "COPY"),
        [["--from=build", "/source/target/release/ocon", "/ocon"]]
    );
    let needs = |stage: &&Vec<Vec<&str>>| {
        let words: Vec<_> = stage.iter().flatten().collect();
        words.contains(&&"--from=build") || stage[0][1] == "build"
    };
    let names: Vec<_> = stages.iter().filter(needs).map(|stage| stage[0][3]).collect();
    assert_eq!(names, ["program"]);
}

#[test]
fn the_image_is_compiled_by_the_declared_version_of_rust() {
    let text = file("Dockerfile");
    let version = file("Cargo.toml");
    let version = version.lines().find_map(|line| line.strip_prefix("rust-version = "));
    let version = version.unwrap().trim_matches('"');
    let stages = stages(&text);
    let rust = stage(&stages, "rust");
    assert!(rust[0][1].starts_with(&format!("rust:{version}.")), "{:?}", rust[0]);
    assert_eq!(operands(stage(&stages, "build"), "FROM"), [["rust", "AS", "build"]]);
}

#[test]
fn the_build_context_is_what_the_image_copies() {
    let text = file("Dockerfile");
    let stages = stages(&text);
    let build = stage(&stages, "build");
    let copied = operands(build, "COPY").into_iter();
    let copied: BTreeSet<_> = copied.flat_map(|words| &words[..words.len() - 1]).copied().collect();
    let ignored = file(".dockerignore");
    let (all, sent): (Vec<_>, Vec<_>) =
        ignored.lines().filter(|line| !line.starts_with('#')).partition(|line| *line == "*");
    assert_eq!(all, ["*"]);
    assert_eq!(
        sent.into_iter().map(|line| line.strip_prefix('!').unwrap()).collect::<BTreeSet<_>>(),
        copied
    );
}
