//! The metadata for `cargo binstall`. Its templates: <https://github.com/cargo-bins/cargo-binstall/blob/main/SUPPORT.md>

use std::process::Command;

use serde_json::Value;

use super::{TARGETS, root};

/// The package, as Cargo reads it.
fn package() -> Value {
    let arguments = ["metadata", "--locked", "--offline", "--no-deps", "--format-version", "1"];
    let ended = Command::new(env!("CARGO")).args(arguments).current_dir(root()).output().unwrap();
    let metadata: Value = serde_json::from_slice(&ended.stdout).unwrap();
    metadata["packages"][0].clone()
}

fn filled(template: &str, package: &Value, target: &str) -> String {
    let values = [
        ("repo", package["repository"].as_str().unwrap()),
        ("version", package["version"].as_str().unwrap()),
        ("target", target),
        ("bin", "ocon"),
        ("binary-ext", if target.contains("windows") { ".exe" } else { "" }),
    ];
    let fill =
        |text: String, (name, value): (&str, &str)| text.replace(&format!("{{ {name} }}"), value);
    let filled = values.into_iter().fold(template.to_owned(), fill);
    assert!(!filled.contains('{'), "{filled}");
    filled
}

#[test]
fn binstall_gets_the_archive_of_each_target() {
    let package = package();
    let metadata = &package["metadata"]["binstall"];
    for target in TARGETS {
        let value = |name: &str| {
            let own = &metadata["overrides"][target][name];
            let value = if own.is_null() { &metadata[name] } else { own };
            filled(value.as_str().unwrap(), &package, target)
        };
        let (suffix, format, program) = if target.contains("windows") {
            (".zip", "zip", "ocon.exe")
        } else {
            (".tar.gz", "tgz", "ocon")
        };
        let version = env!("CARGO_PKG_VERSION");
        let url = format!(
            "{}/releases/download/v{version}/ocon-{version}-{target}{suffix}",
            env!("CARGO_PKG_REPOSITORY")
        );
        assert_eq!([value("pkg-url"), value("pkg-fmt"), value("bin-dir")], [&url, format, program]);
    }
}

#[test]
fn the_package_can_be_published_and_says_where_it_comes_from() {
    let package = package();
    assert!(package["publish"].is_null(), "{}", package["publish"]);
    for field in ["repository", "homepage", "documentation"] {
        let url = package[field].as_str().unwrap();
        assert!(url.starts_with("https://github.com/"), "{field}: {url}");
    }
}
