//! What is on stdout for every command, format and exit code: exactly one document, or nothing.
//!
//! Each row of [`rows::ROWS`] runs in every format of its command. The exit code must not depend on the
//! format, JSON must conform to its schema in `schemas/`, and SARIF to the schema of OASIS. The result is the
//! table in `docs/commands.md`.

mod rows;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use snapbox::Data;
use snapbox::data::DataFormat;
use snapbox::str;

use crate::sarif_schema;
use crate::snapshot::Snapshot as _;
use crate::support::{World, terminate};
use rows::{Row, Run};

const FORMATS: [&str; 6] = ["text", "json", "markdown", "html", "github", "sarif"];
const BEGIN: &str = "<!-- generated: the documents on stdout -->\n";
const END: &str = "<!-- end of documents -->";

#[test]
fn stdout_has_one_document_whatever_the_exit_code() {
    let schemas = Schemas::read();
    let mut table = String::from(
        "| command | exit code | when | text | JSON | Markdown | HTML | GitHub | SARIF |\n",
    );
    table.push_str("|---|---|---|---|---|---|---|---|---|\n");
    for row in rows::ROWS {
        let command = row.arguments.split(' ').next().unwrap();
        let supported = row.formats.split(' ');
        let supported: Vec<&str> = supported.collect();
        let cells = FORMATS.map(|format| {
            if supported.contains(&format) { cell(row, format, &schemas) } else { String::new() }
        });
        table.push_str(&format!("| {command} | {} | {} |", row.exit, row.when));
        table.extend(
            cells.map(|cell| if cell.is_empty() { " |".into() } else { format!(" {cell} |") }),
        );
        table.push('\n');
    }
    replace_in_page(&table);
}

/// The arguments of a row whose format has no document: the exit code stays, and stdout has JSON.
#[test]
fn a_format_that_a_command_does_not_support_is_a_failure_document() {
    let schemas = Schemas::read();
    let commands =
        ["import --all", "new slack", "token shop", "schema pull stripe", "explain", "nope", ""];
    for command in commands {
        let world = World::new(&[]);
        for flag in ["--format json", "--format=json"] {
            let run = world.ocon(format!("{flag} {command}").trim());
            let document = schemas.conforming(&run.stdout);
            assert_eq!((run.exit, &document["exit"]), (64, &Value::from(64)), "{command}");
            assert_eq!(document["code"], "usage", "{command}");
        }
    }
}

#[test]
fn a_usage_error_has_its_tips_as_hints() {
    World::new(&[]).ocon("plan --format=json --detailed-exit").is(str![[r#"
{
  "format": "ocon-failure",
  "version": 1,
  "exit": 64,
  "code": "usage",
  "message": "unexpected argument '--detailed-exit' found",
  "causes": [],
  "hints": [
    "a similar argument exists: '--detailed-exitcode'",
    "Usage: ocon plan --format <FORMAT> --detailed-exitcode [KEY|PATH]...",
    "For more information, try '--help'."
  ],
  "target": null
}
--- stderr ---
error: unexpected argument '--detailed-exit' found

  tip: a similar argument exists: '--detailed-exitcode'

Usage: ocon plan --format <FORMAT> --detailed-exitcode [KEY|PATH]...

For more information, try '--help'.
--- exit 64 ---
"#]]);
}

/// The secret is in the message of the panic, and so is a quote, which JSON escapes.
#[test]
fn the_document_of_a_panic_has_no_secret() {
    let mut world = World::new(&[]).secret("OCON_USER_SECRET", "s3cret-\"of\"-the-panic");
    world.set("OCON_TEST_PANIC", "it broke at s3cret-\"of\"-the-panic!");
    let document: Value =
        serde_json::from_str(&world.ocon("plan --format json").stdout).expect("it is one document");
    let message = document["message"].as_str().unwrap();
    assert!(message.starts_with("this is a bug in ocon: it broke at (secret)! ("), "{message}");
    assert_eq!((&document["exit"], &document["code"]), (&101.into(), &"bug".into()));
    assert_eq!(document["target"], Value::Null);
}

/// Runs a row in a format, and names what is on stdout.
fn cell(row: &Row, format: &str, schemas: &Schemas) -> String {
    let (exit, stdout) = run(row, format);
    let context = format!("{} --format {format}: {stdout}", row.arguments);
    assert_eq!(exit, row.exit, "{context}");
    match format {
        "json" => {
            let document = schemas.conforming(&stdout);
            let name = document["format"].as_str().unwrap();
            if name == "ocon-failure" {
                assert_eq!(document["exit"], row.exit, "{context}");
                assert_eq!(document["code"], row.code(), "{context}");
            }
            format!("`{name}`")
        }
        "sarif" => {
            let document: Value = serde_json::from_str(&stdout).expect(&context);
            schemas.assert_conforms("sarif", &document);
            let run = &document["runs"][0];
            let failed = run["invocations"][0]["executionSuccessful"] == false;
            (if failed { "failure" } else { "results" }).to_owned()
        }
        _ if stdout.is_empty() => "–".to_owned(),
        "markdown" => {
            assert!(stdout.starts_with("<!-- ocon-"), "{context}");
            assert_eq!(stdout.matches("<!-- ocon-").count(), 1, "{context}");
            "comment".to_owned()
        }
        "html" => {
            assert_eq!(stdout.matches("<!doctype html>").count(), 1, "{context}");
            "page".to_owned()
        }
        "github" => {
            assert!(stdout.lines().all(|line| line.starts_with("::")), "{context}");
            "annotations".to_owned()
        }
        _ => "result".to_owned(),
    }
}

/// The exit code and stdout of a row in a format, in a new world.
fn run(row: &Row, format: &str) -> (i32, String) {
    let world = (row.world)();
    let arguments = format!("{} --format {format}", row.arguments);
    match row.run {
        Run::ToTheEnd => {
            let run = world.ocon(&arguments);
            (run.exit, run.stdout)
        }
        Run::OnASmallDisk => {
            let run = world.ocon_on_a_small_disk(0, &arguments);
            (run.exit, run.stdout)
        }
        Run::UntilItIsInterrupted => interrupted(&world, &arguments),
    }
}

/// Interrupts a command while the platform holds its request.
fn interrupted(world: &World, arguments: &str) -> (i32, String) {
    world.set_faults("rules: [{ hold: before }]".parse().unwrap());
    let mut command = world.command(arguments);
    let ocon = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    world.wait_for_held();
    terminate(&ocon);
    let output = ocon.wait_with_output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    world.refuse_secrets(&stdout);
    (output.status.code().unwrap(), stdout)
}

/// The schemas of the documents, by the name of the document.
struct Schemas(BTreeMap<String, jsonschema::Validator>);

impl Schemas {
    fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let validator = |path: &Path| {
            let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
            let name = schema.pointer("/properties/format/const").and_then(Value::as_str);
            Some((name?.to_owned(), jsonschema::validator_for(&schema).unwrap()))
        };
        let files = fs::read_dir(root.join("schemas")).unwrap().map(|entry| entry.unwrap().path());
        let documents = files.filter(|path| path.is_file()).filter_map(|path| validator(&path));
        let sarif = ("sarif".to_owned(), sarif_schema::validator());
        Self(documents.chain([sarif]).collect())
    }

    /// Parses exactly one JSON document, and validates it by the schema that its `format` names.
    fn conforming(&self, stdout: &str) -> Value {
        let document: Value =
            serde_json::from_str(stdout).unwrap_or_else(|error| panic!("{error}: {stdout}"));
        self.assert_conforms(document["format"].as_str().expect("it has a format"), &document);
        document
    }

    fn assert_conforms(&self, name: &str, document: &Value) {
        let schema = self.0.get(name).unwrap_or_else(|| panic!("{name} has no schema"));
        let errors: Vec<_> = schema.iter_errors(document).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}\n{document:#}");
    }
}

/// Compares the table with that of the page. `SNAPSHOTS=overwrite` writes it.
fn replace_in_page(table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/commands.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the page has the table");
    let (_, after) = rest.split_once(END).expect("the table has an end");
    let expected = Data::read_from(&path, Some(DataFormat::Text)).raw();
    format!("{before}{BEGIN}\n{table}\n{END}{after}").is(expected);
}
