//! Which creates need an authorization grant: the plan and the platform agree for every connector, and
//! where the plan is not certain, it has a note.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::World;

const CATALOG: &str = include_str!("../../src/catalog/connectors.json");

/// The documents of a connector without any grant: one with the keys of each documented request, and
/// one with each value of `authentication.type`.
fn documents(connector: &str, facts: &Value) -> Vec<String> {
    let fields = facts["fields"].as_array().unwrap();
    let types = fields.iter().find(|field| field["key"] == "authentication.type");
    let bodies = facts["bodies"].as_array().into_iter().flatten();
    let mut documents: Vec<String> = bodies
        .map(|body| {
            let keys: BTreeSet<&str> =
                body["keys"].as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect();
            let is_required = types.is_some_and(|field| field["required"] == true);
            document(connector, fields, &keys, body["auth"].as_str().filter(|_| is_required))
        })
        .collect();
    for option in types.into_iter().flat_map(|field| field["options"].as_array().unwrap()) {
        documents.push(document(connector, fields, &BTreeSet::new(), option.as_str()));
    }
    documents.push(document(connector, fields, &BTreeSet::new(), None));
    documents
}

/// A document with these keys, and everything that the connector requires.
fn document(
    connector: &str,
    fields: &[Value],
    keys: &BTreeSet<&str>,
    authentication: Option<&str>,
) -> String {
    let condition = authentication.map(|way| format!("authentication.type={way}"));
    let mut lines = vec![
        format!("element: {connector}\nname: {connector}\nconfiguration:"),
        "  filter.response.nulls: true".to_owned(),
    ];
    lines.extend(authentication.map(|way| format!("  authentication.type: {way}")));
    for field in fields {
        let key = field["key"].as_str().unwrap();
        let when = field["required_when"].as_str();
        let is_needed = keys.contains(key)
            || (field["required"] == true && key != "authentication.type")
            || (when.is_some() && when == condition.as_deref());
        if is_needed && key != "filter.response.nulls" {
            let value = match field["type"].as_str().unwrap() {
                "boolean" => "true",
                "integer" => "15",
                "url" => "https://example.com/x",
                "enum" => field["options"][0].as_str().unwrap(),
                "json" => "'{}'",
                _ => "${{ env.SECRET }}",
            };
            lines.push(format!("  {key}: {value}"));
        }
    }
    lines.join("\n") + "\n"
}

#[test]
fn a_document_without_a_grant_is_blocked_or_has_a_note_or_its_create_succeeds() {
    let catalog: BTreeMap<String, Value> = serde_json::from_str(CATALOG).unwrap();
    let is_oauth = |way: &Value| way.as_str().unwrap().starts_with("oauth");
    let offers_oauth =
        |facts: &Value| facts["auth"].as_array().is_some_and(|auth| auth.iter().any(is_oauth));
    let mut files = Vec::new();
    for (connector, facts) in catalog.iter().filter(|(_, facts)| offers_oauth(facts)) {
        for (number, text) in documents(connector, facts).into_iter().enumerate() {
            let text =
                text.replace(&format!("name: {connector}"), &format!("name: {connector}-{number}"));
            files.push((format!("instances/{connector}/{number}.yaml"), text));
        }
    }
    assert!(files.len() > 150, "{}", files.len());
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let world = World::new(&files).secret("SECRET", "s3cret-of-the-grants").on_sandbox();
    let allow = "--allow missing-field --allow likely-missing-field";
    let plan = world.ocon(&format!("plan --format json {allow}"));
    let plan: Value = serde_json::from_str(&plan.stdout).expect(&plan.stderr);
    let blocked: BTreeSet<&str> = plan["blocked"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|blocked| blocked["code"] == "needs-authorization")
        .map(|blocked| blocked["key"].as_str().unwrap())
        .collect();
    let uncertain: BTreeSet<&str> = plan["notes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|note| note["code"] == "may-need-authorization")
        .map(|note| note["key"].as_str().unwrap())
        .collect();
    let result = world.ocon(&format!("apply --yes --format json {allow}"));
    let result: Value = serde_json::from_str(&result.stdout).expect(&result.stderr);
    let disagreements: Vec<String> = result["results"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|result| {
            let key = result["key"].as_str().unwrap();
            let error = result["error"].to_string();
            let is_refused = error.contains("\"platform-refused\"")
                && (error.contains("providerData") || error.contains("authentication.type"));
            let is_expected = uncertain.contains(key) && is_refused;
            result["outcome"] != if blocked.contains(key) { "blocked" } else { "done" }
                && !is_expected
        })
        .map(|result| format!("{}: {} {}", result["key"], result["outcome"], result["error"]))
        .collect();
    assert_eq!(disagreements, [""; 0]);
    for connector in ["hubspot", "campaignmonitor"] {
        let of = |key: &&&str| key.starts_with(&format!("{connector}/"));
        let all = files.iter().filter(|(path, _)| path.contains(&format!("/{connector}/"))).count();
        assert!((1..all).contains(&blocked.iter().filter(of).count()), "{connector} has both");
    }
    assert!(!blocked.iter().any(|key| key.starts_with("ecwid/")), "one page shows its OAuth");
    let message = plan["blocked"][0]["message"].as_str().unwrap();
    assert!(message.contains("`ocon authorize "), "{message}");
}
