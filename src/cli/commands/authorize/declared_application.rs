//! The OAuth application that a document declares.

use crate::authorization::CallbackUrl;
use crate::catalog::{Authentication, Catalog};
use crate::cli::commands::document_instance;
use crate::cli::terminal::{Exit, Failure};
use crate::desired::DesiredInstance;
use crate::instance::{Key, Secret};

pub(super) struct DeclaredApplication {
    pub(super) client_id: Secret,
    pub(super) client_secret: Secret,
    /// The callback URL, character for character as the platform and the provider must receive it.
    pub(super) callback_url: String,
    pub(super) callback: CallbackUrl,
    pub(super) scope: Option<String>,
    pub(super) is_oauth1: bool,
    /// The members of `providerData` that the connector accepts.
    pub(super) members: Vec<String>,
}

impl DeclaredApplication {
    pub(super) fn read(key: &Key, wanted: &DesiredInstance) -> Result<Self, Failure> {
        let (is_oauth1, members) = way(key, wanted)?;
        let client_id = required_value(key, wanted, "oauth.api.key")?;
        let client_secret = required_value(key, wanted, "oauth.api.secret")?;
        let callback_url = required_value(key, wanted, "oauth.callback.url")?.expose().to_owned();
        let callback = CallbackUrl::parse(&callback_url).map_err(|error| {
            let message = format!("`oauth.callback.url` of `{key}` cannot be used");
            Failure::new(Exit::Invalid, message).caused_by(&error).hint(
                "declare the URL that is registered at the provider, for example http://127.0.0.1:8899/callback",
            )
        })?;
        let scope = wanted.configuration.get("oauth.scope");
        let scope = scope.and_then(|field| field.value.render_secrets());
        let scope = scope.map(|scope| scope.expose().to_owned());
        Ok(Self { client_id, client_secret, callback_url, callback, scope, is_oauth1, members })
    }
}

/// Whether the connector uses OAuth 1, and the members that its grant may have.
fn way(key: &Key, wanted: &DesiredInstance) -> Result<(bool, Vec<String>), Failure> {
    // A connector outside the catalog is assumed to use OAuth 2, as most do.
    let Some(connector) = Catalog::embedded().connector(&wanted.connector) else {
        return Ok((false, Vec::new()));
    };
    let members = connector.provider_data.clone();
    let named = wanted.configuration.get("authentication.type");
    let named = named.and_then(|field| field.value.render_secrets());
    let named = named.map(|named| named.expose().to_ascii_lowercase());
    let is_named = |way: &&Authentication| match named.as_deref() {
        Some("oauth1") => **way == Authentication::Oauth1,
        Some("oauth2") => **way == Authentication::Oauth2,
        Some(_) => false,
        None => matches!(way, Authentication::Oauth1 | Authentication::Oauth2),
    };
    if let Some(way) = connector.auth.iter().find(is_named) {
        return Ok((*way == Authentication::Oauth1, members));
    }
    let name = &wanted.connector;
    let error = format!("`{key}` does not authenticate with OAuth, so `{name}` needs no grant");
    Err(Failure::new(Exit::Invalid, error).hint("create it with: ocon apply"))
}

fn required_value(key: &Key, wanted: &DesiredInstance, name: &str) -> Result<Secret, Failure> {
    document_instance::value(key, wanted, name)?.ok_or_else(|| {
        let error = format!("`{key}` does not declare `{name}`, which an authorization needs");
        let at = &wanted.at;
        Failure::new(Exit::Invalid, error).hint(format!(
            "add it under `configuration:` of the document at {}:{}",
            at.file, at.line
        ))
    })
}
