//! The name of a request: what a log line, a header and `sse.open` can hold (pitfall P11).

use super::base62;

/// The longest that is taken over.
const LONGEST: usize = 128;

/// Whether a log can hold it: 1 to 128 of the characters `A-Z a-z 0-9 . _ -`.
pub(crate) fn is_request_id(id: &str) -> bool {
    (1..=LONGEST).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// `req_` and 24 letters or digits from a source of random bytes.
pub(crate) fn make_request_id(mut random: impl FnMut() -> u8) -> String {
    let digits = std::iter::repeat_with(&mut random)
        // 248 is the largest multiple of 62: the rest would favour the first digits.
        .filter(|&byte| byte < 248)
        .map(|byte| char::from(base62::digit(byte)))
        .take(24);
    "req_".chars().chain(digits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_is_good() {
        let mut byte = 0_u8;
        let made = make_request_id(|| {
            byte = byte.wrapping_add(83);
            byte
        });
        assert!(made.starts_with("req_") && made.len() == 28 && is_request_id(&made), "{made}");
    }

    #[test]
    fn what_a_log_cannot_hold_is_none() {
        assert!(is_request_id("a.B_c-9") && is_request_id(&"a".repeat(128)));
        for id in ["", "a b", "a\nb", "\u{1b}[31m", "\"", "caf\u{e9}", &"a".repeat(129)] {
            assert!(!is_request_id(id), "{id:?}");
        }
    }
}
