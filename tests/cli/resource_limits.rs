//! Files that try to exhaust the time or the memory of a runner.

#[cfg(unix)]
use std::os::unix::fs::symlink;

use snapbox::str;

use crate::support::{SHOP, World};

#[cfg(unix)]
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
--- stderr ---
error[too-many-files]: links in this folder lead to more than 20000 files and folders
 --> instances
  = help: remove links from one folder to another
--- exit 5 ---
"#]]);
}

#[test]
fn all_files_together_have_a_bounded_number_of_documents() {
    let world = World::new(&[]);
    for file in 0..21 {
        // A document without a connector is read fast and is one problem.
        let documents: String = (0..5_000).map(|_| "---\nname: A\n").collect();
        world.write(&format!("instances/{file}.yaml"), documents);
    }
    world.ocon("validate").is(str![[r#"
--- stderr ---
error[too-many-files]: the files in this folder contain more than 100000 documents
 --> instances
  = help: name another folder with `--instances DIR`
--- exit 5 ---
"#]]);
}

#[test]
fn all_files_together_have_a_bounded_size() {
    let world =
        World::new(&[("ocon.yaml", &format!("vars: {{ long: {} }}\n", "x".repeat(900_000)))]);
    let shop = SHOP.replace("name: Shop", "name: ${{ var.long }}");
    assert!(shop.contains("var.long"));
    for file in 0..300 {
        world.write(&format!("instances/{file}.yaml"), &shop);
    }
    world.ocon("validate").is(str![[r#"
--- stderr ---
error[too-many-files]: the files in this folder and the variables in them are together larger than 256 MiB
 --> instances
  = help: name another folder with `--instances DIR`
--- exit 5 ---
"#]]);
}

#[test]
fn variables_put_a_bounded_text_into_a_file() {
    let long = "x".repeat(400_000);
    let world = World::new(&[("ocon.yaml", &format!("vars: {{ long: {long} }}\n"))]);
    let with = |references: usize| {
        let text = "${{ var.long }}".repeat(references);
        format!("{SHOP}configuration:\n  some.text: \"{text}\"\n")
    };
    world.write("instances/shop.yaml", with(2));
    assert_eq!(world.ocon("validate").exit, 0);
    world.write("instances/shop.yaml", with(3));
    world.ocon("validate").is(str![[r#"
--- stderr ---
warning[unknown-field]: the configuration key `some.text` is not documented for `stripe`
 --> instances/shop.yaml:5:3
  |
5 |   some.text: "${{ var.long }}${{ var.long }}${{ var.long }}"
  |   ^^^^^^^^^
  |
  = help: run `ocon schema pull stripe` to get the keys of your tenant: the platform accepts unknown keys silently

error[expansion-limit]: the variables in this file, up to `long`, add more than 1 MiB
 --> instances/shop.yaml:5:45
  |
5 |   some.text: "${{ var.long }}${{ var.long }}${{ var.long }}"
  |                                             ^^^^^^^^^^^^^^^
  |
  = help: use a shorter variable, or refer to it less often

1 error, 1 warning in 1 file
--- exit 5 ---
"#]]);
}

/// The schema file for the connector of [`SHOP`].
const SCHEMA: &str = "schemas/connectors/stripe.schema.json";

/// A schema that refuses values of `name` by this many patterns.
fn schema(pattern: &str, count: usize) -> String {
    let rules: Vec<_> = (0..count)
        .map(|rule| serde_json::json!({ "not": { "pattern": format!("{pattern}%{rule}") } }))
        .collect();
    serde_json::json!({ "properties": { "name": { "allOf": rules } } }).to_string()
}

#[test]
fn patterns_of_a_schema_and_texts_are_bounded_together() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]);
    world.write(SCHEMA, schema("[ab]*a[ab]{200}", 40));
    assert_eq!(world.ocon("validate").exit, 0);
    let name = "ab".repeat(5_000);
    world.write("instances/shop.yaml", SHOP.replace("Shop", &name));
    world.ocon("validate").is(str![[r#"
--- stderr ---
error[file-too-large]: this document is too large for the schema of `stripe`
 --> instances/shop.yaml:1:1
  |
1 | element: stripe
  | ^^^^^^^
  |
  = help: make the document smaller: a typical one has a few KB
--- exit 5 ---
"#]]);
    world.write(SCHEMA, schema("[ab]*a", 40));
    assert_eq!(world.ocon("validate").exit, 0);
}

#[test]
fn compiled_patterns_have_a_bounded_size() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]);
    // Each schema fits, but all of them together do not.
    world.write(SCHEMA, schema(r"\p{L}{8}", 250));
    world.ocon("validate").is(str![[r#"
--- stderr ---
error[invalid-schema]: the schemas of this repository, or their patterns, are too large
 --> schemas/connectors/stripe.schema.json
  = help: run `ocon schema pull` to write the schema of a connector again
  = help: remove schemas, or shorten their patterns
--- exit 5 ---
"#]]);
    world.write(SCHEMA, schema(r"\p{L}{80}", 1));
    world.ocon("validate").is(str![[r#"
--- stderr ---
error[invalid-schema]: this is not a JSON Schema: a pattern is invalid or takes more than 1 MiB when compiled, at /properties/name/allOf/0/not/pattern
 --> schemas/connectors/stripe.schema.json
  = help: run `ocon schema pull` to write the schema of a connector again
--- exit 5 ---
"#]]);
    world.write(SCHEMA, schema(r"\p{Lu}", 10));
    assert_eq!(world.ocon("validate").exit, 0);
}
