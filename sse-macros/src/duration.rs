//! Durations as they are written in attributes: `"1500ms"`, `"5s"`, `"2m"`.

/// What a reconnection time may be: a reader takes no other.
pub(crate) const RETRY_BOUNDS: (u64, u64) = (10, 300_000);

/// The milliseconds of a duration between two bounds, both in milliseconds.
pub(crate) fn milliseconds(text: &str, least: u64, most: u64) -> Result<u64, String> {
    let example = "write a whole number and its unit, `ms`, `s` or `m`, such as \"5s\"";
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    if number.is_empty() {
        return Err(format!("`{}` is no duration: {example}", text.escape_debug()));
    }
    let factor = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "" => {
            return Err(format!(
                "`{number}` lacks its unit: write \"{number}s\" or \"{number}ms\""
            ));
        }
        _ => return Err(format!("`{}` is no unit of a duration: {example}", unit.escape_debug())),
    };
    // A number too large to hold is out of range like any other.
    let total = number.parse::<u64>().ok().and_then(|n| n.checked_mul(factor)).unwrap_or(u64::MAX);
    if (least..=most).contains(&total) {
        return Ok(total);
    }
    Err(format!("`{text}` is out of range: write {} to {}", spelt(least), spelt(most)))
}

/// A duration in its largest whole unit.
pub(crate) fn spelt(milliseconds: u64) -> String {
    match milliseconds {
        0 => "\"0s\"".to_owned(),
        ms if ms.is_multiple_of(60_000) => format!("\"{}m\"", ms / 60_000),
        ms if ms.is_multiple_of(1_000) => format!("\"{}s\"", ms / 1_000),
        ms => format!("\"{ms}ms\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<u64, String> {
        milliseconds(text, 10, 300_000)
    }

    #[test]
    fn units() {
        assert_eq!(read("1500ms"), Ok(1_500));
        assert_eq!(read("5s"), Ok(5_000));
        assert_eq!(read("5m"), Ok(300_000));
    }

    #[test]
    fn everything_else_says_what_to_write() {
        assert_eq!(read("5").unwrap_err(), "`5` lacks its unit: write \"5s\" or \"5ms\"");
        assert_eq!(read("9ms").unwrap_err(), "`9ms` is out of range: write \"10ms\" to \"5m\"");
        for text in ["", "s", "-5s", "5 s", "1.5s", "5h", "five", "5S"] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read("99999999999999999999999s").unwrap_err().contains("out of range"));
    }
}
