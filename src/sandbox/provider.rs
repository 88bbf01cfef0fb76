//! The pretend provider: where a person grants or denies access, and what becomes of the grant.
//!
//! In: requests for the page that an authorization URL leads to, and what the person decides. Out:
//! pages, and redirects to the callback with a code and the state, or with an error. It is not the
//! platform: nobody has to show credentials, and answers are no JSON. A code that was granted here
//! is worth something for one connector, one OAuth application and one callback, for ten minutes. It
//! must never contact the callback, nor give out a code without a decision.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use super::catalog::Connector;
use super::configuration::StoredConfiguration;
use super::oauth::random_token;
use super::reply::{ErrorReply, Reply, ReplyResult};
use super::request::ApiRequest;

/// How long a code is worth something.
const LIFETIME: Duration = Duration::from_mins(10);

/// Codes and verifiers that this provider gave out begin so. Others are taken as they come.
const PREFIX: &str = "granted/";

/// What a person can decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Consent {
    Allow,
    Deny,
}

/// What was given out and is worth something.
#[derive(Default)]
pub(super) struct Provider {
    codes: BTreeMap<String, IssuedCode>,
    requests: BTreeMap<String, ConsentRequest>,
}

/// A code, or the verifier of OAuth 1.
struct IssuedCode {
    connector: &'static str,
    client: String,
    callback: String,
    until: SystemTime,
    /// The request token that a verifier belongs to, and its secret.
    token: Option<(String, String)>,
}

/// A request token of OAuth 1.
#[derive(Clone)]
struct ConsentRequest {
    connector: &'static str,
    client: String,
    callback: String,
    secret: String,
}

/// What a write offers to exchange.
pub(super) struct OfferedCode<'a> {
    pub(super) code: &'a str,
    pub(super) token: Option<&'a str>,
    pub(super) secret: Option<&'a str>,
}

impl Provider {
    /// A request token with its secret, the first step of OAuth 1.
    pub(super) fn request_token(
        &mut self,
        connector: &'static Connector,
        client: &str,
        callback: &str,
    ) -> (String, String) {
        let (token, secret) = (random_token(), random_token());
        let asked = ConsentRequest {
            connector: &connector.key,
            client: client.to_owned(),
            callback: callback.to_owned(),
            secret: secret.clone(),
        };
        self.requests.insert(token.clone(), asked);
        (token, secret)
    }

    /// The page on which somebody decides.
    pub(super) fn page(&self, request: &ApiRequest, connector: &'static Connector) -> ReplyResult {
        let asked = self.asked(request, connector)?;
        Ok(Reply::page(&consent(request, connector, &asked)))
    }

    /// Where the browser is sent once somebody has decided.
    pub(super) fn decide(
        &mut self,
        request: &ApiRequest,
        connector: &'static Connector,
        decision: Consent,
        now: SystemTime,
    ) -> ReplyResult {
        let asked = self.asked(request, connector)?;
        let token = request.parameter("oauth_token");
        let mut answer = Vec::new();
        match decision {
            Consent::Deny => answer.push(("error", "access_denied".to_owned())),
            Consent::Allow => {
                let code = format!("{PREFIX}{}", random_token());
                let granted = IssuedCode {
                    connector: asked.connector,
                    client: asked.client.clone(),
                    callback: asked.callback.clone(),
                    until: now + LIFETIME,
                    token: token.map(|token| (token.to_owned(), asked.secret.clone())),
                };
                self.codes.insert(code.clone(), granted);
                answer.extend(token.map(|token| ("oauth_token", token.to_owned())));
                answer.push((if token.is_some() { "oauth_verifier" } else { "code" }, code));
            }
        }
        // OAuth 1 has no state: its request token says which question was answered.
        let state = request.parameter("state").filter(|_| token.is_none());
        answer.extend(state.map(|state| ("state", state.to_owned())));
        Ok(Reply::redirect(&with_query(&asked.callback, &answer)))
    }

    /// Whether a code is worth something to this configuration. One that was not granted here always
    /// is, so that examples need no browser.
    pub(super) fn accepts(
        &self,
        offered: &OfferedCode<'_>,
        connector: &Connector,
        configuration: &StoredConfiguration,
        now: SystemTime,
    ) -> bool {
        if !offered.code.starts_with(PREFIX) {
            return true;
        }
        let given = |key| configuration.get(key).unwrap_or_default();
        self.codes.get(offered.code).is_some_and(|granted| {
            let token = granted.token.as_ref();
            granted.connector == connector.key
                && granted.until > now
                && granted.client == given("oauth.api.key")
                && granted.callback == given("oauth.callback.url")
                && token.map(|(token, _)| token.as_str()) == offered.token
                && token.map(|(_, secret)| secret.as_str()) == offered.secret
        })
    }

    /// What the person is asked, as the query says.
    fn asked(
        &self,
        request: &ApiRequest,
        connector: &'static Connector,
    ) -> Result<ConsentRequest, ErrorReply> {
        if let Some(token) = request.parameter("oauth_token") {
            let asked = self.requests.get(token).filter(|asked| asked.connector == connector.key);
            return asked.cloned().ok_or_else(|| wrong("no such request token was given out"));
        }
        let given = |name: &str| {
            let value = request.parameter(name).filter(|value| !value.is_empty());
            value.map(str::to_owned).ok_or_else(|| wrong(&format!("`{name}` is missing")))
        };
        let (client, callback) = (given("client_id")?, given("redirect_uri")?);
        let is_plain = callback.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
        if !is_plain || !["http://", "https://"].iter().any(|scheme| callback.starts_with(scheme)) {
            return Err(wrong("`redirect_uri` is no address of the web"));
        }
        Ok(ConsentRequest { connector: &connector.key, client, callback, secret: String::new() })
    }
}

fn wrong(what: &str) -> ErrorReply {
    ErrorReply::bad_request(format!("The authorization cannot begin: {what}"))
}

fn consent(request: &ApiRequest, connector: &Connector, asked: &ConsentRequest) -> String {
    let (name, query) = (escaped(&connector.name), escaped(&request.raw_query));
    let path = escaped(&connector.key);
    let scope = request.parameter("scope").filter(|scope| !scope.is_empty());
    let scope = scope.map(|scope| format!("<dt>It asks for</dt><dd>{}</dd>", escaped(scope)));
    let scope = scope.unwrap_or_default();
    let (client, callback) = (escaped(&asked.client), escaped(&asked.callback));
    format!(
        "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<title>Access to {name}</title>
<style>
body {{ font: 100%/1.5 system-ui, sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem }}
dd {{ margin: 0 0 .75rem; overflow-wrap: anywhere }}
dt {{ font-weight: 600 }}
form {{ display: inline }}
button {{ font: inherit; padding: .5rem 1.5rem; margin: 1rem 1rem 0 0 }}
</style>
<main>
<h1>Allow access to {name}?</h1>
<p>This is the pretend provider of a sandbox. No account anywhere is touched.</p>
<dl><dt>Application</dt><dd>{client}</dd>{scope}<dt>You are sent back to</dt><dd>{callback}</dd></dl>
<form method=\"post\" action=\"{path}/allow?{query}\"><button>Allow</button></form>
<form method=\"post\" action=\"{path}/deny?{query}\"><button>Deny</button></form>
</main>
"
    )
}

/// A text within HTML, between tags or quotation marks.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
        out
    })
}

/// An address with these parameters behind those that it has.
fn with_query(address: &str, parameters: &[(&str, String)]) -> String {
    let (address, fragment) = address.split_once('#').map_or((address, ""), |parts| parts);
    let mut url = address.to_owned();
    let mut separator = if url.contains('?') { '&' } else { '?' };
    for (name, value) in parameters {
        url.push(separator);
        separator = '&';
        url.push_str(name);
        url.push('=');
        push_encoded(&mut url, value);
    }
    if !fragment.is_empty() {
        url.push('#');
        url.push_str(fragment);
    }
    url
}

/// Writes a value as part of a query.
pub(super) fn push_encoded(url: &mut String, value: &str) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(url, "%{byte:02X}");
        }
    }
}
