//! The exact error of each decoder for a reply of each wrong type.

use std::fmt::Write as _;

use ocon::api::{ErrorKind, Projection, reply};
use snapbox::str;

use crate::snapshot::Snapshot as _;

/// Bodies of each type. Values must not appear in an error.
const BODIES: [&str; 12] = [
    "null",
    "true",
    "7",
    r#""s3cret""#,
    "{}",
    "[]",
    r#"["s3cret value"]"#,
    "[{}]",
    "<html>s3cret",
    "",
    r#"[{"id":1,"#,
    "s3cret",
];

/// A decoder, and whether it can read a body.
type Decoder = (&'static str, fn(&[u8]) -> Result<(), ErrorKind>);

const LISTS: [Decoder; 3] = [
    ("instances", |body| reply::instances(body, &Projection::All).map(drop)),
    ("connectors", |body| reply::connectors(body).map(drop)),
    ("events", |body| reply::events(body).map(drop)),
];

const OBJECTS: [Decoder; 4] = [
    ("instance", |body| reply::instance(body, &Projection::All).map(drop)),
    ("description", |body| reply::description(body).map(drop)),
    ("authorization URL", |body| reply::authorization_url(body).map(drop)),
    ("request token", |body| reply::request_token(body).map(drop)),
];

fn table(decoders: &[Decoder]) -> String {
    let mut table = String::new();
    for (name, decode) in decoders {
        writeln!(table, "{name}").unwrap();
        for body in BODIES {
            let result = decode(body.as_bytes());
            let result = result.map_or_else(|error| error.to_string(), |()| "read".to_owned());
            assert!(!result.contains("s3cret"), "{result}");
            writeln!(table, "  {body:16} {result}").unwrap();
        }
    }
    table
}

#[test]
fn a_reply_that_is_not_a_list_is_described() {
    table(&LISTS).is(str![[r#"
instances
  null             the answer is not a list of instances: it is null, not an array
  true             the answer is not a list of instances: it is a boolean, not an array
  7                the answer is not a list of instances: it is a number, not an array
  "s3cret"         the answer is not a list of instances: it is a string, not an array
  {}               the answer is not a list of instances: it is an object, not an array
  []               read
  ["s3cret value"] the answer is not a list of instances: [0] is a string, not an object
  [{}]             the answer is not a list of instances: [0].id is missing
  <html>s3cret     the answer is not JSON: HTML (12 bytes)
                   the answer is not JSON: an empty body
  [{"id":1,        the answer is not JSON: it ends after 9 bytes
  s3cret           the answer is not JSON: something else (6 bytes)
connectors
  null             the answer is not a list of connectors: it is null, not an array
  true             the answer is not a list of connectors: it is a boolean, not an array
  7                the answer is not a list of connectors: it is a number, not an array
  "s3cret"         the answer is not a list of connectors: it is a string, not an array
  {}               the answer is not a list of connectors: it is an object, not an array
  []               read
  ["s3cret value"] the answer is not a list of connectors: [0] is a string, not a connector key
  [{}]             the answer is not a list of connectors: [0].key is missing
  <html>s3cret     the answer is not JSON: HTML (12 bytes)
                   the answer is not JSON: an empty body
  [{"id":1,        the answer is not JSON: it ends after 9 bytes
  s3cret           the answer is not JSON: something else (6 bytes)
events
  null             the answer is not a list of events: it is null, not an array
  true             the answer is not a list of events: it is a boolean, not an array
  7                the answer is not a list of events: it is a number, not an array
  "s3cret"         the answer is not a list of events: it is a string, not an array
  {}               the answer is not a list of events: it is an object, not an array
  []               read
  ["s3cret value"] the answer is not a list of events: [0] is a string, not an object
  [{}]             read
  <html>s3cret     the answer is not JSON: HTML (12 bytes)
                   the answer is not JSON: an empty body
  [{"id":1,        the answer is not JSON: it ends after 9 bytes
  s3cret           the answer is not JSON: something else (6 bytes)

"#]]);
}

#[test]
fn a_reply_that_is_not_an_object_is_described() {
    table(&OBJECTS).is(str![[r#"
instance
  null             the answer is not an instance: it is null, not an object
  true             the answer is not an instance: it is a boolean, not an object
  7                the answer is not an instance: it is a number, not an object
  "s3cret"         the answer is not an instance: it is a string, not an object
  {}               the answer is not an instance: id is missing
  []               the answer is not an instance: it is an array, not an object
  ["s3cret value"] the answer is not an instance: it is an array, not an object
  [{}]             the answer is not an instance: it is an array, not an object
  <html>s3cret     the answer is not JSON: HTML (12 bytes)
                   the answer is not JSON: an empty body
  [{"id":1,        the answer is not JSON: it ends after 9 bytes
  s3cret           the answer is not JSON: something else (6 bytes)
description
  null             the answer is not the configuration of a connector: it is null, not an object
  true             the answer is not the configuration of a connector: it is a boolean, not an object
  7                the answer is not the configuration of a connector: it is a number, not an object
  "s3cret"         the answer is not the configuration of a connector: it is a string, not an object
  {}               the answer is not the configuration of a connector: configuration is missing
  []               read
  ["s3cret value"] the answer is not the configuration of a connector: [0] is a string, not an object
  [{}]             the answer is not the configuration of a connector: [0].key is missing
  <html>s3cret     the answer is not JSON: HTML (12 bytes)
                   the answer is not JSON: an empty body
  [{"id":1,        the answer is not JSON: it ends after 9 bytes
  s3cret           the answer is not JSON: something else (6 bytes)
authorization URL
  null             the answer is not an authorization URL: it is null, not an object
  true             the answer is not an authorization URL: it is a boolean, not an object
  7                the answer is not an authorization URL: it is a number, not an object
  "s3cret"         the answer is not an authorization URL: it is a string, not an object
  {}               the answer is not an authorization URL: oauthUrl is missing
  []               the answer is not an authorization URL: it is an array, not an object
  ["s3cret value"] the answer is not an authorization URL: it is an array, not an object
  [{}]             the answer is not an authorization URL: it is an array, not an object
  <html>s3cret     the answer is not JSON: HTML (12 bytes)
                   the answer is not JSON: an empty body
  [{"id":1,        the answer is not JSON: it ends after 9 bytes
  s3cret           the answer is not JSON: something else (6 bytes)
request token
  null             the answer is not a request token: it is null, not an object
  true             the answer is not a request token: it is a boolean, not an object
  7                the answer is not a request token: it is a number, not an object
  "s3cret"         the answer is not a request token: it is a string, not an object
  {}               the answer is not a request token: token is missing
  []               the answer is not a request token: it is an array, not an object
  ["s3cret value"] the answer is not a request token: it is an array, not an object
  [{}]             the answer is not a request token: it is an array, not an object
  <html>s3cret     the answer is not JSON: HTML (12 bytes)
                   the answer is not JSON: an empty body
  [{"id":1,        the answer is not JSON: it ends after 9 bytes
  s3cret           the answer is not JSON: something else (6 bytes)

"#]]);
}

#[test]
fn only_html_and_another_content_type_are_from_another_server() {
    let foreign = |body: &[u8]| {
        let error = reply::instances(body, &Projection::All).unwrap_err();
        matches!(error, ErrorKind::ForeignContent { .. })
    };
    assert!(foreign(b"<html>"));
    for body in ["", "null", "{}", "[5]", "[{", "s3cret"] {
        assert!(!foreign(body.as_bytes()), "{body}");
    }
}
