//! Sets up the HTTP library and interprets its errors.

use std::error::Error as StdError;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Proxy, Url};

use super::{ApiCredentials, ClientSettings, certificates};
use crate::api::ErrorKind;
use crate::instance::Secret;
use crate::safe_text::bounded_line;

/// The reason why a client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A credential cannot be sent in the `Authorization` header.
    #[error(
        "the {which} is empty or contains an invalid character: a space, a comma, a line break or \
         a non-ASCII character"
    )]
    Credential {
        /// `user secret` or `organization secret`.
        which: &'static str,
    },
    /// The additional certificate authorities cannot be used.
    #[error("the certificates cannot be read: {reason}")]
    Certificates {
        /// The problem.
        reason: String,
    },
    /// The proxy cannot be used.
    #[error("the proxy cannot be used: {reason}")]
    Proxy {
        /// The causes, without the address.
        reason: String,
    },
    /// TLS cannot be set up, usually because there is no certificate authority.
    #[error("TLS cannot be set up: {reason}")]
    Tls {
        /// The causes.
        reason: String,
    },
}

pub(super) fn http(settings: &ClientSettings) -> Result<reqwest::Client, BuildError> {
    // Without a provider, the library panics. A second installation fails, which is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("ocon/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers(&settings.credentials)?)
        // Slightly less than the limit of the whole request, so that the error says that nothing was
        // sent.
        .connect_timeout(settings.connect_timeout.min(settings.read_timeout * 9 / 10))
        // A redirect must not receive the credentials.
        .redirect(Policy::none())
        // Large pages should not wait for window updates.
        .http2_adaptive_window(true)
        // A create on a connection that the server closes meanwhile has an unknown outcome. Gateways
        // close idle connections after 60 s or more.
        .pool_idle_timeout(std::time::Duration::from_secs(20));
    // Without this, the library reads the variables by its own rules.
    builder = builder.no_proxy();
    if let Some(url) = &settings.proxy {
        builder = builder.proxy(proxy(url)?);
    }
    builder = if settings.base_url.url().scheme() == "http" {
        // There is nothing to verify, so a container without certificates must not fail.
        builder.tls_certs_only([])
    } else {
        let added = settings.ca_certificates.as_deref().unwrap_or_default();
        let authorities = certificates::parse(added, &settings.system_certificates)
            .map_err(|reason| BuildError::Certificates { reason })?;
        builder.https_only(true).tls_certs_merge(authorities)
    };
    builder.build().map_err(|error| BuildError::Tls { reason: chain(&error) })
}

fn proxy(url: &Url) -> Result<Proxy, BuildError> {
    let proxy = Proxy::all(url.clone());
    proxy.map_err(|error| BuildError::Proxy { reason: chain(&error) })
}

/// The headers of every request. A call with an instance ID in its path needs no `Element` part
/// (docs/platform.md#authentication).
fn headers(credentials: &ApiCredentials) -> Result<HeaderMap, BuildError> {
    let user = credential("user secret", &credentials.user)?;
    let organization = credential("organization secret", &credentials.organization)?;
    let value = format!("User {user}, Organization {organization}");
    let mut authorization = HeaderValue::try_from(value)
        .map_err(|_| BuildError::Credential { which: "user secret or organization secret" })?;
    authorization.set_sensitive(true);
    let json = HeaderValue::from_static("application/json");
    Ok(HeaderMap::from_iter([
        (AUTHORIZATION, authorization),
        (ACCEPT, json.clone()),
        (CONTENT_TYPE, json),
    ]))
}

/// Refuses a comma or space, which would begin another part of the header.
fn credential<'a>(which: &'static str, secret: &'a Secret) -> Result<&'a str, BuildError> {
    let text = secret.expose();
    if text.is_empty() || text.contains(|c: char| !c.is_ascii_graphic() || c == ',') {
        return Err(BuildError::Credential { which });
    }
    Ok(text)
}

/// The kind of a failure without an answer.
pub(super) fn error_kind(error: &reqwest::Error) -> ErrorKind {
    // The type of this error is private (`hyper_util::client::legacy::connect::proxy::TunnelError`).
    if causes(error).any(|cause| cause.to_string() == "tunnel error: proxy authorization required")
    {
        return ErrorKind::ProxyAuthentication;
    }
    let reason = chain(error);
    if error.is_connect() { ErrorKind::Connect { reason } } else { ErrorKind::Transport { reason } }
}

/// Whether the certificate of the server was refused. A retry would fail in the same way.
pub(super) fn is_untrusted(error: &reqwest::Error) -> bool {
    causes(error).any(|cause| {
        let refused = innermost(cause).downcast_ref();
        matches!(refused, Some(rustls::Error::InvalidCertificate(_)))
    })
}

/// The error inside nested `io::Error`s. Their `source` would skip it.
fn innermost<'a>(mut error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    while let Some(inner) = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref)
    {
        error = inner;
    }
    error
}

fn causes<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let first: &'a (dyn StdError + 'static) = error;
    std::iter::successors(Some(first), |error| (*error).source())
}

/// The causes, outermost first, without the error of the library itself, which only contains the URL.
fn chain(error: &reqwest::Error) -> String {
    let mut texts: Vec<String> = causes(error)
        .skip(1)
        .map(|cause| bounded_line(&cause.to_string()))
        .filter(|text| !text.starts_with("client error ("))
        .map(|text| match &*text {
            // The library's whole text about an answer of a proxy.
            "tunnel error: unsuccessful" => "the proxy refused to connect to this host".to_owned(),
            _ => text,
        })
        .collect();
    texts.dedup();
    if texts.is_empty() { "unknown cause".to_owned() } else { texts.join(": ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::BaseUrl;

    fn settings(url: &str, user: &str, organization: &str) -> ClientSettings {
        let (user, organization) = (Secret::new(user), Secret::new(organization));
        ClientSettings::new(BaseUrl::new(url), ApiCredentials { user, organization })
    }

    #[test]
    fn an_invalid_credential_is_named_and_not_shown() {
        let text = |which| {
            format!(
                "the {which} is empty or contains an invalid character: a space, a comma, a line break \
                 or a non-ASCII character"
            )
        };
        let url = "http://127.0.0.1";
        for bad in ["", "s3cret\n", "s3cret, Element x", "s3crét", "s3 cret"] {
            let error = |user, organization| {
                http(&settings(url, user, organization)).unwrap_err().to_string()
            };
            assert_eq!(error(bad, "o"), text("user secret"));
            assert_eq!(error("u", bad), text("organization secret"));
        }
        for url in [url, "http://127.8.8.8:1/x", "http://[::1]:80", "http://localhost"] {
            assert!(http(&settings(url, "aB/+=", "0af")).is_ok(), "{url}");
        }
    }

    #[test]
    fn invalid_certificates_are_refused() {
        let settings = ClientSettings {
            ca_certificates: Some(b"not a bundle".to_vec()),
            ..settings("https://api.example", "u", "o")
        };
        assert_eq!(
            http(&settings).unwrap_err().to_string(),
            "the certificates cannot be read: they contain no `BEGIN CERTIFICATE`"
        );
    }

    #[test]
    fn headers_hide_the_credentials() {
        let settings = settings("https://api.example", "us3r", "0rg");
        let headers = headers(&settings.credentials).unwrap();
        assert_eq!(headers[AUTHORIZATION], "User us3r, Organization 0rg");
        assert!(!format!("{headers:?}").contains("us3r"));
    }
}
