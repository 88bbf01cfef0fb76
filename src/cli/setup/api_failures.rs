//! Failures of the API, with hints.

use crate::api;
use crate::api::client::{BuildError, LeftOut, Retrying};
use crate::cli::setup::platform;
use crate::cli::terminal::{Exit, Failure};
use crate::instance::BaseUrl;
use crate::safe_text::quoted;

/// The failure of a read. `message` is used where the error has no more specific one.
pub(crate) fn read_failed(message: &str, error: &api::Error, base_url: &BaseUrl) -> Failure {
    let failure = |message: &str| Failure::new(Exit::Unreachable, message).caused_by(error);
    if error.request_limit().is_some() {
        return failure("the request limit is reached, and more requests are needed").hint(
            "nothing was changed. Raise --max-requests, or omit it: one request reads 200 instances",
        );
    }
    match &error.kind {
        api::ErrorKind::Status { status: 401, .. } => {
            failure("the platform does not accept the credentials").hint(format!(
                "check that OCON_USER_SECRET and OCON_ORGANIZATION_SECRET, or their files, belong to {base_url}"
            ))
        }
        api::ErrorKind::Status { status: 403, .. } => failure(message)
            .hint("check that the account is active and its user is allowed to read instances"),
        api::ErrorKind::Status { status: 404, .. } => {
            failure(message).hint(format!("check {base_url}"))
        }
        api::ErrorKind::Status { status, .. } if *status == 429 || *status >= 500 => {
            failure(message).hint("try again in a few minutes; nothing was changed")
        }
        api::ErrorKind::Connect { .. } => unreachable(base_url).caused_by(error),
        api::ErrorKind::ProxyAuthentication => {
            failure("the proxy requires valid credentials").hint(
                "set them in HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT, with special characters percent-encoded",
            )
        }
        api::ErrorKind::ForeignContent { .. } => {
            failure("the answer is not from the API").hint(format!(
                "check {base_url}: a proxy, a login page or a gateway may have answered instead"
            ))
        }
        api::ErrorKind::Redirect { .. } => failure("the answer is not from the API")
            .hint(format!("check {base_url}: the API does not redirect")),
        api::ErrorKind::Decode { .. } => failure("the answer of the API cannot be read").hint(format!(
            "check that {base_url} is the address of the API. If it is, try again, and then report the text above: \
             docs/platform.md lists the answers that ocon can read"
        )),
        api::ErrorKind::Listing(listing) => listing_failed(listing, base_url).caused_by(error),
        api::ErrorKind::Timeout { .. } => failure("the API does not answer in time")
            .hint("try again, or raise the time limit: --timeout 2m"),
        _ => failure(message),
    }
}

fn unreachable(base_url: &BaseUrl) -> Failure {
    let failure = Failure::new(Exit::Unreachable, "the API cannot be reached");
    let failure = match platform::similar_region(base_url) {
        Some(similar) => failure.hint(format!("did you mean the region {}?", quoted(similar))),
        None => failure,
    };
    failure.hint(format!(
        "check the region or base URL ({base_url}), the network, HTTPS_PROXY and NO_PROXY, and SSL_CERT_FILE for a private CA"
    ))
}

fn listing_failed(listing: &api::ListingFailure, base_url: &BaseUrl) -> Failure {
    let failure = |message: &str| Failure::new(Exit::Unreachable, message);
    let hint = match listing {
        api::ListingFailure::Undecided { .. } => {
            return failure("ocon cannot decide whether the account has no instances").hint(
                format!("check {base_url}, then try again in a few minutes; nothing was changed"),
            );
        }
        api::ListingFailure::Changing { .. } => {
            return failure("the account changes while it is being listed")
                .hint("run ocon again after other work on the account is done; nothing was changed")
                .hint("if nobody else works on the account, the listing is wrong: contact the support of the platform");
        }
        api::ListingFailure::TokenExpired { .. } => {
            "run ocon again when the network and the platform are less busy: a page token expires if its page \
             is requested too late"
        }
        api::ListingFailure::TooLong { .. } => {
            "run ocon again when the network and the platform are less busy; nothing was changed"
        }
        api::ListingFailure::TooLarge { .. } => {
            "split the instances across several accounts, or contact the support of the platform; nothing was \
             changed"
        }
    };
    failure("the listing cannot be completed").hint(hint)
}

pub(crate) fn client_failed(error: &BuildError) -> Failure {
    let failure = |message: &str| Failure::new(Exit::Unreachable, message).caused_by(error);
    match error {
        BuildError::Credential { .. } => failure("the credentials cannot be used")
            .hint("copy them again from the user interface"),
        _ => failure("ocon cannot connect to the API")
            .hint("check that the system has CA certificates, and SSL_CERT_FILE if it is set"),
    }
}

pub(crate) fn retry_text(retrying: &Retrying) -> String {
    let path = retrying.path.split('?').next().unwrap_or_default();
    format!(
        "{} {path}: {}; trying again in {:.1} s",
        retrying.method,
        retrying.reason,
        retrying.wait.as_secs_f64()
    )
}

/// The maximum number of parts that a warning names.
const MAX_NAMED: usize = 3;

/// The warning about a reply of which parts were left out.
pub(crate) fn left_out_text(left_out: &LeftOut) -> String {
    let LeftOut { method, path, problems } = left_out;
    let all = problems.len();
    let parts = if all == 1 { "1 part is".to_owned() } else { format!("{all} parts are") };
    let mut named = problems.iter().take(MAX_NAMED).cloned().collect::<Vec<_>>().join("; ");
    if all > MAX_NAMED {
        named.push_str(&format!("; and {} more", all - MAX_NAMED));
    }
    format!("{method} {path}: {parts} left out of the answer: {named}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::api::{Error, ErrorKind, ListingFailure};

    #[test]
    fn a_warning_names_the_first_parts_that_were_left_out() {
        let text = |number| {
            let problems = (0..number).map(|index| format!("[{index}] is null, not an object"));
            let path = "/instances/7/events".to_owned();
            left_out_text(&LeftOut { method: "GET", path, problems: problems.collect() })
        };
        let first = "[0] is null, not an object";
        assert_eq!(
            text(1),
            format!("GET /instances/7/events: 1 part is left out of the answer: {first}")
        );
        assert_eq!(
            text(5),
            format!(
                "GET /instances/7/events: 5 parts are left out of the answer: {first}; \
                 [1] is null, not an object; [2] is null, not an object; and 2 more"
            )
        );
    }

    #[test]
    fn a_listing_beyond_its_limits_does_not_blame_the_base_url() {
        let failures = [
            ListingFailure::TooLong { after: Duration::from_mins(10) },
            ListingFailure::TooLarge { limit: 512 << 20 },
        ];
        let text = failures.map(|failure| {
            let (method, path) = ("GET", "/instances?hydrate=false".to_owned());
            let kind = ErrorKind::Listing(failure);
            let error = Error { method, path, attempts: 1, kind, not_retried: None };
            let base_url = BaseUrl::new("https://api.example");
            let text = read_failed("no plan", &error, &base_url).render(None);
            anstream::adapter::strip_str(&text).to_string()
        });
        snapbox::assert_data_eq!(
            text.join("\n"),
            snapbox::str![[r"
error: the listing cannot be completed
  caused by: GET /instances?hydrate=false failed: the listing is not complete after 600 s

hint: run ocon again when the network and the platform are less busy; nothing was changed

error: the listing cannot be completed
  caused by: GET /instances?hydrate=false failed: the listing is larger than 536870912 bytes

hint: split the instances across several accounts, or contact the support of the platform; nothing was changed

"]]
        );
    }

    #[test]
    fn an_unreachable_region_gets_the_name_of_a_similar_one() {
        let hints = |region: &str| {
            let host = format!("api.openconnectors.{region}.ext.hana.ondemand.com");
            let base_url = BaseUrl::new(&format!("https://{host}/elements/api-v2"));
            anstream::adapter::strip_str(&unreachable(&base_url).render(None)).to_string()
        };
        snapbox::assert_data_eq!(
            hints("us3"),
            snapbox::str![[r"
error: the API cannot be reached

hint: did you mean the region `us2`?
hint: check the region or base URL (https://api.openconnectors.us3.ext.hana.ondemand.com/elements/api-v2), the network, HTTPS_PROXY and NO_PROXY, and SSL_CERT_FILE for a private CA

"]]
        );
        assert!(!hints("us2").contains("did you mean"));
    }
}
