//! The requests of the API of Azure DevOps that the recipe makes.
//!
//! Source: <https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-request-threads>

use axum::http::Method;
use serde_json::{Value, json};

use super::forge::{BOT, Kept, Text, asks};

/// The ID of the owner of the token.
const BOT_ID: &str = "b07b07b0-0000-4000-8000-000000000001";

impl Kept {
    pub(crate) fn answer_as_azure(
        &mut self,
        method: &Method,
        segments: &[&str],
        query: &str,
        body: &Value,
    ) -> Option<Value> {
        let ["tests", segments @ ..] = segments else { return None };
        if let ("GET", ["_apis", "connectionData"]) = (method.as_str(), segments) {
            return Some(json!({ "authenticatedUser": { "id": BOT_ID } }));
        }
        let [
            "project",
            "_apis",
            "git",
            "repositories",
            "repository",
            "pullRequests",
            on,
            path @ ..,
        ] = segments
        else {
            return None;
        };
        assert!(asks(query, "api-version=7.0"), "the API requires a version: {query}");
        let on: u64 = on.parse().ok()?;
        match (method.as_str(), path) {
            ("GET", ["threads"]) => {
                let threads = self.comments.iter().filter(|thread| thread.on == on);
                Some(json!({ "value": threads.map(as_thread).collect::<Vec<_>>() }))
            }
            ("POST", ["threads"]) => {
                let id = self.comments.iter().map(|thread| thread.id).max().unwrap_or(100) + 1;
                let [comment] = body["comments"].as_array()?.as_slice() else { return None };
                assert_eq!(
                    (&comment["parentCommentId"], &comment["commentType"]),
                    (&json!(0), &json!("text"))
                );
                let mut thread = Text::by(BOT, id, on, comment["content"].as_str()?);
                thread.open = is_open(body)?;
                self.comments.push(thread.clone());
                Some(as_thread(&thread))
            }
            ("PATCH", ["threads", id]) => {
                let thread = self.own_thread(id)?;
                thread.open = is_open(body)?;
                Some(as_thread(thread))
            }
            ("PATCH", ["threads", id, "comments", "1"]) => {
                let thread = self.own_thread(id)?;
                body["content"].as_str()?.clone_into(&mut thread.body);
                Some(as_thread(thread)["comments"][0].clone())
            }
            _ => None,
        }
    }

    /// Only its author can change a thread here, although the platform may allow others.
    fn own_thread(&mut self, id: &str) -> Option<&mut Text> {
        let thread = self.comments.iter_mut().find(|thread| thread.id.to_string() == id)?;
        assert_eq!(thread.author, BOT, "the recipe changes what is not its own");
        Some(thread)
    }
}

fn is_open(body: &Value) -> Option<bool> {
    match body["status"].as_str()? {
        "active" => Some(true),
        "closed" => Some(false),
        _ => None,
    }
}

fn as_thread(thread: &Text) -> Value {
    let author = if thread.author == BOT { BOT_ID } else { "another" };
    json!({
        "id": thread.id,
        "status": if thread.open { "active" } else { "closed" },
        "isDeleted": false,
        "comments": [{ "id": 1, "parentCommentId": 0, "author": { "id": author }, "content": thread.body }],
    })
}
