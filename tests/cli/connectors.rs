//! `ocon connectors`.

use std::fs;

use serde_json::Value;
use snapbox::str;

use crate::snapshot::Snapshot as _;
use crate::support::World;

#[test]
fn a_word_finds_connectors_by_key_and_name_the_usual_one_first() {
    let world = World::new(&[]);
    world.ocon("connectors salesforce").is(str![[r#"
CONNECTOR KEY             NAME                             AUTHENTICATION  EVENTS
sfdc                      Salesforce Sales Cloud           OAuth 2         polling, webhook (manual)
sfdcservicecloud          Salesforce Service Cloud         OAuth 2         polling, webhook (manual)
sfdcdocuments             Salesforce Files                 OAuth 2         polling, webhook (manual)
sfdclibraries             Salesforce Libraries             OAuth 2         polling, webhook (manual)
salesforcemarketingcloud  Salesforce Marketing Cloud Beta  custom          polling, webhook (manual)
salesforcebylaunchbi      Salesforce by LaunchBI           OAuth 2         –

6 connectors.
webhook (manual): you register the webhook URL of the instance at the provider.
--- exit 0 ---
"#]]);
    world.ocon("connectors github").is(str![[r#"
CONNECTOR KEY  NAME    AUTHENTICATION  EVENTS
github         GitHub  OAuth 2         webhook (automatic)

1 connector.
webhook (automatic): the platform sets up the webhook at the provider.
--- exit 0 ---
"#]]);
}

#[test]
fn the_list_fits_on_eighty_and_on_forty_columns() {
    let mut world = World::new(&[]);
    for columns in [100, 80, 40] {
        world.set("COLUMNS", &columns.to_string());
        let run = world.ocon("connectors");
        assert_eq!((run.exit, run.stderr.as_str()), (0, ""));
        let longest = run.stdout.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(longest <= columns, "{columns}: {longest}");
        assert!(run.stdout.contains("\n167 connectors.\n"), "{}", run.stdout);
    }
    world.ocon("connectors netsuite").stdout.is(str![[r#"
netsuitecrm  NetSuite CRM
    custom; events: polling
netsuitehc  NetSuite Human Capital
    custom; no events
netsuitefinance  NetSuite Finance
    custom; events: polling
netsuiteerp  NetSuite ERP
    custom; events: polling
netsuiteerpv2  NetSuite 2016 ERP
    basic, custom; events: polling
netsuitefinancev2  Netsuite 2016 Finance
    basic, custom; events: polling
netsuitecrmv2  NetSuite 2016 CRM
    basic, custom; events: polling
netsuitehcv2  NetSuite 2016 Human
    Capital
    basic, custom; events: polling

8 connectors.

"#]]);
}

#[test]
fn the_document_conforms_to_its_schema() {
    let schema = fs::read_to_string("schemas/connectors.schema.json").unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let world = World::new(&[]);
    let all = world.ocon("connectors --format json");
    let all: Value = serde_json::from_str(&all.stdout).unwrap();
    assert!(schema.is_valid(&all));
    assert_eq!(all["connectors"].as_array().unwrap().len(), 167);
    let found = world.ocon("connectors hootsuite --format json");
    let document: Value = serde_json::from_str(&found.stdout).unwrap();
    assert!(schema.is_valid(&document));
    found.is(str![[r#"
{
  "format": "ocon-connectors",
  "version": 1,
  "word": "hootsuite",
  "connectors": [
    {
      "key": "hootsuite",
      "name": "Hootsuite",
      "hub": "social",
      "authentication": [
        "oauth2"
      ],
      "events": [
        "webhook-you-register"
      ]
    }
  ]
}
--- exit 0 ---
"#]]);
}

#[test]
fn a_word_that_nothing_matches_is_an_error() {
    let world = World::new(&[]);
    world.ocon("connectors qqqqqq").is(str![[r#"
--- stderr ---
error: no connector matches `qqqqqq`

hint: write a part of the connector's name or key, or list all: ocon connectors
hint: a custom connector of your tenant is not listed: ocon schema pull KEY writes its schema
--- exit 64 ---
"#]]);
    world.ocon("connectors qqqqqq --format json").is(str![[r#"
{
  "format": "ocon-failure",
  "version": 1,
  "exit": 64,
  "code": "usage",
  "message": "no connector matches `qqqqqq`",
  "causes": [],
  "hints": [
    "write a part of the connector's name or key, or list all: ocon connectors",
    "a custom connector of your tenant is not listed: ocon schema pull KEY writes its schema"
  ],
  "target": {
    "base_url": null,
    "project": "tests"
  }
}
--- stderr ---
error: no connector matches `qqqqqq`

hint: write a part of the connector's name or key, or list all: ocon connectors
hint: a custom connector of your tenant is not listed: ocon schema pull KEY writes its schema
--- exit 64 ---
"#]]);
    world.ocon("connectors \u{1b}[31m").is(str![[r#"
--- stderr ---
error: no connector matches `\u{1b}[31m`

hint: write a part of the connector's name or key, or list all: ocon connectors
hint: a custom connector of your tenant is not listed: ocon schema pull KEY writes its schema
--- exit 64 ---
"#]]);
}
