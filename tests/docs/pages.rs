//! The output that the pages show is what the program prints.
//!
//! In blocks marked `console`, a line that begins with `$ ` is a command, lines that begin with `> `
//! below it belong to it, and the next lines are its output, in which a line of three dots stands for
//! any lines. A block marked `yaml PATH` is a file that a reader writes there. A page is run in
//! order in one folder, by `sh`, with `ocon` as this build's binary.

mod blocks;
mod events;
mod runner;

use std::fs;
use std::path::Path;

use ocon::catalog::Catalog;
use ocon::desired::schema;
use serde_json::Value;
use snapbox::Data;
use snapbox::data::DataFormat;

use crate::snapshot::Snapshot as _;
use runner::PageRunner;

#[test]
fn the_readme_shows_the_real_output() {
    let runner = PageRunner::default();
    crate::example::copy_into(runner.root());
    runner.follow("README.md", 2);
}

#[test]
fn the_tour_shows_the_real_output() {
    PageRunner::default().follow("docs/tour.md", 10);
}

#[test]
fn the_file_reference_shows_the_real_output() {
    PageRunner::default().follow("docs/files.md", 3);
}

#[test]
fn the_file_reference_has_the_fields_of_the_schema() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/files.md");
    let page = fs::read_to_string(&path).unwrap();
    let (begin, end) = ("generated from the schema -->\n", "<!-- end of fields -->");
    let (before, rest) = page.split_once(begin).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    format!("{before}{begin}{}{end}{after}", fields()).is(Data::read_from(
        &path,
        Some(DataFormat::Text),
    )
    .raw());
}

/// The fields of a document, from the schema of a connector.
fn fields() -> String {
    let key = "stripe".parse().unwrap();
    let shape = Catalog::embedded().connector(&key).unwrap().shape(&key);
    let schema: Value = serde_json::from_str(&schema::connector(&shape).unwrap()).unwrap();
    let lifecycle = &schema["properties"]["lifecycle"];
    let ignore = &lifecycle["properties"]["ignore"]["items"];
    let rows =
        [rows("", &schema), rows("lifecycle.", lifecycle), rows("lifecycle.ignore[].", ignore)];
    format!("| field | required | meaning |\n|---|---|---|\n{}", rows.concat())
}

fn rows(prefix: &str, schema: &Value) -> String {
    let required = |name: &str| {
        let names = schema["required"].as_array();
        names.is_some_and(|names| names.iter().any(|required| required == name))
    };
    let properties = schema["properties"].as_object().unwrap();
    let row = |(name, property): (&String, &Value)| {
        let meaning = property["description"].as_str().unwrap().split_whitespace();
        let meaning = meaning.collect::<Vec<_>>().join(" ");
        let required = if required(name) { "yes" } else { "" };
        format!("| `{prefix}{name}` | {required} | {meaning} |\n")
    };
    properties.iter().map(row).collect::<Vec<_>>().concat()
}
