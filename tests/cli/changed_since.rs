//! `--changed-since REF`: only documents that a branch changes.

use std::process::Command;

use snapbox::str;

use crate::support::{CRM, SHOP, World};

/// A repository with one commit, in which two documents are to be created.
fn repository() -> World {
    let files = [("instances/desk.yaml", CRM), ("instances/shop.yaml", SHOP)];
    let world = World::new(&files).on_sandbox().with_password();
    git(&world, "init --quiet --initial-branch main");
    commit(&world);
    world
}

/// Runs Git in the root, with an author that does not depend on the machine.
pub(crate) fn git(world: &World, line: &str) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=tests", "-c", "user.email=tests@localhost"])
        .args(line.split_whitespace())
        .current_dir(world.path(""))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env_remove("GIT_DIR")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn commit(world: &World) {
    git(world, "add --all");
    git(world, "commit --quiet --message change");
}

/// The keys of the plan's steps.
pub(crate) fn planned(world: &World, line: &str) -> Vec<String> {
    let run = world.ocon(&format!("{line} --format json"));
    let plan: serde_json::Value = serde_json::from_str(&run.stdout).expect(&run.stderr);
    assert_eq!(plan["partial"], true);
    let keys = plan["steps"].as_array().unwrap().iter().map(|step| step["key"].as_str().unwrap());
    keys.map(str::to_owned).collect()
}

#[test]
fn only_documents_that_the_branch_touches_are_planned() {
    let world = repository();
    world.ocon("plan --changed-since main").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

No changes. 0 instances match the files. This is a partial plan.
--- exit 0 ---
"#]]);
    git(&world, "switch --quiet --create branch");
    world.write("instances/shop.yaml", SHOP.replace("Shop", "Store"));
    world.write("notes.txt", "not a document\n");
    commit(&world);
    world.ocon("plan --changed-since main").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + shop  Store                                                                instances/shop.yaml:1
      + tags    shop

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged. This is a partial plan.
Requests: 2 read, 1 to write, 1 to check.
--- exit 0 ---
"#]]);
    // Uncommitted and untracked files count.
    world.write("instances/new-one.yaml", SHOP.replace("Shop", "New"));
    assert_eq!(planned(&world, "plan --changed-since main"), ["new-one", "shop"]);
    // Other commits on main do not.
    git(&world, "add --all");
    git(&world, "commit --quiet --message new");
    git(&world, "switch --quiet main");
    world.write("instances/desk.yaml", CRM.replace("Help desk", "Service desk"));
    commit(&world);
    git(&world, "switch --quiet branch");
    assert_eq!(planned(&world, "plan --changed-since main"), ["new-one", "shop"]);
    assert_eq!(world.ocon("apply --yes --changed-since main").exit, 0);
    assert_eq!(planned(&world, "plan --changed-since main"), [""; 0]);
    assert_eq!(world.ocon("plan --detailed-exitcode").exit, 2);
}

#[test]
fn a_change_of_a_shared_file_selects_its_documents() {
    let mut world = repository();
    world.write("vars.yaml", "team: one\n");
    world.write(
        "schemas/connectors/stripe.schema.json",
        include_str!("../../schemas/connectors/stripe.schema.json"),
    );
    commit(&world);
    let plan = "plan --var-file vars.yaml --changed-since HEAD";
    assert_eq!(planned(&world, plan), [""; 0]);
    world.write("vars.yaml", "team: two\n");
    assert_eq!(planned(&world, plan), ["desk", "shop"]);
    assert_eq!(planned(&world, "plan --changed-since HEAD"), [""; 0]);
    git(&world, "checkout --quiet -- .");
    world.write("ocon.yaml", "project: tests\nvars: { team: two }\n");
    assert_eq!(planned(&world, plan), ["desk", "shop"]);
    git(&world, "checkout --quiet -- .");
    let path = "schemas/connectors/stripe.schema.json";
    world.write(path, world.read(path) + "\n");
    assert_eq!(planned(&world, plan), ["shop"]);
    // A root below the root of the repository, and a setting that would change Git's output.
    git(&world, "checkout --quiet -- .");
    world.write("sub/ocon.yaml", "project: tests\n");
    world.write("sub/instances/größe.yaml", "key: size\nelement: stripe\nname: Size\n");
    git(&world, "config diff.external false");
    git(&world, "config diff.noprefix true");
    assert_eq!(planned(&world, "-C sub plan --changed-since HEAD"), ["size"]);
    world.set("GIT_EXTERNAL_DIFF", "false");
    assert_eq!(planned(&world, "-C sub plan --changed-since HEAD"), ["size"]);
}

#[cfg(unix)]
#[test]
fn a_link_leads_to_the_changed_line() {
    let world = repository();
    world.write("shared/shop.yaml", SHOP.replace("Shop", "Shared"));
    std::os::unix::fs::symlink("../shared", world.path("instances/linked")).unwrap();
    commit(&world);
    assert_eq!(planned(&world, "plan --changed-since HEAD"), [""; 0]);
    world.write("shared/shop.yaml", SHOP.replace("Shop", "Common"));
    assert_eq!(planned(&world, "plan --changed-since HEAD"), ["linked/shop"]);
    commit(&world);
    world.write("other/shop.yaml", SHOP.replace("Shop", "Other"));
    commit(&world);
    std::fs::remove_file(world.path("instances/linked")).unwrap();
    std::os::unix::fs::symlink("../other", world.path("instances/linked")).unwrap();
    assert_eq!(planned(&world, "plan --changed-since HEAD"), ["linked/shop"]);
}

#[test]
fn a_file_that_is_gone_leaves_an_orphan_and_every_file_is_checked() {
    let world = repository();
    assert_eq!(world.ocon("apply --yes").exit, 0);
    world.remove("instances/shop.yaml");
    world.ocon("plan --changed-since HEAD").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  note: shop #20932: no document describes stripe `Shop`. It is not changed. To delete it, use
        `--prune` (orphan)

No changes. 0 instances match the files; 1 orphan. This is a partial plan.
--- exit 0 ---
"#]]);
    world.write("instances/copy.yaml", format!("key: desk\n{CRM}"));
    let run = world.ocon("plan --changed-since HEAD");
    assert!(run.exit == 5 && run.stderr.contains("duplicate-document-key"), "{}", run.stderr);
}

#[test]
fn a_missing_commit_is_reported_with_the_likely_reason() {
    let world = repository();
    world.ocon("plan --changed-since nowhere").is(str![[r#"
--- stderr ---
error: Git finds no commit `nowhere` here

hint: name a branch, a tag or a commit, for example origin/main
--- exit 64 ---
"#]]);
    world.ocon("plan --changed-since=--output=x").is(str![[r#"
--- stderr ---
error: Git finds no commit `--output=x` here

hint: name a branch, a tag or a commit, for example origin/main
--- exit 64 ---
"#]]);
    git(&world, "switch --quiet --orphan other");
    world.write("instances/shop.yaml", SHOP);
    commit(&world);
    world.ocon("plan --changed-since main").is(str![[r#"
--- stderr ---
error: `main` and HEAD have no common commit

hint: name a branch, a tag or a commit, for example origin/main
--- exit 64 ---
"#]]);
    let shallow = World::new(&[]).on_sandbox();
    let origin = format!("file://{}", world.path("").display());
    git(&shallow, &format!("clone --quiet --depth 1 {origin} clone"));
    shallow.write("clone/instances/shop.yaml", SHOP);
    shallow.ocon("-C clone plan --changed-since origin/main").is(str![[r#"
--- stderr ---
error: Git finds no commit `origin/main` here

hint: this clone has only a part of the history: fetch all of it (`fetch-depth: 0` in GitHub Actions, `GIT_DEPTH: 0` in GitLab CI)
--- exit 64 ---
"#]]);
}

/// A branch and `main` that both merged the same commits. Each of these commits is a merge base.
fn crossed(count: usize) -> World {
    let world = repository();
    let tree = git(&world, "rev-parse HEAD^{tree}").trim().to_owned();
    let commit = |message: &str, parents: &[&str]| {
        let parents = parents.join(" -p ");
        git(&world, &format!("commit-tree {tree} -m {message} -p {parents}")).trim().to_owned()
    };
    let sides: Vec<_> = (0..count).map(|side| commit(&format!("side{side}"), &["HEAD"])).collect();
    let sides: Vec<_> = sides.iter().map(String::as_str).collect();
    let (left, right) = (commit("left", &sides), commit("right", &sides));
    git(&world, &format!("update-ref refs/heads/crossed {left}"));
    git(&world, &format!("reset --quiet --hard {right}"));
    assert_eq!(git(&world, "merge-base --all crossed HEAD").lines().count(), count);
    world
}

#[test]
fn histories_that_cross_too_often_are_not_compared() {
    assert!(planned(&crossed(8), "plan --changed-since crossed").is_empty());
    crossed(9).ocon("plan --changed-since crossed").is(str![[r#"
--- stderr ---
error: the histories of `crossed` and HEAD have more than 8 merge bases, too many to compare

hint: name a commit that HEAD contains, for example --changed-since HEAD~1
hint: or name the files instead: ocon plan PATH…
--- exit 64 ---
"#]]);
}

#[test]
fn a_missing_git_is_reported() {
    let mut world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    world.ocon("plan --changed-since main").is(str![[r#"
--- stderr ---
error: Git cannot be queried, but --changed-since needs it
  caused by: no folder above has a `.git`

hint: make `git status` work here: install Git, or, if another user owns the repository, run git config --global --add safe.directory FOLDER
hint: or name the files instead: ocon plan PATH…
--- exit 64 ---
"#]]);
    git(&world, "init --quiet --initial-branch main");
    world.set("PATH", "/nowhere");
    world.ocon("plan --changed-since main").is(str![[r#"
--- stderr ---
error: Git cannot be queried, but --changed-since needs it
  caused by: `git` is not on the PATH

hint: make `git status` work here: install Git, or, if another user owns the repository, run git config --global --add safe.directory FOLDER
hint: or name the files instead: ocon plan PATH…
--- exit 64 ---
"#]]);
}

#[test]
fn neither_paths_nor_prune_go_with_it() {
    let world = World::new(&[]);
    for line in ["plan instances --changed-since main", "apply --prune --changed-since main"] {
        assert_eq!(world.ocon(line).exit, 64, "{line}");
    }
}

#[cfg(unix)]
#[test]
fn symlinks_in_a_path_and_unusual_settings_hide_no_change() {
    let world = repository();
    world.write("lib/one.yaml", SHOP);
    world.write("lib/two.yaml", SHOP.replace("Shop", "Store"));
    let link = |target: &str, name: &str| {
        std::fs::remove_file(world.path(name)).ok();
        std::os::unix::fs::symlink(target, world.path(name)).unwrap();
    };
    link("one.yaml", "lib/current.yaml");
    link("../lib/current.yaml", "instances/linked.yaml");
    commit(&world);
    link("two.yaml", "lib/current.yaml");
    assert_eq!(planned(&world, "plan --changed-since HEAD"), ["linked"]);
    git(&world, "config diff.relative true");
    git(&world, "config core.hooksPath .hooks");
    world.write(".hooks/post-index-change", "#!/bin/sh\nenv > leaked\n");
    std::fs::set_permissions(
        world.path(".hooks/post-index-change"),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    assert_eq!(planned(&world, "plan --changed-since HEAD"), ["linked"]);
    assert!(!world.path("leaked").exists());
}

#[test]
fn files_of_a_nested_repository_count_as_changed() {
    let world = repository();
    world.write("instances/sub/shop.yaml", SHOP);
    let inner = world.path("instances/sub");
    let inner = inner.to_str().unwrap();
    git(&world, &format!("-C {inner} init --quiet --initial-branch main"));
    git(&world, &format!("-C {inner} add --all"));
    git(&world, &format!("-C {inner} commit --quiet --message one"));
    commit(&world);
    world.write("instances/sub/shop.yaml", SHOP.replace("Shop", "Store"));
    git(&world, &format!("-C {inner} commit --quiet --all --message two"));
    world
        .write(".gitmodules", "[submodule \"s\"]\npath = instances/sub\nurl = ./s\nignore = all\n");
    let planned = planned(&world, "plan --changed-since HEAD");
    assert!(planned.contains(&"sub/shop".to_owned()), "{planned:?}");
}

#[test]
fn the_root_may_be_the_folder_of_instances() {
    let world = World::new(&[]).on_sandbox();
    git(&world, "init --quiet --initial-branch main");
    world.write("i/shop.yaml", SHOP);
    std::fs::remove_file(world.path("ocon.yaml")).unwrap();
    commit(&world);
    world.write("i/shop.yaml", SHOP.replace("Shop", "Store"));
    world.ocon("--instances . --project tests plan --changed-since HEAD").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + i/shop  Store                                                                      i/shop.yaml:1
      + tags    shop

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged. This is a partial plan.
Requests: 2 read, 1 to write, 1 to check.
--- exit 0 ---
"#]]);
    assert_eq!(world.ocon("--instances . --project tests plan i").exit, 0);
}
