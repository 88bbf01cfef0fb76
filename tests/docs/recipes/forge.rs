//! A forge in memory: the requests of the APIs of GitHub, GitLab and Azure DevOps that the recipes make, on
//! loopback. It also serves the releases of `ocon`.
//! It responds with 404 to any other request, and with 401 to a request without the right token.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::release::Release;

/// The token that may do everything here.
pub(crate) const TOKEN: &str = "forge-t0ken/of=the-tests";

/// The owner of [`TOKEN`].
pub(crate) const BOT: &str = "github-actions[bot]";

/// The ID of the owner of [`TOKEN`] in GitLab.
pub(crate) const BOT_ID: u64 = 77;

/// A running forge, which stops when the test ends.
pub(crate) struct Forge {
    url: String,
    state: Arc<Mutex<Kept>>,
    _runtime: Runtime,
}

/// The state of the forge.
#[derive(Default)]
pub(crate) struct Kept {
    /// Comments and threads on pull requests, notes on merge requests.
    pub(crate) comments: Vec<Text>,
    /// Issues.
    pub(crate) issues: Vec<Text>,
    /// The heads of the pull requests, by number.
    pub(crate) heads: BTreeMap<u64, String>,
    /// The writes: method and path.
    pub(crate) writes: Vec<String>,
    /// Whether requests for lists of texts fail.
    pub(crate) is_refusing_lists: bool,
    /// The releases that are served for download.
    pub(crate) release: Option<Release>,
}

/// A comment or an issue.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) id: u64,
    /// The pull request of a comment. `None` for an issue.
    pub(crate) on: u64,
    pub(crate) author: String,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) open: bool,
}

impl Text {
    pub(crate) fn by(author: &str, id: u64, on: u64, body: &str) -> Self {
        let (author, body) = (author.to_owned(), body.to_owned());
        Self { id, on, author, title: String::new(), body, open: true }
    }

    fn as_json(&self) -> Value {
        let author_id = if self.author == BOT { BOT_ID } else { 1 };
        json!({
            "id": self.id, "number": self.id, "iid": self.id, "title": self.title,
            "body": self.body, "description": self.body,
            "user": { "login": self.author }, "author": { "id": author_id },
            "state": if self.open { "open" } else { "closed" },
        })
    }

    fn change(&mut self, body: &Value) {
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        self.body = text("body").or_else(|| text("description")).unwrap_or(self.body.clone());
        self.title = text("title").unwrap_or(self.title.clone());
        self.open &= body["state"] != "closed" && body["state_event"] != "close";
    }
}

impl Forge {
    pub(crate) fn start(release: Release) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = { runtime }.worker_threads(1).enable_all().build().unwrap();
        let state = Arc::new(Mutex::new(Kept { release: Some(release), ..Kept::default() }));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&state));
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { url, state, _runtime: runtime }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.state.lock().unwrap()
    }

    /// The writes since the last call, one per line.
    pub(crate) fn writes(&self) -> String {
        let writes = std::mem::take(&mut self.kept().writes);
        writes.into_iter().flat_map(|write| [write, "\n".to_owned()]).collect()
    }
}

async fn answer(
    State(state): State<Arc<Mutex<Kept>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut kept = state.lock().unwrap();
    if let Some(file) = uri.path().strip_prefix("/releases/") {
        let content = kept.release.as_ref().and_then(|release| release.file(file));
        return content.ok_or(StatusCode::NOT_FOUND).into_response();
    }
    let bearer = format!("Bearer {TOKEN}");
    let holds = |name: &str, value: &str| headers.get(name).is_some_and(|given| given == value);
    if !holds("authorization", &bearer) && !holds("private-token", TOKEN) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if kept.is_refusing_lists && uri.query().is_some() {
        return StatusCode::FORBIDDEN.into_response();
    }
    if method != Method::GET {
        kept.writes.push(format!("{method} {}", uri.path()));
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    match kept.answer(&method, uri.path(), uri.query().unwrap_or_default(), &body) {
        Some(value) => axum::Json(value).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

impl Kept {
    #[expect(clippy::unnested_or_patterns, reason = "one request a line reads better")]
    fn answer(&mut self, method: &Method, path: &str, query: &str, body: &Value) -> Option<Value> {
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        if segments.contains(&"_apis") {
            return self.answer_as_azure(method, &segments, query, body);
        }
        match (method.as_str(), segments.as_slice()) {
            ("GET", ["repos", "tests", "instances", "pulls", number]) => {
                Some(json!({ "head": { "sha": self.heads.get(&number.parse().ok()?)? } }))
            }
            ("GET", ["user"]) => Some(json!({ "id": BOT_ID })),
            ("GET", ["repos", "tests", "instances", "issues", on, "comments"])
            | ("GET", ["projects", "5", "merge_requests", on, "notes"]) => {
                let on: u64 = on.parse().ok()?;
                let comments = self.comments.iter().filter(|comment| comment.on == on);
                Some(page(comments, query))
            }
            ("POST", ["repos", "tests", "instances", "issues", on, "comments"])
            | ("POST", ["projects", "5", "merge_requests", on, "notes"]) => {
                Some(add(&mut self.comments, on.parse().ok()?, body))
            }
            ("PATCH", ["repos", "tests", "instances", "issues", "comments", id])
            | ("PUT", ["projects", "5", "merge_requests", _, "notes", id]) => {
                change(&mut self.comments, id, body)
            }
            ("GET", ["repos", "tests", "instances", "issues"]) if asks(query, "state=open") => {
                Some(page(self.issues.iter().filter(|issue| issue.open), query))
            }
            ("GET", ["projects", "5", "issues"]) if asks(query, "state=opened") => {
                Some(page(self.issues.iter().filter(|issue| issue.open), query))
            }
            ("POST", ["repos", "tests", "instances", "issues"])
            | ("POST", ["projects", "5", "issues"]) => Some(add(&mut self.issues, 0, body)),
            ("PATCH", ["repos", "tests", "instances", "issues", id])
            | ("PUT", ["projects", "5", "issues", id]) => change(&mut self.issues, id, body),
            _ => None,
        }
    }
}

/// Whether a query has a parameter. The forges use different words for an open issue.
pub(crate) fn asks(query: &str, parameter: &str) -> bool {
    query.split('&').any(|given| given == parameter)
}

/// The page of a list that a query requests: 30 items by default, and at most 100.
fn page<'a>(texts: impl Iterator<Item = &'a Text>, query: &str) -> Value {
    let parameter = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).and_then(|(_, value)| value.parse::<usize>().ok())
    };
    let size = parameter("per_page").unwrap_or(30).min(100);
    let skipped = (parameter("page").unwrap_or(1) - 1) * size;
    texts.skip(skipped).take(size).map(Text::as_json).collect()
}

fn add(texts: &mut Vec<Text>, on: u64, body: &Value) -> Value {
    let id = texts.iter().map(|text| text.id).max().unwrap_or(100) + 1;
    let mut text = Text::by(BOT, id, on, "");
    text.change(body);
    texts.push(text.clone());
    text.as_json()
}

/// Only its author can change a text here, although a real forge may allow others.
fn change(texts: &mut [Text], id: &str, body: &Value) -> Option<Value> {
    let text = texts.iter_mut().find(|text| text.id.to_string() == id)?;
    assert_eq!(text.author, BOT, "a recipe changes what is not its own");
    text.change(body);
    Some(text.as_json())
}

/// The output of `curl` for a request of the recipes.
fn asked(forge: &Forge, token: &str, arguments: &[&str], path: &str) -> String {
    let mut curl = std::process::Command::new("curl");
    curl.args(["--fail", "--silent", "--noproxy", "*", "--header"]);
    curl.arg(format!("Authorization: Bearer {token}")).args(arguments);
    let output = curl.arg(format!("{}{path}", forge.url())).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_forge_keeps_comments_and_gives_them_in_pages() {
    let forge = Forge::start(Release::new("the program"));
    let comments = "/repos/tests/instances/issues/7/comments";
    for id in 0..100 {
        forge.kept().comments.push(Text::by("somebody", id, 7, "of somebody else"));
    }
    forge.kept().heads.insert(7, "abc".to_owned());
    asked(&forge, TOKEN, &["--data", r#"{"body":"first"}"#], comments);
    let edit = ["--request", "PATCH", "--data", r#"{"body":"second"}"#];
    asked(&forge, TOKEN, &edit, "/repos/tests/instances/issues/comments/100");
    let path = format!("{comments}?per_page=100&page=2");
    let second: Value = serde_json::from_str(&asked(&forge, TOKEN, &[], &path)).unwrap();
    assert_eq!(second.as_array().unwrap().len(), 1);
    assert_eq!((&second[0]["body"], &second[0]["user"]["login"]), (&json!("second"), &json!(BOT)));
    let pull = asked(&forge, TOKEN, &[], "/repos/tests/instances/pulls/7");
    assert_eq!(pull, r#"{"head":{"sha":"abc"}}"#);
    assert_eq!(asked(&forge, "another", &[], comments), "");
    assert_eq!(asked(&forge, TOKEN, &[], "/anything/else"), "");
    assert_eq!(asked(&forge, TOKEN, &[], "/releases/v0.0.0/ocon"), "");
    let expected = format!("POST {comments}\nPATCH /repos/tests/instances/issues/comments/100\n");
    assert_eq!(forge.writes(), expected);
}
