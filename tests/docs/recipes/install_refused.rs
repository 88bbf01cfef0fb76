//! Input that `packaging/install` refuses: each message, and nothing is installed.

use std::fs;

use snapbox::{assert_data_eq, str};

use super::install::Setup;
use super::release::{VERSION, archive, linux, write_script};

#[test]
fn an_archive_without_an_attestation_is_refused() {
    let setup = Setup::new();
    setup.use_gh("exit 1");
    assert_data_eq!(
        setup.refused(&[]),
        str![[r#"
error: ocon was not installed: ocon-[VERSION]-[TARGET].tar.gz has no valid attestation of your-organization/ocon
help: do not use the archive; if this machine cannot reach GitHub, set the SHA-256 (sha256, or OCON_SHA256)

"#]]
    );
}

#[test]
fn a_version_that_does_not_exist_is_refused() {
    let setup = Setup::new();
    assert_data_eq!(
        setup.refused(&[("OCON_VERSION", "9.9.9")]),
        str![[r#"
error: ocon was not installed: cannot download [RELEASES]/v9.9.9/ocon-9.9.9-[TARGET].tar.gz
help: check the version and the address; https://github.com/your-organization/ocon/releases has the versions

"#]]
    );
    setup.release.remove(&format!("{}.sha256", archive(&linux())));
    assert_data_eq!(
        setup.refused(&[]),
        str![[r#"
error: ocon was not installed: cannot download [RELEASES]/v[VERSION]/ocon-[VERSION]-[TARGET].tar.gz.sha256
help: check the version and the address; https://github.com/your-organization/ocon/releases has the versions

"#]]
    );
}

#[test]
fn a_malformed_version_is_refused() {
    let setup = Setup::new();
    assert_data_eq!(
        setup.refused(&[("OCON_VERSION", "latest")]),
        str![[r#"
error: ocon was not installed: `latest` is not a version
help: write a version such as [VERSION]

"#]]
    );
    for version in ["1", "0.1", "0.1.0.0", "0.1.0/../x", "0.1.0\n9.9.9", "-0.1.0", "0.1.0 "] {
        let message = setup.refused(&[("OCON_VERSION", version)]);
        assert!(message.contains(" is not a version\nhelp: write a version"), "{message}");
    }
}

#[test]
fn a_wrong_digest_is_refused() {
    let setup = Setup::new();
    let expected = "0123456789abcdef".repeat(4);
    let actual = setup.release.sha256(&linux());
    let shown = |message: String| message.replace(&actual, "[ACTUAL]");
    assert_data_eq!(
        shown(setup.refused(&[("OCON_SHA256", &expected)])),
        str![[r#"
error: ocon was not installed: ocon-[VERSION]-[TARGET].tar.gz has the SHA-256 [ACTUAL] instead of 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
help: do not use the archive before you know why they differ

"#]]
    );
    let published = format!("{}.sha256", archive(&linux()));
    setup.release.replace(&published, format!("{expected}  ocon\n").as_bytes());
    assert_data_eq!(
        shown(setup.refused(&[])),
        str![[r#"
error: ocon was not installed: ocon-[VERSION]-[TARGET].tar.gz has the SHA-256 [ACTUAL] instead of 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
help: try again later; if the SHA-256 still differs, do not use the archive

"#]]
    );
}

#[test]
fn a_platform_without_an_archive_is_refused() {
    let setup = Setup::new();
    let windows = [("RUNNER_OS", "Windows"), ("RUNNER_ARCH", "ARM64")];
    assert_data_eq!(
        setup.refused(&windows),
        str![[r#"
error: ocon was not installed: there is no archive for Windows ARM64
help: build it from source: cargo install --locked --git https://github.com/your-organization/ocon

"#]]
    );
    let uname = "if [ \"$1\" = -s ]; then echo Linux; else echo riscv64; fi";
    write_script(&setup.tools.path().join("uname"), uname);
    assert_data_eq!(
        setup.refused(&[]),
        str![[r#"
error: ocon was not installed: there is no archive for Linux riscv64
help: build it from source: cargo install --locked --git https://github.com/your-organization/ocon

"#]]
    );
}

#[test]
fn an_archive_elsewhere_needs_a_digest_and_no_version() {
    let setup = Setup::new();
    let url = format!("{}/v{VERSION}/{}", setup.release.url(), archive(&linux()));
    let sha256 = setup.release.sha256(&linux());
    setup.use_gh("exit 1");
    setup.installed(&[("OCON_ARCHIVE", &url), ("OCON_SHA256", &sha256)]);
    fs::remove_dir_all(setup.folder()).unwrap();
    assert_data_eq!(
        setup.refused(&[("OCON_ARCHIVE", &url)]),
        str![[r#"
error: ocon was not installed: the archive has no SHA-256 to check
help: add the SHA-256 that the archive must have (sha256, or OCON_SHA256)

"#]]
    );
    let both = [("OCON_ARCHIVE", url.as_str()), ("OCON_VERSION", VERSION)];
    assert_data_eq!(
        setup.refused(&both),
        str![[r#"
error: ocon was not installed: it has both a version and an archive
help: remove one of them

"#]]
    );
    let missing = [("OCON_ARCHIVE", "file:///nowhere/ocon.tar.gz"), ("OCON_SHA256", &sha256)];
    assert_data_eq!(
        setup.refused(&missing),
        str![[r#"
error: ocon was not installed: cannot download file:///nowhere/ocon.tar.gz
help: check the version and the address; https://github.com/your-organization/ocon/releases has the versions

"#]]
    );
}

#[test]
fn an_archive_without_the_program_is_refused() {
    let setup = Setup::new();
    setup.release.replace(&archive(&linux()), b"text");
    setup.release.publish_digest(&linux());
    assert_data_eq!(
        setup.refused(&[]),
        str![[r#"
error: ocon was not installed: ocon-[VERSION]-[TARGET].tar.gz does not contain ocon, or cannot be unpacked
help: use the archive of a release

"#]]
    );
}
