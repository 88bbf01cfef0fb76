//! The real yaml-language-server with the schemas of this repository: it finds mistakes, completes keys
//! and explains them.

mod server;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use server::Editor;

const GENERAL: &str = "instance.schema.json";
const HOOTSUITE: &str = "connectors/hootsuite.schema.json";
/// The first lines of an instance file, up to its configuration.
const START: &str = "element: { key: hootsuite }\nname: A\nconfiguration:\n";

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The problems of a file, with either schema.
fn problems(editor: &mut Editor, connector: &str, text: &str) -> Vec<String> {
    let own = format!("connectors/{connector}.schema.json");
    let [own, general] = [&own, GENERAL]
        .map(|schema| editor.open(schema, text))
        .map(|file| editor.problems_of(&file));
    assert_eq!(own, general, "the schema of {connector} and the general one disagree on\n{text}");
    own
}

/// The files below a folder that are loaded, in order: not the hidden ones.
fn files(folder: &Path) -> Vec<PathBuf> {
    let visible = |path: &PathBuf| !path.file_name().unwrap().to_string_lossy().starts_with('.');
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries
        .filter(visible)
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|name| name == "yaml" || name == "yml"))
        .collect();
    files.sort();
    files
}

#[test]
#[ignore = "needs yaml-language-server from npm: see CONTRIBUTING.md"]
fn the_examples_have_no_problems() {
    let mut editor = Editor::start();
    for name in ["closeio", "hootsuite", "slack"] {
        let text = fs::read_to_string(repository().join(format!("instances/{name}.yaml"))).unwrap();
        let (line, rest) = text.split_once('\n').unwrap();
        let schema = format!("connectors/{name}.schema.json");
        assert_eq!(line, format!("# yaml-language-server: $schema=../schemas/{schema}"));
        let file = editor.open_as_it_is(&text);
        assert_eq!(editor.problems_of(&file), [""; 0], "{name}");
        assert_eq!(problems(&mut editor, name, rest), [""; 0], "{name}");
    }
}

#[test]
#[ignore = "needs yaml-language-server from npm: see CONTRIBUTING.md"]
fn files_that_load_have_no_problems() {
    let mut editor = Editor::start();
    let files = files(&repository().join("tests/data/files/valid"));
    assert!(files.len() > 167, "one for each connector, and more: {files:?}");
    let mut open = Vec::new();
    for path in &files {
        let text = fs::read_to_string(path).unwrap();
        let text = text.trim_start_matches('\u{feff}');
        let mut schemas = vec![GENERAL];
        let named = text.strip_prefix("# yaml-language-server: ").and_then(|rest| {
            let (line, rest) = rest.split_once('\n')?;
            Some((line.split_once("/schemas/")?.1, rest))
        });
        schemas.extend(named.map(|(schema, _)| schema).filter(|schema| *schema != GENERAL));
        for schema in schemas {
            let file = editor.open(schema, named.map_or(text, |(_, rest)| rest));
            open.push((format!("{} with {schema}", path.display()), file));
        }
    }
    for (what, file) in &open {
        assert_eq!(editor.problems_of(file), [""; 0], "{what}");
    }
}

#[test]
#[ignore = "needs yaml-language-server from npm: see CONTRIBUTING.md"]
fn a_misspelled_configuration_key_is_found_at_its_position() {
    let mut editor = Editor::start();
    let text = format!("{START}  oauth.scope: a\n  event.notification.enabld: true\n");
    assert_eq!(
        problems(&mut editor, "hootsuite", &text),
        ["6:3-28 Property event.notification.enabld is not allowed."]
    );
}

#[test]
#[ignore = "needs yaml-language-server from npm: see CONTRIBUTING.md"]
fn values_that_do_not_fit_are_found() {
    let mut editor = Editor::start();
    for (line, problem) in [
        (
            "event.notification.type: poling",
            r#"28-34 Value is not accepted. Valid values: "webhook"."#,
        ),
        ("event.notification.enabled: 3", "31-32 write true or false"),
        ("event.notification.enabled: yes", "31-34 write true or false"),
        ("pagination.max: [1]", "19-22 write a whole number"),
        ("oauth.user.refresh_interval: often", "32-37 write a whole number"),
        ("oauth.callback.url: mycoolapp.com", "23-36 write a URL that begins with https://"),
        ("oauth.scope: {}", "16-18 Incorrect type. Expected one of string, number, boolean, null."),
    ] {
        let found = problems(&mut editor, "hootsuite", &format!("{START}  {line}\n"));
        assert_eq!(found, [format!("5:{problem}")], "{line}");
    }
}

#[test]
#[ignore = "needs yaml-language-server from npm: see CONTRIBUTING.md"]
fn plain_text_secrets_are_found() {
    let mut editor = Editor::start();
    let text = format!(
        "{START}  oauth.api.secret: hunter2\n  oauth.api.key: 42\nproviderData:\n  code: hunter2\n"
    );
    let advice = "write ${{ env.NAME }}: files must not contain secrets";
    assert_eq!(
        problems(&mut editor, "hootsuite", &text),
        ["5:21-28", "6:18-20", "8:9-16"].map(|place| format!("{place} {advice}"))
    );
}

#[test]
#[ignore = "needs yaml-language-server from npm: see CONTRIBUTING.md"]
fn a_refused_key_is_found_with_the_right_one() {
    let mut editor = Editor::start();
    let text = "element: jira\nname: A\nconfiguration:\n  jira.username: alice\n";
    assert_eq!(problems(&mut editor, "jira", text), ["5:3-23 write `username` instead"]);
}

#[test]
#[ignore = "needs yaml-language-server from npm: see CONTRIBUTING.md"]
fn missing_keys_are_found() {
    let mut editor = Editor::start();
    let text = "element: netsuiteerpv2\nname: A\n";
    assert_eq!(
        problems(&mut editor, "netsuiteerpv2", text),
        [r#"2:1-2 Missing property "configuration"."#]
    );
    let text = format!("{text}configuration:\n  netsuite.sandbox: false\n");
    assert_eq!(
        problems(&mut editor, "netsuiteerpv2", &text),
        ["authentication.type", "netsuite.accountId"]
            .map(|key| format!(r#"4:1-14 Missing property "{key}"."#))
    );
}

#[test]
#[ignore = "needs yaml-language-server from npm: see CONTRIBUTING.md"]
fn mistakes_outside_the_configuration_are_found() {
    let mut editor = Editor::start();
    let text = "element: hootsuite\nnam: A\ntags: [a, 'ocon:key=a', ocona, oconomy, ocon]\nconfigurations: {}\n";
    let tag = "write a tag without `<` and `>` that does not begin with `ocon:`";
    assert_eq!(
        problems(&mut editor, "hootsuite", text),
        [
            r#"2:1-2 Missing property "name"."#,
            "3:1-4 Property nam is not allowed.",
            &format!("4:11-23 {tag}"),
            "5:1-15 Property configurations is not allowed.",
        ]
    );
}

#[test]
#[ignore = "needs yaml-language-server from npm: see CONTRIBUTING.md"]
fn the_general_schema_knows_the_connector_in_either_form() {
    let mut editor = Editor::start();
    for element in ["hootsuite", "{ key: hootsuite }", "\"hootsuite\""] {
        let text = format!("element: {element}\nname: A\nconfiguration:\n  shop: a\n");
        let file = editor.open(GENERAL, &text);
        assert_eq!(editor.problems_of(&file), ["5:3-7 Property shop is not allowed."], "{element}");
    }
}

#[test]
#[ignore = "needs yaml-language-server from npm: see CONTRIBUTING.md"]
fn an_unknown_connector_gets_the_general_rules_only() {
    let mut editor = Editor::start();
    let rest = "name: A\nconfiguration:\n  shop: a\n  password: '********'\nprovider: {}\n";
    for element in ["own", "{ key: own }", "hootsuite2"] {
        let file = editor.open(GENERAL, &format!("element: {element}\n{rest}"));
        assert_eq!(
            editor.problems_of(&file),
            [
                "6:13-23 write ${{ env.NAME }}: this is the mask that the platform shows instead of a secret",
                "7:1-9 Property provider is not allowed.",
            ],
            "{element}"
        );
    }
    let file = editor.open(HOOTSUITE, "element: own\nname: A\n");
    assert_eq!(editor.problems_of(&file), [r#"2:10-13 Value must be "hootsuite"."#]);
}

#[test]
#[ignore = "needs yaml-language-server from npm: see CONTRIBUTING.md"]
fn a_reference_can_be_any_value() {
    let mut editor = Editor::start();
    for connector in ["hootsuite", "closeio", "netsuiteerpv2"] {
        let schema = repository().join(format!("schemas/connectors/{connector}.schema.json"));
        let schema: Value = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
        let mut text = format!("element: {connector}\nname: ${{{{ var.X }}}}\n");
        for section in ["configuration", "providerData"] {
            let keys = schema["properties"][section]["properties"].as_object();
            let keys: Vec<_> = keys
                .into_iter()
                .flatten()
                .filter(|(_, rule)| rule.get("deprecationMessage").is_none())
                .map(|(key, _)| format!("\n  {key}: ${{{{ env.X }}}}"))
                .collect();
            assert!(section == "providerData" || keys.len() > 10, "{connector} {keys:?}");
            if !keys.is_empty() {
                text += &format!("{section}:{}\n", keys.concat());
            }
        }
        assert_eq!(problems(&mut editor, connector, &text), [""; 0], "{text}");
    }
}

#[test]
#[ignore = "needs yaml-language-server from npm: see CONTRIBUTING.md"]
fn configuration_keys_are_completed() {
    let mut editor = Editor::start();
    for schema in [HOOTSUITE, GENERAL] {
        let cursor = editor.open(schema, &format!("{START}  event.notification.¦"));
        let found = editor.completions(&cursor);
        let mut keys: Vec<_> = found.iter().map(|(label, _)| label.as_str()).collect();
        keys.retain(|key| key.starts_with("event.notification."));
        assert_eq!(
            keys,
            [
                "event.notification.basic.password",
                "event.notification.basic.username",
                "event.notification.callback.headers",
                "event.notification.callback.url",
                "event.notification.enabled",
                "event.notification.signature.key",
                "event.notification.type",
            ],
            "{schema}: what the platform writes itself is not offered"
        );
    }
    let text = "element: jira\nname: A\nconfiguration:\n  base.url: https://a.example\n  ¦";
    let cursor = editor.open(GENERAL, text);
    let found = editor.completions(&cursor);
    let offers = |key: &str| found.iter().any(|(label, _)| label == key);
    assert!(offers("username") && !offers("jira.username"), "{found:?}");
    assert!(!offers("oauth.api.key"), "a key of other connectors: {found:?}");
}

#[test]
#[ignore = "needs yaml-language-server from npm: see CONTRIBUTING.md"]
fn values_are_completed() {
    let mut editor = Editor::start();
    for (key, expected) in [
        ("event.notification.type", ["webhook", "null"].as_slice()),
        ("event.notification.enabled", &["false", "true", "null"]),
        ("oauth.api.secret", &["${{ env.NAME }}", "null"]),
    ] {
        for schema in [HOOTSUITE, GENERAL] {
            let cursor = editor.open(schema, &format!("{START}  {key}: ¦"));
            let found = editor.completions(&cursor);
            let labels: Vec<_> = found.iter().map(|(label, _)| label.as_str()).collect();
            assert_eq!(labels, expected, "{key}, {schema}");
        }
    }
    let cursor = editor.open(GENERAL, &format!("{START}  oauth.api.key¦"));
    let found = editor.completions(&cursor);
    let snippet = found.iter().find(|(label, _)| label == "oauth.api.key").map(|(_, text)| text);
    assert_eq!(snippet.unwrap(), r"oauth.api.key: ${1:\${{ env.NAME \}\}}");
}

#[test]
#[ignore = "needs yaml-language-server from npm: see CONTRIBUTING.md"]
fn connectors_are_completed() {
    let mut editor = Editor::start();
    let connectors = fs::read_dir(repository().join("schemas/connectors")).unwrap().count();
    for text in ["element: ¦", "element: { key: ¦", "element:\n  key: ¦"] {
        let cursor = editor.open(GENERAL, text);
        let found = editor.completions(&cursor);
        assert_eq!(found.len(), connectors, "{text}");
        assert!(found.iter().any(|(label, _)| label == "hootsuite"), "{text}");
    }
    let cursor = editor.open(GENERAL, "element: hoot¦");
    assert_eq!(editor.completions(&cursor), [("hootsuite".to_owned(), "hootsuite".to_owned())]);
}

#[test]
#[ignore = "needs yaml-language-server from npm: see CONTRIBUTING.md"]
fn keys_are_explained() {
    let mut editor = Editor::start();
    for schema in [HOOTSUITE, GENERAL] {
        let mut hover = |line: &str| {
            let cursor = editor.open(schema, &format!("{START}  {line}\n"));
            let shown = editor.hover(&cursor);
            shown.split("\n\nSource:").next().unwrap_or_default().trim_end().to_owned()
        };
        assert_eq!(
            hover("event.noti¦fication.type: webhook"),
            "#### How events are sent\n\nAllowed Values:\n\n* `webhook`",
            "{schema}"
        );
        let secret = hover("oauth.api¦.secret: ${{ env.X }}");
        assert!(secret.starts_with("#### Client secret of the OAuth application\n\n"), "{secret}");
        assert!(secret.contains("This is a secret: "), "{secret}");
    }
}
