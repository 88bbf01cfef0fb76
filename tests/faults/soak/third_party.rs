//! Another user of the platform, who edits our instances and has others.

use ocon::sandbox::SandboxCredentials;
use reqwest::Method;
use serde_json::{Value, json};

use super::platform::Platform;

/// How many instances are edited in a round.
const EDITS: usize = 5;

pub(crate) struct ThirdParty {
    http: reqwest::Client,
    base_url: String,
    credentials: SandboxCredentials,
}

impl ThirdParty {
    pub(crate) fn new(platform: &Platform) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (user, organization) = (platform.user.clone(), platform.organization.clone());
        Self {
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            base_url: platform.base_url.clone(),
            credentials: SandboxCredentials { user, organization },
        }
    }

    /// Creates an instance that no file describes.
    pub(crate) async fn create_foreign(&self) {
        let body = json!({ "element": { "key": "stripe" }, "name": "Theirs", "tags": ["mine"] });
        self.send(Method::POST, "/instances", body).await;
    }

    /// That instance.
    pub(crate) async fn foreign(&self) -> Value {
        let mut all = self.instances().await;
        all.retain(|instance| instance["name"] == "Theirs");
        assert_eq!(all.len(), 1);
        all.remove(0)
    }

    /// Edits some of our instances, other ones in another way each round.
    pub(crate) async fn drift(&self, round: u64) {
        let mut ours = self.instances().await;
        ours.retain(|instance| instance["name"] != "Theirs");
        ours.sort_by_key(|instance| instance["name"].to_string());
        let first = usize::try_from(round).unwrap();
        let edited = (0..EDITS).map(|edit| (edit, &ours[(first + edit * 5) % ours.len()]));
        for (edit, instance) in edited {
            self.edit(first + edit, instance).await;
        }
    }

    async fn edit(&self, kind: usize, instance: &Value) {
        let path = format!("/instances/{}", instance["id"]);
        match (kind % 4, instance["element"]["key"].as_str().unwrap()) {
            (0, "servicenow") => {
                let changes = json!({ "configuration": { "username": "someone.else" } });
                self.send(Method::PATCH, &path, changes).await;
            }
            (1, "servicenow") => self.send(Method::DELETE, &path, Value::Null).await,
            (2, "stripe") => {
                self.send(Method::DELETE, &format!("{path}/enabled"), Value::Null).await;
            }
            (3, "hootsuite") => {
                let url = "https://elsewhere.example/";
                let changes =
                    json!({ "configuration": { "event.notification.callback.url": url } });
                self.send(Method::PATCH, &path, changes).await;
            }
            _ => self.send(Method::PATCH, &path, json!({ "name": format!("Drift {kind}") })).await,
        }
    }

    async fn instances(&self) -> Vec<Value> {
        let text = self.answer(Method::GET, "/instances?hydrate=false", Value::Null).await;
        serde_json::from_str(&text).unwrap()
    }

    async fn send(&self, method: Method, path: &str, body: Value) {
        self.answer(method, path, body).await;
    }

    async fn answer(&self, method: Method, path: &str, body: Value) -> String {
        let SandboxCredentials { user, organization } = &self.credentials;
        let authorization = format!("User {user}, Organization {organization}");
        let request = self.http.request(method, format!("{}{path}", self.base_url));
        let request = request.header("authorization", authorization);
        let request = if body.is_null() { request } else { request.json(&body) };
        let response = request.send().await.unwrap().error_for_status().unwrap();
        response.text().await.unwrap()
    }
}
