//! The pages and pictures show what the program does.
//!
//! In a block marked `console`, a line that begins with `$ ` is a command, and a line after a `\` at the
//! end continues it. The other lines are its output, in which a line of `...` matches any lines. A block
//! marked `sh run` is a script without output. A block marked `yaml PATH` is the content of a file. The
//! test runs all steps of a page in order, in one folder, with `sh` and the `ocon` of this build.
//!
//! `SNAPSHOTS=overwrite` rewrites blocks and pictures, and keeps lines of `...`.

mod blocks;
mod comment_svg;
mod emulator;
mod install;
pub(crate) mod links;
mod pictures;
mod reader;
mod regenerate;

use std::fs;
use std::path::Path;

use ocon::catalog::Catalog;
use ocon::desired::schema;
use serde_json::Value;

pub(crate) use blocks::read;
use reader::Reader;

#[test]
fn the_readme_shows_the_output_of_the_program() {
    Reader::default().follow("README.md", 4);
}

#[test]
fn the_tour_shows_the_output_of_the_program() {
    Reader::default().follow("docs/tour.md", 10);
}

#[test]
fn the_reference_of_files_shows_the_output_of_the_program() {
    Reader::default().follow("docs/files.md", 3);
}

#[test]
fn the_reference_of_commands_shows_the_output_of_the_program() {
    let mut reader = Reader::default();
    crate::example::copy_into(reader.root());
    let home = tempfile::tempdir().unwrap();
    reader.set("HOME", home.path().to_str().unwrap());
    reader.follow("docs/commands.md", 5);
    let completions = [
        ".local/share/bash-completion/completions/ocon",
        ".zfunc/_ocon",
        ".config/fish/completions/ocon.fish",
    ];
    for file in completions {
        assert!(fs::read_to_string(home.path().join(file)).unwrap().contains("ocon"), "{file}");
    }
}

#[test]
fn the_reference_of_files_has_the_fields_of_the_schema() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/files.md");
    let page = fs::read_to_string(&path).unwrap();
    let (begin, end) = ("generated from the schema -->\n", "<!-- end of fields -->");
    let (before, rest) = page.split_once(begin).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV).eq(
        format!("{before}{begin}{}{end}{after}", fields()),
        snapbox::Data::read_from(&path, Some(snapbox::data::DataFormat::Text)).raw(),
    );
}

/// The fields of a document, as the schema of a connector describes them.
fn fields() -> String {
    let key = "stripe".parse().unwrap();
    let shape = Catalog::embedded().connector(&key).unwrap().spec(&key);
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
