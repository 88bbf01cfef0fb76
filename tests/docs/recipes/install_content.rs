//! What is in the archive, the folder and the machine: `packaging/install` and the lines of the recipes install
//! only a program, and say what is wrong otherwise.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use snapbox::{assert_data_eq, str};

use super::install::Setup;
use super::release::{archive, linux, write_script};

/// Scripts that replace the program in an archive by something that is no file.
pub(crate) const NO_FILES: [&str; 4] =
    ["ln -sf /etc/passwd ocon", "rm ocon && mkfifo ocon", "rm ocon && mkdir ocon", ": > ocon"];

/// A page, or commands for a terminal and for GitHub, instead of a digest.
pub(crate) fn no_digests() -> Vec<String> {
    let digest = "0123456789abcdef".repeat(4);
    vec![
        String::new(),
        "<html>\n".repeat(3000),
        "\u{1b}]0;title\u{7}".to_owned(),
        "::add-mask::x".to_owned(),
        format!("{digest}  ocon\n::add-mask::x\n"),
        format!("{digest}0  ocon\n"),
        digest.replace('f', "g"),
    ]
}

#[test]
fn a_member_that_is_no_file_is_refused_and_keeps_the_older_program() {
    for script in NO_FILES {
        let setup = Setup::new();
        setup.release.repack(script);
        assert_data_eq!(
            setup.refused(&[]),
            str![[r#"
error: ocon was not installed: ocon in ocon-[VERSION]-[TARGET].tar.gz is not a file with content
help: use the archive of a release

"#]]
        );
        fs::create_dir(setup.folder()).unwrap();
        fs::write(format!("{}/ocon", setup.folder()), "older").unwrap();
        assert_eq!(setup.run(&[]).0, 1);
        assert_eq!(setup.files(), ["ocon"]);
        assert_eq!(fs::read(format!("{}/ocon", setup.folder())).unwrap(), b"older");
    }
}

/// A hard link to another member has no content either.
#[test]
fn a_hard_link_is_refused() {
    let setup = Setup::new();
    setup.release.repack("mv ocon other && ln other ocon");
    let script = format!("tar -czf {} other ocon", archive(&linux()));
    setup.release.run(&script);
    setup.release.publish_digest(&linux());
    let message = setup.refused(&[]);
    assert!(message.contains("is not a file with content"), "{message}");
}

#[test]
fn the_mode_and_the_owner_of_the_archive_have_no_effect() {
    for mode in ["6777", "0600"] {
        let setup = Setup::new();
        setup.release.repack(&format!("chmod {mode} ocon"));
        setup.installed(&[]);
        let installed = fs::metadata(format!("{}/ocon", setup.folder())).unwrap();
        assert_eq!(installed.permissions().mode() & 0o7777, 0o755);
        assert_eq!(installed.uid(), fs::metadata(setup.folder()).unwrap().uid());
    }
}

#[test]
fn a_program_that_does_not_run_is_refused() {
    let scripts =
        ["echo 'exit 1' > ocon", "echo 'echo other 1.0' > ocon", "printf '\\177ELF\\002' > ocon"];
    for script in scripts {
        let setup = Setup::new();
        write_script(
            &setup.tools.path().join("uname"),
            "if [ $1 = -s ]; then echo Linux; else echo x86_64; fi",
        );
        setup.release.repack(script);
        setup.release.pack("x86_64-unknown-linux-musl");
        assert_data_eq!(
            setup.refused(&[]).replace("x86_64-unknown-linux-musl", "[TARGET]"),
            str![[r#"
error: ocon was not installed: ocon of ocon-[VERSION]-[TARGET].tar.gz does not run on this machine (Linux x86_64)
help: use the archive for this machine, and a folder from which programs may run

"#]]
        );
    }
}

#[test]
fn a_folder_in_place_of_the_program_is_refused() {
    let setup = Setup::new();
    fs::create_dir_all(format!("{}/ocon", setup.folder())).unwrap();
    assert_data_eq!(
        setup.run(&[]).1,
        str![[r#"
error: ocon was not installed: [FOLDER]/ocon is a folder
help: move it away, or name another folder: sh install FOLDER

"#]]
    );
    assert_eq!(fs::read_dir(format!("{}/ocon", setup.folder())).unwrap().count(), 0);
    assert_eq!(setup.files(), ["ocon"]);
}

#[test]
fn a_folder_that_cannot_be_made_is_refused() {
    let setup = Setup::new();
    fs::write(setup.folder(), "").unwrap();
    let (exit, output) = setup.run(&[]);
    assert_eq!(exit, 1, "{output}");
    assert_data_eq!(
        output.split_once("error: ").unwrap().1,
        str![[r#"
ocon was not installed: the folder [FOLDER] cannot be made
help: name a folder in which you may write: sh install FOLDER

"#]]
    );
}

#[test]
fn arguments_that_name_no_folder_are_refused() {
    let setup = Setup::new();
    let refused = |arguments: &[&str]| {
        let (exit, output) = setup.run_with(arguments, &[]);
        assert_eq!(exit, 1, "{output}");
        output
    };
    assert_data_eq!(
        [refused(&[]), refused(&["-x"]), refused(&["a", "b"])].concat(),
        str![[r#"
error: ocon was not installed: no folder is given, and HOME is not set
help: run: sh install FOLDER
error: ocon was not installed: there is no option -x
help: run: sh install --help
error: ocon was not installed: it got more than one folder
help: run: sh install [FOLDER]

"#]]
    );
}

#[test]
fn a_missing_program_is_named() {
    let setup = Setup::new();
    let tools = tempfile::tempdir().unwrap();
    let path = tools.path().display().to_string();
    let add = |name: &str| {
        let script = format!("PATH=/usr/bin:/bin exec {name} \"$@\"");
        write_script(&tools.path().join(name), &script);
    };
    ["uname", "grep"].into_iter().for_each(add);
    let mut messages = String::new();
    for name in ["curl", "tar"] {
        messages += &setup.refused(&[("PATH", &path)]);
        add(name);
    }
    messages += &setup.refused(&[("PATH", &path)]);
    let windows = [("PATH", path.as_str()), ("RUNNER_OS", "Windows"), ("RUNNER_ARCH", "X64")];
    messages += &setup.refused(&windows);
    assert_data_eq!(
        messages,
        str![[r#"
error: ocon was not installed: the program curl is missing
help: install curl, and run this script again
error: ocon was not installed: the program tar is missing
help: install tar, and run this script again
error: ocon was not installed: the programs sha256sum and shasum are missing
help: install one of them, and run this script again
error: ocon was not installed: the program unzip is missing
help: install unzip, and run this script again

"#]]
    );
}

#[test]
fn a_published_file_that_is_no_digest_is_not_shown() {
    let setup = Setup::new();
    for content in no_digests() {
        setup.release.replace(&format!("{}.sha256", archive(&linux())), content.as_bytes());
        let (exit, output) = setup.run(&[]);
        assert_eq!(exit, 1);
        assert_data_eq!(
            output,
            str![[r#"
error: ocon was not installed: [RELEASES]/v[VERSION]/ocon-[VERSION]-[TARGET].tar.gz.sha256 is not one line with a SHA-256
help: check the address; a server can answer with a page instead

"#]]
        );
    }
}

#[test]
fn a_given_text_that_is_no_digest_is_not_shown() {
    let setup = Setup::new();
    for given in no_digests().iter().skip(1) {
        assert_data_eq!(
            setup.run(&[("OCON_SHA256", given)]).1,
            str![[r#"
error: ocon was not installed: the given SHA-256 does not have 64 hexadecimal digits
help: correct it (sha256, or OCON_SHA256)

"#]]
        );
    }
}
