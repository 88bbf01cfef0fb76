//! Decides whether and when a request is retried: arithmetic, without clock or network.
//!
//! In: the failure of an attempt, and the number of attempts. Out: the time to wait, or `None` if
//! the request must not be retried. Waits double, with full jitter, so that several writers do not
//! retry simultaneously. They are never shorter than `Retry-After`.
//!
//! A request that is not idempotent is retried only if the platform certainly did not process it, because
//! a create that timed out may have succeeded (docs/platform.md#create).

use std::time::{Duration, SystemTime};

use super::ErrorKind;

/// Five attempts outlast a restart of the platform's gateway. More would only delay the error.
const MAX_ATTEMPTS: u32 = 5;

/// The time after the first attempt in which all waits end. A pipeline must not hang.
pub(super) const BUDGET: Duration = Duration::from_mins(2);

/// The maximum `Retry-After` that is honored. Two of these fill the budget.
const MAX_WAIT: Duration = Duration::from_mins(1);

const FIRST_WAIT: Duration = Duration::from_secs(1);

/// Whether a request may be processed twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Idempotency {
    /// Processing it twice has the same effect as once.
    Idempotent,
    /// Processing it twice creates a duplicate or uses up an authorization grant.
    NotIdempotent,
}

impl Idempotency {
    /// Whether a request that failed like this may be retried.
    pub(super) fn allows_retry(self, kind: &ErrorKind) -> bool {
        match (kind, self) {
            (ErrorKind::Connect { .. }, _) => true,
            (ErrorKind::Transport { .. } | ErrorKind::Timeout { .. }, _) => {
                self == Self::Idempotent
            }
            (ErrorKind::Status { status, .. }, Self::Idempotent) => {
                matches!(status, 429 | 500 | 502 | 503 | 504)
            }
            // The platform forwards a 429 of the provider (docs/platform.md#limits-and-consistency).
            // A message of the provider shows that the request reached it, so its effect is unknown.
            (ErrorKind::Status { status, provider_message, .. }, Self::NotIdempotent) => {
                *status == 429 && provider_message.is_none()
            }
            (
                ErrorKind::ProxyAuthentication
                | ErrorKind::Redirect { .. }
                | ErrorKind::Decode { .. }
                | ErrorKind::ForeignContent { .. }
                | ErrorKind::Listing(_)
                | ErrorKind::MissingValue { .. }
                | ErrorKind::RequestLimit { .. },
                _,
            ) => false,
        }
    }
}

/// The time to wait before the next attempt, or `None` if `attempts` attempts in `elapsed` time allow
/// no other.
pub(super) fn wait(
    attempts: u32,
    elapsed: Duration,
    asked: Option<Duration>,
    random: &mut fastrand::Rng,
) -> Option<Duration> {
    let wait = jitter(attempts, random).max(asked.unwrap_or_default().min(MAX_WAIT));
    (attempts < MAX_ATTEMPTS && elapsed + wait < BUDGET).then_some(wait)
}

/// Whether an answer asks for a longer wait than the budget allows.
pub(super) fn asks_too_long(elapsed: Duration, asked: Duration) -> bool {
    asked > MAX_WAIT || elapsed + asked >= BUDGET
}

/// A random wait of up to 1 s after the first attempt, 2 s after the second, then 4 s and 8 s.
fn jitter(attempts: u32, random: &mut fastrand::Rng) -> Duration {
    let bound = FIRST_WAIT.saturating_mul(1 << attempts.saturating_sub(1).min(10));
    bound.min(MAX_WAIT).mul_f64(random.f64())
}

/// Parses a `Retry-After` header: seconds, or an HTTP date. A date in the past is zero.
pub(super) fn retry_after(header: &str, now: SystemTime) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(header).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn random() -> fastrand::Rng {
        fastrand::Rng::with_seed(7)
    }

    #[test]
    fn a_request_is_retried_only_if_that_is_harmless() {
        let status = |status, provider_message: Option<&str>| ErrorKind::Status {
            status,
            message: None,
            provider_message: provider_message.map(Into::into),
            request_id: None,
        };
        let refused = ErrorKind::Connect { reason: "refused".into() };
        let reset = ErrorKind::Transport { reason: "reset".into() };
        let (idempotent, other) = (Idempotency::Idempotent, Idempotency::NotIdempotent);
        for kind in [&refused, &reset, &status(503, None), &status(429, Some("quota"))] {
            assert!(idempotent.allows_retry(kind), "{kind}");
        }
        assert!(!idempotent.allows_retry(&status(404, None)));
        for kind in [&reset, &status(503, None), &status(429, Some("quota"))] {
            assert!(!other.allows_retry(kind), "{kind}");
        }
        assert!(other.allows_retry(&refused) && other.allows_retry(&status(429, None)));
    }

    #[test]
    fn waits_fill_their_range_and_the_range_doubles() {
        let mut random = random();
        for (attempts, bound) in [(1, secs(1)), (2, secs(2)), (3, secs(4)), (4, secs(8))] {
            let waits: Vec<_> = (0..1000)
                .map(|_| wait(attempts, Duration::ZERO, None, &mut random).unwrap())
                .collect();
            let (min, max) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
            assert!(*max < bound, "{max:?} after {attempts}");
            assert!(*max > bound.mul_f64(0.95), "{max:?} after {attempts}");
            assert!(*min < bound.mul_f64(0.05), "{min:?} after {attempts}");
        }
    }

    /// With a minimum wait of half the bound, many writers would retry together.
    #[test]
    fn waits_are_spread_evenly() {
        let mut random = random();
        let waits: Vec<_> = (0..4000)
            .map(|_| wait(4, Duration::ZERO, None, &mut random).unwrap().as_secs_f64())
            .collect();
        for second in 0..8 {
            let second = f64::from(second);
            let count = waits.iter().filter(|wait| (second..second + 1.0).contains(*wait)).count();
            assert!((400..600).contains(&count), "{count} waits from {second} s on");
        }
    }

    #[test]
    fn no_jitter_is_longer_than_the_maximum() {
        let mut random = random();
        for attempts in [8, 12, 100, u32::MAX] {
            assert!((0..100).all(|_| jitter(attempts, &mut random) < MAX_WAIT));
        }
    }

    #[test]
    fn a_requested_wait_is_too_long_beyond_a_minute_or_the_budget() {
        assert!(!asks_too_long(Duration::ZERO, secs(60)));
        assert!(asks_too_long(Duration::ZERO, secs(61)));
        assert!(!asks_too_long(secs(69), secs(50)));
        assert!(asks_too_long(secs(70), secs(50)));
        assert!(asks_too_long(secs(70), Duration::MAX));
    }

    #[test]
    fn there_are_five_attempts() {
        assert!(wait(4, Duration::ZERO, None, &mut random()).is_some());
        assert_eq!(wait(5, Duration::ZERO, None, &mut random()), None);
    }

    #[test]
    fn no_wait_ends_after_the_budget() {
        let asked = Some(secs(30));
        assert_eq!(wait(1, secs(89), asked, &mut random()), asked);
        assert_eq!(wait(1, secs(90), asked, &mut random()), None);
        assert_eq!(wait(1, secs(120), None, &mut random()), None);
    }

    #[test]
    fn retry_after_is_honored_up_to_a_minute() {
        let wait = |asked| wait(1, Duration::ZERO, Some(asked), &mut random());
        assert_eq!(wait(secs(7)), Some(secs(7)));
        assert_eq!(wait(secs(86_400)), Some(secs(60)));
        assert_eq!(wait(Duration::MAX), Some(secs(60)));
        assert!(wait(Duration::ZERO).unwrap() > Duration::ZERO, "jitter stays");
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = httpdate::parse_http_date("Tue, 01 Dec 2026 08:00:00 GMT").unwrap();
        let ask = |header| retry_after(header, now);
        assert_eq!(ask(" 120 "), Some(secs(120)));
        assert_eq!(ask("Tue, 01 Dec 2026 08:00:05 GMT"), Some(secs(5)));
        assert_eq!(ask("Tue, 01 Dec 2026 07:00:00 GMT"), Some(Duration::ZERO));
        for nonsense in ["", "soon", "-1", "1.5", "99999999999999999999"] {
            assert_eq!(ask(nonsense), None, "{nonsense}");
        }
    }
}
