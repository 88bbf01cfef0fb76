//! `packaging/debian`.

use std::path::Path;
use std::process::{Command, Output};

use super::{Repository, text};

const ARCHIVE: &str = "ocon-1.2.3-rc.1-x86_64-unknown-linux-musl.tar.gz";

/// A repository with the archive of a release.
fn released() -> Repository {
    let repository = Repository::with(&[
        (
            "Cargo.toml",
            "[package]\ndescription = \"Short\"\nhomepage = \"https://h.example\"\n\
            repository = \"https://github.com/example/ocon\"\n",
        ),
        ("files/ocon", "program"),
        (
            "files/LICENSE-MIT",
            "MIT License\n\nCopyright (c) 2026 Us\n\nPermission\n\nNo warranty\n",
        ),
        ("files/completions/ocon.bash", "bash"),
        ("files/completions/_ocon", "zsh"),
        ("files/completions/ocon.fish", "fish"),
        ("files/man/ocon.1", "page"),
    ]);
    let script = format!(
        "git -c user.name=Somebody -c user.email=somebody@example.com commit --quiet --message x && \
        chmod 755 files/ocon && tar -czf {ARCHIVE} -C files ."
    );
    let ended = shell(repository.path(), &script);
    assert!(ended.status.success(), "{}", text(&ended));
    repository
}

fn shell(folder: &Path, script: &str) -> Output {
    Command::new("sh").args(["-c", script]).current_dir(folder).output().unwrap()
}

#[test]
#[ignore = "needs dpkg-deb"]
fn the_debian_package_has_the_files_of_the_archive() {
    let repository = released();
    let path = |name: &str| repository.path().join(name).display().to_string();
    let (exit, printed) = repository.run("debian", &[&path(ARCHIVE), &path("out")]);
    let package = path("out/ocon_1.2.3~rc.1_amd64.deb");
    assert_eq!((exit, printed), (0, format!("{package}\n")));

    let show = format!(
        "cd out && sha256sum --check --quiet *.sha256 && dpkg-deb --field {package} && \
        dpkg-deb --extract {package} root && cat root/usr/share/doc/ocon/copyright && \
        cd root && find . -type f | sort && stat --format %a usr/bin/ocon && zcat usr/share/man/man1/*"
    );
    snapbox::assert_data_eq!(
        text(&shell(repository.path(), &show)),
        snapbox::str![[r#"
Package: ocon
Version: 1.2.3~rc.1
Architecture: amd64
Maintainer: Somebody <somebody@example.com>
Section: admin
Priority: optional
Homepage: https://h.example
Installed-Size: 1
Description: Short
 ocon keeps connector instances of SAP Open Connectors in sync with YAML files
 in Git. "ocon plan" shows in a pull request what would change, and "ocon apply"
 makes that change after the merge.
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Source: https://github.com/example/ocon

Files: *
Copyright: 2026 Us
License: Expat or Apache-2.0

License: Expat
 Permission
 .
 No warranty

License: Apache-2.0
 See /usr/share/common-licenses/Apache-2.0.
./usr/bin/ocon
./usr/share/bash-completion/completions/ocon
./usr/share/doc/ocon/changelog.gz
./usr/share/doc/ocon/copyright
./usr/share/fish/vendor_completions.d/ocon.fish
./usr/share/man/man1/ocon.1.gz
./usr/share/zsh/vendor-completions/_ocon
755
page
"#]]
    );
    let files: Vec<_> = std::fs::read_dir(path("out")).unwrap().collect();
    assert_eq!(files.len(), 3, "{files:?}");
}

#[test]
fn an_archive_for_another_system_is_refused() {
    let repository = Repository::with(&[]);
    let name = "ocon-1.2.3-x86_64-apple-darwin.tar.gz";
    let expected =
        format!("error: {name} is not named ocon-VERSION-TARGET.tar.gz with a target for Linux\n");
    assert_eq!(repository.run("debian", &[name, "out"]), (1, expected));
    let expected = format!("error: {ARCHIVE} does not exist\n");
    assert_eq!(repository.run("debian", &[ARCHIVE, "out"]), (1, expected));
    assert_eq!(
        repository.run("debian", &[]),
        (64, "Usage: packaging/debian ARCHIVE OUT_DIR\n".to_owned())
    );
}
