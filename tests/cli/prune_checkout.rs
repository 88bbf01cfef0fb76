//! `--prune` in a working tree that does not have every instance file that Git has.

use snapbox::str;

use crate::changed_since::{commit, git};
use crate::support::World;

/// A repository with four applied documents in two folders, and one commit.
fn repository() -> World {
    let document = |name: &str| format!("element: stripe\nname: {name}\n");
    let files = ["a/one", "a/two", "b/one", "b/two"];
    let world = World::new(&[("notes.txt", "no document\n")]).on_sandbox();
    for name in files {
        world.write(&format!("instances/{name}.yaml"), document(name));
    }
    git(&world, "init --quiet --initial-branch main");
    commit(&world);
    assert_eq!(world.ocon("apply --yes").exit, 0);
    world.requests();
    world
}

/// Checks that every file exists, and that the platform has four instances and received no request.
fn nothing_happened(world: &World) {
    assert_eq!(world.requests(), "");
}

#[test]
fn a_sparse_checkout_prunes_nothing() {
    let world = repository();
    git(&world, "sparse-checkout set instances/a");
    world.ocon("apply --prune --yes").is(str![[r#"
--- stderr ---
error: --prune would delete instances whose files are not checked out, so nothing was contacted
  caused by: these files are in Git but not on disk: instances/b/one.yaml, instances/b/two.yaml

hint: if they are missing by mistake, restore them: git sparse-checkout disable, git submodule update --init, or git restore FILE
hint: if they were deleted or moved on purpose, commit that first: git add --all && git commit
--- exit 7 ---
"#]]);
    nothing_happened(&world);
    assert_eq!(world.ocon("plan --prune").exit, 7);
    // Without --prune, the instance of a missing file is an orphan, which gets a note.
    assert_eq!(world.ocon("plan").exit, 0);
}

#[test]
fn a_deletion_prunes_once_it_is_committed() {
    let world = repository();
    world.remove("instances/b/two.yaml");
    assert_eq!(world.ocon("apply --prune --yes").exit, 7);
    git(&world, "rm --quiet --cached instances/b/two.yaml");
    assert_eq!(world.ocon("apply --prune --yes").exit, 7);
    nothing_happened(&world);
    git(&world, "commit --quiet --message delete");
    world.ocon("apply --prune --yes --quiet").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  - b/two  b/two  #2093[..]  delete

Plan: 0 to create, 0 to update, 1 to delete; 3 unchanged.
Requests: 1 read, 1 to write, 1 to check.

Applied: 1 deleted.
--- exit 0 ---
"#]]);
}

#[test]
fn a_saved_plan_with_deletes_needs_the_whole_checkout_as_well() {
    let world = repository();
    git(&world, "rm --quiet instances/b/two.yaml");
    git(&world, "commit --quiet --message delete");
    assert_eq!(world.ocon("plan --prune --out plan.json").exit, 0);
    git(&world, "sparse-checkout set instances/a");
    assert_eq!(world.ocon("apply plan.json").exit, 7);
    git(&world, "sparse-checkout disable");
    assert_eq!(world.ocon("apply plan.json").exit, 0);
}

#[test]
fn a_new_file_and_a_repository_without_a_commit_prune() {
    let world = repository();
    world.write("instances/c.yaml", "element: stripe\nname: c\n");
    assert_eq!(world.ocon("plan --prune").exit, 0);
    let world = World::new(&[("instances/c.yaml", "element: stripe\nname: c\n")]).on_sandbox();
    git(&world, "init --quiet --initial-branch main");
    assert_eq!(world.ocon("plan --prune").exit, 0);
}

#[test]
fn where_git_cannot_be_queried_nothing_is_pruned() {
    let mut world = repository();
    world.set("PATH", "/nowhere");
    world.ocon("apply --prune --yes").is(str![[r#"
--- stderr ---
error: Git cannot be queried, but --prune must know whether all instance files are checked out, so nothing was contacted
  caused by: `git` is not on the PATH

hint: make `git status` work here: install Git, or, if another user owns the repository, run git config --global --add safe.directory FOLDER
hint: ocon cannot check submodules and other repositories: run ocon in a separate clone of them (-C DIR)
--- exit 7 ---
"#]]);
    let world = repository();
    world.write(".git/config", "[core\n");
    let run = world.ocon("apply --prune --yes");
    assert_eq!(run.exit, 7);
    assert!(
        run.stderr.contains("caused by: fatal: bad config line 1 in file .git/config"),
        "{}",
        run.stderr
    );
    nothing_happened(&world);
}

/// The first missing file that a refused apply reports.
fn missing(world: &World) -> String {
    let run = world.ocon("apply --prune --yes");
    assert_eq!(run.exit, 7, "{}", run.stderr);
    nothing_happened(world);
    let cause = run.stderr.lines().find_map(|line| line.strip_prefix("  caused by: "));
    cause.unwrap_or_default().to_owned()
}

/// A separate repository with the files of folder `b`, next to the root's.
fn elsewhere(world: &World) {
    git(world, "clone --quiet . elsewhere.git");
    git(world, "-C elsewhere.git mv instances/b/one.yaml instances/b/two.yaml .");
    git(world, "-C elsewhere.git rm --quiet ocon.yaml");
    git(world, "-C elsewhere.git commit --quiet --message elsewhere");
}

#[test]
fn a_submodule_prunes_nothing_because_git_is_not_asked_about_it() {
    let world = repository();
    elsewhere(&world);
    git(&world, "rm --quiet -r instances/b");
    git(&world, "-c protocol.file.allow=always submodule --quiet add ./elsewhere.git instances/b");
    commit(&world);
    let another = "instances/b is another repository than the one that contains the root";
    assert_eq!(missing(&world), another);
    git(&world, "submodule --quiet deinit --force instances/b");
    assert_eq!(
        missing(&world),
        "these files are in Git but not on disk: the submodule instances/b"
    );
}

#[cfg(unix)]
#[test]
fn a_clone_below_the_folder_of_instances_or_behind_a_link_prunes_nothing() {
    let world = repository();
    git(&world, "clone --quiet . nested");
    git(&world, "-C nested rm --quiet ocon.yaml");
    let another = |world: &World| {
        let missing = missing(world);
        assert!(
            missing.ends_with("is another repository than the one that contains the root"),
            "{missing}"
        );
    };
    std::fs::create_dir(world.path("instances/deep")).unwrap();
    std::fs::rename(world.path("nested"), world.path("instances/deep/nested")).unwrap();
    another(&world);
    std::fs::rename(world.path("instances/deep/nested"), world.path("nested")).unwrap();
    std::os::unix::fs::symlink("../../nested/instances", world.path("instances/deep/link"))
        .unwrap();
    another(&world);
}

#[cfg(unix)]
#[test]
fn the_target_of_a_symlink_must_exist() {
    let world = repository();
    std::fs::create_dir(world.path("shared")).unwrap();
    std::fs::rename(world.path("instances/b"), world.path("shared/b")).unwrap();
    std::os::unix::fs::symlink("../shared/b", world.path("instances/b")).unwrap();
    commit(&world);
    assert_eq!(world.ocon("plan --prune").exit, 0);
    world.requests();
    git(&world, "sparse-checkout set --no-cone /* !/shared/b/two.yaml");
    assert!(missing(&world).contains("shared/b/two.yaml"));
    git(&world, "sparse-checkout set --no-cone /* !/shared");
    // The files cannot be read, so ocon does not compare them with the platform.
    assert_eq!(world.ocon("apply --prune --yes").exit, 5);
    nothing_happened(&world);
}

#[test]
fn a_repository_that_only_the_environment_names_cannot_be_queried() {
    let mut world = repository();
    std::fs::rename(world.path(".git"), world.path("hidden.git")).unwrap();
    let hidden = world.path("hidden.git");
    world.set("GIT_DIR", hidden.to_str().unwrap());
    assert_eq!(missing(&world), "GIT_DIR names a repository, but no folder above has a `.git`");
}

#[test]
fn an_unreadable_head_is_not_an_empty_branch() {
    let world = repository();
    git(&world, "rm --quiet instances/b/two.yaml");
    let head = git(&world, "rev-parse HEAD");
    let (folder, file) = head.trim().split_at(2);
    world.remove(&format!(".git/objects/{folder}/{file}"));
    assert!(missing(&world).starts_with("fatal: "), "{}", missing(&world));
}
