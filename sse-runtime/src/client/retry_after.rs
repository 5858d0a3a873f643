//! `Retry-After` and its like: when a server that refused wants to be asked again.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, header::RETRY_AFTER};

/// Beyond this a number is a date in seconds since 1970 (this one is in 2001), and no time to
/// wait (this one is 31 years).
const DATES: u64 = 1_000_000_000;
/// The same in milliseconds.
const MILLISECOND_DATES: u64 = DATES * 1_000;

/// How long a refused client is to wait at least, by what the answer says: `Retry-After`, in
/// seconds or as a date, else the reset time beside `X-RateLimit-Remaining: 0`. What cannot be
/// read says nothing. It is not bounded here.
pub(super) fn retry_after(headers: &HeaderMap, wall: SystemTime) -> Option<Duration> {
    // Of several the longest: a proxy in front may have added its own.
    let asked = headers.get_all(RETRY_AFTER).iter().filter_map(|value| {
        let text = value.to_str().ok()?.trim();
        seconds(text).map(Duration::from_secs).or_else(|| date(text, wall))
    });
    asked.max().or_else(|| rate_limit(headers, wall))
}

/// What many services say in place of `Retry-After`. Nobody has agreed on whether the reset is a
/// time to wait or a date, but no number can be both.
fn rate_limit(headers: &HeaderMap, wall: SystemTime) -> Option<Duration> {
    let number = |name: &str| seconds(headers.get(name)?.to_str().ok()?.trim());
    if number("x-ratelimit-remaining")? != 0 {
        return None;
    }
    let reset = number("x-ratelimit-reset")?;
    let at = match reset {
        0..DATES => return Some(Duration::from_secs(reset)),
        DATES..MILLISECOND_DATES => Duration::from_secs(reset),
        MILLISECOND_DATES.. => Duration::from_millis(reset),
    };
    Some(until(SystemTime::UNIX_EPOCH.checked_add(at)?, wall))
}

/// Digits alone: `parse` accepts a sign. More than fits is the most that does.
fn seconds(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

fn date(text: &str, wall: SystemTime) -> Option<Duration> {
    Some(until(httpdate::parse_http_date(text).ok()?, wall))
}

/// A date that has passed asks for nothing.
fn until(at: SystemTime, wall: SystemTime) -> Duration {
    at.duration_since(wall).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::*;

    /// Sun, 06 Nov 1994 08:49:37 GMT
    fn wall() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777)
    }

    fn read(headers: &[(&'static str, &str)]) -> Option<u64> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        retry_after(&map, wall()).map(|wait| wait.as_secs())
    }

    #[test]
    fn seconds_and_the_three_forms_of_a_date() {
        for (value, wait) in [
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("0", Some(0)),
            ("18446744073709551616", Some(u64::MAX)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60)),
            ("Sunday, 06-Nov-94 08:50:37 GMT", Some(60)),
            ("Sun Nov  6 08:50:37 1994", Some(60)),
            ("Sun, 06 Nov 1994 08:48:37 GMT", Some(0)),
            ("-5", None),
            ("+5", None),
            ("1.5", None),
            ("", None),
            ("soon", None),
        ] {
            assert_eq!(read(&[("retry-after", value)]), wait, "{value:?}");
        }
    }

    #[test]
    fn of_several_the_longest_that_can_be_read() {
        let several = [("retry-after", "5"), ("retry-after", "soon"), ("retry-after", "9")];
        assert_eq!(read(&several), Some(9));
    }

    #[test]
    fn a_reset_counts_beside_a_spent_limit_and_behind_retry_after() {
        let left = "x-ratelimit-remaining";
        let reset = "x-ratelimit-reset";
        assert_eq!(read(&[(left, "0"), (reset, "30")]), Some(30));
        assert_eq!(read(&[(left, "1"), (reset, "30")]), None);
        assert_eq!(read(&[(reset, "30")]), None);
        assert_eq!(read(&[(left, "0")]), None);
        assert_eq!(read(&[(left, "0"), (reset, "30"), ("retry-after", "4")]), Some(4));
        assert_eq!(read(&[(left, "0"), (reset, "30"), ("retry-after", "soon")]), Some(30));
        // Dates, in seconds and in milliseconds, long after the clock of these tests.
        let year = 784_111_777 + 365 * 86_400 * 10;
        assert_eq!(read(&[(left, "0"), (reset, &year.to_string())]), Some(365 * 86_400 * 10));
        assert_eq!(read(&[(left, "0"), (reset, &format!("{year}000"))]), Some(365 * 86_400 * 10));
        assert!(read(&[(left, "0"), (reset, "99999999999999999999")]).is_some());
    }

    proptest! {
        #[test]
        fn no_header_panics(value in proptest::collection::vec(any::<u8>(), 0..40), digits in "[0-9]{0,25}") {
            let mut map = HeaderMap::new();
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                map.append(RETRY_AFTER, value.clone());
                map.append("x-ratelimit-reset", value);
            }
            map.append("x-ratelimit-remaining", HeaderValue::from_static("0"));
            map.append("x-ratelimit-reset", HeaderValue::from_str(&digits).unwrap());
            let _whatever = retry_after(&map, wall());
        }
    }
}
