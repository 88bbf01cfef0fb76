//! Formats timestamps in the platform's two formats.
//!
//! In: a [`SystemTime`]. Out: `2017-06-06T21:29:33Z` (members such as `createdDate`), or milliseconds
//! since 1970 as text (`oauth.user.refresh_time`). It must never fail: a time before 1970 becomes 1970.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const SECONDS_PER_DAY: u64 = 86_400;

/// Formats a time in UTC, with a precision of seconds.
pub(super) fn iso(time: SystemTime) -> String {
    let seconds = since_epoch(time).as_secs();
    let (year, month, day) = date_of(seconds / SECONDS_PER_DAY);
    let second = seconds % SECONDS_PER_DAY;
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// Formats a time in milliseconds since 1970.
pub(super) fn epoch_milliseconds(time: SystemTime) -> String {
    since_epoch(time).as_millis().to_string()
}

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Converts days since 1970-01-01 to year, month and day of the Gregorian calendar.
///
/// Counts from 0000-03-01, so that the leap day is the last day of its year and one formula gives the
/// lengths of the months (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn date_of(days_since_1970: u64) -> (u64, u64, u64) {
    let days = days_since_1970 + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
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
