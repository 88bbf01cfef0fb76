//! Reports refused requests on stderr. Anyone can send one, so the number of lines is limited, and the
//! text of a request is escaped and truncated.

use std::sync::atomic::{AtomicU32, Ordering};

use axum::http::{HeaderMap, Method, Uri, header};

use crate::cli::terminal::output;
use crate::report::style::clean_line;

const MAX_REPORTED: u32 = 5;
const MAX_PATH_CHARS: usize = 60;

pub(crate) struct RefusedRequests {
    remaining: AtomicU32,
}

impl Default for RefusedRequests {
    fn default() -> Self {
        Self { remaining: MAX_REPORTED.into() }
    }
}

impl RefusedRequests {
    /// Prints a line about a refused request, unless the limit is reached.
    pub(crate) fn report(&self, method: &Method, path: &str, reason: &str) {
        if let Some(text) = self.line(method, path, reason) {
            output::message(&text);
        }
    }

    fn line(&self, method: &Method, path: &str, reason: &str) -> Option<String> {
        let decrement = |remaining: u32| remaining.checked_sub(1);
        let remaining =
            self.remaining.try_update(Ordering::Relaxed, Ordering::Relaxed, decrement).ok()?;
        let (method, path) = (truncated(method.as_str()), truncated(path));
        let last =
            if remaining == 1 { "ocon does not report further refused requests.\n" } else { "" };
        Some(format!("Refused {method} {path}: {reason}\n{last}"))
    }
}

fn truncated(text: &str) -> String {
    clean_line(&text.chars().take(MAX_PATH_CHARS).collect::<String>())
}

/// The host of a request, with its port; `None` if the request has no host or several.
pub(crate) fn host<'r>(uri: &'r Uri, headers: &'r HeaderMap) -> Option<&'r str> {
    let mut given = headers.get_all(header::HOST).iter();
    let host = given.next()?.to_str().ok()?;
    let is_same = |authority: &str| authority.eq_ignore_ascii_case(host);
    let agrees = uri.authority().is_none_or(|authority| is_same(authority.as_str()));
    (agrees && given.next().is_none()).then_some(host)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn few_requests_are_reported_and_none_controls_a_terminal() {
        let refused = RefusedRequests::default();
        let path = format!("/\u{1b}[2J\n::error::{}", "x".repeat(1_000));
        let lines: Vec<_> =
            (0..9).filter_map(|_| refused.line(&Method::GET, &path, "reason")).collect();
        assert_eq!(lines.len(), 5);
        let (first, last) = (&lines[0], &lines[4]);
        assert!(first.starts_with("Refused GET /\\u{1b}[2J\\n\\u{3a}:error::xxx"), "{first}");
        assert!(first.ends_with("x: reason\n") && first.len() < 100, "{first}");
        assert!(
            last.ends_with(": reason\nocon does not report further refused requests.\n"),
            "{last}"
        );
    }

    #[test]
    fn a_request_has_one_host() {
        let host_of = |uri: &'static str, hosts: &[&'static str]| {
            let hosts = hosts.iter().map(|host| (header::HOST, HeaderValue::from_static(host)));
            let headers: HeaderMap = hosts.fold(HeaderMap::new(), |mut headers, (name, host)| {
                headers.append(name, host);
                headers
            });
            host(&Uri::from_static(uri), &headers).map(str::to_owned)
        };
        assert_eq!(host_of("/x", &["a:1"]).as_deref(), Some("a:1"));
        assert_eq!(host_of("http://a:1/x", &["A:1"]).as_deref(), Some("A:1"));
        assert_eq!(host_of("http://evil/x", &["a:1"]), None);
        assert_eq!(host_of("/x", &["a:1", "evil"]), None);
        assert_eq!(host_of("/x", &[]), None);
    }
}
