//! `packaging/formula`.

use std::fs;

use snapbox::assert_data_eq;
use snapbox::str;

use super::{Repository, TARGETS};

const MANIFEST: &str = "[package]\nname = \"ocon\"\ndescription = \"Short: what it is\"\n\
    homepage = \"https://ocon.example.com\"\nrepository = \"https://github.com/example/ocon\"\n";

/// A repository with the digests of a release: a file per target, with the number of the target.
fn released() -> Repository {
    let repository = Repository::with(&[("Cargo.toml", MANIFEST)]);
    fs::create_dir(repository.path().join("out")).unwrap();
    for (number, target) in TARGETS.iter().enumerate() {
        let name = format!("ocon-1.2.3-{target}.tar.gz");
        let line = format!("{}  {name}\n", number.to_string().repeat(64));
        fs::write(repository.path().join(format!("out/{name}.sha256")), line).unwrap();
    }
    repository
}

fn formula(repository: &Repository) -> (i32, String) {
    let folder = repository.path().join("out");
    let (exit, text) = repository.run("formula", &["1.2.3", folder.to_str().unwrap()]);
    (exit, text.replace(folder.to_str().unwrap(), "out"))
}

#[test]
fn the_formula_has_the_archives_and_their_digests() {
    let (exit, text) = formula(&released());
    assert_eq!(exit, 0, "{text}");
    assert_data_eq!(
        text,
        str![[r##"
class Ocon < Formula
  desc "Short: what it is"
  homepage "https://ocon.example.com"
  version "1.2.3"
  license any_of: ["MIT", "Apache-2.0"]

  on_macos do
    on_arm do
      url "https://github.com/example/ocon/releases/download/v1.2.3/ocon-1.2.3-aarch64-apple-darwin.tar.gz"
      sha256 "3333333333333333333333333333333333333333333333333333333333333333"
    end
    on_intel do
      url "https://github.com/example/ocon/releases/download/v1.2.3/ocon-1.2.3-x86_64-apple-darwin.tar.gz"
      sha256 "2222222222222222222222222222222222222222222222222222222222222222"
    end
  end

  on_linux do
    on_arm do
      url "https://github.com/example/ocon/releases/download/v1.2.3/ocon-1.2.3-aarch64-unknown-linux-musl.tar.gz"
      sha256 "1111111111111111111111111111111111111111111111111111111111111111"
    end
    on_intel do
      url "https://github.com/example/ocon/releases/download/v1.2.3/ocon-1.2.3-x86_64-unknown-linux-musl.tar.gz"
      sha256 "0000000000000000000000000000000000000000000000000000000000000000"
    end
  end

  def install
    bin.install "ocon"
    bash_completion.install "completions/ocon.bash" => "ocon"
    zsh_completion.install "completions/_ocon"
    fish_completion.install "completions/ocon.fish"
    man1.install Dir["man/*.1"]
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/ocon --version")
  end
end

"##]]
    );
}

#[test]
fn a_digest_that_is_missing_or_of_another_file_is_an_error() {
    let repository = released();
    let path = repository.path().join("out/ocon-1.2.3-aarch64-apple-darwin.tar.gz.sha256");
    for wrong in [
        "",
        "0123  ocon-1.2.3-aarch64-apple-darwin.tar.gz\n",
        &format!("{}  other\n", "0".repeat(64)),
    ] {
        fs::write(&path, wrong).unwrap();
        let expected = "error: out/ocon-1.2.3-aarch64-apple-darwin.tar.gz.sha256 is not one line of sha256sum \
            for ocon-1.2.3-aarch64-apple-darwin.tar.gz\n";
        assert_eq!(formula(&repository), (1, expected.to_owned()));
    }
    fs::remove_file(&path).unwrap();
    let expected = "error: out/ocon-1.2.3-aarch64-apple-darwin.tar.gz.sha256 does not exist\n\n\
        help: packaging/archive writes it\n";
    assert_eq!(formula(&repository), (1, expected.to_owned()));
    assert_eq!(
        repository.run("formula", &[]),
        (1, "Usage: packaging/formula VERSION FOLDER\n".to_owned())
    );
}
