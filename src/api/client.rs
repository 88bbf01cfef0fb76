//! The HTTP client of the platform's API.
//!
//! In: [`ClientSettings`], and calls of [`Read`] and [`Write`]. Out: their results. The client logs
//! one event per request at info level, with method, path, status and time, and details at debug
//! level. It retries requests if that is safe, requests the next page of a listing while it reads
//! the current one, and sends fewer concurrent requests after a 429.
//!
//! Credentials are sent to the origin in the settings only. Redirects are not followed, TLS is
//! always verified, and neither headers nor bodies are logged.

mod body_budget;
mod call;
mod certificates;
mod connection;
mod connector_keys;
mod empty_account;
mod limiter;
mod listing;
mod page_tokens;
mod request;
mod settings;
mod transport;

use std::collections::BTreeSet;
use std::fmt;

use self::connection::Connection;
use self::request::{Method, NotFound, Request};
use super::connector::ConnectorDescription;
use super::connector::ProviderEvent;
use super::connector::{OAuthApplication, RequestToken, SecretPlacement};
use super::error::Error;
use super::reading::Reading;
use super::remote::{Listing, PartialListing, Projection, Read, Scope, Write};
use super::retry::Idempotency;
use super::wire;
use crate::instance::{ConnectorKey, Draft, InstanceId, Record, RenderContext};

pub use self::settings::{ApiCredentials, ClientSettings, LeftOut, PageRead, Retrying};
pub use self::transport::BuildError;

/// A client for one base URL and one pair of credentials.
pub struct Client(Connection);

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base", &self.0.settings.base_url.as_str())
            .field("sent", &self.0.sent())
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Makes a client. Sends nothing.
    ///
    /// # Errors
    /// If a credential cannot be sent in a header, or certificates cannot be read.
    pub fn new(settings: ClientSettings) -> Result<Self, BuildError> {
        Connection::new(settings).map(Self)
    }

    /// Reads the keys of all connectors of the account, including its own connectors.
    ///
    /// # Errors
    /// If a page cannot be read, or if pages repeat without end.
    pub async fn connectors(&self) -> Result<Reading<BTreeSet<ConnectorKey>>, Error> {
        connector_keys::connector_keys(&self.0).await
    }

    /// Reads the configuration that a connector accepts, or `None` if the platform does not know the
    /// connector.
    pub(crate) async fn describe(
        &self,
        connector: &ConnectorKey,
    ) -> Result<Option<Reading<ConnectorDescription>>, Error> {
        let path = format!("/elements/{connector}/configuration");
        let request =
            Request { not_found: NotFound::Expected, ..self.0.request(Method::Get, path) };
        let reply = call::send(&self.0, request).await?;
        if reply.is_absent(&self.0)? {
            return Ok(None);
        }
        reply.read(&self.0, wire::description).map(Some)
    }

    pub(crate) async fn authorization_url(
        &self,
        application: &OAuthApplication<'_>,
        placement: SecretPlacement,
    ) -> Result<String, Error> {
        let path = format!("/elements/{}/oauth/url", application.connector);
        let request = match placement {
            SecretPlacement::InQuery => self.with_query(path, application),
            SecretPlacement::InBody => Request {
                body: Some(wire::application(application)),
                // The POST creates nothing.
                idempotency: Idempotency::Idempotent,
                ..self.0.request(Method::Post, path)
            },
        };
        let request = with_secrets_of(application, request);
        call::send(&self.0, request).await?.decode(wire::authorization_url)
    }

    /// Requests the request token of OAuth 1. The platform supports only a GET for it
    /// (docs/platform.md#oauth).
    pub(crate) async fn request_token(
        &self,
        application: &OAuthApplication<'_>,
    ) -> Result<RequestToken, Error> {
        let path = format!("/elements/{}/oauth/token", application.connector);
        let request = with_secrets_of(application, self.with_query(path, application));
        call::send(&self.0, request).await?.decode(wire::request_token)
    }

    /// Reads the events that the provider of an instance reported, newest first. Without events, the
    /// platform may answer 404, as for other listings (docs/platform.md#events).
    pub(crate) async fn events(&self, id: InstanceId) -> Result<Vec<ProviderEvent>, Error> {
        let request = self.0.request(Method::Get, format!("/instances/{id}/events"));
        let request = Request { not_found: NotFound::Expected, ..request };
        let reply = call::send(&self.0, request).await?;
        if !reply.is_found() && wire::is_empty_listing(&reply.body) {
            return Ok(Vec::new());
        }
        if !reply.is_found() {
            return Err(reply.refusal(&self.0));
        }
        reply.read(&self.0, wire::events).map(|events| events.value)
    }

    /// The number of requests sent so far, including retries.
    pub fn requests(&self) -> u64 {
        self.0.sent()
    }

    fn with_query(&self, path: String, application: &OAuthApplication<'_>) -> Request {
        let mut request = self.0.request(Method::Get, path);
        request.url.query_pairs_mut().extend_pairs(wire::parameters(application));
        request
    }
}

/// Adds the secrets of the application to those that errors must not contain.
fn with_secrets_of(application: &OAuthApplication<'_>, request: Request) -> Request {
    let OAuthApplication { client_id, client_secret, state, request_token, .. } = application;
    let secrets = [*client_id, *client_secret, *state].into_iter().chain(*request_token);
    Request { secrets: secrets.cloned().collect(), ..request }
}

impl Read for Client {
    async fn list(&self, scope: &Scope, projection: &Projection) -> Result<Listing, Error> {
        listing::list(&self.0, scope, projection, &mut Vec::new()).await
    }

    async fn list_partial(&self, scope: &Scope, projection: &Projection) -> PartialListing {
        let mut records = Vec::new();
        match listing::list(&self.0, scope, projection, &mut records).await {
            Ok(listing) => PartialListing { records: listing.records, error: None },
            Err(error) => PartialListing { records, error: Some(error) },
        }
    }

    async fn instance(
        &self,
        id: InstanceId,
        projection: &Projection,
    ) -> Result<Option<Record>, Error> {
        instance(&self.0, id, projection).await
    }
}

/// Reads an instance, or `None` if the platform does not know the ID.
async fn instance(
    connection: &Connection,
    id: InstanceId,
    projection: &Projection,
) -> Result<Option<Record>, Error> {
    let path = format!("/instances/{id}");
    let request =
        Request { not_found: NotFound::Expected, ..connection.request(Method::Get, path) };
    let reply = call::send(connection, request).await?;
    reply.decode_if_found(connection, |body| wire::record_of(id, body, projection))
}

impl Write for Client {
    async fn create(&self, draft: &Draft, place: &RenderContext<'_>) -> Result<Record, Error> {
        let body = wire::create(draft, place);
        let request = self.0.write(Method::Post, "/instances".to_owned(), draft, body)?;
        let reply = call::send(&self.0, request).await?;
        reply.decode(|body| wire::record(body, &Projection::All))
    }

    async fn patch(
        &self,
        id: InstanceId,
        draft: &Draft,
        place: &RenderContext<'_>,
    ) -> Result<Option<Record>, Error> {
        let place = RenderContext { id: Some(id), ..*place };
        let body = wire::patch(draft, &place);
        let request = self.0.write(Method::Patch, format!("/instances/{id}"), draft, body)?;
        let reply = call::send(&self.0, request).await?;
        if reply.body.is_empty() {
            return Ok(None);
        }
        reply.decode(|body| wire::record_of(id, body, &Projection::All)).map(Some)
    }

    async fn enable(&self, id: InstanceId) -> Result<(), Error> {
        let request = self.0.request(Method::Put, format!("/instances/{id}/enabled"));
        call::send_for_success(&self.0, request).await
    }

    async fn disable(&self, id: InstanceId) -> Result<(), Error> {
        let request = self.0.request(Method::Delete, format!("/instances/{id}/enabled"));
        call::send_for_success(&self.0, request).await
    }

    async fn delete(&self, id: InstanceId) -> Result<(), Error> {
        let path = format!("/instances/{id}");
        let request =
            Request { not_found: NotFound::Expected, ..self.0.request(Method::Delete, path) };
        call::send_for_success(&self.0, request).await
    }
}
