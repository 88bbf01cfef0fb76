//! Which platform to talk to, and nothing but: the host decides who receives the credentials.

use reqwest::Url;

use crate::cli::terminal::failure::{Exit, Failure};
use crate::instance::{BaseUrl, is_loopback};
use crate::safe_text::quoted;

/// The path at which every landscape serves the API.
const API_PATH: &str = "/elements/api-v2";
/// What the embedded sandbox calls itself, in plans and in values: the same on every machine.
pub(crate) const SANDBOX_URL: &str = "https://sandbox.invalid/elements/api-v2";

/// What the command line and the environment say about the platform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Choice {
    /// `--base-url` or `OCON_BASE_URL`.
    pub base_url: Option<String>,
    /// `--region` or `OCON_REGION`.
    pub region: Option<String>,
    /// `--allow-host`, repeatable.
    pub allowed_hosts: Vec<String>,
}

/// Decides on the base URL.
///
/// # Errors
/// A usage failure when none is given, or when credentials must not be sent there.
pub(crate) fn base_url(choice: &Choice) -> Result<BaseUrl, Failure> {
    match (&choice.base_url, &choice.region) {
        (Some(url), None) => checked(url, &choice.allowed_hosts),
        (None, Some(region)) => of_region(region),
        (Some(_), Some(_)) => Err(usage("the platform is given twice, by base URL and by region")
            .hint("keep one of --base-url (OCON_BASE_URL) and --region (OCON_REGION)")),
        (None, None) => Err(usage("no platform is given")
            .hint("name yours: --region us2, or --base-url https://api.openconnectors.….ondemand.com/elements/api-v2")
            .hint("or try it without one: --sandbox")),
    }
}

/// `us2`, `eu10`, `trial.us10`: the name of a landscape.
fn of_region(region: &str) -> Result<BaseUrl, Failure> {
    let name = region.strip_prefix("trial.").unwrap_or(region);
    if name.is_empty()
        || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    {
        return Err(usage(format!(
            "{region} is not the name of a region",
            region = quoted(&region)
        ))
        .hint("regions are written like us2, eu10 or trial.us10"));
    }
    Ok(BaseUrl::new(&format!(
        "https://api.openconnectors.{region}.ext.hana.ondemand.com{API_PATH}"
    )))
}

fn checked(text: &str, allowed_hosts: &[String]) -> Result<BaseUrl, Failure> {
    let url = Url::parse(text).ok().filter(Url::has_host).ok_or_else(|| {
        // What stands before an `@` may be a password.
        let shown = text.rsplit('@').next().unwrap_or_default();
        usage(format!("{shown} is not a URL", shown = quoted(&shown)))
            .hint("write it in full: https://api.openconnectors.us2.ext.hana.ondemand.com/elements/api-v2")
    })?;
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    if !url.username().is_empty() || url.password().is_some() {
        return Err(usage("the base URL holds a user name or a password")
            .hint("give credentials by OCON_USER_SECRET and OCON_ORGANIZATION_SECRET"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(
            usage("the base URL holds a query or a fragment").hint("end it after /elements/api-v2")
        );
    }
    if let Some(api_host) = behind_user_interface(&host) {
        return Err(usage(format!("{host} is the host of the user interface, not of the API"))
            .hint(format!("use --base-url https://{api_host}{API_PATH}")));
    }
    let loopback = url.host().is_some_and(|host| is_loopback(&host));
    if url.scheme() != "https" && !(loopback && url.scheme() == "http") {
        return Err(usage("the base URL does not begin with https://")
            .hint("credentials are sent over TLS only; http is for loopback addresses"));
    }
    if !loopback && !is_platform(&host) && !allowed_hosts.contains(&host) {
        return Err(usage(format!(
            "{host} is not a known host of the platform, and it would receive your credentials"
        ))
        .hint(format!("check the spelling; if the host is right, add --allow-host {host}")));
    }
    match url.path().trim_end_matches('/') {
        "" => Ok(BaseUrl::new(&format!("{}{API_PATH}", url.as_str().trim_end_matches('/')))),
        API_PATH => Ok(BaseUrl::new(url.as_str())),
        other => Err(usage(format!("the base URL has the path {other}"))
            .hint(format!("the API is served at {API_PATH}"))),
    }
}

fn usage(error: impl Into<String>) -> Failure {
    Failure::new(Exit::Usage, error)
}

/// The API host that belongs to a host of the user interface.
fn behind_user_interface(host: &str) -> Option<String> {
    let rest = host.strip_prefix("my.")?;
    if is_platform(&format!("api.{rest}")) {
        return Some(format!("api.{rest}"));
    }
    match rest {
        "cloudelements.co.uk" => Some("api.cloud-elements.co.uk".to_owned()),
        "cloudelements.io" => Some("api.cloud-elements.com".to_owned()),
        _ => None,
    }
}

/// The SAP landscapes, `api.openconnectors[.trial][.<region>].ext.hana[trial].ondemand.com`, and
/// the hosts of Cloud Elements.
fn is_platform(host: &str) -> bool {
    const CLOUD_ELEMENTS: [&str; 4] = [
        "api.cloud-elements.com",
        "console.cloud-elements.com",
        "staging.cloud-elements.com",
        "api.cloud-elements.co.uk",
    ];
    let landscape = host.strip_prefix("api.openconnectors").and_then(|rest| {
        rest.strip_suffix(".ext.hana.ondemand.com")
            .or_else(|| rest.strip_suffix(".ext.hanatrial.ondemand.com"))
    });
    let region = landscape.map(|rest| rest.strip_prefix(".trial").unwrap_or(rest));
    let is_region = |region: &str| {
        region.is_empty()
            || region.strip_prefix('.').is_some_and(|name| {
                !name.is_empty()
                    && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            })
    };
    region.is_some_and(is_region) || CLOUD_ELEMENTS.contains(&host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(url: &str) -> Result<String, String> {
        let choice = Choice { base_url: Some(url.to_owned()), ..Choice::default() };
        base_url(&choice)
            .map(|url| url.to_string())
            .map_err(|failure| anstream::adapter::strip_str(&failure.render(None)).to_string())
    }

    #[test]
    fn known_hosts_and_loopback_are_accepted() {
        for url in [
            "https://api.openconnectors.us2.ext.hana.ondemand.com/elements/api-v2",
            "https://api.openconnectors.trial.eu10.ext.hana.ondemand.com/elements/api-v2",
            "https://api.openconnectors.ext.hanatrial.ondemand.com/elements/api-v2",
            "https://api.cloud-elements.co.uk/elements/api-v2",
            "http://127.0.0.1:4010/elements/api-v2",
            "http://[::1]:4010/elements/api-v2",
        ] {
            assert_eq!(decide(url).as_deref(), Ok(url));
            assert_eq!(decide(&format!("{url}/")).as_deref(), Ok(url));
        }
        assert_eq!(
            decide("https://api.openconnectors.us2.ext.hana.ondemand.com").as_deref(),
            Ok("https://api.openconnectors.us2.ext.hana.ondemand.com/elements/api-v2")
        );
    }

    #[test]
    fn a_host_that_only_looks_like_the_platform_is_refused() {
        for url in [
            "https://api.openconnectors.us2.ext.hana.ondemand.com.evil.example/elements/api-v2",
            "https://api.openconnectors.a.b.ext.hana.ondemand.com/elements/api-v2",
            "https://xapi.openconnectors.us2.ext.hana.ondemand.com/elements/api-v2",
            "https://api.openconnectorsevil.ext.hana.ondemand.com/elements/api-v2",
            "https://localhost.evil.example/elements/api-v2",
            "http://api.openconnectors.us2.ext.hana.ondemand.com/elements/api-v2",
            "https://user:pw@api.cloud-elements.com/elements/api-v2",
            "https://api.cloud-elements.com/elements/api-v2?x=1",
            "https://api.cloud-elements.com/other",
            "api.cloud-elements.com",
            "file:///elements/api-v2",
        ] {
            assert!(decide(url).is_err(), "{url}");
        }
    }

    #[test]
    fn the_user_interface_is_recognised_and_the_right_host_named() {
        assert_eq!(
            decide("https://my.openconnectors.us2.ext.hana.ondemand.com/").unwrap_err(),
            "error: my.openconnectors.us2.ext.hana.ondemand.com is the host of the user interface, not of the API\n\n\
             hint: use --base-url https://api.openconnectors.us2.ext.hana.ondemand.com/elements/api-v2\n"
        );
    }

    #[test]
    fn regions_name_landscapes() {
        let decide = |region: &str| {
            let choice = Choice { region: Some(region.to_owned()), ..Choice::default() };
            base_url(&choice).map(|url| url.to_string())
        };
        assert_eq!(
            decide("trial.us10").as_deref(),
            Ok("https://api.openconnectors.trial.us10.ext.hana.ondemand.com/elements/api-v2")
        );
        for bad in ["", "us2.evil.example/", "US2", "trial."] {
            assert!(decide(bad).is_err(), "{bad}");
        }
    }
}
