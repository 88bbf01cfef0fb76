//! A request as the rest of the room reads it: bounded, decoded, without the connection.
//!
//! In: the parts of an HTTP request and its whole body. Out: method, path segments below the base
//! URL, decoded query, the three headers that matter, and the body as JSON on demand. It must
//! never panic on what arrives, and never hand on a body that is larger than the platform takes.

use axum::extract::Query;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method, header};
use serde::de::DeserializeOwned;

use super::faults::BehaviorFault;
use super::reply::ErrorReply;

/// The path below which everything of the platform lives.
pub(super) const BASE_PATH: &str = "/elements/api-v2";

/// One request, read to its end.
#[derive(Clone, Debug)]
pub(super) struct ApiRequest {
    pub(super) method: Method,
    /// The path below [`BASE_PATH`]; the whole path if it lies elsewhere.
    pub(super) path: String,
    /// The query as it was sent, without `?`.
    pub(super) raw_query: String,
    pub(super) authorization: Option<String>,
    /// How a scripted fault wants it to go wrong.
    pub(super) behavior_fault: Option<BehaviorFault>,
    below_base: bool,
    accept: Option<String>,
    content_type: Option<String>,
    query: Vec<(String, String)>,
    body: Vec<u8>,
}

impl ApiRequest {
    /// Reads the parts of a request whose body has arrived.
    pub(super) fn new(parts: &Parts, body: Vec<u8>) -> Self {
        let whole = parts.uri.path();
        let below = whole.strip_prefix(BASE_PATH).filter(|rest| rest.starts_with('/'));
        Self {
            method: parts.method.clone(),
            path: below.unwrap_or(whole).to_owned(),
            raw_query: parts.uri.query().unwrap_or_default().to_owned(),
            authorization: joined(&parts.headers, &header::AUTHORIZATION),
            behavior_fault: None,
            below_base: below.is_some(),
            accept: joined(&parts.headers, &header::ACCEPT),
            content_type: joined(&parts.headers, &header::CONTENT_TYPE),
            query: Query::try_from_uri(&parts.uri).map_or_else(|_| Vec::new(), |query| query.0),
            body,
        }
    }

    /// The segments of the path; none if it does not lie below the base URL.
    pub(super) fn segments(&self) -> Option<Vec<&str>> {
        let path = self.path.strip_suffix('/').unwrap_or(&self.path);
        self.below_base.then(|| path.split('/').skip(1).collect())
    }

    /// The first value of a query parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters(name).next()
    }

    /// Every value of a query parameter, in order.
    pub(super) fn parameters(&self, name: &str) -> impl Iterator<Item = &str> {
        self.query.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The whole decoded query.
    pub(super) fn query(&self) -> &[(String, String)] {
        &self.query
    }

    /// Refuses what cannot be answered in JSON (406) and what was not written in it (415).
    pub(super) fn check_media_types(&self) -> Result<(), ErrorReply> {
        if !self.accept.as_deref().is_none_or(accepts_json) {
            return Err(ErrorReply::new(
                406,
                "Not acceptable: this API answers in application/json",
            ));
        }
        let writes = matches!(self.method, Method::POST | Method::PUT | Method::PATCH);
        if writes && !self.body.is_empty() && !self.content_type.as_deref().is_some_and(is_json) {
            let message = "Unsupported media type: application/json expected";
            return Err(ErrorReply::new(415, message));
        }
        Ok(())
    }

    /// Decodes the body.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, ErrorReply> {
        serde_json::from_slice(&self.body)
            .map_err(|error| ErrorReply::bad_request(format!("Invalid JSON in the body: {error}")))
    }

    /// The body for the journal: none if there is none or it is not JSON.
    pub(super) fn recorded_body(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// All values of a header as one list, as HTTP allows them to be read; none if not text.
fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let values: Result<Vec<_>, _> = headers.get_all(name).iter().map(|v| v.to_str()).collect();
    let values = values.ok()?;
    (!values.is_empty()).then(|| values.join(","))
}

fn media_type(value: &str) -> &str {
    value.split(';').next().unwrap_or_default().trim()
}

fn is_json(content_type: &str) -> bool {
    media_type(content_type).eq_ignore_ascii_case("application/json")
}

fn accepts_json(accept: &str) -> bool {
    accept.split(',').any(|range| {
        let acceptable = ["application/json", "application/*", "*/*"];
        acceptable.iter().any(|known| media_type(range).eq_ignore_ascii_case(known)) && !zero(range)
    })
}

/// Whether a media range says `q=0`: not this one.
fn zero(range: &str) -> bool {
    range.split(';').skip(1).any(|parameter| {
        let weight = parameter.trim().strip_prefix("q=").map(str::parse::<f32>);
        weight.is_some_and(|weight| weight == Ok(0.0))
    })
}
