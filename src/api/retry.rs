//! When a request is sent again, and how long to wait first: arithmetic, without clock or network.
//!
//! In: what happened to a try, and how many there were. Out: the time to wait, or nothing where
//! the request must not or need not be repeated. Waits grow twofold with full jitter, so that
//! several writers do not come back at once, and are never shorter than `Retry-After` asks.
//!
//! A request that may not be processed twice is repeated only where it surely was not processed
//! once.

use std::time::{Duration, SystemTime};

use super::error::Kind;

/// Five tries ride out a restart of the platform's gateway; more only delay the message.
pub(super) const MAX_TRIES: u32 = 5;

/// No wait ends later than this after the first try: a pipeline must not hang.
pub(super) const BUDGET: Duration = Duration::from_mins(2);

/// The most that one `Retry-After` can ask for; two of these fill the budget.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// The upper bound of the first wait.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// Whether a request may be processed twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Safety {
    /// Twice is as good as once.
    Repeatable,
    /// Twice makes a duplicate, or uses up an authorization grant.
    Once,
}

impl Safety {
    /// What is known from the method alone.
    pub(super) fn of_method(method: &str) -> Self {
        match method {
            "POST" | "PATCH" => Self::Once,
            _ => Self::Repeatable,
        }
    }

    /// Whether a request that failed in this way may be sent again.
    pub(super) fn allows(self, kind: &Kind) -> bool {
        match (kind, self) {
            (Kind::Connect { .. }, _) => true,
            (Kind::Transport { .. } | Kind::Timeout { .. }, safety) => safety == Self::Repeatable,
            (Kind::Status { status, .. }, Self::Repeatable) => {
                matches!(status, 429 | 500 | 502 | 503 | 504)
            }
            // The platform passes on a provider's 429: with such a message the request went
            // through to the provider, and what that did is not known.
            (Kind::Status { status, provider_message, .. }, Self::Once) => {
                *status == 429 && provider_message.is_none()
            }
            (
                Kind::Redirect { .. }
                | Kind::Decode { .. }
                | Kind::Listing(_)
                | Kind::MissingValue { .. }
                | Kind::RequestLimit { .. },
                _,
            ) => false,
        }
    }
}

/// The time to wait before the next try, or `None` when `tries` tries that took `elapsed` in all
/// leave no room for another.
pub(super) fn wait(
    tries: u32,
    elapsed: Duration,
    asked: Option<Duration>,
    random: &mut fastrand::Rng,
) -> Option<Duration> {
    let own = jitter(tries, random);
    let wait = own.max(asked.unwrap_or_default().min(LONGEST_WAIT));
    (tries < MAX_TRIES && elapsed + wait < BUDGET).then_some(wait)
}

/// Whether an answer asks for a longer wait than a request may take.
pub(super) fn asks_too_long(elapsed: Duration, asked: Duration) -> bool {
    asked > LONGEST_WAIT || elapsed + asked >= BUDGET
}

/// Anything from nothing to 1 s after the first try, 2 s after the second, then 4 s and 8 s.
fn jitter(tries: u32, random: &mut fastrand::Rng) -> Duration {
    let bound = FIRST_WAIT.saturating_mul(1 << tries.saturating_sub(1).min(10));
    bound.min(LONGEST_WAIT).mul_f64(random.f64())
}

/// What a `Retry-After` asks for: seconds, or an HTTP date; a date that has passed asks for
/// nothing.
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
    fn waits_fill_their_range_and_the_range_doubles() {
        let mut random = random();
        for (tries, bound) in [(1, secs(1)), (2, secs(2)), (3, secs(4)), (4, secs(8))] {
            let waits: Vec<_> = (0..1000)
                .map(|_| wait(tries, Duration::ZERO, None, &mut random).unwrap())
                .collect();
            let (least, most) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
            assert!(*most < bound, "{most:?} after {tries}");
            assert!(*most > bound.mul_f64(0.95), "{most:?} after {tries}");
            assert!(*least < bound.mul_f64(0.05), "{least:?} after {tries}");
        }
    }

    /// Full jitter: with a least wait of half the bound, say, many would come back together.
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
    fn no_wait_of_our_own_is_longer_than_the_longest() {
        let mut random = random();
        for tries in [8, 12, 100, u32::MAX] {
            assert!((0..100).all(|_| jitter(tries, &mut random) < LONGEST_WAIT));
        }
    }

    #[test]
    fn an_answer_asks_too_long_beyond_a_minute_or_beyond_the_budget() {
        assert!(!asks_too_long(Duration::ZERO, secs(60)));
        assert!(asks_too_long(Duration::ZERO, secs(61)));
        assert!(!asks_too_long(secs(69), secs(50)));
        assert!(asks_too_long(secs(70), secs(50)));
        assert!(asks_too_long(secs(70), Duration::MAX));
    }

    #[test]
    fn there_are_five_tries() {
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
    fn retry_after_is_honoured_up_to_a_minute() {
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
