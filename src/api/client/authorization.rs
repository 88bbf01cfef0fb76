//! The first steps of an OAuth authorization, and the events of an instance.
//!
//! In: an [`Application`]. Out: where to send the person who grants access. The client secret goes
//! into the body of a POST, unless somebody asks for a GET, whose address is in access logs.

use super::request::{Method, Request};
use super::{Client, Safety, wire};
use crate::api::Error;
use crate::instance::{ConnectorKey, InstanceId, Secret};

pub use super::wire::{Happened, ProviderEvent, RequestToken};

/// An application at a provider, and what it asks for.
#[derive(Clone, Copy, Debug)]
pub struct Application<'a> {
    /// The connector.
    pub connector: &'a ConnectorKey,
    /// The client id.
    pub client_id: &'a Secret,
    /// The client secret.
    pub client_secret: &'a Secret,
    /// Where the provider sends the browser.
    pub callback: &'a str,
    /// What is asked for; `None` for what the connector asks for by default.
    pub scope: Option<&'a str>,
    /// What comes back with the answer.
    pub state: &'a Secret,
    /// The request token of OAuth 1.
    pub request_token: Option<&'a Secret>,
}

/// How the application is told to the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// In the body of a POST.
    InBody,
    /// In the query of a GET.
    InQuery,
}

impl Client {
    /// Where a person grants access.
    ///
    /// # Errors
    /// When the request fails after its retries.
    pub async fn authorization_url(
        &self,
        application: &Application<'_>,
        told: Told,
    ) -> Result<String, Error> {
        let path = format!("/elements/{}/oauth/url", application.connector);
        let request = match told {
            Told::InQuery => self.with_query(path, application),
            Told::InBody => Request {
                body: Some(wire::application(application)),
                // It creates nothing.
                safety: Safety::Repeatable,
                ..self.request(Method::Post, path)
            },
        };
        let reply = self.send(confidential(request, application)).await?;
        match reply.refusal() {
            None => wire::authorization_url(&reply.body).map_err(|kind| reply.error(kind)),
            Some(refusal) => Err(self.refused(&reply, &refusal)),
        }
    }

    /// The request token with which OAuth 1 begins. The platform takes it by GET only.
    ///
    /// # Errors
    /// When the request fails after its retries.
    pub async fn request_token(
        &self,
        application: &Application<'_>,
    ) -> Result<RequestToken, Error> {
        let path = format!("/elements/{}/oauth/token", application.connector);
        let request = confidential(self.with_query(path, application), application);
        let reply = self.send(request).await?;
        match reply.refusal() {
            None => wire::request_token(&reply.body).map_err(|kind| reply.error(kind)),
            Some(refusal) => Err(self.refused(&reply, &refusal)),
        }
    }

    /// What the provider of an instance has reported, the newest first.
    ///
    /// # Errors
    /// When the request fails after its retries.
    pub async fn events(&self, id: InstanceId) -> Result<Vec<ProviderEvent>, Error> {
        let reply = self.send(self.request(Method::Get, format!("/instances/{id}/events"))).await?;
        match reply.refusal() {
            None => wire::events(&reply.body).map_err(|kind| reply.error(kind)),
            // An empty list may be a refusal, as it is for instances.
            Some(refusal) if refusal.says_absent() => Ok(Vec::new()),
            Some(refusal) => Err(self.refused(&reply, &refusal)),
        }
    }

    fn with_query(&self, path: String, application: &Application<'_>) -> Request {
        let mut request = self.request(Method::Get, path);
        request.url.query_pairs_mut().extend_pairs(wire::parameters(application));
        request
    }
}

/// The request with what must not be shown of it.
fn confidential(request: Request, application: &Application<'_>) -> Request {
    let Application { client_id, client_secret, state, request_token, .. } = application;
    let secrets = [*client_id, *client_secret, *state].into_iter().chain(*request_token);
    Request { secrets: secrets.cloned().collect(), ..request }
}
