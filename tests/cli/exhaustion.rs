//! What the author of a pull request writes to use up the time or the memory of a runner.

use std::os::unix::fs::symlink;

use snapbox::str;

use crate::support::{SHOP, World};

#[test]
fn folders_that_link_to_each_other_are_followed_within_bounds() {
    const LEVELS: usize = 17;
    let world = World::new(&[("instances/shop.yaml", SHOP)]);
    for level in 0..=LEVELS {
        std::fs::create_dir_all(world.path(&format!("d/{level}"))).unwrap();
    }
    for level in 0..LEVELS {
        for name in ["a", "b"] {
            let next = format!("../{}", level + 1);
            symlink(next, world.path(&format!("d/{level}/{name}"))).unwrap();
        }
    }
    symlink("../d/0", world.path("instances/d")).unwrap();
    world.ocon("validate").is(str![[r#"
$ ocon validate
--- stderr ---
error[too-many-files]: links in this folder lead to more than 20000 files and folders
 --> instances
  = help: remove links from one folder to another
--- exit 5 ---

"#]]);
}
