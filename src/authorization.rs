//! Granting access at an OAuth provider: checks the authorization URL and the provider's answer.
//!
//! In: the authorization URL from the platform, the declared callback URL, and the query that the
//! browser brings back. Out: the members of `providerData`, or an error. The module is pure. It must
//! never put an authorization code, a `state` or a client secret into a message.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use url::{Host, Url};

use crate::instance::{Secret, is_loopback};
use crate::safe_text::quoted;

/// Longest URL that browsers and the programs that open them accept, in bytes.
const MAX_URL_LENGTH: usize = 8_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OAuthVersion {
    /// OAuth 2: the provider returns an authorization code and the `state`.
    V2,
    /// OAuth 1: the provider returns the request token and a verifier.
    V1 {
        token: Secret,
        /// Secret of the request token. The create request contains it.
        secret: Secret,
    },
}

/// URL to which the provider sends the browser back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CallbackUrl(Url);

/// What a valid answer of the provider must match.
#[derive(Clone, Debug)]
pub(crate) struct ExpectedAnswer<'a> {
    pub(crate) version: &'a OAuthVersion,
    pub(crate) state: &'a Secret,
    /// Members of `providerData` that the connector accepts, in addition to those of its OAuth version.
    pub(crate) members: &'a [String],
}

/// What `ocon` requested from the platform. The authorization URL must repeat it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AuthorizationRequest<'a> {
    pub(crate) callback: &'a CallbackUrl,
    pub(crate) version: &'a OAuthVersion,
    pub(crate) state: &'a Secret,
    pub(crate) client_id: &'a Secret,
    pub(crate) scope: Option<&'a str>,
}

/// How the requested scope differs from the declared scope.
///
/// The scope names come from the platform and can be any text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ScopeDifference {
    /// The URL requests no more than the declared scope.
    None,
    /// The URL also requests these scopes.
    Additional(Vec<String>),
    /// No scope is declared. The URL requests these scopes, which are the connector's default.
    ConnectorDefault(Vec<String>),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GrantError {
    /// Holds the provider's error code.
    #[error("the provider denied access: {}", quoted(.0))]
    Denied(String),
    #[error("its `state` or request token is missing or differs from the one that ocon sent")]
    WrongState,
    #[error("the answer has neither an authorization code nor an error")]
    NoGrant,
    #[error("the answer has {} more than once", quoted(.0))]
    DuplicateParameter(String),
}

impl CallbackUrl {
    /// Parses the declared `oauth.callback.url`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| error.to_string())?;
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(
                "it has a user name, a password or a fragment, which a callback URL must not have"
                    .to_owned(),
            );
        }
        match (url.scheme(), url.host()) {
            ("http" | "https", Some(_)) => Ok(Self(url)),
            _ => Err("it is not an HTTP or HTTPS URL with a host".to_owned()),
        }
    }

    /// Host and port to listen on. `None` if the URL does not lead to this machine over HTTP.
    pub(crate) fn listener(&self) -> Option<(Host<&str>, u16)> {
        let host = self.0.host()?;
        let is_local = self.0.scheme() == "http" && is_loopback(&host);
        is_local.then(|| Some((host, self.0.port_or_known_default()?))).flatten()
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(crate) fn path(&self) -> &str {
        self.0.path()
    }

    /// `Host` header of a request that follows the provider's redirect.
    pub(crate) fn authority(&self) -> &str {
        self.0.authority()
    }

    /// Query of a URL that a person pasted, if it is this callback URL.
    pub(crate) fn query_of(&self, pasted: &str) -> Option<String> {
        let url = Url::parse(pasted.trim()).ok()?;
        let is_same = url.origin() == self.0.origin() && url.path() == self.0.path();
        is_same.then(|| url.query().unwrap_or_default().to_owned())
    }
}

/// Parameters that a URL must not repeat, because a provider may read either value.
const SINGLE_PARAMETERS: [&str; 5] =
    ["client_id", "redirect_uri", "response_type", "scope", "state"];

/// Parameters that name scopes: the one of OAuth, and those of two providers.
const SCOPE_PARAMETERS: [&str; 3] = ["scope", "user_scope", "optional_scope"];

/// Checks that an authorization URL leads to a provider, belongs to this request, and sends the
/// answer to the declared callback URL. Returns how its scope differs from the declared scope.
pub(crate) fn check_url(
    text: &str,
    request: &AuthorizationRequest<'_>,
) -> Result<ScopeDifference, String> {
    // The URL is printed unchanged, and `Url::parse` ignores line breaks.
    if text.len() > MAX_URL_LENGTH || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("it is too long or has characters that are not allowed in a URL".to_owned());
    }
    let url = Url::parse(text).map_err(|error| format!("it is not a valid URL: {error}"))?;
    let host = url.host().ok_or("it has no host")?;
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&host) => {}
        scheme => return Err(format!("it uses {scheme} instead of https")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it has a user name or a password".to_owned());
    }
    check_parameters(&url, request)?;
    let requested: Vec<_> =
        SCOPE_PARAMETERS.into_iter().flat_map(|name| values(&url, name)).collect();
    Ok(scope_difference(requested.iter().flat_map(|text| scopes(text)), request.scope))
}

fn check_parameters(url: &Url, request: &AuthorizationRequest<'_>) -> Result<(), String> {
    if let Some(name) = SINGLE_PARAMETERS.into_iter().find(|name| values(url, name).len() > 1) {
        return Err(format!("it has {} more than once", quoted(name)));
    }
    // A request object replaces all other parameters (RFC 9101).
    let mut request_objects = ["request", "request_uri"].into_iter();
    if let Some(name) = request_objects.find(|name| !values(url, name).is_empty()) {
        return Err(format!(
            "it hides its parameters in {}, which ocon cannot check",
            quoted(name)
        ));
    }
    let AuthorizationRequest { callback, version, state, client_id, scope: _ } = request;
    match (values(url, "redirect_uri").first(), version) {
        (None, OAuthVersion::V1 { .. }) => {}
        (Some(to), _) if Url::parse(to).as_ref() == Ok(&callback.0) => {}
        (None, OAuthVersion::V2) => return Err("it has no `redirect_uri`".to_owned()),
        _ => return Err("its `redirect_uri` is not the declared `oauth.callback.url`".to_owned()),
    }
    match (values(url, "client_id").first(), version) {
        (None, OAuthVersion::V1 { .. }) => {}
        (Some(ours), _) if ours == client_id.expose() => {}
        (None, OAuthVersion::V2) => return Err("it has no `client_id`".to_owned()),
        _ => return Err("its `client_id` is not the declared `oauth.api.key`".to_owned()),
    }
    match (values(url, "state").first(), version) {
        (None, OAuthVersion::V1 { .. }) => Ok(()),
        (Some(ours), _) if ours == state.expose() => Ok(()),
        _ => Err(
            "its `state` is not the one that ocon sent, so ocon could not detect a forged answer"
                .to_owned(),
        ),
    }
}

fn values<'u>(url: &'u Url, name: &str) -> Vec<Cow<'u, str>> {
    url.query_pairs().filter(|(other, _)| other == name).map(|(_, value)| value).collect()
}

/// Names in a scope. OAuth separates them with spaces, some providers with commas.
fn scopes(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || c == ',').filter(|name| !name.is_empty())
}

fn scope_difference<'a>(
    requested: impl Iterator<Item = &'a str>,
    declared: Option<&str>,
) -> ScopeDifference {
    let allowed: BTreeSet<&str> = scopes(declared.unwrap_or_default()).collect();
    let mut additional: Vec<String> = Vec::new();
    for name in requested.filter(|name| !allowed.contains(name)) {
        if !additional.iter().any(|other| other == name) {
            additional.push(name.to_owned());
        }
    }
    match declared {
        _ if additional.is_empty() => ScopeDifference::None,
        Some(_) => ScopeDifference::Additional(additional),
        None => ScopeDifference::ConnectorDefault(additional),
    }
}

/// Reads the members of `providerData` from the query of the provider's answer.
pub(crate) fn read_grant(
    query: &str,
    expected: &ExpectedAnswer<'_>,
) -> Result<BTreeMap<String, Secret>, GrantError> {
    let mut answer: BTreeMap<String, Secret> = BTreeMap::new();
    let mut duplicate = None;
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let value = Secret::new(value);
        let earlier = answer.insert(name.to_string(), value.clone());
        if earlier.as_ref().is_some_and(|earlier| name == "state" && *earlier != value) {
            return Err(GrantError::WrongState);
        }
        if earlier.is_some() {
            duplicate.get_or_insert(sanitized(&name));
        }
    }
    answer.retain(|_, value| !value.expose().is_empty());
    check_state(&answer, expected)?;
    if let Some(name) = duplicate {
        return Err(GrantError::DuplicateParameter(name));
    }
    if let Some(error) = answer.get("error") {
        return Err(GrantError::Denied(sanitized(error.expose())));
    }
    if answer.contains_key("denied") {
        return Err(GrantError::Denied("denied".to_owned()));
    }
    let (needed, mut grant): (&[&str], BTreeMap<String, Secret>) = match expected.version {
        OAuthVersion::V2 => (&["code"], BTreeMap::new()),
        OAuthVersion::V1 { secret, .. } => {
            (&["oauth_token", "oauth_verifier"], [("secret".to_owned(), secret.clone())].into())
        }
    };
    let accepted = expected.members.iter().map(String::as_str);
    for name in accepted.chain(needed.iter().copied()) {
        if let Some(value) = answer.get(name) {
            grant.insert(name.to_owned(), value.clone());
        }
    }
    let is_complete = needed.iter().all(|name| grant.contains_key(*name));
    if is_complete { Ok(grant) } else { Err(GrantError::NoGrant) }
}

/// Checks that the answer belongs to this request, by its `state` or its OAuth 1 request token.
fn check_state(
    answer: &BTreeMap<String, Secret>,
    expected: &ExpectedAnswer<'_>,
) -> Result<(), GrantError> {
    let is_ours = match expected.version {
        OAuthVersion::V2 => answer.get("state") == Some(expected.state),
        OAuthVersion::V1 { token, .. } => {
            // A denial has the token in another parameter.
            let named = answer.get("oauth_token").or_else(|| answer.get("denied"));
            let state = answer.get("state");
            named.or(state).is_some()
                && named.is_none_or(|named| named == token)
                && state.is_none_or(|state| state == expected.state)
        }
    };
    if is_ours { Ok(()) } else { Err(GrantError::WrongState) }
}

/// First 60 characters of a provider's text, with every unusual character replaced by `?`.
fn sanitized(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.chars().take(60).map(|c| if is_plain(c) { c } else { '?' }).collect()
}

#[cfg(test)]
mod tests;
