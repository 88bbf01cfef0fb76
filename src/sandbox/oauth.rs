//! What the provider behind an OAuth connector would do: exchange grants for tokens.
//!
//! In: a connector, the configuration and the `providerData` of a write. Out: the tokens, written
//! into the configuration, and the grant that is now used up. A code works once per connector, as
//! it does at providers; one that begins with `demo-` works always, so that examples can be run
//! again. It must never keep a grant anywhere but in the list of used codes.

use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::catalog::{AuthMethod, Connector, DocumentedBody};
use super::configuration::StoredConfiguration;
use super::instance::ExternalAuthentication;
use super::provider::{OfferedCode, Provider};
use super::reply::ErrorReply;
use super::store::UsedCode;
use super::timestamp;

/// Codes that begin so are never used up.
const REUSABLE: &str = "demo-";

/// Connectors that authenticate with client credentials and are documented with an empty code.
const WITHOUT_CODE: [&str; 1] = ["marketo"];

/// What a write offers to authenticate with.
pub(super) struct TokenExchange<'a> {
    pub(super) connector: &'static Connector,
    pub(super) provider_data: Option<&'a Map<String, Value>>,
    pub(super) external: ExternalAuthentication,
    pub(super) now: SystemTime,
}

impl TokenExchange<'_> {
    /// Exchanges the offer for tokens in `configuration` and returns the grant that it used up.
    ///
    /// Connectors that need no grant take the offer as it is.
    pub(super) fn accept(
        &self,
        configuration: &mut StoredConfiguration,
        provider: &Provider,
        was_used: impl Fn(&str, &str) -> bool,
        bad_code_status: u16,
    ) -> Result<Option<UsedCode>, ErrorReply> {
        let method = self.method(configuration);
        if !method.is_oauth() {
            return Ok(None);
        }
        if self.external == ExternalAuthentication::Initial {
            return check_tokens(configuration).map(|()| None);
        }
        let code = self.code(method)?;
        let (token, secret) = match method {
            AuthMethod::Oauth1 => (self.text("oauth_token"), self.text("secret")),
            _ => (None, None),
        };
        let unusable = |code: &str| {
            let offered = OfferedCode { code, token, secret };
            code.is_empty()
                || was_used(&self.connector.key, code)
                || !provider.accepts(&offered, self.connector, configuration, self.now)
        };
        if code.is_some_and(unusable) {
            return Err(self.refused(bad_code_status));
        }
        write_tokens(configuration, method, self.now);
        let single_use = code.filter(|code| !code.starts_with(REUSABLE));
        Ok(single_use
            .map(|code| UsedCode { connector: &self.connector.key, code: code.to_owned() }))
    }

    /// The way in that this write takes: what it names, else what it offers, else that of the
    /// documented body which its configuration resembles most, else the usual one.
    fn method(&self, configuration: &StoredConfiguration) -> AuthMethod {
        let methods = &self.connector.methods;
        let named = configuration.get("authentication.type").and_then(AuthMethod::named);
        let offers = |member| self.provider_data.is_some_and(|data| data.contains_key(member));
        let offered = methods.iter().copied().find(|method| match method {
            AuthMethod::Oauth2 => offers("code"),
            AuthMethod::Oauth1 => offers("oauth_token"),
            AuthMethod::Basic | AuthMethod::Custom | AuthMethod::ApiKey => false,
        });
        let usual = methods.first().copied().unwrap_or(AuthMethod::Custom);
        named.or(offered).unwrap_or_else(|| self.resembled(configuration, usual))
    }

    /// The method of the documented body of which `configuration` has the most keys; the usual one
    /// unless another has more.
    fn resembled(&self, configuration: &StoredConfiguration, usual: AuthMethod) -> AuthMethod {
        let most = |method: AuthMethod| {
            let bodies = self.connector.bodies.iter().filter(|body| body.method == method);
            let set = |body: &DocumentedBody| {
                body.keys.iter().filter(|key| configuration.get(key).is_some()).count()
            };
            bodies.map(set).max().unwrap_or_default()
        };
        let others = self.connector.methods.iter().copied();
        let (_, method) = others.fold((most(usual), usual), |best, method| {
            let count = most(method);
            if count > best.0 { (count, method) } else { best }
        });
        method
    }

    /// The part of the offer that a provider takes once; none where this connector needs none.
    fn code(&self, method: AuthMethod) -> Result<Option<&str>, ErrorReply> {
        let needed: &[&str] = match method {
            AuthMethod::Oauth1 => &["oauth_verifier", "oauth_token", "secret"],
            _ => &["code"],
        };
        let documented = self.connector.provider_data.iter().any(|m| needed.contains(&m.as_str()));
        if !documented {
            return Ok(None);
        }
        let text = |member| self.text(member);
        if WITHOUT_CODE.contains(&self.connector.key.as_str()) && text("code") == Some("") {
            return Ok(None);
        }
        let missing: Vec<_> = needed.iter().copied().filter(|m| text(m).is_none()).collect();
        if missing.is_empty() {
            return Ok(needed.first().and_then(|member| text(member)));
        }
        let members: Vec<_> =
            missing.iter().map(|member| format!("providerData.{member}")).collect();
        let message = format!("Missing required authentication data: {}", members.join(", "));
        Err(ErrorReply::bad_request(message))
    }

    fn text(&self, member: &str) -> Option<&str> {
        self.provider_data?.get(member)?.as_str()
    }

    fn refused(&self, status: u16) -> ErrorReply {
        let name = &self.connector.name;
        ErrorReply::new(status, format!("The authorization code was not accepted by {name}"))
            .said_by_provider("invalid_grant")
    }
}

/// Takes tokens that were obtained elsewhere; the platform asks nobody and stores them.
fn check_tokens(configuration: &StoredConfiguration) -> Result<(), ErrorReply> {
    let tokens = ["oauth.user.refresh_token", "oauth.user.token"];
    if tokens.iter().any(|key| configuration.get(key).is_some()) {
        return Ok(());
    }
    Err(ErrorReply::bad_request("Missing required configuration: oauth.user.refresh_token"))
}

/// Writes what the platform writes after an exchange.
fn write_tokens(configuration: &mut StoredConfiguration, method: AuthMethod, now: SystemTime) {
    configuration.set("oauth.user.token", random_token());
    if method == AuthMethod::Oauth1 {
        configuration.set("oauth.user.token.secret", random_token());
    } else {
        configuration.set("oauth.user.refresh_token", random_token());
        let now = timestamp::epoch_milliseconds(now);
        configuration.set("oauth.user.refresh_time", now);
    }
}

/// 32 random bytes in Base64, the shape of the platform's own tokens.
pub(super) fn random_token() -> String {
    // Not from a cryptographic source: what it guards is a test double on this machine.
    let bytes: [u8; 32] = std::array::from_fn(|_| fastrand::u8(..));
    STANDARD.encode(bytes)
}
