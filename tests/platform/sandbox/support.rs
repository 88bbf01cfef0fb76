//! Shared setup: a sandbox, a client, and request bodies.

use ocon::sandbox::{self, Handle, SandboxOptions};
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

/// A sandbox and a client for it.
pub(crate) struct World {
    pub(crate) sandbox: Handle,
    pub(crate) client: reqwest::Client,
}

/// A reply.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Checks the status and returns the body.
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()
    }

    /// Checks the status and the envelope and returns the message.
    pub(crate) fn failed(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.text);
        let body = self.json();
        let id = body["requestId"].as_str().unwrap();
        assert_eq!((id.len(), Some(id)), (24, self.header("elements-request-id")));
        body["message"].as_str().unwrap().to_owned()
    }
}

pub(crate) fn client() -> reqwest::Client {
    // The first test installs it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(SandboxOptions::default()).await
    }

    pub(crate) async fn with(options: SandboxOptions) -> Self {
        Self { sandbox: sandbox::start(options).await.unwrap(), client: client() }
    }

    /// The header that platform calls carry.
    pub(crate) fn authorization(&self) -> String {
        let credentials = self.sandbox.credentials();
        format!("User {}, Organization {}", credentials.user, credentials.organization)
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.client.request(method, format!("{}{path}", self.sandbox.url()))
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Reply { status, headers, text: response.text().await.unwrap() }
    }

    pub(crate) async fn call(&self, method: &str, path: &str) -> Reply {
        let request = self.request(method, path).header("authorization", self.authorization());
        self.send(request).await
    }

    pub(crate) async fn call_with(&self, method: &str, path: &str, body: &Value) -> Reply {
        let request = self.request(method, path).header("authorization", self.authorization());
        self.send(request.json(body)).await
    }

    /// A call that selects its instance by token.
    pub(crate) async fn call_as(
        &self,
        token: &str,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Reply {
        let header = format!("Element {token}, {}", self.authorization());
        let request = self.request(method, path).header("authorization", header);
        self.send(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.call("GET", path).await.ok()
    }

    /// Creates an instance and returns it.
    pub(crate) async fn create(&self, body: &Value) -> Value {
        self.call_with("POST", "/instances", body).await.ok()
    }
}

/// A connector with basic authentication.
pub(crate) fn servicenow(name: &str) -> Value {
    json!({
        "element": { "key": "servicenow" },
        "name": name,
        "configuration": {
            "filter.response.nulls": "true",
            "username": "admin",
            "password": "correct horse",
            "servicenow.subdomain": "dev12345",
        },
    })
}

/// A connector with OAuth 2.
pub(crate) fn hootsuite(name: &str, code: &str) -> Value {
    json!({
        "element": { "key": "hootsuite" },
        "name": name,
        "tags": ["docs"],
        "providerData": { "code": code },
        "configuration": {
            "oauth.callback.url": "https://mycoolapp.com",
            "oauth.api.key": "the-client-id",
            "oauth.api.secret": "the-client-secret",
        },
    })
}

pub(crate) fn path_of(instance: &Value) -> String {
    format!("/instances/{}", instance["id"])
}
