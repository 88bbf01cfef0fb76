//! Chooses the platform. Its host receives the credentials.

use std::net::IpAddr;

use reqwest::Url;

use crate::catalog::closest;
use crate::cli::setup::global_args::GlobalArgs;
use crate::cli::terminal::{Exit, Failure};
use crate::instance::BaseUrl;
use crate::safe_text::quoted;

const API_PATH: &str = "/elements/api-v2";
/// The base URL of the embedded sandbox in plans and values: the same on every machine.
pub(crate) const SANDBOX_URL: &str = "https://sandbox.invalid/elements/api-v2";

/// The regions that sources mention. Others exist, so ocon accepts every one (docs/platform.md#hosts).
pub(crate) const REGIONS: [&str; 7] =
    ["eu10", "jp20", "trial.ap21", "trial.eu10", "trial.us10", "us10", "us2"];

pub(crate) enum Platform {
    Sandbox,
    At(BaseUrl),
}

pub(crate) fn choose(globals: &GlobalArgs) -> Result<Platform, Failure> {
    if globals.sandbox {
        return Ok(Platform::Sandbox);
    }
    let (base_url, region) = match (globals.base_url.clone(), globals.region.clone()) {
        (None, None) => {
            (globals.environment.text("OCON_BASE_URL"), globals.environment.text("OCON_REGION"))
        }
        given => given,
    };
    match (base_url, region) {
        (Some(url), None) => checked(&url, &globals.allow_host),
        (None, Some(region)) => in_region(&region),
        (Some(_), Some(_)) => Err(usage("the platform is given twice, by base URL and by region")
            .hint("keep one of --base-url (OCON_BASE_URL) and --region (OCON_REGION), for example: unset OCON_REGION")),
        (None, None) => Err(usage("no platform is given")
            .hint("name yours: --region us2, or --base-url https://api.openconnectors.….ondemand.com/elements/api-v2")
            .hint("or try ocon without a tenant: --sandbox")),
    }
    .map(Platform::At)
}

/// The base URL in a region, for example `us2`, `eu10` or `trial.us10`
/// (docs/platform.md#hosts).
fn in_region(region: &str) -> Result<BaseUrl, Failure> {
    if !is_region_name(region.strip_prefix("trial.").unwrap_or(region)) {
        let failure = usage(format!("{} is not the name of a region", quoted(&region)));
        return Err(match closest(region, REGIONS.into_iter()) {
            Some(similar) => failure.hint(format!("did you mean {}?", quoted(similar))),
            None => failure.hint("write a region like us2, eu10 or trial.us10"),
        });
    }
    Ok(BaseUrl::new(&format!(
        "https://api.openconnectors.{region}.ext.hana.ondemand.com{API_PATH}"
    )))
}

fn checked(text: &str, allowed_hosts: &[String]) -> Result<BaseUrl, Failure> {
    let url = Url::parse(text).ok().filter(Url::has_host).ok_or_else(|| {
        // The text before an `@` may be a password.
        let shown = text.rsplit('@').next().unwrap_or_default();
        usage(format!("{} is not a URL", quoted(&shown)))
            .hint("write it in full: https://api.openconnectors.us2.ext.hana.ondemand.com/elements/api-v2")
    })?;
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    if !url.username().is_empty() || url.password().is_some() {
        return Err(usage("the base URL contains a user name or a password")
            .hint("set OCON_USER_SECRET and OCON_ORGANIZATION_SECRET instead"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(usage("the base URL contains a query or a fragment")
            .hint("end it after /elements/api-v2"));
    }
    if let Some(api_host) = api_host(&host) {
        return Err(usage(format!("{host} is the host of the user interface, not of the API"))
            .hint(format!("use --base-url https://{api_host}{API_PATH}")));
    }
    let loopback = is_loopback(&host);
    if url.scheme() != "https" && !(loopback && url.scheme() == "http") {
        return Err(usage("the base URL does not start with https://").hint(
            "use an https:// URL: ocon sends credentials over http only to loopback addresses",
        ));
    }
    if !loopback && !is_platform(&host) && !allowed_hosts.contains(&host) {
        return Err(usage(format!(
            "{host} is not a known host of the platform, and it would receive your credentials"
        ))
        .hint(format!("check the spelling; if the host is correct, add --allow-host {host}")));
    }
    match url.path().trim_end_matches('/') {
        "" => Ok(BaseUrl::new(&format!("{}{API_PATH}", url.as_str().trim_end_matches('/')))),
        API_PATH => Ok(BaseUrl::new(url.as_str())),
        other => Err(usage(format!("the base URL has the path {other}"))
            .hint(format!("end it with {API_PATH}"))),
    }
}

fn usage(error: impl Into<String>) -> Failure {
    Failure::new(Exit::Usage, error)
}

/// The API host for a host of the user interface.
fn api_host(host: &str) -> Option<String> {
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

/// Whether this is a host of Cloud Elements or of a landscape of SAP,
/// `api.openconnectors[.trial][.<region>].ext.hana[trial].ondemand.com`
/// (docs/platform.md#hosts).
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
    let is_region =
        |region: &str| region.is_empty() || region.strip_prefix('.').is_some_and(is_region_name);
    region.is_some_and(is_region) || CLOUD_ELEMENTS.contains(&host)
}

/// A region with a similar name, if the base URL is that of a region that no source mentions.
pub(crate) fn similar_region(base_url: &BaseUrl) -> Option<&'static str> {
    let host = base_url.url().host_str()?;
    let region =
        host.strip_prefix("api.openconnectors.")?.strip_suffix(".ext.hana.ondemand.com")?;
    if REGIONS.contains(&region) { None } else { closest(region, REGIONS.into_iter()) }
}

fn is_region_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str) -> Result<String, String> {
        checked(url, &[])
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
            assert_eq!(check(url).as_deref(), Ok(url));
            assert_eq!(check(&format!("{url}/")).as_deref(), Ok(url));
        }
        assert_eq!(
            check("https://api.openconnectors.us2.ext.hana.ondemand.com").as_deref(),
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
            assert!(check(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_host_of_the_user_interface_gets_a_hint_with_the_api_host() {
        assert_eq!(
            check("https://my.openconnectors.us2.ext.hana.ondemand.com/").unwrap_err(),
            "error: my.openconnectors.us2.ext.hana.ondemand.com is the host of the user interface, not of the API\n\n\
             hint: use --base-url https://api.openconnectors.us2.ext.hana.ondemand.com/elements/api-v2\n"
        );
    }

    #[test]
    fn a_region_selects_a_landscape() {
        let check = |region: &str| in_region(region).map(|url| url.to_string());
        assert_eq!(
            check("trial.us10").as_deref(),
            Ok("https://api.openconnectors.trial.us10.ext.hana.ondemand.com/elements/api-v2")
        );
        for bad in ["", "us2.evil.example/", "US2", "trial."] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_known_region_is_accepted_and_suggested_for_a_similar_one() {
        for region in REGIONS {
            let base_url = in_region(region).unwrap();
            assert_eq!(similar_region(&base_url), None, "{region}");
        }
        for (region, similar) in
            [("us3", Some("us2")), ("trial.us11", Some("trial.us10")), ("xy", None)]
        {
            assert_eq!(similar_region(&in_region(region).unwrap()), similar, "{region}");
        }
        let other = BaseUrl::new("https://api.cloud-elements.com/elements/api-v2");
        assert_eq!(similar_region(&other), None);
    }
}
