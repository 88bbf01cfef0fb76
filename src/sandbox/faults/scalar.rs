//! Scalars of a rule: durations, ranges, patterns.
//!
//! Each scalar is validated while it is visited, so that the YAML parser adds its position to an error.
//! It must never accept a value that cannot match anything.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use std::time::Duration;

use serde::de::{self, Deserializer, Visitor};

/// Maximum lag. A platform with a longer lag is broken.
const MAX_LAG: Duration = Duration::from_mins(10);

/// A duration with its unit: `150ms`, `2s`, `1m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FaultDuration(pub(super) Duration);

/// A lag: more than zero and at most ten minutes, which limits how much is kept in the meantime.
struct LagDuration(Duration);

/// The matching requests that a rule applies to, counted from 1: `3`, `2..4`, `5..`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OccurrenceRange {
    first: u64,
    last: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StubStatus(pub(super) u16);

/// A number from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Probability(pub(super) f64);

/// A path below the base URL. `*` matches one segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PathPattern(Vec<String>);

impl FromStr for FaultDuration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let invalid = || format!("`{text}` is not a duration: write 150ms, 2s or 1m");
        let unit_at = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(invalid)?;
        let (number, unit) = text.split_at(unit_at);
        // 32 bits, so that no sum of durations overflows.
        let number = u64::from(number.parse::<u32>().map_err(|_| invalid())?);
        match unit {
            "ms" => Ok(Self(Duration::from_millis(number))),
            "s" => Ok(Self(Duration::from_secs(number))),
            "m" => Ok(Self(Duration::from_mins(number))),
            _ => Err(invalid()),
        }
    }
}

impl FromStr for LagDuration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let FaultDuration(lag) = text.parse()?;
        if lag.is_zero() {
            return Err(format!(
                "`{text}` is not a lag: remove the line, or write 150ms, 2s or 1m"
            ));
        }
        if lag > MAX_LAG {
            return Err(format!("`{text}` is too long for a lag: write at most 10m"));
        }
        Ok(Self(lag))
    }
}

impl FromStr for OccurrenceRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let invalid =
            || format!("`{text}` is not an occurrence: write 3, 2..4 or 5.., counted from 1");
        let number = |text: &str| text.parse::<u64>().map_err(|_| invalid());
        let (first, last) = match text.split_once("..") {
            None => (number(text)?, number(text)?),
            Some((first, "")) => (number(first)?, u64::MAX),
            Some((first, last)) => (number(first)?, number(last)?),
        };
        if first == 0 {
            return Err(invalid());
        }
        if first > last {
            return Err(format!("`{text}` is empty: write the smaller number first"));
        }
        Ok(Self { first, last })
    }
}

impl OccurrenceRange {
    pub(super) fn contains(self, number: u64) -> bool {
        (self.first..=self.last).contains(&number)
    }
}

impl FromStr for StubStatus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let status = text.parse().ok().filter(|status| (200..600).contains(status));
        status
            .map(Self)
            .ok_or_else(|| format!("`{text}` is not a status: write a status from 200 to 599"))
    }
}

impl FromStr for Probability {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
        share.map(Self).ok_or_else(|| {
            format!("`{text}` is not a probability: write a number from 0 to 1, such as 0.25")
        })
    }
}

impl FromStr for PathPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some(segments) = text.strip_prefix('/') else {
            return Err(format!("`{text}` is not a path: start with /, without the base URL"));
        };
        if segments.contains(['?', '#']) {
            return Err(format!("`{text}` has a query: write it as `query:`"));
        }
        let segments: Vec<_> = segments.split('/').map(str::to_owned).collect();
        if segments.iter().any(|segment| segment != "*" && segment.contains('*')) {
            return Err(format!("`{text}` is not a valid pattern: * matches one complete segment"));
        }
        Ok(Self(segments))
    }
}

impl PathPattern {
    pub(super) fn matches(&self, segments: &[&str]) -> bool {
        let Self(pattern) = self;
        pattern.len() == segments.len()
            && pattern.iter().zip(segments).all(|(wanted, found)| wanted == "*" || wanted == found)
    }
}

/// An HTTP method in capitals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MethodName(pub(super) String);

impl FromStr for MethodName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_valid = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase());
        let invalid = || format!("`{text}` is not a method: write it in capitals, such as POST");
        is_valid.then(|| Self(text.to_owned())).ok_or_else(invalid)
    }
}

pub(super) fn optional<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    deserializer.deserialize_any(Scalar(PhantomData)).map(Some)
}

/// Deserializes a lag.
pub(super) fn lag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    deserializer.deserialize_any(Scalar(PhantomData)).map(|LagDuration(lag)| lag)
}

struct Scalar<T>(PhantomData<T>);

impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for Scalar<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text or a number")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_occurrence_is_a_number_or_a_range() {
        let numbers = |text: &str| {
            let occurrence: OccurrenceRange = text.parse().unwrap();
            (1..=6).filter(|number| occurrence.contains(*number)).collect::<Vec<_>>()
        };
        assert_eq!(numbers("3"), [3]);
        assert_eq!(numbers("2..4"), [2, 3, 4]);
        assert_eq!(numbers("5.."), [5, 6]);
        for bad in ["", "0", "..3", "0..2", "1...2", "a", "-1", "4..2", "1.5"] {
            assert!(bad.parse::<OccurrenceRange>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_star_matches_one_segment() {
        let matches = |pattern: &str, path: &str| {
            let segments: Vec<_> = path.split('/').skip(1).collect();
            pattern.parse::<PathPattern>().unwrap().matches(&segments)
        };
        assert!(matches("/instances/*", "/instances/7"));
        assert!(matches("/*/me", "/organizations/me"));
        assert!(!matches("/instances/*", "/instances"));
        assert!(!matches("/instances/*", "/instances/7/enabled"));
        assert!(!matches("/instances", "/elements"));
        for bad in ["instances", "", "/inst*", "/instances/**", "/instances?a=b"] {
            assert!(bad.parse::<PathPattern>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_duration_has_a_unit() {
        let millis =
            |text: &str| text.parse::<FaultDuration>().map(|duration| duration.0.as_millis());
        assert_eq!(millis("150ms"), Ok(150));
        assert_eq!(millis("2s"), Ok(2_000));
        assert_eq!(millis("1m"), Ok(60_000));
        for bad in ["", "2", "s", "1.5s", "-1s", "2 s", "1h", "99999999999s"] {
            assert!(millis(bad).is_err(), "{bad}");
        }
    }
}
