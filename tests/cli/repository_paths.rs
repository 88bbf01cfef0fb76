//! Annotations and links have the path in the Git repository, wherever ocon runs.

#![cfg(unix)]

use std::os::unix::fs::symlink;

use serde_json::Value;

use crate::support::{SHOP, World};

const DUPLICATE: &str = "element: stripe\nname: Shop\nname: B\n";
const IN_REPOSITORY: &str = "tenants/eu/instances/shop.yaml";

/// How ocon can run for the tenant: the folder, and the option for the root.
const RUNS: [(&str, &str); 5] = [
    (".", "-C tenants/eu"),
    ("tenants", "-C eu"),
    ("tenants/eu", ""),
    ("tenants/us", "-C ../eu"),
    (".", "-C current"),
];

fn tenant(text: &str) -> World {
    let world = World::new(&[]).on_sandbox();
    world.write(".git/HEAD", "ref: refs/heads/main\n");
    world.write(IN_REPOSITORY, text);
    world.write("tenants/eu/ocon.yaml", "project: tests\n");
    world.write("tenants/us/instances/.keep", "");
    symlink("tenants/eu", world.path("current")).unwrap();
    world
}

#[test]
fn github_and_sarif_show_the_path_in_the_repository() {
    let world = tenant(DUPLICATE);
    let absolute = format!("-C {}", world.path("tenants/eu").display());
    for (folder, root) in RUNS.into_iter().chain([("/", absolute.as_str())]) {
        let github = world.ocon_in(folder, &format!("validate {root} --format github")).stdout;
        assert!(github.starts_with(&format!("::error file={IN_REPOSITORY},")), "{root}: {github}");
        assert!(github.contains(&format!("first occurrence: {IN_REPOSITORY}:2:1")), "{github}");
        let sarif = world.ocon_in(folder, &format!("validate {root} --format sarif")).stdout;
        let sarif: Value = serde_json::from_str(&sarif).unwrap();
        let result = &sarif["runs"][0]["results"][0];
        for location in [&result["locations"][0], &result["relatedLocations"][0]] {
            let artifact = &location["physicalLocation"]["artifactLocation"];
            assert_eq!(artifact["uri"], IN_REPOSITORY, "{folder} {root}");
        }
    }
}

#[test]
fn a_plan_has_annotations_and_links_with_the_path_in_the_repository() {
    let mut world = tenant(SHOP);
    world.set("GITHUB_SERVER_URL", "https://github.com");
    world.set("GITHUB_REPOSITORY", "group/name");
    world.set("GITHUB_SHA", "0123abc");
    world.set("GITHUB_WORKSPACE", &world.path("..").display().to_string());
    let link = format!("https://github.com/group/name/blob/0123abc/{IN_REPOSITORY}#L1");
    for (folder, root) in RUNS {
        let github = world.ocon_in(folder, &format!("plan {root} --format github")).stdout;
        let place = format!("::notice file={IN_REPOSITORY},line=1");
        assert!(github.contains(&place), "{folder} {root}: {github}");
        let comment = world.ocon_in(folder, &format!("plan {root} --format markdown")).stdout;
        assert!(comment.contains(&link), "{folder} {root}: {comment}");
    }
}

#[test]
fn a_repository_within_the_one_of_the_pipeline_has_no_links() {
    let mut world = tenant(SHOP);
    world.write("tenants/eu/.git", "gitdir: ../../.git/modules/eu\n");
    world.set("GITHUB_SERVER_URL", "https://github.com");
    world.set("GITHUB_REPOSITORY", "group/name");
    world.set("GITHUB_SHA", "0123abc");
    world.set("GITHUB_WORKSPACE", &world.path("").display().to_string());
    let comment = world.ocon("-C tenants/eu plan --format markdown").stdout;
    assert!(comment.contains("`instances/shop.yaml:1`"), "{comment}");
    assert!(!comment.contains("https://github.com"), "{comment}");
    let github = world.ocon("-C tenants/eu plan --format github").stdout;
    assert!(github.contains("file=instances/shop.yaml,line=1"), "{github}");
}
