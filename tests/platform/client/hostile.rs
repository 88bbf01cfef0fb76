//! Malformed replies: the client reads each as it is, or reports a clear error.

use std::fmt::Write as _;

use ocon::api::{Projection, Read as _, Scope, Write as _};
use snapbox::str;

use super::support::{Server, at, id, named};
use crate::snapshot::Snapshot as _;

/// Deeper than any stack.
const DEPTH: usize = 200_000;

/// The result of a listing with this one page.
async fn listed(page: Vec<u8>, keep: &Projection) -> String {
    let server = Server::start(move |arrived, _, wire| {
        // A page whose items have no tags is followed by a read of the first instance.
        if arrived.line.contains("/instances/") {
            wire.json(404, r#"{"message":"No such instance"}"#);
        } else {
            wire.answer(200, &[], &page);
        }
    });
    let (client, clock) = server.client();
    let listing = client.list(&Scope::Account, keep).await;
    assert_eq!(clock.waits(), [], "what is not understood is not asked for again");
    match listing {
        Ok(listing) => format!("{:?}", listing.records.iter().map(|it| it.id).collect::<Vec<_>>()),
        Err(error) => error.kind.to_string(),
    }
}

async fn table(rows: &[(&str, Vec<u8>)]) -> String {
    let mut text = String::new();
    for (name, page) in rows {
        writeln!(text, "{name}: {}", listed(page.clone(), &Projection::All).await).unwrap();
    }
    text
}

fn entry(members: &str) -> Vec<u8> {
    format!("[{{{members}}}]").into_bytes()
}

/// A valid entry with these additional members.
fn with(member: &str) -> Vec<u8> {
    entry(&format!(r#""id":7,"element":{{"key":"a"}},{member}"#))
}

fn numbered(id: &str) -> Vec<u8> {
    entry(&format!(r#""id":{id},"element":{{"key":"a"}}"#))
}

#[tokio::test]
async fn ids_are_whole_positive_numbers_of_64_bits_and_nothing_else() {
    let ids = [
        "1",
        "9007199254740993",
        "18446744073709551615",
        "18446744073709551616",
        "0",
        "-0",
        "-1",
        "7.0",
        "1e3",
        "007",
        "+7",
        "\"7\"",
        "true",
        "null",
        "[7]",
        "{}",
        "0x7",
        "NaN",
    ];
    let rows: Vec<_> = ids.into_iter().map(|id| (id, numbered(id))).collect();
    table(&rows).await.is(str![[r#"
1: [InstanceId(1)]
9007199254740993: [InstanceId(9007199254740993)]
18446744073709551615: [InstanceId(18446744073709551615)]
18446744073709551616: the answer is not a list of instances: [0].id is a number, not a positive 64-bit integer
0: the answer is not a list of instances: [0].id is a number, not a positive 64-bit integer
-0: the answer is not a list of instances: [0].id is a number, not a positive 64-bit integer
-1: the answer is not a list of instances: [0].id is a number, not a positive 64-bit integer
7.0: the answer is not a list of instances: [0].id is a number, not a positive 64-bit integer
1e3: the answer is not a list of instances: [0].id is a number, not a positive 64-bit integer
007: the answer is not JSON: something else (34 bytes)
+7: the answer is not JSON: something else (33 bytes)
"7": [InstanceId(7)]
true: the answer is not a list of instances: [0].id is a boolean, not a positive 64-bit integer
null: the answer is not a list of instances: [0].id is missing
[7]: the answer is not a list of instances: [0].id is an array, not a positive 64-bit integer
{}: the answer is not a list of instances: [0].id is an object, not a positive 64-bit integer
0x7: the answer is not JSON: something else (34 bytes)
NaN: the answer is not JSON: something else (34 bytes)

"#]]);
}

#[tokio::test]
async fn wrong_types_and_empty_values_are_named() {
    let plain = ["null", "[null]", "[[]]", "[7]", "{}", "7", "\"\"", "[{}]", "", "[", "[{\"id\":7"];
    let members = [
        r#""name":null,"tags":null,"configuration":null,"valid":null,"disabled":null,"token":null"#,
        r#""name":7"#,
        r#""name":{}"#,
        r#""name":["a"]"#,
        r#""token":7"#,
        r#""token":{"a":"s3cret"}"#,
        r#""tags":"a""#,
        r#""tags":[null]"#,
        r#""tags":[[]]"#,
        r#""tags":[{}]"#,
        r#""tags":{"a":1}"#,
        r#""tags":[{"name":null}]"#,
        r#""configuration":[]"#,
        r#""configuration":"s3cret""#,
        r#""configuration":{"a":{}}"#,
        r#""valid":1"#,
        r#""valid":"yes""#,
        r#""disabled":[]"#,
        r#""id":8"#,
        r#""configuration":{"a":"1","a":"2"}"#,
    ];
    let elements = ["null", "7", "\"a\"", "[]", "{}", r#"{"key":null}"#, r#"{"key":7}"#];
    let element = |text: &&'static str| (*text, entry(&format!(r#""id":7,"element":{text}"#)));
    let rows = plain.into_iter().map(|text| (text, text.as_bytes().to_vec()));
    let rows = rows.chain(members.into_iter().map(|member| (member, with(member))));
    let rows: Vec<_> = rows.chain(elements.iter().map(element)).collect();
    let text = table(&rows).await;
    text.is(str![[r#"
null: the answer is not a list of instances: it is null, not an array
[null]: the answer is not a list of instances: [0] is null, not an object
[[]]: the answer is not a list of instances: [0] is an array, not an object
[7]: the answer is not a list of instances: [0] is a number, not an object
{}: the answer is not a list of instances: it is an object, not an array
7: the answer is not a list of instances: it is a number, not an array
"": the answer is not a list of instances: it is a string, not an array
[{}]: the answer is not a list of instances: [0].id is missing
: the answer is not JSON: an empty body
[: the answer is not JSON: it ends after 1 bytes
[{"id":7: the answer is not JSON: it ends after 8 bytes
"name":null,"tags":null,"configuration":null,"valid":null,"disabled":null,"token":null: [InstanceId(7)]
"name":7: [InstanceId(7)]
"name":{}: the answer is not a list of instances: [0].name is an object, not a string
"name":["a"]: the answer is not a list of instances: [0].name is an array, not a string
"token":7: [InstanceId(7)]
"token":{"a":"s3cret"}: the answer is not a list of instances: [0].token is an object, not a string
"tags":"a": the answer is not a list of instances: [0].tags is a string, not an array
"tags":[null]: [InstanceId(7)]
"tags":[[]]: the answer is not a list of instances: [0].tags[0] is an array, not a string or an object
"tags":[{}]: the answer is not a list of instances: [0].tags[0].name is missing
"tags":{"a":1}: the answer is not a list of instances: [0].tags is an object, not an array
"tags":[{"name":null}]: the answer is not a list of instances: [0].tags[0].name is missing
"configuration":[]: the answer is not a list of instances: [0].configuration is an array, not an object
"configuration":"s3cret": the answer is not a list of instances: [0].configuration is a string, not an object
"configuration":{"a":{}}: [InstanceId(7)]
"valid":1: the answer is not a list of instances: [0].valid is a number, not true or false
"valid":"yes": the answer is not a list of instances: [0].valid is a string, not true or false
"disabled":[]: the answer is not a list of instances: [0].disabled is an array, not true or false
"id":8: the answer is not a list of instances: [0] has a member twice
"configuration":{"a":"1","a":"2"}: [InstanceId(7)]
null: the answer is not a list of instances: [0].element is missing
7: the answer is not a list of instances: [0].element is a number, not an object
"a": the answer is not a list of instances: [0].element is a string, not an object
[]: the answer is not a list of instances: [0].element is an array, not an object
{}: the answer is not a list of instances: [0].element.key is missing
{"key":null}: the answer is not a list of instances: [0].element.key is missing
{"key":7}: the answer is not a list of instances: [0].element.key is a number, not a string

"#]]);
    assert!(!text.lines().any(|line| line.rsplit(": ").next().unwrap().contains("s3cret")));
}

#[tokio::test]
async fn malformed_text_is_not_json() {
    let rows = [
        ("a control character", with("\"name\":\"a\u{1b}[2J\"")),
        ("an escaped one", with(r#""name":"a\u0000\u001b[2J\u202e""#)),
        ("half a character", with(r#""name":"\ud800""#)),
        ("half a key", with(r#""configuration":{"\udc00":"a"}"#)),
        ("no UTF-8", [b"[{\"id\":7,\"name\":\"", &b"\xff\xfe"[..], b"\"}]"].concat()),
        ("a mark of order", "\u{feff}[]".as_bytes().to_vec()),
        ("more after the end", b"[] []".to_vec()),
        ("zeros", vec![0; 64]),
    ];
    table(&rows).await.is(str![[r#"
a control character: the answer is not JSON: something else (47 bytes)
an escaped one: [InstanceId(7)]
half a character: the answer is not a list of instances: [0].name is a string, not valid Unicode
half a key: the answer is not a list of instances: [0].configuration has a value that cannot be read as text
no UTF-8: the answer is not JSON: something else (22 bytes)
a mark of order: the answer is not JSON: something else (5 bytes)
more after the end: the answer is not JSON: something else (5 bytes)
zeros: the answer is not JSON: something else (64 bytes)

"#]]);
}

#[tokio::test]
async fn deep_nesting_is_an_error_and_not_an_overflow() {
    let (open, close) = ("[".repeat(DEPTH), "]".repeat(DEPTH));
    let maps = format!("{}null{}", r#"{"a":"#.repeat(DEPTH), "}".repeat(DEPTH));
    let rows = [
        ("lists", format!("{open}{close}").into_bytes()),
        ("lists without an end", open.clone().into_bytes()),
        ("maps", maps.clone().into_bytes()),
        ("an entry of maps", format!("[{maps}]").into_bytes()),
        ("a member that nobody reads", with(&format!(r#""unknown":{open}{close}"#))),
        ("a name", with(&format!(r#""name":{maps}"#))),
        ("tags", with(&format!(r#""tags":{open}{close}"#))),
        ("an element", entry(&format!(r#""id":7,"element":{{"key":{maps}}}"#))),
        ("a value", with(&format!(r#""configuration":{{"a":{maps}}}"#))),
    ];
    table(&rows).await.is(str![[r#"
lists: the answer is not a list of instances: [0] is an array, not an object
lists without an end: the answer is not JSON: it ends after 200000 bytes
maps: the answer is not a list of instances: it is an object, not an array
an entry of maps: the answer is not a list of instances: [0].id is missing
a member that nobody reads: [InstanceId(7)]
a name: the answer is not a list of instances: [0].name is an object, not a string
tags: the answer is not a list of instances: [0].tags[0] is an array, not a string or an object
an element: the answer is not a list of instances: [0].element.key is an object, not a string
a value: the answer is not a list of instances: [0].configuration has a value that cannot be read as text

"#]]);
    let page = with(&format!(r#""configuration":{{"a":{maps}}}"#));
    let keep = Projection::Only(["b".into()].into());
    assert_eq!(listed(page, &keep).await, "[InstanceId(7)]", "unrequested values are skipped");
}

#[tokio::test]
async fn an_id_that_occurs_twice_is_one_instance_the_first() {
    let page = r#"[{"id":7,"name":"first","element":{"key":"a"},"tags":["t"]},{"id":8,"element":{"key":"a"},"tags":["t"]},
        {"id":7,"name":"second","element":{"key":"b"}}]"#;
    let server = Server::start(move |_, _, wire| wire.answer(200, &[], page.as_bytes()));
    let listing = server.client().0.list(&Scope::Account, &Projection::All).await.unwrap();
    let names: Vec<_> = listing.records.iter().map(|it| (it.id.get(), &*it.name)).collect();
    assert_eq!(names, [(7, "first"), (8, "")]);
}

#[tokio::test]
async fn an_error_of_any_shape_is_one_short_line() {
    let long = format!(r#"{{"message":"{}"}}"#, "x".repeat(100_000));
    let deep = format!(r#"{{"message":{}{}}}"#, "[".repeat(DEPTH), "]".repeat(DEPTH));
    let bodies = [
        "null",
        "[]",
        "{}",
        r#"{"message":null,"requestId":null,"providerMessage":null}"#,
        r#"{"message":7,"requestId":[1],"providerMessage":{"a":["b"]}}"#,
        r#"{"message":"a\n::error::b\u001b[2J\u202e","requestId":"\u0000"}"#,
        &long,
        &deep,
    ];
    let mut text = String::new();
    for body in bodies {
        let body = body.to_owned();
        let server = Server::start(move |_, _, wire| wire.json(400, &body));
        let (client, _) = server.client();
        let error = at(async |place| client.patch(id(7), &named("n"), place).await.unwrap_err());
        let line = error.await.to_string();
        assert!(line.len() < 1500 && !line.contains(char::is_control), "{line}");
        writeln!(
            text,
            "{}",
            line.replace(&"x".repeat(500), "[500 x]").replace(&"[".repeat(500), "(500 [)")
        )
        .unwrap();
    }
    text.is(str![[r#"
PATCH /instances/7 failed: HTTP 400 Bad Request: null
PATCH /instances/7 failed: HTTP 400 Bad Request: []
PATCH /instances/7 failed: HTTP 400 Bad Request: {}
PATCH /instances/7 failed: HTTP 400 Bad Request: {"message":null,"requestId":null,"providerMessage":null}
PATCH /instances/7 failed: HTTP 400 Bad Request: 7; the provider reports: {"a":["b"]} (request [1])
PATCH /instances/7 failed: HTTP 400 Bad Request: a\n::error::b\u{1b}[2J\u{202e} (request \u{0})
PATCH /instances/7 failed: HTTP 400 Bad Request: [500 x]xxxxxxxxxxxx…
PATCH /instances/7 failed: HTTP 400 Bad Request: (500 [)[[[[[[[[[[[[…

"#]]);
}
