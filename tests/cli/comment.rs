//! `--format markdown` beyond the plan: failures, links (`--file-url`) and `--max-bytes`.

use snapbox::str;

use crate::support::{SHOP, World};

#[test]
fn an_empty_plan_is_a_comment_too() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    world.ocon("apply --yes --quiet --format markdown").is(str![[r#"
<!-- ocon-apply project=tests at=127.0.0.1:[PORT] -->
## ocon apply: 1 created

Project `tests` at `http://127.0.0.1:[PORT]/elements/api-v2`

### Done: 1

<details><summary><code>+ create</code> <code>shop</code> <code>Shop</code> (<code>stripe</code>) <code>#20931</code></summary>

`instances/shop.yaml:1`

```diff
+ tags: shop
```

</details>

--- exit 0 ---
"#]]);
    world.ocon("apply --yes --quiet --format markdown").is(str![[r#"
<!-- ocon-apply project=tests at=127.0.0.1:[PORT] -->
## ocon apply: no changes

Project `tests` at `http://127.0.0.1:[PORT]/elements/api-v2`

1 instance matches the files.
--- exit 0 ---
"#]]);
    world.ocon("plan --format markdown").is(str![[r#"
<!-- ocon-plan project=tests at=127.0.0.1:[PORT] -->
## ocon plan: no changes

Project `tests` at `http://127.0.0.1:[PORT]/elements/api-v2`

1 instance matches the files.

`ocon explain CODE` explains the codes in brackets. Requests: 1 read, 0 to write.
--- exit 0 ---
"#]]);
}

#[test]
fn a_failure_is_a_comment_and_keeps_its_exit_code() {
    let mut world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    world.unset("OCON_USER_SECRET");
    world.ocon("plan --format markdown").is(str![[r#"
<!-- ocon-plan project=tests at=127.0.0.1:[PORT] -->
## ocon plan: failed (exit 6)

```text
error: OCON_USER_SECRET is not set

hint: copy the user secret from My Profile and the organization secret from Security in the user interface
hint: or give them as files: --user-secret-file, --organization-secret-file
hint: or try ocon without a tenant: --sandbox
```
--- stderr ---
error: OCON_USER_SECRET is not set

hint: copy the user secret from My Profile and the organization secret from Security in the user interface
hint: or give them as files: --user-secret-file, --organization-secret-file
hint: or try ocon without a tenant: --sandbox
--- exit 6 ---
"#]]);
    world.write("instances/shop.yaml", "element: stripe\nname: \"a ``` b\"\ntag: []\n");
    world.ocon("plan --format markdown").is(str![[r#"
<!-- ocon-plan project=tests at=127.0.0.1:[PORT] -->
## ocon plan: failed (exit 5)

```text
error[unknown-key]: `tag` is not a key of a document
 --> instances/shop.yaml:3:1
  |
3 | tag: []
  | ^^^
  |
  = help: did you mean `tags`?
```
--- stderr ---
error[unknown-key]: `tag` is not a key of a document
 --> instances/shop.yaml:3:1
  |
3 | tag: []
  | ^^^
  |
  = help: did you mean `tags`?
--- exit 5 ---
"#]]);
}

#[test]
fn links_lead_to_the_files_of_this_commit() {
    let mut world =
        World::new(&[("sub/ocon.yaml", "project: tests\n"), ("sub/instances/shop.yaml", SHOP)])
            .on_sandbox();
    let link = |world: &World, line: &str| -> String {
        let comment = world.ocon(&format!("{line} --format markdown")).stdout;
        comment.lines().find(|line| line.contains("shop.yaml:1")).unwrap().to_owned()
    };
    assert!(link(&world, "-C sub plan").ends_with("`instances/shop.yaml:1`"));
    world.set("CI_PROJECT_URL", "https://gitlab.example/group/name");
    world.set("CI_COMMIT_SHA", "0123abc");
    world.set("CI_PROJECT_DIR", &world.path("").display().to_string());
    let expected = "[`instances/shop.yaml:1`](https://gitlab.example/group/name/-/blob/0123abc/sub/instances/shop.yaml#L1)";
    assert!(link(&world, "-C sub plan").ends_with(expected));
    // The folder of a container is not known here. The repository is.
    world.write(".git/HEAD", "");
    world.set("CI_PROJECT_DIR", "/builds/group/name");
    assert!(link(&world, "-C sub plan").ends_with(expected));
    let given = "--file-url https://forge.example/x";
    let expected = "(https://forge.example/x/instances/shop.yaml#L1)";
    assert!(link(&world, &format!("-C sub plan {given}")).ends_with(expected));
    // Outside the checkout, a link would be broken.
    world.set("CI_PROJECT_DIR", "/usr");
    assert!(link(&world, "-C sub plan").ends_with("`instances/shop.yaml:1`"));
}

#[test]
fn links_lead_to_azure_repos() {
    let files = [("sub/ocon.yaml", "project: tests\n"), ("sub/instances/shop.yaml", SHOP)];
    let mut world = World::new(&files).on_sandbox();
    let folder = world.path("").display().to_string();
    for (name, value) in [
        ("BUILD_REPOSITORY_URI", "https://o@dev.azure.com/o/p/_git/r"),
        ("BUILD_REPOSITORY_PROVIDER", "TfsGit"),
        ("BUILD_SOURCEVERSION", "0123abc"),
        ("BUILD_SOURCESDIRECTORY", &folder),
    ] {
        world.set(name, value);
    }
    let comment = world.ocon("-C sub plan --format markdown").stdout;
    let link = "(https://dev.azure.com/o/p/_git/r?version=GC0123abc&path=/sub/instances/shop.yaml\
                &line=1&lineEnd=2&lineStartColumn=1&lineEndColumn=1)";
    assert!(comment.contains(link), "{comment}");
    // Azure Pipelines can also build repositories of other hosts.
    world.set("BUILD_REPOSITORY_PROVIDER", "GitHub");
    assert!(!world.ocon("-C sub plan --format markdown").stdout.contains(".yaml:1`]("));
}

#[test]
fn a_comment_has_a_minimum_size() {
    World::new(&[]).on_sandbox().ocon("plan --format markdown --max-bytes 100").is(str![[r#"
--- stderr ---
error: invalid value '100' for '--max-bytes <N>': write a number of at least 2000

For more information, try '--help'.
--- exit 64 ---
"#]]);
}
