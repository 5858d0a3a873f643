//! Durations as they are written in a configuration: `"2ms"`, `"15 min"`, `"1h 30m"`.
//!
//! For `#[serde(with = "...")]`, in whatever is configured.

use std::{fmt, time::Duration};

use humantime::DurationError::{self, NumberOverflow, UnknownUnit};
use serde::{
    Deserializer, Serializer,
    de::{Error, Visitor},
};

/// Writes a duration as text that [`deserialize`] reads back to the nanosecond.
pub(crate) fn serialize<S: Serializer>(
    duration: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&humantime::format_duration(*duration))
}

/// Reads a duration from text. What is none is told with what to write.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Duration, D::Error> {
    deserializer.deserialize_str(Text)
}

struct Text;

/// How it is written.
const FORM: &str = "a number and its unit, such as \"2ms\" or \"15 min\"";

impl Visitor<'_> for Text {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(FORM)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
        read(text).map_err(|error| {
            let fault = match error {
                UnknownUnit { unit, .. } if unit.is_empty() => "lacks its unit".to_owned(),
                UnknownUnit { unit, .. } => format!("has the unknown unit {unit:?}"),
                NumberOverflow => "is too long or too fine".to_owned(),
                _ => "is no duration".to_owned(),
            };
            E::custom(format_args!("{text:?} {fault}: write {FORM}"))
        })
    }
}

/// The same for a duration that may be left out.
pub(crate) mod option {
    use std::time::Duration;

    use serde::{Deserializer, Serializer};

    /// As [`serialize`](super::serialize). What is none is better skipped.
    pub(crate) fn serialize<S: Serializer>(
        duration: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match duration {
            Some(duration) => super::serialize(duration, serializer),
            None => serializer.serialize_none(),
        }
    }

    /// As [`deserialize`](super::deserialize).
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        super::deserialize(deserializer).map(Some)
    }
}

/// Each number with its unit by itself: `humantime` panics where their sum is a little more
/// than the longest duration.
fn read(text: &str) -> Result<Duration, DurationError> {
    let (mut sum, mut rest) = (Duration::ZERO, text);
    loop {
        let unit = rest.find(char::is_alphabetic).unwrap_or(rest.len());
        let (number, from_unit) = rest.split_at(unit);
        let next = from_unit.find(|c: char| c.is_ascii_digit()).unwrap_or(from_unit.len());
        let (part, after) = rest.split_at(number.len() + next);
        sum = sum.checked_add(humantime::parse_duration(part)?).ok_or(NumberOverflow)?;
        if after.is_empty() {
            return Ok(sum);
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::{IntoDeserializer as _, value};

    use super::*;

    fn from_text(text: &str) -> Result<Duration, String> {
        let deserializer: value::StrDeserializer<'_, value::Error> = text.into_deserializer();
        deserialize(deserializer).map_err(|error| error.to_string())
    }

    fn to_text(duration: Duration) -> String {
        let text = serialize(&duration, serde_json::value::Serializer).unwrap();
        text.as_str().unwrap().to_owned()
    }

    #[test]
    fn units_are_read_as_people_write_them() {
        for (text, milliseconds) in [
            ("2ms", 2),
            ("0s", 0),
            ("0", 0),
            ("1.5s", 1_500),
            ("15 min", 15 * 60_000),
            ("1h 30m", 90 * 60_000),
            ("1h30m", 90 * 60_000),
            (" 2 days ", 48 * 3_600_000),
        ] {
            assert_eq!(from_text(text), Ok(Duration::from_millis(milliseconds)), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_duration_says_what_to_write() {
        for (text, fault) in [
            ("5", "lacks its unit"),
            ("5s 3", "lacks its unit"),
            ("2 lightyears", "has the unknown unit \"lightyears\""),
            ("1H", "has the unknown unit \"H\""),
            ("0.5ns", "is too long or too fine"),
            ("18446744073709551616s", "is too long or too fine"),
            ("", "is no duration"),
            ("-5s", "is no duration"),
            ("soon\n", "is no duration"),
            ("5s, 3ms", "is no duration"),
        ] {
            let told = format!(
                "{text:?} {fault}: write a number and its unit, such as \"2ms\" or \"15 min\""
            );
            assert_eq!(from_text(text), Err(told));
        }
    }

    #[test]
    fn the_longest_duration_comes_back_and_more_is_told() {
        assert_eq!(from_text(&to_text(Duration::MAX)), Ok(Duration::MAX));
        let longest = u64::MAX;
        for more in ["1ns", "1s", "1000ms", "500ms 500ms"] {
            let text = format!("{longest}s 999999999ns {more}");
            assert!(from_text(&text).unwrap_err().contains("is too long"), "{text}");
        }
        assert!(from_text(&format!("{longest}s 1000ms")).unwrap_err().contains("is too long"));
    }

    proptest! {
        #[test]
        fn every_duration_comes_back(seconds: u64, nanoseconds in 0..1_000_000_000_u32) {
            let duration = Duration::new(seconds, nanoseconds);
            prop_assert_eq!(from_text(&to_text(duration)), Ok(duration));
        }

        #[test]
        fn no_text_panics(any: String, like in "([0-9.]{0,21} ?(ms|s|m|h|y|M|µs|é|-)? ?){0,5}") {
            let _whatever = (from_text(&any), from_text(&like));
        }
    }
}
