//! The position that a request brings.

use http::HeaderValue;

/// The value of `Last-Event-ID` for an id, by rule 21 of the standard: its UTF-8 bytes, and no
/// header where it is empty.
///
/// None as well where no header can carry it: one with control characters, which would end the
/// stream for good where it is an error, or one that begins or ends with a space, which would
/// arrive as another id. Nobody who receives such an id should adopt it (pitfall P6).
pub(crate) fn last_event_id(id: &str) -> Option<HeaderValue> {
    let whole = !id.is_empty() && id.trim_matches([' ', '\t']).len() == id.len();
    // A tab is allowed by the type, and folded by some proxies.
    let portable = whole && !id.bytes().any(|byte| byte.is_ascii_control());
    portable.then(|| HeaderValue::from_bytes(id.as_bytes()).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rule_21_the_id_is_sent_as_utf_8_and_an_empty_one_is_not() {
        for id in ["7", "evt_1", "a b", "\u{65e5}\u{672c}", "caf\u{e9}"] {
            let value = last_event_id(id);
            assert_eq!(value.as_ref().map(HeaderValue::as_bytes), Some(id.as_bytes()), "{id}");
        }
        assert_eq!(last_event_id(""), None);
    }

    #[test]
    fn an_id_that_no_header_can_carry_is_not_sent() {
        for id in ["a\u{1}b", "a\0", "a\nb", "a\rb", "a\u{7f}", "a\tb", " a", "a ", " "] {
            assert_eq!(last_event_id(id), None, "{id:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_sent_is_what_was_received(id: String) {
            if let Some(value) = last_event_id(&id) {
                prop_assert_eq!(value.as_bytes(), id.as_bytes());
            }
        }
    }
}
