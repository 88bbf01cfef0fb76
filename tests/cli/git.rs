//! A commit cannot use Git to execute a program, hide a change or pass a committed secret.
//! `docs/threat-model.md` names these tests.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use snapbox::str;

use crate::changed_since::{commit, git, planned};
use crate::support::{CRM, SHOP, World};

/// A program that leaves a trace when it is executed, and copies its input to its output.
const TRACE: &str = "#!/bin/sh\nenv > \"$(dirname \"$0\")/executed\"\ncat\n";

/// A repository in which ocon runs in the folder `tenants/eu`, and a branch with a change there.
fn tenant() -> World {
    let world = World::new(&[]).on_sandbox().with_password();
    world.write("tenants/eu/ocon.yaml", "project: tests\n");
    world.write("tenants/eu/instances/shop.yaml", SHOP);
    world.write("tenants/eu/instances/desk.yaml", CRM);
    world.write("trace", TRACE);
    fs::set_permissions(world.path("trace"), fs::Permissions::from_mode(0o755)).unwrap();
    git(&world, "init --quiet --initial-branch main");
    commit(&world);
    git(&world, "switch --quiet --create branch");
    world
}

fn change(world: &World) {
    world.write("tenants/eu/instances/shop.yaml", SHOP.replace("Shop", "Store"));
}

/// Every setting by which a repository can make Git execute a program.
fn settings(world: &World) -> String {
    let trace = world.path("trace");
    let trace = trace.display();
    format!(
        "[core]\n\tfsmonitor = {trace}\n\thooksPath = {hooks}\n\tpager = {trace}\n\tsshCommand = {trace}\n\
         [filter \"x\"]\n\tclean = {trace}\n\tsmudge = {trace}\n\tprocess = {trace}\n\trequired = false\n\
         [diff]\n\texternal = {trace}\n[diff \"x\"]\n\ttextconv = {trace}\n\tcommand = {trace}\n\
         [alias]\n\tls-files = !{trace}\n\tls-tree = !{trace}\n[pager]\n\tls-tree = {trace}\n",
        hooks = world.path("hooks").display()
    )
}

fn nothing_was_executed(world: &World) {
    assert!(!world.path("executed").exists(), "{}", world.read("executed"));
}

#[test]
fn a_committed_bare_repository_is_not_queried() {
    for place in ["tenants/eu", "tenants/eu/instances", "tenants"] {
        let world = tenant();
        change(&world);
        world.write(&format!("{place}/HEAD"), "ref: refs/heads/main\n");
        let bare = "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = .\n";
        world.write(&format!("{place}/config"), [bare, &settings(&world)].concat());
        world.write(&format!("{place}/objects/.keep"), "");
        world.write(&format!("{place}/refs/.keep"), "");
        world.write(&format!("{place}/.gitattributes"), "* filter=x diff=x\n");
        git(&world, "add --all");
        git(&world, "-c core.hooksPath=/dev/null commit --quiet --message change");
        let changed = planned(&world, "-C tenants/eu plan --changed-since main");
        assert_eq!(changed, ["shop"], "{place}");
        assert_eq!(world.ocon("-C tenants/eu plan --prune").exit, 0, "{place}");
        nothing_was_executed(&world);
    }
}

#[test]
fn no_setting_of_the_repository_executes_a_program_or_hides_a_change() {
    let world = tenant();
    world.write("tenants/eu/.gitattributes", "* filter=x diff=x\n");
    commit(&world);
    let config = world.read(".git/config");
    world.write(".git/config", [config, settings(&world)].concat());
    fs::create_dir(world.path("hooks")).unwrap();
    for hook in ["post-index-change", "reference-transaction", "fsmonitor-watchman"] {
        fs::copy(world.path("trace"), world.path(&format!("hooks/{hook}"))).unwrap();
    }
    change(&world);
    assert_eq!(planned(&world, "-C tenants/eu plan --changed-since main"), ["shop"]);
    assert_eq!(world.ocon("-C tenants/eu plan --prune").exit, 0);
    nothing_was_executed(&world);
    assert!(!world.path("hooks/executed").exists());
}

#[test]
fn changes_that_git_does_not_look_at_are_changes() {
    for flag in ["--assume-unchanged", "--skip-worktree"] {
        let world = tenant();
        git(&world, &format!("update-index {flag} tenants/eu/instances/shop.yaml"));
        change(&world);
        assert_eq!(planned(&world, "-C tenants/eu plan --changed-since main"), ["shop"], "{flag}");
    }
    // A file that Git ignores is read like any other.
    let world = tenant();
    world.write(".gitignore", "ignored.yaml\n");
    world.write("tenants/eu/instances/ignored.yaml", SHOP.replace("Shop", "Ignored"));
    commit(&world);
    assert_eq!(planned(&world, "-C tenants/eu plan --changed-since main"), ["ignored"]);
}

#[test]
fn line_endings_alone_do_not_count_as_a_change() {
    let world = tenant();
    let path = "tenants/eu/instances/shop.yaml";
    world.write(path, SHOP.replace('\n', "\r\n"));
    assert_eq!(planned(&world, "-C tenants/eu plan --changed-since main"), [""; 0]);
    world.write(path, SHOP.replace('\n', "\r\n").replace("Shop", "Store"));
    assert_eq!(planned(&world, "-C tenants/eu plan --changed-since main"), ["shop"]);
}

#[test]
fn a_git_in_the_repository_is_not_executed() {
    let mut world = tenant();
    world.write("tenants/eu/git", TRACE);
    fs::set_permissions(world.path("tenants/eu/git"), fs::Permissions::from_mode(0o755)).unwrap();
    change(&world);
    let inside = world.path("tenants/eu").canonicalize().unwrap();
    world.set("PATH", &format!(".:{}::/usr/local/bin:/usr/bin:/bin", inside.display()));
    assert_eq!(planned(&world, "-C tenants/eu plan --changed-since main"), ["shop"]);
    assert!(!world.path("tenants/eu/executed").exists());
}

#[test]
fn a_name_that_means_several_commits_is_refused() {
    let world = tenant();
    git(&world, "update-ref refs/remotes/origin/main main");
    change(&world);
    commit(&world);
    // Git prefers a tag, so a person who can push tags could choose the commit.
    git(&world, "tag origin/main");
    world.ocon("-C tenants/eu plan --changed-since origin/main").is(str![[r#"
--- stderr ---
error: `origin/main` is the name of several references: refs/remotes/origin/main, refs/tags/origin/main

hint: write the full name, for example --changed-since refs/remotes/origin/main
--- exit 64 ---
"#]]);
    for name in ["origin/main~0", "origin/main^{commit}", "origin/main@{0}"] {
        let run = world.ocon(&format!("-C tenants/eu plan --changed-since {name}"));
        assert_eq!(run.exit, 64, "{name}: {}", run.stderr);
    }
    let whole = "-C tenants/eu plan --changed-since refs/remotes/origin/main";
    assert_eq!(planned(&world, whole), ["shop"]);
}

/// A repository with a secret in a file that Git does not have, and a document that refers to it.
fn with_secret_file() -> World {
    let desk = CRM.replace("env.DESK_PASSWORD", "file.desk/password");
    let world = World::new(&[("instances/desk.yaml", &desk), (".gitignore", "/secrets/desk\n")]);
    world.write("secrets/desk/password", "p4ssword-of-the-desk");
    world.write("secrets/README.md", "One file for each secret.\n");
    git(&world, "init --quiet");
    commit(&world);
    world
}

#[test]
fn a_secret_file_in_a_repository_that_cannot_be_queried_counts_as_committed() {
    let mut world = with_secret_file();
    assert_eq!(world.ocon("plan --sandbox").exit, 0);
    world.set("PATH", "/nowhere");
    world.ocon("plan --sandbox").is(str![[r#"
--- stderr ---
error[committed-secret]: `secrets/desk/password` counts as committed, because Git cannot be queried: `git` is not on the PATH
 --> instances/desk.yaml:6:13
  |
6 |   password: ${{ file.desk/password }}
  |             ^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: make `git status` work here: install Git, or, if another user owns the repository, run git config --global --add safe.directory FOLDER
  = help: in a pipeline, keep secrets outside the repository: --secrets-dir DIR (OCON_SECRETS_DIR)
--- exit 5 ---
"#]]);
    let outside = tempfile::tempdir().unwrap();
    fs::create_dir(outside.path().join("desk")).unwrap();
    fs::write(outside.path().join("desk/password"), "p4ssword-of-the-desk").unwrap();
    let run = world.ocon(&format!("plan --sandbox --secrets-dir {}", outside.path().display()));
    assert_eq!(run.exit, 0, "{}", run.stderr);
    world.unset("PATH");
    let config = world.read(".git/config");
    world.write(".git/config", "[core\n");
    let run = world.ocon("validate");
    assert!(run.exit == 5 && run.stderr.contains("counts as committed"), "{}", run.stderr);
    world.write(".git/config", config);
    // Only root can change the owner of a repository.
    if std::os::unix::fs::chown(world.path(".git"), Some(12345), None).is_ok() {
        let run = world.ocon("validate");
        assert!(run.exit == 5 && run.stderr.contains("dubious ownership"), "{}", run.stderr);
    }
}

#[test]
fn a_committed_secret_is_found_behind_links_and_in_the_index() {
    let mut world = with_secret_file();
    git(&world, "add --force secrets/desk/password");
    assert_eq!(world.ocon("validate").exit, 5);
    git(&world, "rm --quiet --cached secrets/desk/password");
    assert_eq!(world.ocon("validate").exit, 0);
    // A committed link to a committed file, and a secrets folder that is such a link.
    world.write("secrets/desk/real", "something to hide");
    git(&world, "add --force secrets/desk/real");
    world.remove("secrets/desk/password");
    std::os::unix::fs::symlink("real", world.path("secrets/desk/password")).unwrap();
    assert_eq!(world.ocon("validate").exit, 5);
    git(&world, "reset --quiet");
    fs::rename(world.path("secrets"), world.path("elsewhere")).unwrap();
    world.write("public/desk/password", "something to hide");
    commit(&world);
    std::os::unix::fs::symlink("public", world.path("secrets")).unwrap();
    world.set("OCON_SECRETS_DIR", "secrets");
    let run = world.ocon("validate");
    assert!(run.exit == 5 && run.stderr.contains("is in Git"), "{}", run.stderr);
}

#[test]
fn a_secret_file_of_a_repository_within_counts_as_committed() {
    let world = with_secret_file();
    git(&world, "-C secrets init --quiet");
    let run = world.ocon("validate");
    assert!(run.exit == 5 && run.stderr.contains("counts as committed"), "{}", run.stderr);
    assert!(run.stderr.contains("another repository"), "{}", run.stderr);
}

/// A repository in which the folder of a tenant becomes a submodule.
fn hijacked() -> World {
    let world = World::new(&[]).on_sandbox().with_password();
    world.write("theirs/ocon.yaml", "project: tests\n");
    world.write("theirs/instances/shop.yaml", SHOP.replace("Shop", "Evil"));
    git(&world, "-C theirs init --quiet --initial-branch main");
    git(&world, "-C theirs add --all");
    git(&world, "-C theirs commit --quiet --message theirs");
    world.write("ours/vars.yaml", "team: one\n");
    git(&world, "-C ours init --quiet --initial-branch main");
    git(&world, "-C ours add --all");
    git(&world, "-C ours commit --quiet --message ours");
    let origin = world.path("theirs");
    let add = format!("submodule --quiet add {} tenants/eu", origin.display());
    git(&world, &format!("-C ours -c protocol.file.allow=always {add}"));
    git(&world, "-C ours commit --quiet --message change");
    world
}

#[test]
fn a_tenant_that_becomes_a_submodule_hides_no_change() {
    let world = hijacked();
    // In the submodule, its author chooses `origin/main`.
    world.ocon("-C ours/tenants/eu plan --changed-since origin/main").is(str![[r#"
--- stderr ---
error: Git cannot be queried, but --changed-since needs it
  caused by: tenants/eu is a submodule of [ROOT]/ours, which chooses its commits

hint: make `git status` work here: install Git, or, if another user owns the repository, run git config --global --add safe.directory FOLDER
hint: or name the files instead: ocon plan PATH…
--- exit 64 ---
"#]]);
    let run = world.ocon("-C ours/tenants/eu plan --prune");
    assert!(run.exit == 7 && run.stderr.contains("is a submodule of"), "{}", run.stderr);
    world.write("token", "t0ken-of-the-runner: [");
    std::os::unix::fs::symlink("../token", world.path("ours/link.yaml")).unwrap();
    let run = world.ocon("-C ours/tenants/eu validate --var-file ../../link.yaml");
    assert!(run.exit == 5 && !run.stderr.contains("t0ken"), "{}", run.stderr);
    assert_eq!(world.ocon("-C ours/tenants/eu validate --var-file ../../vars.yaml").exit, 0);
    // Only the pipeline can put a clone into the folder of another repository.
    git(&world, "-C ours rm --quiet --cached tenants/eu");
    git(&world, "-C ours commit --quiet --message clone");
    assert_eq!(planned(&world, "-C ours/tenants/eu plan --changed-since origin/main"), [""; 0]);
}

#[test]
fn a_tenant_that_becomes_a_link_to_another_one_is_a_change_of_all_its_documents() {
    let world = tenant();
    world.write("tenants/test/ocon.yaml", "project: tests\n");
    world.write("tenants/test/instances/evil.yaml", SHOP.replace("Shop", "Evil"));
    git(&world, "add --all");
    git(&world, "commit --quiet --message more");
    git(&world, "branch --force main");
    git(&world, "rm --quiet -r tenants/eu");
    std::os::unix::fs::symlink("test", world.path("tenants/eu")).unwrap();
    git(&world, "add --all");
    git(&world, "commit --quiet --message change");
    assert_eq!(planned(&world, "-C tenants/eu plan --changed-since main"), ["evil"]);
    // The same from a shell in that folder.
    let mut ocon = world.command("plan --changed-since main --format json");
    let link = world.path("tenants/eu");
    let output = ocon.current_dir(&link).env("PWD", &link).output().unwrap();
    let plan: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(plan["steps"][0]["key"], "evil");
}

#[test]
fn a_name_that_is_not_unicode_hides_no_change() {
    use std::os::unix::ffi::OsStrExt as _;
    let world = tenant();
    let folder = world.path("tenants/eu/instances");
    let name = folder.join(std::ffi::OsStr::from_bytes(b"a\xffb.yaml"));
    fs::write(name, SHOP.replace("Shop", "Odd").replace("element", "key: odd\nelement")).unwrap();
    git(&world, "add --all");
    git(&world, "commit --quiet --message change");
    assert_eq!(planned(&world, "-C tenants/eu plan --changed-since main"), ["odd"]);
}
