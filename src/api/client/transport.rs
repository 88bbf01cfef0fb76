//! The HTTP library: how it is set up, and what its errors mean.

use std::error::Error as StdError;

use reqwest::Url;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;

use super::{Credentials, Settings};
use crate::api::{Kind, wire};
use crate::instance::{BaseUrl, Secret};

/// Why no client could be made.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The base URL is not one.
    #[error("`{url}` is not a base URL: {reason}")]
    BaseUrl {
        /// What was given.
        url: String,
        /// The rule it breaks.
        reason: String,
    },
    /// A credential cannot stand in the `Authorization` header.
    #[error(
        "the {which} is empty or has a character that no such secret has: a space, a comma, \
         a line break, or one beyond ASCII"
    )]
    Credential {
        /// `user secret` or `organization secret`.
        which: &'static str,
    },
    /// The further certificate authorities cannot be used.
    #[error("the certificates cannot be read: {reason}")]
    Certificates {
        /// What is wrong with them.
        reason: String,
    },
    /// TLS cannot be set up, for want of any certificate authority as a rule.
    #[error("TLS cannot be set up: {reason}")]
    Tls {
        /// The chain of causes.
        reason: String,
    },
}

/// Checks what would change the meaning of every request.
pub(super) fn base(given: &BaseUrl) -> Result<Url, BuildError> {
    let fail = |reason: &str| {
        // A password in it is nothing to repeat.
        let url = Url::parse(given.as_str()).map(|mut url| {
            let _ = url.set_username("").and_then(|()| url.set_password(None));
            url.set_query(None);
            url
        });
        BuildError::BaseUrl {
            url: url.map_or_else(|_| "…".to_owned(), Into::into),
            reason: reason.to_owned(),
        }
    };
    let url = Url::parse(given.as_str()).map_err(|error| fail(&error.to_string()))?;
    if !matches!(url.scheme(), "https" | "http") || url.cannot_be_a_base() {
        return Err(fail("it must begin with https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(fail("it must not hold a user or password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(fail("it must not hold a `?` or `#`"));
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(fail("plain http is for this machine only"));
    }
    Ok(url)
}

/// Sets the HTTP library up.
pub(super) fn http(settings: &Settings, base: &Url) -> Result<reqwest::Client, BuildError> {
    // Without a provider the library panics; a second installation is refused, and welcome to be.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("ocon/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers(&settings.credentials)?)
        // A little less than the whole request has: who could not connect has sent nothing, and the
        // error should say so.
        .connect_timeout(settings.connect_timeout.min(settings.read_timeout * 9 / 10))
        // Credentials must not follow wherever an answer points.
        .redirect(Policy::none())
        // Large pages should not wait for window updates.
        .http2_adaptive_window(true)
        // A create on a connection that the other side has just closed for idleness has an unknown
        // outcome; gateways close them after 60 s and more.
        .pool_idle_timeout(std::time::Duration::from_secs(20));
    if is_loopback(base) {
        // `HTTP_PROXY` would be taken for this machine too, and no proxy reaches it.
        builder = builder.no_proxy();
    }
    builder = if base.scheme() == "http" {
        // There is nothing to verify, and a container without certificates must not fail for it.
        builder.tls_certs_only([])
    } else {
        builder.https_only(true).tls_certs_merge(certificates(settings)?)
    };
    builder.build().map_err(|error| BuildError::Tls { reason: chain(&error) })
}

fn certificates(settings: &Settings) -> Result<Vec<reqwest::Certificate>, BuildError> {
    let Some(bundle) = &settings.ca_certificates else {
        return Ok(Vec::new());
    };
    let fail = |reason: &str| BuildError::Certificates { reason: reason.to_owned() };
    let found =
        reqwest::Certificate::from_pem_bundle(bundle).map_err(|error| fail(&chain(&error)))?;
    if found.is_empty() {
        return Err(fail("there is no `BEGIN CERTIFICATE` in them"));
    }
    Ok(found)
}

/// Never an `Element` part: the vendor's own suite drops it where a path names the instance.
fn headers(credentials: &Credentials) -> Result<HeaderMap, BuildError> {
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

/// A comma or space in a secret would begin another part of the header.
fn credential<'a>(which: &'static str, secret: &'a Secret) -> Result<&'a str, BuildError> {
    let text = secret.expose();
    if text.is_empty() || text.contains(|c: char| !c.is_ascii_graphic() || c == ',') {
        return Err(BuildError::Credential { which });
    }
    Ok(text)
}

fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else {
        return false;
    };
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let parsed = address.parse::<std::net::IpAddr>();
    host == "localhost" || parsed.is_ok_and(|address| address.is_loopback())
}

/// What became of a request that has no answer.
pub(super) fn lost(error: &reqwest::Error) -> Kind {
    let reason = chain(error);
    if error.is_connect() { Kind::Connect { reason } } else { Kind::Transport { reason } }
}

/// Whether the other side's certificate was refused: it will be again.
pub(super) fn is_untrusted(error: &reqwest::Error) -> bool {
    causes(error).any(|cause| {
        let refused = innermost(cause).downcast_ref();
        matches!(refused, Some(rustls::Error::InvalidCertificate(_)))
    })
}

/// What an `io::Error` wraps, however often: its `source` is the next error after that.
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

/// The causes from the outside in, without the library's own frame: that one names the URL, and
/// says no more than that a request failed.
fn chain(error: &reqwest::Error) -> String {
    let mut texts: Vec<String> = causes(error)
        .skip(1)
        .map(|cause| wire::line(&cause.to_string()))
        .filter(|text| !text.starts_with("client error ("))
        .collect();
    texts.dedup();
    if texts.is_empty() { "no cause is known".to_owned() } else { texts.join(": ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(url: &str, user: &str, organization: &str) -> Result<reqwest::Client, String> {
        let credentials =
            Credentials { user: Secret::new(user), organization: Secret::new(organization) };
        let settings = Settings::new(BaseUrl::new(url), credentials);
        base(&settings.base_url)
            .and_then(|base| http(&settings, &base))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_credential_that_is_none_is_named_and_not_shown() {
        let text = |which| {
            format!(
                "the {which} is empty or has a character that no such secret has: a space, a comma, \
                 a line break, or one beyond ASCII"
            )
        };
        let url = "http://127.0.0.1";
        for bad in ["", "s3cret\n", "s3cret, Element x", "s3crét", "s3 cret"] {
            assert_eq!(built(url, bad, "o").unwrap_err(), text("user secret"));
            assert_eq!(built(url, "u", bad).unwrap_err(), text("organization secret"));
        }
        assert!(built(url, "aB/+=", "0af").is_ok());
    }

    #[test]
    fn a_base_url_that_would_change_every_request_is_refused() {
        let table = [
            ("api.example", "`…` is not a base URL: relative URL without a base"),
            (
                "ftp://api.example",
                "`ftp://api.example/` is not a base URL: it must begin with https://",
            ),
            (
                "https://u:s3cret@api.example/x",
                "`https://api.example/x` is not a base URL: it must not hold a user or password",
            ),
            (
                "https://api.example/?a=s3cret",
                "`https://api.example/` is not a base URL: it must not hold a `?` or `#`",
            ),
            (
                "http://api.example",
                "`http://api.example/` is not a base URL: plain http is for this machine only",
            ),
        ];
        for (url, text) in table {
            assert_eq!(built(url, "u", "o").unwrap_err(), text);
        }
        for url in ["http://127.8.8.8:1/x", "http://[::1]:80", "http://localhost"] {
            assert!(built(url, "u", "o").is_ok(), "{url}");
        }
    }

    #[test]
    fn certificates_that_are_none_are_refused() {
        let credentials = Credentials { user: Secret::new("u"), organization: Secret::new("o") };
        let settings = Settings {
            ca_certificates: Some(b"not a bundle".to_vec()),
            ..Settings::new(BaseUrl::new("https://api.example"), credentials)
        };
        let base = base(&settings.base_url).unwrap();
        assert_eq!(
            http(&settings, &base).unwrap_err().to_string(),
            "the certificates cannot be read: there is no `BEGIN CERTIFICATE` in them"
        );
    }

    #[test]
    fn headers_hide_the_credentials() {
        let credentials =
            Credentials { user: Secret::new("us3r"), organization: Secret::new("0rg") };
        let headers = headers(&credentials).unwrap();
        assert_eq!(headers[AUTHORIZATION], "User us3r, Organization 0rg");
        assert!(!format!("{headers:?}").contains("us3r"));
    }
}
