//! What a person grants at a provider: checks of the address that they are sent to, and of the answer.
//!
//! In: the address that the platform gave, the declared callback, the query with which the browser
//! came back. Out: the members of `providerData`, or why there are none. It is pure. It must never
//! put a code, a state or a client secret into a message.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use url::{Host, Url};

use crate::instance::{Secret, is_loopback};
use crate::safe_text::quoted;

/// The longest address that browsers and their helpers take, in bytes.
const LONGEST: usize = 8_000;

/// Which OAuth a connector speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// Version 2: a code and a state come back.
    Second,
    /// Version 1: the request token comes back, with a verifier.
    First {
        /// The request token.
        token: Secret,
        /// Its secret, which the create sends along.
        secret: Secret,
    },
}

/// Where the provider sends the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback(Url);

/// What the answer has to fit.
#[derive(Clone, Debug)]
pub struct Expected<'a> {
    /// Which OAuth it is.
    pub way: &'a Way,
    /// The state that was sent.
    pub state: &'a Secret,
    /// The members that the connector's create takes, besides those of its OAuth.
    pub members: &'a [String],
}

/// What the platform was asked for, which its address has to repeat.
#[derive(Clone, Copy, Debug)]
pub struct AuthorizationRequest<'a> {
    /// Where the answer goes.
    pub callback: &'a Callback,
    /// Which OAuth it is.
    pub way: &'a Way,
    /// The state that was sent.
    pub state: &'a Secret,
    /// The declared client id.
    pub client_id: &'a Secret,
    /// The declared scope, if there is one.
    pub scope: Option<&'a str>,
}

/// How the scope in the platform's address differs from the declared one.
///
/// The names come from the platform and may be any text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeDifference {
    /// The address asks for nothing beyond the declared scope.
    None,
    /// The address also asks for these.
    Beyond(Vec<String>),
    /// No scope is declared, and the address asks for these: the connector's default.
    Default(Vec<String>),
}

/// Why an answer grants nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The person, or the provider, said no; what the provider calls it.
    Denied(String),
    /// It answers another question, or none of ours.
    WrongState,
    /// It has neither a grant nor an error.
    Nothing,
    /// A parameter comes twice.
    Doubled(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(error) => write!(
                f,
                "access was not granted: the provider says {error}",
                error = quoted(&error)
            ),
            Self::WrongState => f.write_str(
                "its `state` or request token is missing, or is not the one that ocon sent",
            ),
            Self::Nothing => f.write_str("the answer has neither a code nor an error"),
            Self::Doubled(name) => write!(f, "the answer has {name} twice", name = quoted(&name)),
        }
    }
}

impl Callback {
    /// Reads the declared `oauth.callback.url`; else what is wrong with it.
    ///
    /// # Errors
    /// When it is no address that a browser can be sent to.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| error.to_string())?;
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err("it has a login or a fragment, which no callback has".to_owned());
        }
        match (url.scheme(), url.host()) {
            ("http" | "https", Some(_)) => Ok(Self(url)),
            _ => Err("it is no address that a browser can be sent to".to_owned()),
        }
    }

    /// The port to listen on, and the host; `None` where the browser ends up elsewhere.
    pub fn listener(&self) -> Option<(Host<&str>, u16)> {
        let host = self.0.host()?;
        let here = self.0.scheme() == "http" && is_loopback(&host);
        here.then(|| Some((host, self.0.port_or_known_default()?))).flatten()
    }

    /// The whole of it.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The path to listen on.
    pub fn path(&self) -> &str {
        self.0.path()
    }

    /// The `Host` of a request that comes from the provider's redirect.
    pub fn authority(&self) -> &str {
        self.0.authority()
    }

    /// The query of an address to which the browser was sent, if it is this callback's.
    pub fn query_of(&self, pasted: &str) -> Option<String> {
        let url = Url::parse(pasted.trim()).ok()?;
        let same = url.origin() == self.0.origin() && url.path() == self.0.path();
        same.then(|| url.query().unwrap_or_default().to_owned())
    }
}

/// The parameters that an address has once at most: a provider may read either of two.
const SINGLE_PARAMETERS: [&str; 5] =
    ["client_id", "redirect_uri", "response_type", "scope", "state"];

/// The parameters that name scopes: of OAuth and of two providers.
const SCOPE_PARAMETERS: [&str; 3] = ["scope", "user_scope", "optional_scope"];

/// Checks that the platform's address leads to a provider, belongs to this request, and sends the
/// answer to the declared callback. Returns how its scope differs from the declared one.
///
/// # Errors
/// Says what is wrong with an address that no browser should open.
pub fn check(address: &str, request: &AuthorizationRequest<'_>) -> Result<ScopeDifference, String> {
    // It is printed as it is, and parsing would overlook line breaks.
    if address.len() > LONGEST || !address.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("it is too long, or has characters that no address has".to_owned());
    }
    let url = Url::parse(address).map_err(|error| format!("it is no address: {error}"))?;
    let host = url.host().ok_or("it names no host")?;
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&host) => {}
        scheme => return Err(format!("it is not https, but {scheme}")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it carries a login".to_owned());
    }
    let all = |name: &str| -> Vec<_> {
        url.query_pairs().filter(|(other, _)| other == name).map(|(_, value)| value).collect()
    };
    if let Some(name) = SINGLE_PARAMETERS.into_iter().find(|name| all(name).len() > 1) {
        return Err(format!("it has {} more than once", quoted(name)));
    }
    // A request object replaces all parameters that are checked here (RFC 9101).
    if let Some(name) = ["request", "request_uri"].into_iter().find(|name| !all(name).is_empty()) {
        return Err(format!(
            "it has its parameters in {}, where nobody can check them",
            quoted(name)
        ));
    }
    let AuthorizationRequest { callback, way, state, client_id, scope } = request;
    match (all("redirect_uri").first(), way) {
        (None, Way::First { .. }) => {}
        (Some(to), _) if Url::parse(to).as_ref() == Ok(&callback.0) => {}
        (None, Way::Second) => return Err("it does not say where the answer goes".to_owned()),
        _ => return Err("its answer would not go to the declared callback".to_owned()),
    }
    match (all("client_id").first(), way) {
        (None, Way::First { .. }) => {}
        (Some(ours), _) if ours == client_id.expose() => {}
        (None, Way::Second) => return Err("it has no `client_id`".to_owned()),
        _ => return Err("its `client_id` is not the declared `oauth.api.key`".to_owned()),
    }
    match (all("state").first(), way) {
        (None, Way::First { .. }) => {}
        (Some(ours), _) if ours == state.expose() => {}
        _ => return Err("its `state` is not the one that was sent, so no answer could be told from a forged one"
            .to_owned()),
    }
    let requested: Vec<_> = SCOPE_PARAMETERS.into_iter().flat_map(all).collect();
    Ok(scope_difference(requested.iter().flat_map(|text| scopes(text)), *scope))
}

/// The names in a scope. OAuth separates them by spaces, and some providers by commas.
fn scopes(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || c == ',').filter(|name| !name.is_empty())
}

fn scope_difference<'a>(
    requested: impl Iterator<Item = &'a str>,
    declared: Option<&str>,
) -> ScopeDifference {
    let allowed: BTreeSet<&str> = scopes(declared.unwrap_or_default()).collect();
    let mut beyond: Vec<String> = Vec::new();
    for name in requested.filter(|name| !allowed.contains(name)) {
        if !beyond.iter().any(|other| other == name) {
            beyond.push(name.to_owned());
        }
    }
    match declared {
        _ if beyond.is_empty() => ScopeDifference::None,
        Some(_) => ScopeDifference::Beyond(beyond),
        None => ScopeDifference::Default(beyond),
    }
}

/// Reads the answer: the members of `providerData`.
///
/// # Errors
/// When it grants nothing.
pub fn grant(query: &str, expected: &Expected<'_>) -> Result<BTreeMap<String, Secret>, Refusal> {
    let mut answer: BTreeMap<String, Secret> = BTreeMap::new();
    let mut doubled = None;
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let value = Secret::new(value);
        let earlier = answer.insert(name.to_string(), value.clone());
        if earlier.as_ref().is_some_and(|earlier| name == "state" && *earlier != value) {
            return Err(Refusal::WrongState);
        }
        if earlier.is_some() {
            doubled.get_or_insert(harmless(&name));
        }
    }
    answer.retain(|_, value| !value.expose().is_empty());
    check_state(&answer, expected)?;
    if let Some(name) = doubled {
        return Err(Refusal::Doubled(name));
    }
    if let Some(error) = answer.get("error") {
        return Err(Refusal::Denied(harmless(error.expose())));
    }
    if answer.contains_key("denied") {
        return Err(Refusal::Denied("denied".to_owned()));
    }
    let (needed, mut grant): (&[&str], BTreeMap<String, Secret>) = match expected.way {
        Way::Second => (&["code"], BTreeMap::new()),
        Way::First { secret, .. } => {
            (&["oauth_token", "oauth_verifier"], [("secret".to_owned(), secret.clone())].into())
        }
    };
    let known = expected.members.iter().map(String::as_str);
    for name in known.chain(needed.iter().copied()) {
        if let Some(value) = answer.get(name) {
            grant.insert(name.to_owned(), value.clone());
        }
    }
    let complete = needed.iter().all(|name| grant.contains_key(*name));
    if complete { Ok(grant) } else { Err(Refusal::Nothing) }
}

/// The answer has to be one to this question: by its state, and in OAuth 1 by its request token.
fn check_state(answer: &BTreeMap<String, Secret>, expected: &Expected<'_>) -> Result<(), Refusal> {
    let same = match expected.way {
        Way::Second => answer.get("state") == Some(expected.state),
        Way::First { token, .. } => {
            // A denial names the token in a parameter of its own.
            let named = answer.get("oauth_token").or_else(|| answer.get("denied"));
            let state = answer.get("state");
            named.or(state).is_some()
                && named.is_none_or(|named| named == token)
                && state.is_none_or(|state| state == expected.state)
        }
    };
    if same { Ok(()) } else { Err(Refusal::WrongState) }
}

/// A short word of a provider: the beginning of it, with nothing but letters and digits in it.
fn harmless(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.chars().take(60).map(|c| if is_plain(c) { c } else { '?' }).collect()
}

#[cfg(test)]
mod tests;
