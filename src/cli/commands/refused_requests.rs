//! Names refused requests on stderr. Anybody can send one, so the number of lines is bounded, and
//! what a line repeats is escaped and short.

use std::sync::atomic::{AtomicU32, Ordering};

use axum::http::{HeaderMap, Method, Uri, header};

use crate::cli::terminal::output;
use crate::report::style::clean_line;

/// The number of requests that are named.
const MAX_NAMED: u32 = 5;

/// The length of a path in a line, in characters.
const MAX_PATH: usize = 60;

/// The requests that may still be named.
pub(crate) struct RefusedRequests {
    left: AtomicU32,
}

impl Default for RefusedRequests {
    fn default() -> Self {
        Self { left: MAX_NAMED.into() }
    }
}

impl RefusedRequests {
    /// Writes a line about a refused request, unless there were too many.
    pub(crate) fn report(&self, method: &Method, path: &str, why: &str) {
        if let Some(text) = self.line(method, path, why) {
            output::message(&text);
        }
    }

    fn line(&self, method: &Method, path: &str, why: &str) -> Option<String> {
        let take = |left: u32| left.checked_sub(1);
        let left = self.left.try_update(Ordering::Relaxed, Ordering::Relaxed, take).ok()?;
        let cut = |text: &str| clean_line(&text.chars().take(MAX_PATH).collect::<String>());
        let (method, path) = (cut(method.as_str()), cut(path));
        let last = if left == 1 { "ocon does not show further refused requests.\n" } else { "" };
        Some(format!("Refused {method} {path}: {why}\n{last}"))
    }
}

/// The host that a request names, with its port; `None` if it names none, or several.
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
    fn few_requests_are_named_and_none_steers_a_terminal() {
        let refused = RefusedRequests::default();
        let path = format!("/\u{1b}[2J\n::error::{}", "x".repeat(1_000));
        let lines: Vec<_> =
            (0..9).filter_map(|_| refused.line(&Method::GET, &path, "why")).collect();
        assert_eq!(lines.len(), 5);
        let (first, last) = (&lines[0], &lines[4]);
        assert!(first.starts_with("Refused GET /\\u{1b}[2J\\n\\u{3a}:error::xxx"), "{first}");
        assert!(first.ends_with("x: why\n") && first.len() < 100, "{first}");
        assert!(last.ends_with(": why\nocon does not show further refused requests.\n"), "{last}");
    }

    #[test]
    fn a_request_names_one_host() {
        let named = |uri: &'static str, hosts: &[&'static str]| {
            let hosts = hosts.iter().map(|host| (header::HOST, HeaderValue::from_static(host)));
            let headers: HeaderMap = hosts.fold(HeaderMap::new(), |mut headers, (name, host)| {
                headers.append(name, host);
                headers
            });
            host(&Uri::from_static(uri), &headers).map(str::to_owned)
        };
        assert_eq!(named("/x", &["a:1"]).as_deref(), Some("a:1"));
        assert_eq!(named("http://a:1/x", &["A:1"]).as_deref(), Some("A:1"));
        assert_eq!(named("http://evil/x", &["a:1"]), None);
        assert_eq!(named("/x", &["a:1", "evil"]), None);
        assert_eq!(named("/x", &[]), None);
    }
}
