//! The simulated provider, where a person grants or denies access.
//!
//! It is not part of the platform: it needs no credentials, and its replies are not JSON. A code is
//! valid for one connector, one OAuth application and one callback URL, for ten minutes. It must never
//! contact the callback URL, or issue a code without a decision.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use super::{
    ApiRequest, Connector, ErrorReply, Reply, ReplyResult, StoredConfiguration, random_token,
};

const CODE_LIFETIME: Duration = Duration::from_mins(10);

/// Prefix of codes and verifiers that this provider issued. It accepts any other code.
const CODE_PREFIX: &str = "granted/";

/// Client ID of the platform's own OAuth application.
pub(super) const DEFAULT_CLIENT: &str = "sandbox-default";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Consent {
    Allow,
    Deny,
}

#[derive(Default)]
pub(super) struct Provider {
    codes: BTreeMap<String, IssuedCode>,
    requests: BTreeMap<String, ConsentRequest>,
}

/// An authorization code, or a verifier of OAuth 1.
struct IssuedCode {
    granted: ConsentRequest,
    expires: SystemTime,
    /// Request token of a verifier.
    token: Option<String>,
}

#[derive(Clone)]
struct ConsentRequest {
    connector: &'static str,
    client: String,
    callback: String,
    /// Secret of the OAuth 1 request token.
    secret: String,
}

/// A code from a write, with the request token of OAuth 1.
pub(super) struct OfferedCode<'a> {
    pub(super) code: &'a str,
    pub(super) token: Option<&'a str>,
    pub(super) secret: Option<&'a str>,
}

impl Provider {
    /// Issues a request token and its secret, the first step of OAuth 1.
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

    /// Returns the page on which a person decides, or redirects the browser after the decision.
    pub(super) fn authorize(
        &mut self,
        request: &ApiRequest,
        connector: &'static Connector,
        consent: Option<Consent>,
        now: SystemTime,
    ) -> ReplyResult {
        let asked = self.consent_request(request, connector)?;
        let Some(consent) = consent else {
            return Ok(Reply::page(&consent_page(request, connector, &asked)));
        };
        let token = request.parameter("oauth_token");
        let mut answer = Vec::new();
        match consent {
            Consent::Deny => answer.push(("error", "access_denied".to_owned())),
            Consent::Allow => {
                let code = format!("{CODE_PREFIX}{}", random_token());
                let issued = IssuedCode {
                    granted: asked.clone(),
                    expires: now + CODE_LIFETIME,
                    token: token.map(str::to_owned),
                };
                self.codes.insert(code.clone(), issued);
                answer.extend(token.map(|token| ("oauth_token", token.to_owned())));
                answer.push((if token.is_some() { "oauth_verifier" } else { "code" }, code));
            }
        }
        // OAuth 1 has no `state`, because the request token identifies the request.
        let state = request.parameter("state").filter(|_| token.is_none());
        answer.extend(state.map(|state| ("state", state.to_owned())));
        Ok(Reply::redirect(&with_query(&asked.callback, &answer)))
    }

    /// Whether a code is valid for this configuration. A code that this provider did not issue is always
    /// valid, so that examples need no browser.
    pub(super) fn accepts(
        &self,
        offered: &OfferedCode<'_>,
        connector: &Connector,
        configuration: &StoredConfiguration,
        now: SystemTime,
    ) -> bool {
        if !offered.code.starts_with(CODE_PREFIX) {
            return true;
        }
        let given = |key| configuration.get(key).unwrap_or_default();
        self.codes.get(offered.code).is_some_and(|IssuedCode { granted, expires, token }| {
            granted.connector == connector.key
                && *expires > now
                && (granted.is_to_default_client()
                    || granted.client == given("oauth.api.key")
                        && granted.callback == given("oauth.callback.url"))
                && token.as_deref() == offered.token
                && token.as_ref().map(|_| granted.secret.as_str()) == offered.secret
        })
    }

    /// Whether a person granted access to the platform's own OAuth application.
    pub(super) fn granted_to_default_client(&self, code: &str) -> bool {
        self.codes.get(code).is_some_and(|issued| issued.granted.is_to_default_client())
    }

    fn consent_request(
        &self,
        request: &ApiRequest,
        connector: &'static Connector,
    ) -> Result<ConsentRequest, ErrorReply> {
        if let Some(token) = request.parameter("oauth_token") {
            let asked = self.requests.get(token).filter(|asked| asked.connector == connector.key);
            return asked.cloned().ok_or_else(|| invalid("the request token is unknown"));
        }
        let given = |name: &str| {
            let value = request.parameter(name).filter(|value| !value.is_empty());
            value.map(str::to_owned).ok_or_else(|| invalid(&format!("`{name}` is missing")))
        };
        let (client, callback) = (given("client_id")?, given("redirect_uri")?);
        let is_plain = callback.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
        if !is_plain || !["http://", "https://"].iter().any(|scheme| callback.starts_with(scheme)) {
            return Err(invalid("`redirect_uri` is not a valid HTTP or HTTPS URL"));
        }
        Ok(ConsentRequest { connector: &connector.key, client, callback, secret: String::new() })
    }
}

impl ConsentRequest {
    fn is_to_default_client(&self) -> bool {
        self.client == DEFAULT_CLIENT
    }
}

fn invalid(what: &str) -> ErrorReply {
    ErrorReply::bad_request(format!("The authorization cannot start: {what}"))
}

fn consent_page(request: &ApiRequest, connector: &Connector, asked: &ConsentRequest) -> String {
    let (name, query) = (escaped(&connector.name), escaped(&request.raw_query));
    let path = escaped(&connector.key);
    let scope = request.parameter("scope").filter(|scope| !scope.is_empty());
    let scope = scope.map(|scope| format!("<dt>Requested access</dt><dd>{}</dd>", escaped(scope)));
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
<p>This is the simulated provider of a sandbox. It does not access any real account.</p>
<dl><dt>Application</dt><dd>{client}</dd>{scope}<dt>You return to</dt><dd>{callback}</dd></dl>
<form method=\"post\" action=\"{path}/allow?{query}\"><button>Allow</button></form>
<form method=\"post\" action=\"{path}/deny?{query}\"><button>Deny</button></form>
</main>
"
    )
}

/// Escapes a text for HTML, also for attribute values.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}

fn with_query(url: &str, parameters: &[(&str, String)]) -> String {
    let (base, fragment) = url.split_once('#').unwrap_or((url, ""));
    let mut url = base.to_owned();
    push_query(&mut url, parameters.iter().map(|(name, value)| (*name, value.as_str())));
    if !fragment.is_empty() {
        url.push('#');
        url.push_str(fragment);
    }
    url
}

pub(super) fn push_query<'a>(
    url: &mut String,
    parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
) {
    let mut separator = if url.contains('?') { '&' } else { '?' };
    for (name, value) in parameters {
        url.push(separator);
        separator = '&';
        url.push_str(name);
        url.push('=');
        push_encoded(url, value);
    }
}

fn push_encoded(url: &mut String, value: &str) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(url, "%{byte:02X}");
        }
    }
}
