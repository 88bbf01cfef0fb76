//! What a document says about the authorization of its instance.

use crate::authorization::Callback;
use crate::catalog::{Authentication, Catalog};
use crate::cli::commands::single_instance;
use crate::cli::terminal::failure::{Exit, Failure};
use crate::desired::DesiredInstance;
use crate::instance::{Key, Secret};

/// The application that a document declares.
pub(super) struct Declared {
    pub(super) client_id: Secret,
    pub(super) client_secret: Secret,
    /// As the document has it: it goes to the platform and the provider letter by letter.
    pub(super) callback_url: String,
    pub(super) callback: Callback,
    pub(super) scope: Option<String>,
    /// Whether it is OAuth 1.
    pub(super) is_first: bool,
    /// The members of `providerData` that the connector takes.
    pub(super) members: Vec<String>,
}

impl Declared {
    pub(super) fn read(key: &Key, wanted: &DesiredInstance) -> Result<Self, Failure> {
        let (is_first, members) = way(key, wanted)?;
        let client_id = value(key, wanted, "oauth.api.key")?;
        let client_secret = value(key, wanted, "oauth.api.secret")?;
        let callback_url = value(key, wanted, "oauth.callback.url")?.expose().to_owned();
        let callback = Callback::parse(&callback_url).map_err(|why| {
            let sentence = format!("`oauth.callback.url` of `{key}` cannot be used");
            Failure::new(Exit::Invalid, sentence).caused_by(&why).hint(
                "declare the address that is registered at the provider, like http://127.0.0.1:8899/callback",
            )
        })?;
        let scope = wanted.configuration.get("oauth.scope");
        let scope = scope.and_then(|field| field.value.render_secrets());
        let scope = scope.map(|scope| scope.expose().to_owned());
        Ok(Self { client_id, client_secret, callback_url, callback, scope, is_first, members })
    }
}

/// Whether it is OAuth 1, and the members that its grant may have.
fn way(key: &Key, wanted: &DesiredInstance) -> Result<(bool, Vec<String>), Failure> {
    // One that the catalogue does not know is asked for as most are.
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
    let sentence =
        format!("`{key}` does not authenticate by OAuth: nobody has to grant `{name}` anything");
    Err(Failure::new(Exit::Invalid, sentence).hint("create it as it is: ocon apply"))
}

/// A declared value that is needed.
fn value(key: &Key, wanted: &DesiredInstance, name: &str) -> Result<Secret, Failure> {
    single_instance::value(key, wanted, name)?.ok_or_else(|| {
        let sentence = format!("`{key}` does not declare `{name}`, which an authorization needs");
        let at = &wanted.at;
        Failure::new(Exit::Invalid, sentence).hint(format!(
            "add it under `configuration:` of the document at {}:{}",
            at.file, at.line
        ))
    })
}
