//! `--format`: a result for programs on stdout. Stderr and the exit code stay the same.

use serde_json::Value;
use snapbox::str;

use crate::snapshot::Snapshot as _;
use crate::support::{CRM, SHOP, World};

/// One file with a warning and one with two errors, one of them a plain-text secret.
fn doubtful() -> World {
    let world = World::new(&[("instances/shop.yaml", SHOP), ("instances/desk.json", "{}")]);
    world.secret("UNUSED", "Tr0ub4dor-and-three")
}

fn invalid() -> World {
    let world = doubtful();
    let clear = CRM.replace("${{ env.DESK_PASSWORD }}", "Tr0ub4dor-and-three");
    world.write("instances/desk.yaml", clear.replace("tags:", "tag:"));
    world
}

#[test]
fn json_contains_warnings() {
    doubtful().ocon("validate --format json --quiet").is(str![[r#"
{
  "format": "ocon-diagnostics",
  "version": 1,
  "summary": {
    "documents": 1,
    "errors": 0,
    "warnings": 1
  },
  "problems": [
    {
      "code": "json-file",
      "severity": "warning",
      "message": "ocon does not read JSON files",
      "file": "instances/desk.json",
      "line": null,
      "column": null,
      "end_column": null,
      "label": null,
      "help": [
        "rename it to `.yaml`: JSON is valid YAML"
      ],
      "related": null
    }
  ]
}
--- exit 0 ---
"#]]);
}

#[test]
fn json_is_complete_when_the_files_are_invalid() {
    invalid().ocon("validate --format json").is(str![[r#"
{
  "format": "ocon-diagnostics",
  "version": 1,
  "summary": {
    "documents": null,
    "errors": 2,
    "warnings": 1
  },
  "problems": [
    {
      "code": "json-file",
      "severity": "warning",
      "message": "ocon does not read JSON files",
      "file": "instances/desk.json",
      "line": null,
      "column": null,
      "end_column": null,
      "label": null,
      "help": [
        "rename it to `.yaml`: JSON is valid YAML"
      ],
      "related": null
    },
    {
      "code": "unknown-key",
      "severity": "error",
      "message": "`tag` is not a key of a document",
      "file": "instances/desk.yaml",
      "line": 3,
      "column": 1,
      "end_column": 4,
      "label": null,
      "help": [
        "did you mean `tags`?"
      ],
      "related": null
    },
    {
      "code": "plain-text-secret",
      "severity": "error",
      "message": "`configuration.password` is a secret in plain text",
      "file": "instances/desk.yaml",
      "line": 6,
      "column": 13,
      "end_column": 14,
      "label": null,
      "help": [
        "write `${{ env.SERVICENOW_PASSWORD }}` and set that variable where ocon runs",
        "change the secret at the provider: everyone who can read the repository knows it"
      ],
      "related": null
    }
  ]
}
--- stderr ---
warning[json-file]: ocon does not read JSON files
 --> instances/desk.json
  = help: rename it to `.yaml`: JSON is valid YAML

error[unknown-key]: `tag` is not a key of a document
 --> instances/desk.yaml:3:1
  |
3 | tag: [support]
  | ^^^
  |
  = help: did you mean `tags`?

error[plain-text-secret]: `configuration.password` is a secret in plain text
 --> instances/desk.yaml:6:13
  |
6 |   password: …
  |             ^
  |
  = help: write `${{ env.SERVICENOW_PASSWORD }}` and set that variable where ocon runs
  = help: change the secret at the provider: everyone who can read the repository knows it

2 errors, 1 warning in 2 files
--- exit 5 ---
"#]]);
}

#[test]
fn every_command_that_reads_files_reports_their_problems_as_json() {
    let world = invalid();
    let validated = world.ocon("validate --format json");
    for command in ["plan", "apply --yes", "status"] {
        let run = world.ocon(&format!("{command} --sandbox --format json"));
        assert_eq!(run.exit, 5);
        assert_eq!((&run.stdout, &run.stderr), (&validated.stdout, &validated.stderr), "{command}");
        assert_eq!(world.ocon(&format!("{command} --sandbox")).stdout, "", "{command}");
    }
}

#[test]
fn variables_that_an_apply_lacks_are_problems_too() {
    let world =
        World::new(&[("instances/desk.yaml", CRM)]).at("http://127.0.0.1:9/elements/api-v2");
    world.ocon("apply --yes --format json").is(str![[r#"
{
  "format": "ocon-diagnostics",
  "version": 1,
  "summary": {
    "documents": null,
    "errors": 1,
    "warnings": 0
  },
  "problems": [
    {
      "code": "unset-variable",
      "severity": "error",
      "message": "env.DESK_PASSWORD is not set, or empty",
      "file": "instances/desk.yaml",
      "line": 6,
      "column": 13,
      "end_column": 37,
      "label": null,
      "help": [
        "set it where ocon runs; nothing was contacted",
        "to apply the rest anyway, use --allow-unset, or give only the files whose variables are set"
      ],
      "related": null
    }
  ]
}
--- stderr ---
error[unset-variable]: env.DESK_PASSWORD is not set, or empty
 --> instances/desk.yaml:6:13
  |
6 |   password: ${{ env.DESK_PASSWORD }}
  |             ^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: set it where ocon runs; nothing was contacted
  = help: to apply the rest anyway, use --allow-unset, or give only the files whose variables are set
--- exit 5 ---
"#]]);
}

#[test]
fn a_problem_of_no_file_has_no_place() {
    let mut world = World::new(&[("instances/desk.yaml", CRM)]).with_password();
    world.set("OCON_BASE_URL", "http://127.0.0.1:9/elements/api-v2");
    world.set("CI", "true");
    let run = world.ocon("plan --deny env-allow-unset --format json");
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(run.exit, 5);
    let problem = &document["problems"][0];
    assert_eq!(problem["code"], "env-allow-unset");
    assert_eq!((&problem["file"], &problem["line"]), (&Value::Null, &Value::Null));
}

#[test]
fn github_shows_each_problem_at_its_line() {
    invalid().ocon("validate --format github").is(str![[r#"
::warning file=instances/desk.json,title=json-file::ocon does not read JSON files%0Ahelp: rename it to `.yaml`: JSON is valid YAML
::error file=instances/desk.yaml,line=3,col=1,endColumn=4,title=unknown-key::`tag` is not a key of a document%0Ahelp: did you mean `tags`?
::error file=instances/desk.yaml,line=6,col=13,endColumn=14,title=plain-text-secret::`configuration.password` is a secret in plain text%0Ahelp: write `${{ env.SERVICENOW_PASSWORD }}` and set that variable where ocon runs%0Ahelp: change the secret at the provider: everyone who can read the repository knows it
--- stderr ---
warning[json-file]: ocon does not read JSON files
 --> instances/desk.json
  = help: rename it to `.yaml`: JSON is valid YAML

error[unknown-key]: `tag` is not a key of a document
 --> instances/desk.yaml:3:1
  |
3 | tag: [support]
  | ^^^
  |
  = help: did you mean `tags`?

error[plain-text-secret]: `configuration.password` is a secret in plain text
 --> instances/desk.yaml:6:13
  |
6 |   password: …
  |             ^
  |
  = help: write `${{ env.SERVICENOW_PASSWORD }}` and set that variable where ocon runs
  = help: change the secret at the provider: everyone who can read the repository knows it

2 errors, 1 warning in 2 files
--- exit 5 ---
"#]]);
    doubtful().ocon("validate --format github --quiet").is(str![[r#"
::warning file=instances/desk.json,title=json-file::ocon does not read JSON files%0Ahelp: rename it to `.yaml`: JSON is valid YAML
--- exit 0 ---
"#]]);
    World::new(&[("instances/shop.yaml", SHOP)]).ocon("validate --format github").is(str![[r#"
--- exit 0 ---
"#]]);
}

#[test]
fn text_shows_equal_problems_once_and_every_other_format_shows_all() {
    let (wrong, doubtful) = ("element: stripe\nnane: Shop\n", "element: stripe\nname: $SHOP\n");
    for (text, exit) in [(wrong, 5), (doubtful, 0)] {
        let files = (0..40).map(|number| (format!("instances/n{number:02}.yaml"), text));
        let world = World::new(&[]);
        for (file, text) in files {
            world.write(&file, text);
        }
        let run = world.ocon("validate");
        assert_eq!(run.exit, exit, "{}", run.stderr);
        let problems = run.stderr.matches("\n --> ").count();
        assert!(run.stderr.lines().count() <= 30, "{}", run.stderr);
        let number = "40 of these, in 40 files; use -v to see all of them\n";
        assert_eq!(run.stderr.matches(number).count(), problems, "{}", run.stderr);
        let complete = world.ocon("validate -v");
        assert_eq!(complete.stderr.matches("\n --> ").count(), problems * 40);
        assert!(!complete.stderr.contains("of these"), "{}", complete.stderr);
        let json: Value =
            serde_json::from_str(&world.ocon("validate --format json").stdout).unwrap();
        let sarif: Value =
            serde_json::from_str(&world.ocon("validate --format sarif").stdout).unwrap();
        let github = world.ocon("validate --format github").stdout;
        let results = sarif["runs"][0]["results"].as_array().unwrap().len();
        let found = json["problems"].as_array().unwrap().len();
        assert_eq!([found, results, github.lines().count()], [problems * 40; 3]);
    }
}

#[test]
fn outside_a_repository_paths_begin_where_ocon_was_started() {
    let world = World::new(&[("eu/instances/shop.yaml", "element: stripe\nname: Shop\nname: B\n")]);
    let run = world.ocon("-C eu validate --format github");
    run.stdout.is(str![[r#"
::error file=eu/instances/shop.yaml,line=3,col=1,endColumn=5,title=duplicate-key::the key `name` occurs twice in this map (second occurrence)%0Afirst occurrence: eu/instances/shop.yaml:2:1

"#]]);
    let sarif: Value =
        serde_json::from_str(&world.ocon("-C eu validate --format sarif").stdout).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    for location in [&result["locations"][0], &result["relatedLocations"][0]] {
        let artifact = &location["physicalLocation"]["artifactLocation"];
        assert_eq!(artifact["uri"], "eu/instances/shop.yaml");
    }
    let json: Value =
        serde_json::from_str(&world.ocon("-C eu validate --format json").stdout).unwrap();
    assert_eq!(json["problems"][0]["file"], "instances/shop.yaml");
}

#[test]
fn sarif_describes_each_problem_and_its_code() {
    doubtful().ocon("validate --format sarif --quiet").is(str![[r#"
{
  "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
  "runs": [
    {
      "columnKind": "unicodeCodePoints",
      "results": [
        {
          "level": "warning",
          "locations": [
            {
              "physicalLocation": {
                "artifactLocation": {
                  "uri": "instances/desk.json",
                  "uriBaseId": "%SRCROOT%"
                }
              }
            }
          ],
          "message": {
            "text": "ocon does not read JSON files\nhelp: rename it to `.yaml`: JSON is valid YAML"
          },
          "ruleId": "json-file",
          "ruleIndex": 0
        }
      ],
      "tool": {
        "driver": {
          "name": "ocon",
          "rules": [
            {
              "defaultConfiguration": {
                "level": "warning"
              },
              "help": {
                "markdown": "A warning. `--deny json-file` makes it an error. `--allow json-file` turns it off.\n\nThe instances folder contains a JSON file, which `ocon` does not read.\nIt reads only `*.yaml` and `*.yml`.\n\nWrong:\n\n```text\ninstances/hootsuite.json\n```\n\nRight:\n\n```text\ninstances/hootsuite.yaml\n```\n\nRename the file: JSON is valid YAML.",
                "text": "A warning. `--deny json-file` makes it an error. `--allow json-file` turns it off.\n\nThe instances folder contains a JSON file, which `ocon` does not read.\nIt reads only `*.yaml` and `*.yml`.\n\nWrong:\n\n```text\ninstances/hootsuite.json\n```\n\nRight:\n\n```text\ninstances/hootsuite.yaml\n```\n\nRename the file: JSON is valid YAML."
              },
              "id": "json-file",
              "shortDescription": {
                "text": "The instances folder contains a JSON file, which `ocon` does not read."
              }
            }
          ],
          "version": "0.1.0"
        }
      }
    }
  ],
  "version": "2.1.0"
}
--- exit 0 ---
"#]]);
}

#[test]
fn an_unsupported_format_is_a_usage_error() {
    let world = World::new(&[]);
    world.ocon("plan --format sarif").is(str![[r#"
{
  "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
  "runs": [
    {
      "columnKind": "unicodeCodePoints",
      "invocations": [
        {
          "executionSuccessful": false,
          "exitCode": 64,
          "toolExecutionNotifications": [
            {
              "descriptor": {
                "id": "usage"
              },
              "level": "error",
              "message": {
                "text": "`ocon plan` does not support the format `sarif`\nhint: use --format text or json or markdown or html or github"
              }
            }
          ]
        }
      ],
      "tool": {
        "driver": {
          "name": "ocon",
          "rules": [],
          "version": "0.1.0"
        }
      }
    }
  ],
  "version": "2.1.0"
}
--- stderr ---
error: `ocon plan` does not support the format `sarif`

hint: use --format text or json or markdown or html or github
--- exit 64 ---
"#]]);
    world.ocon("explain --format json").is(str![[r#"
{
  "format": "ocon-failure",
  "version": 1,
  "exit": 64,
  "code": "usage",
  "message": "`ocon explain` does not support the format `json`",
  "causes": [],
  "hints": [
    "use --format text"
  ],
  "target": {
    "base_url": null,
    "project": "tests"
  }
}
--- stderr ---
error: `ocon explain` does not support the format `json`

hint: use --format text
--- exit 64 ---
"#]]);
    for command in
        ["apply --format sarif", "sandbox --format json", "completions bash --format json"]
    {
        assert_eq!(world.ocon(command).exit, 64, "{command}");
    }
}
