//! Formats timestamps in the platform's two formats. A time before 1970 becomes 1970.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

/// Formats a time in UTC, with a precision of seconds.
pub(super) fn iso(time: SystemTime) -> String {
    let seconds = i64::try_from(since_epoch(time).as_secs()).unwrap_or(i64::MAX);
    let timestamp = Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX);
    timestamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

pub(super) fn epoch_milliseconds(time: SystemTime) -> String {
    since_epoch(time).as_millis().to_string()
}

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_platform_formats() {
        let cases = [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_496_784_573, "2017-06-06T21:29:33Z"),
            (4_102_444_799, "2099-12-31T23:59:59Z"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(iso(UNIX_EPOCH + Duration::from_secs(seconds)), expected);
        }
        let time = UNIX_EPOCH + Duration::from_millis(1_496_784_574_729);
        assert_eq!(epoch_milliseconds(time), "1496784574729");
    }
}
