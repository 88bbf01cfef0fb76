//! A request before it is sent: all that its repetitions have in common.

use std::time::Duration;

use reqwest::Url;

use crate::api::retry::Safety;
use crate::api::{Error, Kind};
use crate::instance::Secret;

/// The methods that the platform has for instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl From<Method> for reqwest::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Post => Self::POST,
            Method::Put => Self::PUT,
            Method::Patch => Self::PATCH,
            Method::Delete => Self::DELETE,
        }
    }
}

/// How long to wait for an answer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Patience {
    /// So long for all of it.
    Whole(Duration),
    /// So long for each piece: a large page over a slow line is not a failure.
    Piece(Duration),
}

/// What a 404 is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absence {
    /// One of the expected answers.
    IsAnAnswer,
    /// A failure like any other.
    IsAnError,
}

/// A request. It has no `Debug`, since its body holds secrets in clear.
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) url: reqwest::Url,
    /// Path and query as messages show them.
    pub(super) path: String,
    pub(super) body: Option<Vec<u8>>,
    /// The secrets in the body.
    pub(super) secrets: Vec<Secret>,
    pub(super) patience: Patience,
    pub(super) safety: Safety,
    pub(super) absence: Absence,
    /// Whether a smaller page could be asked for where this one is too much.
    pub(super) divisible: bool,
    /// Whether it names the page that it wants by a token of the platform.
    pub(super) has_page_token: bool,
}

impl Request {
    /// One copy, to be sent.
    pub(super) fn build(&self) -> reqwest::Request {
        let mut request = reqwest::Request::new(self.method.into(), Url::clone(&self.url));
        *request.body_mut() = self.body.clone().map(Into::into);
        request
    }

    /// The failure of this request after so many tries.
    pub(super) fn error(&self, attempts: u32, kind: Kind) -> Error {
        Error {
            method: self.method.name(),
            path: self.path.clone(),
            attempts,
            kind,
            held_back: None,
        }
    }
}
