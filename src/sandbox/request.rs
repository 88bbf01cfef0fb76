//! A complete request, decoded and independent of its connection.
//!
//! It must never panic on invalid input.

use std::borrow::Cow;

use axum::extract::Query;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method, header};
use serde::de::DeserializeOwned;

use super::{BehaviorFault, ErrorReply};

const ELEMENT_INSTANCES: HeaderName = HeaderName::from_static("element-instances");

pub(super) const BASE_PATH: &str = "/elements/api-v2";

#[derive(Clone, Debug)]
pub(super) struct ApiRequest {
    pub(super) method: Method,
    /// Path below [`BASE_PATH`], or the complete path if it is not below.
    pub(super) path: String,
    /// Query as it was sent, without `?`.
    pub(super) raw_query: String,
    pub(super) authorization: Option<String>,
    pub(super) behavior_fault: Option<BehaviorFault>,
    /// IDs of the instances that an event is for.
    pub(super) element_instances: Option<String>,
    below_base: bool,
    accept: Option<String>,
    content_type: Option<String>,
    query: Vec<(String, String)>,
    body: Vec<u8>,
}

impl ApiRequest {
    pub(super) fn new(parts: &Parts, body: Vec<u8>) -> Self {
        let whole = parts.uri.path();
        let below = whole.strip_prefix(BASE_PATH).filter(|rest| rest.starts_with('/'));
        Self {
            method: parts.method.clone(),
            path: below.unwrap_or(whole).to_owned(),
            raw_query: parts.uri.query().unwrap_or_default().to_owned(),
            authorization: joined(&parts.headers, &header::AUTHORIZATION),
            behavior_fault: None,
            element_instances: joined(&parts.headers, &ELEMENT_INSTANCES),
            below_base: below.is_some(),
            accept: joined(&parts.headers, &header::ACCEPT),
            content_type: joined(&parts.headers, &header::CONTENT_TYPE),
            query: Query::try_from_uri(&parts.uri).map_or_else(|_| Vec::new(), |query| query.0),
            body,
        }
    }

    /// Segments of the path. `None` if the path is not below the base URL.
    pub(super) fn segments(&self) -> Option<Vec<&str>> {
        let path = self.path.strip_suffix('/').unwrap_or(&self.path);
        self.below_base.then(|| path.split('/').skip(1).collect())
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters(name).next()
    }

    /// All values of a query parameter, in order.
    pub(super) fn parameters(&self, name: &str) -> impl Iterator<Item = &str> {
        self.query.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn query(&self) -> &[(String, String)] {
        &self.query
    }

    /// Refuses a client that does not accept JSON (406), and a body in another format (415).
    pub(super) fn check_media_types(&self) -> Result<(), ErrorReply> {
        if !self.accept.as_deref().is_none_or(accepts_json) {
            let message = "Not acceptable: this API answers in application/json";
            return Err(ErrorReply::new(406, message));
        }
        let writes = matches!(self.method, Method::POST | Method::PUT | Method::PATCH);
        if writes && !self.body.is_empty() && !self.content_type.as_deref().is_some_and(is_json) {
            let message = "Unsupported media type: application/json expected";
            return Err(ErrorReply::new(415, message));
        }
        Ok(())
    }

    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, ErrorReply> {
        serde_json::from_slice(&self.body)
            .map_err(|error| ErrorReply::bad_request(format!("Invalid JSON in the body: {error}")))
    }

    /// Names and values of the body, if it is a form.
    pub(super) fn form(&self) -> Option<impl Iterator<Item = (String, String)>> {
        let is_form =
            |text: &str| media_type(text).eq_ignore_ascii_case("application/x-www-form-urlencoded");
        self.content_type.as_deref().is_some_and(is_form).then(|| {
            let members = url::form_urlencoded::parse(&self.body);
            members.map(|(name, value)| (name.into_owned(), value.into_owned()))
        })
    }

    pub(super) fn body_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// The body for the journal, if it is JSON.
    pub(super) fn recorded_body(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// All values of a header as one list, as HTTP allows. `None` if a value is not text.
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
        acceptable.iter().any(|known| media_type(range).eq_ignore_ascii_case(known))
            && !has_zero_weight(range)
    })
}

/// Whether a media range has `q=0`, which excludes the type.
fn has_zero_weight(range: &str) -> bool {
    range.split(';').skip(1).any(|parameter| {
        let weight = parameter.trim().strip_prefix("q=").map(str::parse::<f32>);
        weight.is_some_and(|weight| weight == Ok(0.0))
    })
}
