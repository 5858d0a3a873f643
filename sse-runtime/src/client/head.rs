//! What the head of a response means.

use http::{HeaderMap, StatusCode, header};

use super::{Failure, ProtocolError, ServerError};

/// How much of a foreign content type is told.
const SHOWN: usize = 80;

/// Whether a head begins a stream, by rule 13 of the standard: 200 and `text/event-stream`.
///
/// Parameters have no effect (rule 1); a `charset` that lies is no reason to refuse what is
/// UTF-8 by definition (rule 2).
pub(super) fn judge(status: StatusCode, headers: &HeaderMap) -> Result<(), Failure> {
    if status != StatusCode::OK {
        return Err(ServerError::Status(status).into());
    }
    // Of several the last, as browsers do.
    let last = headers.get_all(header::CONTENT_TYPE).iter().next_back();
    let essence = last.map(|value| {
        let bytes = value.as_bytes();
        bytes.split(|byte| *byte == b';').next().unwrap_or(bytes).trim_ascii()
    });
    if essence.is_some_and(|essence| essence.eq_ignore_ascii_case(b"text/event-stream")) {
        return Ok(());
    }
    let shown = essence.map(|essence| essence.escape_ascii().to_string());
    let shown = shown.map(|text| text.chars().take(SHOWN).collect());
    Err(ProtocolError::ContentType(shown).into())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(content_types: &[&'static str]) -> Result<(), Failure> {
        let mut headers = HeaderMap::new();
        for value in content_types {
            headers.append(header::CONTENT_TYPE, HeaderValue::from_static(value));
        }
        judge(StatusCode::OK, &headers)
    }

    #[test]
    fn rule_1_the_charset_has_no_effect() {
        assert_eq!(of(&["text/event-stream; charset=utf-8"]), Ok(()));
        assert_eq!(of(&["text/event-stream;charset=ISO-8859-1"]), Ok(()));
    }

    #[test]
    fn rule_13_the_essence_of_the_content_type_decides() {
        assert_eq!(of(&["text/event-stream"]), Ok(()));
        assert_eq!(of(&["Text/Event-Stream ;x=y"]), Ok(()));
        assert_eq!(of(&["text/html", "text/event-stream"]), Ok(()));
        let other = |found: &str| Err(ProtocolError::ContentType(Some(found.into())).into());
        assert_eq!(of(&["text/html; a=text/event-stream"]), other("text/html"));
        assert_eq!(of(&["text/event-streams"]), other("text/event-streams"));
        assert_eq!(of(&[""]), other(""));
        assert_eq!(of(&[]), Err(ProtocolError::ContentType(None).into()));
    }

    #[test]
    fn rule_13_every_other_status_is_a_failure() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        for code in (100..=999).filter(|code| *code != 200) {
            let status = StatusCode::from_u16(code).unwrap();
            assert_eq!(judge(status, &headers), Err(ServerError::Status(status).into()));
        }
    }

    #[test]
    fn a_content_type_of_any_length_is_told_in_few_characters() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_bytes(&[0xE9; 5_000]).unwrap());
        let Err(Failure::Protocol(ProtocolError::ContentType(Some(shown)))) =
            judge(StatusCode::OK, &headers)
        else {
            panic!("no content type was shown");
        };
        assert_eq!(shown.len(), SHOWN);
    }
}
