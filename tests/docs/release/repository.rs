//! `packaging/set-repository`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::Repository;

fn owner(name: &str) -> &str {
    name.split('/').next().unwrap()
}

fn files(name: &str) -> Vec<(&'static str, String)> {
    vec![
        ("Cargo.toml", format!("[package]\nrepository = \"https://github.com/{name}\"\n")),
        (
            "docs/a.md",
            format!("image: ghcr.io/{}:1.2.3, {name}@0123, {name}-other\n", name.to_lowercase()),
        ),
        ("docs/tap.md", format!("brew install {}/tap/ocon, example/tape\n", owner(name))),
        ("docs/other.md", "nothing\n".to_owned()),
    ]
}

fn with(name: &str) -> Repository {
    let files = files(name);
    let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    Repository::with(&files)
}

#[test]
fn one_command_replaces_the_repository_everywhere() {
    let repository = with("example/ocon");
    // A file that is not text, and one that is a program.
    let picture = [b"\xff\x00 example/ocon \xfe".as_slice(), b"\r\n"].concat();
    fs::write(repository.path().join("picture"), &picture).unwrap();
    fs::set_permissions(repository.path().join("picture"), fs::Permissions::from_mode(0o755))
        .unwrap();
    repository.git(&["add", "picture"]);

    let (exit, text) = repository.run("set-repository", &["Some-Team/Connectors.2"]);
    assert_eq!(
        (exit, text.as_str()),
        (0, "Changed 4 files from example/ocon to Some-Team/Connectors.2.\n")
    );
    assert_eq!(
        repository.read("Cargo.toml"),
        "[package]\nrepository = \"https://github.com/Some-Team/Connectors.2\"\n"
    );
    // Images have lowercase names. A longer name is another repository.
    assert_eq!(
        repository.read("docs/a.md"),
        "image: ghcr.io/some-team/connectors.2:1.2.3, Some-Team/Connectors.2@0123, example/ocon-other\n"
    );
    assert_eq!(repository.read("docs/tap.md"), "brew install Some-Team/tap/ocon, example/tape\n");
    let path = repository.path().join("picture");
    assert_eq!(fs::read(&path).unwrap(), b"\xff\x00 Some-Team/Connectors.2 \xfe\r\n");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o755);

    // A rename back gives the first text again.
    assert_eq!(repository.run("set-repository", &["example/ocon"]).0, 0);
    for (path, text) in files("example/ocon") {
        assert_eq!(repository.read(path), text);
    }
}

#[test]
fn a_name_of_another_form_changes_nothing() {
    let repository = with("example/ocon");
    for name in ["ocon", "https://github.com/a/b", "a/b/c", "-a/b", "a/b c", ""] {
        let expected = format!("error: \"{name}\" is not of the form OWNER/NAME\n");
        assert_eq!(repository.run("set-repository", &[name]), (1, expected));
    }
    assert_eq!(
        repository.run("set-repository", &[]),
        (1, "Usage: packaging/set-repository OWNER/NAME\n".to_owned())
    );
    assert!(repository.read("docs/a.md").contains("example/ocon@0123"));
}

#[test]
fn a_manifest_without_repository_is_an_error() {
    let repository = Repository::with(&[("Cargo.toml", "[package]\n")]);
    let expected =
        "error: Cargo.toml has no line: repository = \"https://github.com/OWNER/NAME\"\n";
    assert_eq!(repository.run("set-repository", &["a/b"]), (1, expected.to_owned()));
}
