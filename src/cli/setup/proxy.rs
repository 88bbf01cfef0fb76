//! Which proxy the requests to the platform use, by the rules of `golang.org/x/net/http/httpproxy`.
//!
//! In: the address of the platform, and variables. Out: the address of a proxy, or an error that never has
//! the value, because it can hold a password. `HTTP_PROXY` is not read: ocon sends http only to loopback
//! addresses, for which no proxy is used. For the same reason, a CGI request cannot choose the proxy.

use std::net::IpAddr;

use reqwest::Url;
use url::{Host, ParseError};

const PROXY: [&str; 2] = ["HTTPS_PROXY", "https_proxy"];
const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];
const SCHEMES: [&str; 4] = ["http", "https", "socks5", "socks5h"];

/// A proxy setting that is not an address.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct MalformedProxy {
    pub(crate) variable: &'static str,
    reason: String,
}

/// Returns the proxy for a target. `variable` returns the trimmed value of a variable that is not blank.
pub(crate) fn of(
    target: &Url,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Url>, MalformedProxy> {
    let first =
        |names: [&'static str; 2]| names.into_iter().find_map(|name| Some((name, variable(name)?)));
    let Some((name, address)) = first(PROXY) else { return Ok(None) };
    let exceptions = first(NO_PROXY).map(|(_, list)| list).unwrap_or_default();
    let target = Target::of(target);
    if target.is_loopback() || exceptions.split(',').any(|entry| target.matches(entry)) {
        return Ok(None);
    }
    parse(&address).map(Some).map_err(|reason| MalformedProxy { variable: name, reason })
}

/// Parses the address of a proxy. Without a scheme, it is an http proxy.
fn parse(address: &str) -> Result<Url, String> {
    let with_scheme =
        if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
    // Go's client lets the proxy resolve the name in both forms of socks5.
    let with_scheme = match with_scheme.strip_prefix("socks5://") {
        Some(rest) => format!("socks5h://{rest}"),
        None => with_scheme,
    };
    let url = Url::parse(&with_scheme).map_err(|error| match error {
        ParseError::InvalidPort => "the port is not a number up to 65535",
        ParseError::EmptyHost => "the host is missing",
        _ => "it is not a URL",
    })?;
    if !SCHEMES.contains(&url.scheme()) {
        return Err(format!("its scheme is none of {}", SCHEMES.join(", ")));
    }
    if url.host_str().unwrap_or_default().is_empty() {
        return Err("the host is missing".to_owned());
    }
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return Err("it has a path, a query or a fragment".to_owned());
    }
    Ok(url)
}

/// The host and port that requests are sent to.
struct Target {
    /// In lower case and ASCII.
    host: String,
    address: Option<IpAddr>,
    port: String,
}

impl Target {
    fn of(url: &Url) -> Self {
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address).to_canonical()),
            Some(Host::Domain(_)) | None => None,
        };
        let host = url.host_str().unwrap_or_default().to_lowercase();
        let port = url.port_or_known_default().map(|port| port.to_string()).unwrap_or_default();
        Self { host, address, port }
    }

    fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.address.is_some_and(|address| address.is_loopback())
    }

    /// Whether an entry of `NO_PROXY` names this target. An entry that is none of the forms names nothing.
    fn matches(&self, entry: &str) -> bool {
        let entry = entry.trim().to_lowercase();
        if entry == "*" {
            return true;
        }
        if let Some((network, length)) = range(&entry) {
            return self.address.is_some_and(|address| is_within(address, network, length));
        }
        let (name, port) = split_port(&entry);
        if name.is_empty() || port.is_some_and(|port| port != self.port) {
            return false;
        }
        match (name.parse::<IpAddr>(), self.address) {
            (Ok(named), address) => address == Some(named.to_canonical()),
            (Err(_), None) => self.is_named_by(name),
            (Err(_), Some(_)) => false,
        }
    }

    /// Whether a domain is that of this host: `example.com` or one above it, `.example.com` only if above.
    fn is_named_by(&self, domain: &str) -> bool {
        let domain =
            domain.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(domain);
        let above = domain.strip_prefix('.');
        let name = above.unwrap_or(domain);
        let name = Host::parse(name).map_or_else(|_| name.to_owned(), |host| host.to_string());
        let is_below = self.host.strip_suffix(&*name).is_some_and(|rest| rest.ends_with('.'));
        is_below || (above.is_none() && self.host == name)
    }
}

/// The host of an entry, without the brackets of an IPv6 address, and its port.
fn split_port(entry: &str) -> (&str, Option<&str>) {
    let is_in_brackets = |host: &str| host.starts_with('[') && host.ends_with(']');
    let (host, port) = match entry.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || is_in_brackets(host) => (host, Some(port)),
        _ => (entry, None),
    };
    let host = if is_in_brackets(host) { host.trim_matches(['[', ']']) } else { host };
    (host, port)
}

/// A range of addresses, as `10.0.0.0/8`.
fn range(entry: &str) -> Option<(IpAddr, u32)> {
    let (network, length) = entry.split_once('/')?;
    let (network, length) = (network.parse::<IpAddr>().ok()?, length.parse::<u32>().ok()?);
    let max = if network.is_ipv4() { 32 } else { 128 };
    (length <= max).then_some((network, length))
}

fn is_within(address: IpAddr, network: IpAddr, length: u32) -> bool {
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let differs = address.to_bits() ^ network.to_bits();
            differs.checked_shr(32 - length).unwrap_or(0) == 0
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let differs = address.to_bits() ^ network.to_bits();
            differs.checked_shr(128 - length).unwrap_or(0) == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const API: &str = "https://api.example.com/elements/api-v2";

    /// The proxy for a target with these variables.
    fn proxy(target: &str, variables: &[(&str, &str)]) -> Result<Option<String>, String> {
        let variable = |name: &str| {
            variables.iter().find(|(given, _)| *given == name).map(|(_, value)| (*value).to_owned())
        };
        let proxy = of(&Url::parse(target).unwrap(), variable);
        proxy
            .map(|proxy| proxy.map(|url| url.to_string()))
            .map_err(|error| format!("{}: {error}", error.variable))
    }

    #[test]
    fn the_first_variable_that_is_set_wins() {
        let (upper, lower) = (("HTTPS_PROXY", "http://upper:1"), ("https_proxy", "http://lower:1"));
        assert_eq!(proxy(API, &[upper, lower]), Ok(Some("http://upper:1/".to_owned())));
        assert_eq!(proxy(API, &[lower]), Ok(Some("http://lower:1/".to_owned())));
        let others = [("HTTP_PROXY", "http://other:1"), ("ALL_PROXY", "http://other:1")];
        assert_eq!(proxy(API, &others), Ok(None));
        let exceptions = [upper, ("NO_PROXY", "other.example"), ("no_proxy", "*")];
        assert_eq!(proxy(API, &exceptions), Ok(Some("http://upper:1/".to_owned())));
    }

    #[test]
    fn an_address_may_lack_its_scheme() {
        for (given, expected) in [
            ("proxy.example:3128", "http://proxy.example:3128/"),
            ("proxy.example", "http://proxy.example/"),
            ("10.0.0.1:3128", "http://10.0.0.1:3128/"),
            ("[2001:db8::1]:3128", "http://[2001:db8::1]:3128/"),
            ("me:s3cret@proxy.example:3128", "http://me:s3cret@proxy.example:3128/"),
            ("https://proxy.example/", "https://proxy.example/"),
            ("socks5://proxy.example:1080", "socks5h://proxy.example:1080"),
            ("socks5h://me:s3cret@proxy.example", "socks5h://me:s3cret@proxy.example"),
        ] {
            let given = proxy(API, &[("HTTPS_PROXY", given)]);
            assert_eq!(given, Ok(Some(expected.to_owned())));
        }
    }

    #[test]
    fn a_malformed_address_is_an_error_without_its_password() {
        let schemes = "its scheme is none of http, https, socks5, socks5h";
        for (given, reason) in [
            ("http://me:s3cret@proxy.example:port", "the port is not a number up to 65535"),
            ("proxy.example:99999", "the port is not a number up to 65535"),
            ("http://", "the host is missing"),
            ("socks5://", "the host is missing"),
            ("http://me:s3cret@", "the host is missing"),
            ("http://pro xy", "it is not a URL"),
            ("http:/proxy.example/s3cret", "it has a path, a query or a fragment"),
            ("http://proxy.example/s3cret", "it has a path, a query or a fragment"),
            ("socks4://proxy.example", schemes),
            ("ftp://me:s3cret@proxy.example", schemes),
        ] {
            let shown = proxy(API, &[("https_proxy", given)]);
            assert_eq!(shown, Err(format!("https_proxy: {reason}")), "{given}");
        }
    }

    #[test]
    fn no_proxy_has_the_forms_of_go() {
        let table = [
            ("*", "https://api.example.com", true),
            ("example.com", "https://example.com", true),
            ("example.com", "https://api.example.com", true),
            ("example.com", "https://notexample.com", false),
            (".example.com", "https://api.example.com", true),
            (".example.com", "https://example.com", false),
            ("*.example.com", "https://api.example.com", true),
            ("*.example.com", "https://example.com", false),
            ("EXAMPLE.com", "https://API.example.com", true),
            (" a.example , example.com ", "https://api.example.com", true),
            ("api.example.com:443", "https://api.example.com", true),
            ("api.example.com:8443", "https://api.example.com", false),
            ("example.com:8443", "https://api.example.com:8443", true),
            ("bücher.example", "https://xn--bcher-kva.example", true),
            ("10.1.2.3", "https://10.1.2.3", true),
            ("10.1.2.3:443", "https://10.1.2.3", true),
            ("10.1.2.3:80", "https://10.1.2.3", false),
            ("10.0.0.0/8", "https://10.1.2.3", true),
            ("10.1.2.3/0", "https://192.0.2.1", true),
            ("10.0.0.0/8", "https://11.1.2.3", false),
            ("10.0.0.0/33", "https://10.0.0.0", false),
            ("10.0.0.0/8", "https://api.example.com", false),
            ("2001:db8::/32", "https://[2001:db8::1]", true),
            ("2001:db8::1", "https://[2001:db8::1]", true),
            ("[2001:db8::1]:443", "https://[2001:db8::1]", true),
            ("2001:db8::2", "https://[2001:db8::1]", false),
            ("::ffff:10.1.2.3", "https://10.1.2.3", true),
            ("2.3", "https://10.1.2.3", false),
            (",:443,", "https://api.example.com", false),
            ("localhost", "https://api.example.com", false),
        ];
        for (exceptions, target, is_direct) in table {
            let variables = [("HTTPS_PROXY", "http://proxy:1"), ("NO_PROXY", exceptions)];
            let expected = (!is_direct).then(|| "http://proxy:1/".to_owned());
            assert_eq!(proxy(target, &variables), Ok(expected), "{exceptions} {target}");
        }
    }

    #[test]
    fn loopback_never_has_a_proxy() {
        for target in [
            "https://localhost:1",
            "https://127.8.8.8",
            "https://[::1]",
            "http://[::ffff:127.0.0.1]",
        ] {
            assert_eq!(proxy(target, &[("HTTPS_PROXY", "http://proxy:1")]), Ok(None), "{target}");
        }
    }
}
