//! Instance files: those in `valid/` load, and those in `invalid/` fail with the expected text.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ocon::catalog::Catalog;
use ocon::desired::secrets::WithheldSecrets;
use ocon::desired::{
    Code, DesiredInstance, Levels, Loaded, Problem, Problems, ProjectFile, SecretStore, Severity,
    Sources, UnsetSecrets, VarFile, load, load_project, load_var_file,
};
use ocon::report::diagnostics::{self, ColorChoice};
use ocon::report::human::Detail;
use ocon::report::json::DiagnosticsDocument;
use serde::Deserialize as _;
use snapbox::data::DataFormat;

const DATA: &str = "tests/data/files";

fn load_with(root: &Path, secrets: &dyn SecretStore, levels: &Levels) -> Result<Loaded, Problems> {
    let variables = BTreeMap::from([("team".to_owned(), "EMEA".to_owned())]);
    load(&Sources {
        variables: &variables,
        levels,
        ..Sources::with_defaults(root, secrets, "2026-11-23")
    })
}

/// Allows missing fields, because small test files contain only the relevant keys.
fn load_folder(root: &Path) -> Result<Loaded, Problems> {
    let mut levels = Levels::default();
    levels.allow(Code::LikelyMissingField);
    load_with(root, &WithheldSecrets::default(), &levels)
}

fn problems_of(result: Result<Loaded, Problems>) -> Vec<Problem> {
    match result {
        Ok(loaded) => loaded.warnings,
        Err(problems) => problems.as_slice().to_vec(),
    }
}

fn copy(from: &Path, to: &Path) {
    if from.is_file() {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
        return;
    }
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}

/// A root in which the connector `own` accepts any key.
fn root() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    copy(&Path::new(DATA).join("schemas"), &root.path().join("schemas"));
    root
}

fn valid() -> (tempfile::TempDir, Loaded) {
    let root = root();
    copy(&Path::new(DATA).join("valid"), &root.path().join("instances"));
    fs::remove_dir_all(root.path().join("instances/connectors")).unwrap();
    let loaded = load_folder(root.path()).unwrap_or_else(|problems| {
        panic!("{}", render(problems.as_slice(), ColorChoice::Plain, None));
    });
    (root, loaded)
}

fn wanted<'l>(loaded: &'l Loaded, key: &str) -> &'l DesiredInstance {
    &loaded.desired.instances[&key.parse().unwrap()]
}

#[test]
fn valid_files_give_one_instance_per_document() {
    let (_root, loaded) = valid();
    let keys: Vec<_> = loaded.desired.instances.keys().map(ToString::to_string).collect();
    assert_eq!(
        keys,
        ["aliases", "hootsuite", "json", "moved", "slack/sales", "slack/support", "windows"]
    );
    snapbox::Assert::new().action_env("SNAPSHOTS").eq(
        format!("{:#?}\n", loaded.desired),
        snapbox::Data::read_from(&Path::new(DATA).join("valid.txt"), None),
    );
    snapbox::assert_data_eq!(
        render(&loaded.warnings, ColorChoice::Plain, None),
        snapbox::str![[r#"
warning[platform-written-key]: the platform writes `oauth.user.refresh_time` itself
 --> instances/json.yaml:6:3
  |
6 |         "oauth.user.refresh_time": null
  |         ^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: remove the line if you do not need it: ocon sends the value on create only and never compares it

"#]]
    );
}

#[test]
fn every_connector_has_a_worked_file_that_loads_without_a_warning() {
    let root = tempfile::tempdir().unwrap();
    copy(&Path::new(DATA).join("valid/connectors"), &root.path().join("instances"));
    let loaded = load_with(root.path(), &WithheldSecrets::default(), &Levels::default());
    let Loaded { desired, warnings, .. } = loaded.unwrap_or_else(|problems| {
        panic!("{}", render(problems.as_slice(), ColorChoice::Plain, None));
    });
    assert_eq!(render(&warnings, ColorChoice::Plain, None), "");
    let keys: Vec<_> = desired.instances.keys().map(ocon::instance::Key::as_str).collect();
    assert_eq!(keys, Catalog::embedded().keys().collect::<Vec<_>>());
    for (key, wanted) in &desired.instances {
        assert_eq!(wanted.connector.as_str(), key.as_str());
    }
}

#[test]
fn unset_secrets_are_listed_and_are_not_a_problem() {
    let (_root, loaded) = valid();
    let show = |missing: &[(ocon::instance::Span, ocon::instance::SecretSource)]| -> Vec<_> {
        missing.iter().map(|(at, source)| format!("{at} {source}")).collect()
    };
    let missing = loaded.desired.unset_secrets();
    assert_eq!(
        show(&missing.configuration),
        [
            "instances/hootsuite.yaml:7:18 env.HOOTSUITE_CLIENT_ID",
            "instances/hootsuite.yaml:8:21 env.HOOTSUITE_CLIENT_SECRET",
            "instances/json.yaml:5:23 file.sfdc/secret",
        ]
    );
    assert_eq!(
        show(&missing.provider_data),
        [
            "instances/hootsuite.yaml:12:9 env.HOOTSUITE_CODE",
            "instances/windows.yaml:5:29 env.REFRESH"
        ]
    );
    assert_eq!(wanted(&loaded, "slack/sales").unset_secrets(), UnsetSecrets::default());
}

#[test]
fn invalid_files_fail_with_the_expected_text() {
    let folder = Path::new(DATA).join("invalid");
    let mut cases: Vec<PathBuf> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.extension().is_none_or(|extension| extension != "stderr"));
    cases.sort();
    for case in cases {
        let root = root();
        let instances = root.path().join("instances");
        if case.is_dir() {
            copy(&case, &instances);
        } else {
            copy(&case, &instances.join(case.file_name().unwrap()));
        }
        let problems = problems_of(load_folder(root.path()));
        assert!(!problems.is_empty(), "{}", case.display());
        let expected = snapbox::Data::read_from(&case.with_extension("stderr"), None);
        snapbox::Assert::new()
            .action_env("SNAPSHOTS")
            .normalize_paths(false)
            .eq(render(&problems, ColorChoice::Plain, None), expected);
    }
}

#[test]
fn a_create_without_keys_of_every_example_has_a_warning() {
    let jira = |rest| format!("element: jira\nname: A\n{rest}");
    let warnings = |file: String| {
        let root = root_with(&[("a.yaml", file.as_bytes())]);
        load_with(root.path(), &WithheldSecrets::default(), &Levels::default()).unwrap().warnings
    };
    let [warning] = warnings(jira("configuration:\n  username: admin\n")).try_into().unwrap();
    assert_eq!(warning.message, "`jira` usually needs `base.url`, `password`");
    assert_eq!(
        warning.help,
        ["add them: without them, the platform would probably reject the create"]
    );
    assert_eq!((warning.at.line, warning.at.column), (3, 1));
    assert_eq!(codes(&warnings(jira(""))), ["instances/a.yaml likely-missing-field"]);
    assert_eq!(warnings(jira("id: 4711\n")), []);
    let hubspot = |auth: &str| {
        format!("element: hubspot\nname: A\nconfiguration: {{ authentication.type: {auth} }}\n")
    };
    let message = |auth| warnings(hubspot(auth)).remove(0).message;
    assert_eq!(message("apiKey"), "`hubspot` usually needs `hubspot.authorization.apikey`");
    assert_eq!(
        message("OAUTH2"),
        "`hubspot` usually needs `oauth.api.key`, `oauth.api.secret`, `oauth.callback.url`"
    );
}

/// A root whose `instances/` has these files.
fn root_with(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = root.path().join("instances").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    root
}

fn codes(problems: &[Problem]) -> Vec<String> {
    let show = |problem: &Problem| format!("{} {}", problem.at.file, problem.code);
    problems.iter().map(show).collect()
}

#[cfg(unix)]
const GOOD: &[u8] = b"element: hootsuite\nname: A\n";

#[test]
fn a_missing_folder_is_an_error_and_an_empty_one_is_not() {
    let root = tempfile::tempdir().unwrap();
    let problems = problems_of(load_folder(root.path()));
    assert_eq!(codes(&problems), ["instances no-instances-folder"]);
    fs::create_dir(root.path().join("instances")).unwrap();
    assert_eq!(load_folder(root.path()).unwrap(), Loaded::default());
}

#[test]
fn large_files_are_not_read() {
    let large = vec![b'#'; (1 << 20) + 1];
    let root = root_with(&[("large.yaml", &large), ("most.yaml", &large[1..])]);
    let problems = problems_of(load_folder(root.path()));
    assert_eq!(
        codes(&problems),
        ["instances/large.yaml file-too-large", "instances/most.yaml empty-document"]
    );
}

#[test]
fn the_problems_of_one_file_are_limited() {
    let file = "a: 1\n".repeat(2000);
    let root = root_with(&[("a.yaml", file.as_bytes())]);
    let problems = problems_of(load_folder(root.path()));
    assert_eq!(problems.len(), 1001);
    let last = problems.last().unwrap();
    assert_eq!(last.code, Code::TooManyProblems);
    assert_eq!(last.message, "there are at least 1002 more problems in this file");
}

#[cfg(unix)]
#[test]
fn the_project_file_is_not_read_from_outside_the_repository() {
    let outside = root_with(&[("ocon.yaml", b"hunter2")]);
    let root = tempfile::tempdir().unwrap();
    let link = root.path().join("ocon.yaml");
    std::os::unix::fs::symlink(outside.path().join("instances/ocon.yaml"), link).unwrap();
    let problems = load_project(root.path()).unwrap_err();
    assert_eq!(codes(problems.as_slice()), ["ocon.yaml link-leaves-repository"]);
}

#[cfg(unix)]
#[test]
fn links_may_lead_anywhere_inside_the_repository() {
    use std::os::unix::fs::symlink;
    let outside = root_with(&[("secret.yaml", GOOD)]);
    let root = root_with(&[("a.yaml", GOOD), ("loop/b.yaml", GOOD)]);
    let instances = root.path().join("instances");
    fs::create_dir(root.path().join("shared")).unwrap();
    fs::write(root.path().join("shared/c.yaml"), GOOD).unwrap();
    symlink("../shared", instances.join("shared")).unwrap();
    assert_eq!(load_folder(root.path()).unwrap().desired.instances.len(), 3);

    symlink(outside.path().join("instances/secret.yaml"), instances.join("file.yaml")).unwrap();
    symlink(outside.path(), instances.join("folder")).unwrap();
    symlink("..", instances.join("loop/up")).unwrap();
    symlink("nowhere", instances.join("dangling.yaml")).unwrap();
    let problems = problems_of(load_folder(root.path()));
    assert_eq!(
        codes(&problems),
        [
            "instances/dangling.yaml unreadable-file",
            "instances/file.yaml link-leaves-repository",
            "instances/folder link-leaves-repository",
            "instances/loop/up unreadable-file",
        ]
    );
}

#[test]
fn plain_text_secrets_can_be_a_warning() {
    let file = b"element: hootsuite\nname: A\nconfiguration: { oauth.api.secret: hunter2 }\n";
    let root = root_with(&[("a.yaml", file)]);
    let mut levels = Levels::default();
    levels.report(Code::PlainTextSecret, Severity::Warning);
    levels.allow(Code::LikelyMissingField);
    let loaded = load_with(root.path(), &WithheldSecrets::default(), &levels).unwrap();
    assert_eq!(codes(&loaded.warnings), ["instances/a.yaml plain-text-secret"]);
    assert!(!render(&loaded.warnings, ColorChoice::Plain, None).contains("hunter2"));
}

#[test]
fn no_expected_text_contains_a_secret() {
    for case in fs::read_dir(Path::new(DATA).join("invalid")).unwrap() {
        let case = case.unwrap().path();
        if case.extension().is_some_and(|extension| extension == "stderr") {
            let text = fs::read_to_string(&case).unwrap();
            let text = text.to_ascii_lowercase();
            assert!(!text.contains("hunter") && !text.contains("nter2"), "{}", case.display());
        }
    }
}

#[test]
fn the_project_file_and_variable_files_have_the_same_checks() {
    let root = tempfile::tempdir().unwrap();
    assert_eq!(load_project(root.path()).unwrap(), ProjectFile::default());
    let file = root.path().join("ocon.yaml");
    fs::write(&file, "project: marketing\nvars: { team: EMEA, limit: 15, on: true }\n").unwrap();
    let ProjectFile { project, vars, text: _, warnings } = load_project(root.path()).unwrap();
    assert_eq!(project.unwrap().name.as_str(), "marketing");
    assert_eq!(warnings, []);
    let vars: Vec<_> = vars.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(vars, ["limit=15", "on=true", "team=EMEA"]);

    fs::write(&file, "projct: x\nproject: Mark\nvars:\n  a b: 1\n  c: [1]\n  d: 1.0e1\n  d: 2\n")
        .unwrap();
    let problems = load_project(root.path()).unwrap_err();
    snapbox::Assert::new().action_env("SNAPSHOTS").normalize_paths(false).eq(
        render(problems.as_slice(), ColorChoice::Plain, None),
        snapbox::Data::read_from(&Path::new(DATA).join("ocon.yaml.stderr"), None),
    );
    fs::write(&file, "- a\n").unwrap();
    assert_eq!(load_var_file(root.path(), Path::new("ocon.yaml")).unwrap_err().errors(), 1);
    fs::write(&file, "").unwrap();
    assert_eq!(load_var_file(root.path(), Path::new("ocon.yaml")).unwrap(), VarFile::default());
}

fn connectors() -> Vec<ocon::instance::ConnectorKey> {
    Catalog::embedded().keys().map(|key| key.parse().unwrap()).collect()
}

#[test]
fn the_schema_matches_the_types() {
    snapbox::Assert::new().action_env("SNAPSHOTS").normalize_paths(false).eq(
        ocon::desired::schema::instance(&connectors()).unwrap(),
        snapbox::Data::read_from(Path::new("schemas/instance.schema.json"), Some(DataFormat::Text)),
    );
}

/// The documents of a file as JSON, read by a parser that resembles those of editors.
fn documents(path: &Path) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(path).unwrap();
    serde_yaml::Deserializer::from_str(text.trim_start_matches('\u{feff}'))
        .map(|document| serde_json::Value::deserialize(document).unwrap())
        .filter(|document| !document.is_null())
        .collect()
}

/// `schemas/`, under the name `schema:/`.
struct SchemaFolder;

impl jsonschema::Retrieve for SchemaFolder {
    fn retrieve(
        &self,
        uri: &jsonschema::Uri<String>,
    ) -> Result<serde_json::Value, Box<dyn std::error::Error + Send + Sync>> {
        let file = format!("schemas{}", uri.path());
        Ok(serde_json::from_str(&fs::read_to_string(file)?)?)
    }
}

#[test]
fn valid_files_conform_to_the_schema_and_invalid_ones_do_not() {
    let schema =
        serde_json::from_str(&ocon::desired::schema::instance(&connectors()).unwrap()).unwrap();
    let schema = jsonschema::options()
        .with_base_uri("schema:/instance.schema.json")
        .with_retriever(SchemaFolder)
        .build(&schema)
        .unwrap();
    let folder = Path::new(DATA);
    for name in ["hootsuite.yaml", "slack/several.yml", "json.yaml", "windows.yaml", "aliases.yaml"]
    {
        for document in documents(&folder.join("valid").join(name)) {
            let errors: Vec<_> =
                schema.iter_errors(&document).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{name}: {errors:?}");
        }
    }
    for name in [
        "unknown-key",
        "wrong-types",
        "missing-keys",
        "html-in-name",
        "reserved-tag",
        "ignore",
        "unknown-value",
        "invalid-names",
        "mask-as-value",
    ] {
        for document in documents(&folder.join("invalid").join(format!("{name}.yaml"))) {
            assert!(!schema.is_valid(&document), "{name}");
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() })]

    /// The pieces are syntax of YAML or of ocon, in any order.
    #[test]
    fn no_text_makes_the_loader_panic(pieces in proptest::collection::vec(piece(), 0..40)) {
        let root = root_with(&[("a.yaml", pieces.concat().as_bytes())]);
        let problems = problems_of(load_folder(root.path()));
        render(&problems, ColorChoice::Styled, None);
    }

    /// Any text may follow the secret, including invalid YAML.
    #[test]
    fn no_problem_contains_a_plain_text_secret(pieces in proptest::collection::vec(piece(), 0..20)) {
        let before = "element: hootsuite\nname: A\nconfiguration:\n  oauth.api.secret: hunter2";
        let file = format!("{before}{}", pieces.concat());
        let root = root_with(&[("a.yaml", file.as_bytes())]);
        let problems = problems_of(load_folder(root.path()));
        let text = render(&problems, ColorChoice::Plain, None);
        proptest::prop_assert!(!text.contains("hunter2"), "{}\n{}", file, text);
    }
}

fn piece() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::strategy::{Just, Strategy as _};
    let words = concat!(
        "element: ¦hootsuite¦name: ¦configuration:¦\n¦\n  ¦- ¦[¦]¦{¦}¦, ¦: ¦? ¦& a¦*a¦&a ¦!x ¦<<: ¦|\n¦>-\n¦\"¦'¦#",
        "¦---\n¦...\n¦${{ env.A }}¦${{¦}}¦$¦1.10¦0x1F¦oauth.api.secret: ¦lifecycle:¦\t¦\r\n¦\u{feff}¦ü¦日本",
        "¦%YAML 1.2\n¦tags: [¦ignore:¦path: ¦until: ¦2026-01-01¦********¦\u{1b}¦\u{2028}¦\0",
    );
    let words: Vec<_> = words.split('¦').collect();
    proptest::prop_oneof![
        9 => proptest::sample::select(words).prop_map(str::to_owned),
        1 => proptest::prelude::any::<String>(),
        1 => Just("configuration:\n  ".to_owned()),
    ]
}

#[test]
fn the_canonical_json_of_a_document_is_that_of_rfc_8785() {
    let root = root();
    let file = "\
element: own
name: \"Zo\\u00eb\"
tags: [b, a]
configuration:
  list: [15, 0.5, 9007199254740993, 9007199254740992, -9007199254740993, true, null]
  \"\\u20ac\": ${{ env.A }} ${{ var.team }}
  \"\\U0001F600\": ${{ instance.id }}
  \"\\uFB33\": 15
  text: \"a\\n\\\"\\/\"
lifecycle: { protect: true }
";
    fs::create_dir_all(root.path().join("instances")).unwrap();
    fs::write(root.path().join("instances/a.yaml"), file).unwrap();
    let loaded = load_folder(root.path()).unwrap();
    let written = loaded.desired.instances.values().next().unwrap().canonical_json();
    // Members are sorted by UTF-16 units. Integers with the same double stay different.
    let expected = concat!(
        r#"{"configuration":{"list":[15,0.5,"9007199254740993",9007199254740992,"-9007199254740993",true,null],"#,
        r#""text":"a\n\"/","€":"${{ env.A }} EMEA","😀":"${{ instance.id }}","דּ":"15"},"#,
        r#""element":"own","externalAuthentication":null,"name":"Zoë","tags":["a","b"]}"#,
    );
    assert_eq!(written, expected);
}

/// The text of problems.
fn render(problems: &[Problem], color: ColorChoice, columns: Option<usize>) -> String {
    let problems = DiagnosticsDocument::new(None, problems).problems;
    diagnostics::render(&problems, color, columns, Detail::Complete)
}
