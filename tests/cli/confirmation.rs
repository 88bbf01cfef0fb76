//! The question of `ocon apply`, answered with `yes` after some time.

#![cfg(target_os = "linux")]

use std::io::Write as _;

use serde_json::json;
use snapbox::str;

use crate::interruption::at_the_question;
use crate::snapshot::Snapshot as _;
use crate::support::{SHOP, World};

fn world() -> World {
    World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox()
}

/// Applies interactively, and answers `yes` after `meanwhile`.
fn says_yes(world: &World, meanwhile: impl Fn()) -> String {
    let (shown, exit) = at_the_question(world, |script| {
        meanwhile();
        script.stdin.as_mut().unwrap().write_all(b"yes\n").unwrap();
    });
    format!("{}--- exit {} ---", world.constant(&shown), exit.unwrap())
}

#[test]
fn the_plan_that_was_shown_is_applied() {
    let world = world();
    says_yes(&world, || ()).is(str![[r#"
yes

  + shop  #20931

Applied: 1 created.
--- exit 0 ---
"#]]);
}

/// A colleague moves the file and applies it, so that the instance belongs to another document.
#[test]
fn changes_during_the_question_are_left_alone() {
    let world = world();
    assert_eq!(world.ocon("apply --yes").exit, 0);
    world.write("instances/shop.yaml", SHOP.replace("Shop", "Web shop"));
    world.requests();
    let shown = says_yes(&world, || {
        world.requests();
        let tags = json!({ "tags": ["ocon:project=tests", "ocon:key=moved"] });
        world.send("PATCH", "/instances/20931", &tags);
    });
    assert_eq!(world.writes(), "");
    shown.is(str![[r#"
yes
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  ! shop  stale update                                                         instances/shop.yaml:1
      the file or the instance changed since the plan was made. The current steps are shown below.
      Plan again
    |   + shop  Web shop                                                       instances/shop.yaml:1
    |       + tags    shop

  note: shop #20931: no document describes instance 20931, stripe `Shop`, anymore. If this document
        continues it, add `moved_from: moved` to keep its ID and token (maybe-moved)
  note: moved #20931: no document describes stripe `Shop`. It is not changed. `shop` has the same
        connector and is created or blocked. Before you run `--prune`, make sure that `shop` is not
        this instance under another document key (orphan)

Plan: 0 to create, 0 to update, 0 to delete, 1 stale; 0 unchanged, 1 orphan, 0 unmanaged.
Requests: 2 read, 0 to write.

Applied: nothing. Stale: 1. Plan again: the state changed since the plan.
--- exit 4 ---
"#]]);
}
