//! Invariants of every response, for any content.
//!
//! In: the bytes of a body. Out: the number of parsers that accept it, or the broken invariant, in
//! words. This module is shared with the cargo-fuzz target, so it uses nothing but the library.

use std::fmt::Debug;

use ocon::api::{ErrorKind, Projection, reply};
use ocon::instance::{Record, Secret};

/// Valid credentials in responses. Showing half of one is also a leak.
const HALVES: [&str; 2] = ["kestrel9Q", "meridian4Z"];

/// The secrets of a request, which a refusal may repeat.
const SENT: &str = "osprey7Xlagoon2W";

/// An error is one line of a message.
const LONGEST: usize = 2048;

/// Responses that the platform sends, and some that it should not send.
pub(crate) const REPLIES: &[&str] = &[
    r#"{"id":20931,"name":"A","token":"kestrel9Qmeridian4Z","element":{"key":"hootsuite","id":23},"tags":["ocon:project=a",{"name":"b"}],"valid":true,"disabled":false,"configuration":{"oauth.api.secret":"kestrel9Q\"meridian4Z","event.notification.enabled":"true","a":null,"n":1.50,"p":[{"u":"meridian4Z"}],"password":"********"}}"#,
    r#"[{"id":1,"element":{"key":"a"}},{"id":9007199254740993,"element":{"key":"b"},"token":"kestrel9Q"},{"id":1,"element":{"key":"c"}}]"#,
    r#"{"requestId":"5b0437c6e4b07731ae39b533","message":"bad osprey7Xlagoon2W","providerMessage":"{\"code\":\"osprey7Xlagoon2W\"}"}"#,
    r#"{"configuration":[{"key":"a","name":"A","type":"TEXTFIELD_32","required":true,"internal":false,"defaultValue":{"b":1},"options":[{"value":"x"}]}],"providerData":[{"key":"code"}]}"#,
    r#"[{"key":"a","configDataType":"COMBO","mandatory":false,"groupName":"g"}]"#,
    r#"["box",{"id":1,"key":"sfdc"},5,{"key":"kestrel9Q meridian4Z"}]"#,
    r#"[{"id":"1","eventDate":"2026-01-01T00:00:00Z","status":"NEW","providerData":"kestrel9Q","notifiedData":[{"objectId":7}]}]"#,
    r#"{"element":"box","oauthUrl":"https://box.example/authorize?state=meridian4Z"}"#,
    r#"{"token":"kestrel9Q","secret":"meridian4Z"}"#,
    "<!DOCTYPE html><html><body>kestrel9Q",
    "[]",
    "null",
];

/// Words with a meaning in JSON, in text or for the platform, separated by `¦`.
pub(crate) const WORDS: &str = concat!(
    "{¦}¦[¦]¦,¦:¦\"¦\\¦\\u0000¦\\u001b[2J¦\\ud800¦\\udc00¦\\u202e¦\\n¦\n¦\r¦\0¦\u{1b}¦\u{feff}¦ ¦null¦true¦false¦",
    "{}¦[]¦\"\"¦[null]¦-1¦0¦-0¦1e3¦7.0¦1e400¦9007199254740993¦18446744073709551615¦18446744073709551616¦",
    "99999999999999999999999999¦\"id\":¦\"id\":null,¦\"id\":2,¦\"token\":¦\"element\":null,¦\"key\":¦\"tags\":¦",
    "\"configuration\":¦\"configuration\":{¦\"message\":¦\"providerMessage\":¦\"requestId\":¦\"valid\":\"true\",¦",
    "\"disabled\":1,¦{\"name\":¦<html>¦::error::¦********¦kestrel9Q¦meridian4Z¦osprey7Xlagoon2W¦osprey7X",
);

/// Parses the bytes with every parser. Returns how many parsers accept them.
///
/// # Errors
///
/// Returns the first broken invariant.
pub(crate) fn check(bytes: &[u8]) -> Result<usize, String> {
    let keeps = [Projection::All, Projection::Only(["a".into(), "password".into()].into())];
    let mut readable = 0;
    for keep in &keeps {
        let one = || reply::instance(bytes, keep).map(|record| vec![record]);
        readable += usize::from(read(one, |found| records(found))?);
        readable += usize::from(read(|| reply::instances(bytes, keep), |found| records(found))?);
    }
    readable += usize::from(read(|| reply::description(bytes), |it| phrases(&it.left_out))?);
    readable += usize::from(read(|| reply::connectors(bytes), |it| phrases(&it.left_out))?);
    readable += usize::from(read(|| reply::events(bytes), |it| phrases(&it.left_out))?);
    readable += usize::from(read(|| reply::authorization_url(bytes), |_| Ok(()))?);
    readable += usize::from(read(|| reply::request_token(bytes), |_| Ok(()))?);
    refused(bytes)?;
    Ok(readable)
}

/// Parses twice and checks the result. Returns whether it is not an error.
fn read<T: Debug>(
    read: impl Fn() -> Result<T, ErrorKind>,
    look: impl Fn(&T) -> Result<(), String>,
) -> Result<bool, String> {
    let (first, second) = (read(), read());
    if format!("{first:?}") != format!("{second:?}") {
        return Err("reading it twice gives two results".to_owned());
    }
    match first {
        Ok(value) => look(&value).map(|()| true),
        Err(kind) => {
            let text = one_line(&kind)?;
            match HALVES.iter().find(|half| text.contains(*half)) {
                Some(half) => Err(format!("a credential is shown ({half}): {text}")),
                None => Ok(false),
            }
        }
    }
}

fn records(records: &[Record]) -> Result<(), String> {
    if records.iter().any(|record| record.id.get() == 0) {
        return Err("an instance without a number".to_owned());
    }
    let token = |record: &Record| {
        let token = record.token.expose();
        token.len() > 8 && format!("{:?}", record.token).contains(token)
    };
    if records.iter().any(token) { Err("a token is shown".to_owned()) } else { Ok(()) }
}

/// The phrases about parts that were left out.
fn phrases(left_out: &[String]) -> Result<(), String> {
    let half = |phrase: &&String| HALVES.iter().any(|half| phrase.contains(half));
    match left_out.iter().find(half) {
        Some(phrase) => Err(format!("a credential is shown: {phrase}")),
        None => Ok(()),
    }
}

/// The body of an error response, with and without a status that the platform uses.
fn refused(bytes: &[u8]) -> Result<(), String> {
    for status in [400, 404, 429, 599] {
        let text = one_line(&reply::refusal(status, bytes, &[Secret::new(SENT)]))?;
        if text.contains(SENT) {
            return Err(format!("what was sent comes back: {text}"));
        }
    }
    Ok(())
}

/// The text of an error, which is short, and harmless to a terminal.
fn one_line(kind: &ErrorKind) -> Result<String, String> {
    let text = kind.to_string();
    if text.is_empty() || text.len() > LONGEST {
        return Err(format!("an error of {} bytes", text.len()));
    }
    if text.chars().any(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c)) {
        return Err(format!("an error that steers a terminal: {text:?}"));
    }
    Ok(text)
}
