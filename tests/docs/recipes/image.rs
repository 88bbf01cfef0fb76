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

#[test]
fn the_image_has_the_program_and_certificates_and_an_unprivileged_user() {
    let text = file("Dockerfile");
    let stages = stages(&text);
    let [build, image] = stages.as_slice() else { panic!("two stages") };
    let version = file("Cargo.toml");
    let version = version.lines().find_map(|line| line.strip_prefix("rust-version = "));
    let version = version.unwrap().trim_matches('"');
    assert!(build[0][1].starts_with(&format!("rust:{version}.")), "{:?}", build[0]);

    assert_eq!(operands(image, "FROM"), [["scratch"]]);
    let copied = operands(image, "COPY");
    let [certificates, program] = copied.as_slice() else { panic!("two files") };
    // The paths where programs on Linux search for certificates.
    let place = "/etc/ssl/certs/ca-certificates.crt";
    assert_eq!(*certificates, ["--from=build", place, place]);
    assert_eq!(*program, ["--from=build", "/source/target/release/ocon", "/ocon"]);
    assert_eq!(operands(build, "WORKDIR"), [["/source"]]);
    assert_eq!(operands(image, "ENTRYPOINT"), [["[\"/ocon\"]"]]);
    assert_eq!(operands(image, "USER"), [["65532:65532"]]);
}

#[test]
fn the_build_context_is_what_the_image_copies() {
    let text = file("Dockerfile");
    let build = &stages(&text)[0];
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
