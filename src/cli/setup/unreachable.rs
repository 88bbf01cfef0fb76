//! What to say, and what to look at, where the platform does not answer as it should.

use crate::api;
use crate::api::client::{BuildError, Retrying};
use crate::cli::terminal::failure::{Exit, Failure};
use crate::instance::BaseUrl;

/// Why nothing could be read, which is the sentence unless there is a better one, and what to look
/// at.
pub(crate) fn unreadable(sentence: &str, error: &api::Error, base_url: &BaseUrl) -> Failure {
    let failure = |sentence: &str| Failure::new(Exit::Unreachable, sentence).caused_by(error);
    let unread = || failure(sentence);
    if error.request_limit().is_some() {
        return failure("as many requests were sent as are allowed, and more are needed").hint(
            "nothing was changed. Allow more with --max-requests, or leave it out: one request reads \
             200 instances",
        );
    }
    match &error.kind {
        api::ErrorKind::Status { status: 401, .. } => {
            failure("the platform does not accept the credentials").hint(format!(
                "check that OCON_USER_SECRET and OCON_ORGANIZATION_SECRET, or their files, belong to {base_url}"
            ))
        }
        api::ErrorKind::Status { status: 403, .. } => {
            unread().hint("check that the account is active and its user may read instances")
        }
        api::ErrorKind::Status { status: 404, .. } => unread().hint(format!("check {base_url}")),
        api::ErrorKind::Status { status, .. } if *status == 429 || *status >= 500 => {
            unread().hint("try again in some minutes; nothing was changed")
        }
        api::ErrorKind::Connect { .. } => failure("the API cannot be reached").hint(format!(
            "check {base_url}, the network, HTTPS_PROXY and NO_PROXY, and SSL_CERT_FILE for a private CA"
        )),
        api::ErrorKind::Decode { .. } | api::ErrorKind::Redirect { .. } => {
            failure("what answers is not the API").hint(format!(
                "check {base_url}: a proxy, a login page or a gateway may have answered instead"
            ))
        }
        api::ErrorKind::Listing(listing) => incomplete(listing).caused_by(error),
        api::ErrorKind::Timeout { .. } => failure("the API does not answer in time")
            .hint("try again, or give it longer: --timeout 2m"),
        _ => unread(),
    }
}

/// What to say about a listing that could not be completed.
fn incomplete(listing: &api::ListingFailure) -> Failure {
    let failure = |sentence: &str| Failure::new(Exit::Unreachable, sentence);
    match listing {
        api::ListingFailure::Changing { .. } => {
            failure("the account is changing while it is being listed")
                .hint("run again when other work on the account is done; nothing was changed")
                .hint("if nobody else works on it, the listing is at fault: ask the support of the platform")
        }
        api::ListingFailure::TokenExpired { .. } => failure("the listing cannot be completed")
            .hint("a page token expires if its page is requested too late: run again when the network and the platform are less busy"),
        api::ListingFailure::TooLong { .. } => failure("the listing cannot be completed")
            .hint("run again when the network and the platform are less busy; nothing was changed"),
        api::ListingFailure::TooLarge { .. } => failure("the listing cannot be completed").hint(
            "divide the instances among several accounts, or ask the support of the platform; nothing was changed",
        ),
    }
}

/// Why no client could be made.
pub(crate) fn unusable(error: &BuildError) -> Failure {
    let failure = |sentence: &str| Failure::new(Exit::Unreachable, sentence).caused_by(error);
    match error {
        BuildError::Credential { .. } => failure("the credentials cannot be used")
            .hint("copy them again, as they stand in the user interface"),
        _ => failure("no connection to the API can be made")
            .hint("check that the system has CA certificates, and SSL_CERT_FILE where it is set"),
    }
}

/// How a retry is told on stderr, on one line.
pub(crate) fn retry_text(retrying: &Retrying) -> String {
    let path = retrying.path.split('?').next().unwrap_or_default();
    format!(
        "{} {path}: {}; trying again in {:.1} s",
        retrying.method,
        retrying.reason,
        retrying.wait.as_secs_f64()
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::api::{Error, ErrorKind, ListingFailure};

    #[test]
    fn a_listing_beyond_its_bounds_is_no_wrong_address() {
        let failures = [
            ListingFailure::TooLong { after: Duration::from_mins(10) },
            ListingFailure::TooLarge { limit: 512 << 20 },
        ];
        let text = failures.map(|failure| {
            let (method, path) = ("GET", "/instances?hydrate=false".to_owned());
            let kind = ErrorKind::Listing(failure);
            let error = Error { method, path, attempts: 1, kind, not_retried: None };
            let base_url = BaseUrl::new("https://api.example");
            let text = unreadable("no plan", &error, &base_url).render(None);
            anstream::adapter::strip_str(&text).to_string()
        });
        snapbox::assert_data_eq!(
            text.join("\n"),
            snapbox::str![[r"
error: the listing cannot be completed
  caused by: GET /instances?hydrate=false failed: the listing is not complete after 600 s

hint: run again when the network and the platform are less busy; nothing was changed

error: the listing cannot be completed
  caused by: GET /instances?hydrate=false failed: the listing is larger than 536870912 bytes

hint: divide the instances among several accounts, or ask the support of the platform; nothing was changed

"]]
        );
    }
}
