//! Exchanges authorization codes for tokens, as the platform does at the provider
//! (docs/platform.md#oauth).
//!
//! A code works once per connector, as at providers. A code that starts with `demo-` always works, so
//! that examples can be repeated. A code must never be stored anywhere but in the list of used codes.

use std::time::SystemTime;

use serde_json::{Map, Value};

use super::{
    AuthMethod, Connector, ErrorReply, ExternalAuthentication, Provider, Store,
    StoredConfiguration, UsedCode, catalog::entry::DocumentedBody, provider::OfferedCode,
    random_token, timestamp,
};

/// Prefix of codes that work more than once.
const REUSABLE_PREFIX: &str = "demo-";

/// Connectors that use client credentials and whose documentation has an empty code.
const CONNECTORS_WITHOUT_CODE: [&str; 1] = ["marketo"];

pub(super) struct TokenExchange<'a> {
    pub(super) connector: &'static Connector,
    pub(super) provider_data: Option<&'a Map<String, Value>>,
    pub(super) external: ExternalAuthentication,
    pub(super) now: SystemTime,
}

impl TokenExchange<'_> {
    /// Writes tokens to `configuration` and returns the code that is now used, if any.
    ///
    /// A connector without OAuth accepts any data.
    pub(super) fn run(
        &self,
        configuration: &mut StoredConfiguration,
        provider: &Provider,
        store: &Store,
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
                || store.was_used(&self.connector.key, code)
                || !provider.accepts(&offered, self.connector, configuration, self.now)
        };
        if code.is_some_and(unusable) {
            let message =
                format!("The authorization code was not accepted by {}", self.connector.name);
            return Err(ErrorReply::invalid_grant(bad_code_status, message));
        }
        write_tokens(configuration, method, self.now);
        let single_use = code.filter(|code| !code.starts_with(REUSABLE_PREFIX));
        Ok(single_use
            .map(|code| UsedCode { connector: &self.connector.key, code: code.to_owned() }))
    }

    /// Authentication method of this write, from the first source that has one: the configuration,
    /// the members of `providerData`, the most similar documented body, the connector's default.
    fn method(&self, configuration: &StoredConfiguration) -> AuthMethod {
        let methods = &self.connector.methods;
        let named = configuration.get("authentication.type").and_then(AuthMethod::parse);
        let has = |member| self.provider_data.is_some_and(|data| data.contains_key(member));
        let offered = methods.iter().copied().find(|method| match method {
            AuthMethod::Oauth2 => has("code"),
            AuthMethod::Oauth1 => has("oauth_token"),
            AuthMethod::Basic | AuthMethod::Custom | AuthMethod::ApiKey => false,
        });
        let default = methods.first().copied().unwrap_or(AuthMethod::Custom);
        named.or(offered).unwrap_or_else(|| self.most_similar(configuration, default))
    }

    /// Method of the documented body that shares the most keys with `configuration`. A tie selects the
    /// default.
    fn most_similar(&self, configuration: &StoredConfiguration, default: AuthMethod) -> AuthMethod {
        let shared_keys = |method: AuthMethod| {
            let bodies = self.connector.bodies.iter().filter(|body| body.method == method);
            let set = |body: &DocumentedBody| {
                body.keys.iter().filter(|key| configuration.get(key).is_some()).count()
            };
            bodies.map(set).max().unwrap_or_default()
        };
        let others = self.connector.methods.iter().copied();
        let (_, method) = others.fold((shared_keys(default), default), |best, method| {
            let count = shared_keys(method);
            if count > best.0 { (count, method) } else { best }
        });
        method
    }

    /// The code that a provider accepts once. `None` if the connector needs no code.
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
        if CONNECTORS_WITHOUT_CODE.contains(&self.connector.key.as_str())
            && text("code") == Some("")
        {
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
}

/// Checks tokens from elsewhere. The platform stores them without asking the provider.
fn check_tokens(configuration: &StoredConfiguration) -> Result<(), ErrorReply> {
    let tokens = ["oauth.user.refresh_token", "oauth.user.token"];
    if tokens.iter().any(|key| configuration.get(key).is_some()) {
        return Ok(());
    }
    Err(ErrorReply::bad_request("Missing required configuration: oauth.user.refresh_token"))
}

/// Writes the values that the platform writes after an exchange
/// (docs/platform.md#configuration-values).
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
