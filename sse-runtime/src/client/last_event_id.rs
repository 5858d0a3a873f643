//! The position of a reader, as text.

use std::{fmt, str::FromStr, sync::Arc};

use http::HeaderValue;
use serde::{Deserialize, Serialize, Serializer};

use crate::wire::EventId;

/// Where a reader of a stream was: the id of the last event that it has dealt with. An
/// application stores it beside what it made of the events, and gives it back to go on from
/// there, in another process or next week.
///
/// It is whatever a server calls an event, as long as the header `Last-Event-ID` brings it back
/// unchanged: 1 to 1,024 bytes of UTF-8 without control characters, neither beginning nor ending
/// with a space. An id with a line feed would make every reconnect fail, and a space at an end
/// would get lost on the way and ask for another event (pitfall P6). 1,024 bytes are what the
/// [`Decoder`](crate::Decoder) keeps of an id by default. Cloning one is cheap.
///
/// ```
/// use sse_runtime::{client::LastEventId, event_id};
///
/// let stored = LastEventId::from(event_id!("evt_0000000000000001")).to_string();
/// let last: LastEventId = stored.parse()?; // in the next process
/// assert_eq!(last.as_str(), "evt_0000000000000001");
///
/// assert!(LastEventId::try_from("of somebody else: \u{65e5}\u{672c}").is_ok());
/// assert!(LastEventId::try_from("a\nb").is_err());
/// # Ok::<(), sse_runtime::client::InvalidLastEventId>(())
/// ```
///
/// With serde it is a string, and checked on reading:
///
/// ```
/// use sse_runtime::client::LastEventId;
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Saved {
///     after: Option<LastEventId>, // none: from the start
/// }
///
/// assert!(serde_json::from_str::<Saved>(r#"{"after":"41"}"#).is_ok());
/// assert!(serde_json::from_str::<Saved>(r#"{"after":""}"#).is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct LastEventId(Arc<str>);

/// The longest one, in bytes.
pub(super) const LONGEST: usize = 1_024;

impl LastEventId {
    /// The text, to be stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value of `Last-Event-ID`, by rule 21 of the standard: its UTF-8 bytes.
    ///
    /// The check leaves nothing that a header refuses, so it is never none; a test holds both
    /// against each other. Made when it is asked for: the id changes with every event, and the
    /// header is sent once a connection.
    pub(crate) fn header_value(&self) -> Option<HeaderValue> {
        HeaderValue::from_bytes(self.0.as_bytes()).ok()
    }
}

/// Text that cannot be a [`LastEventId`].
///
/// ```
/// use sse_runtime::client::LastEventId;
///
/// let refused = LastEventId::try_from("41 ").unwrap_err();
/// assert_eq!(
///     refused.to_string(),
///     "a last event id is 1 to 1,024 bytes of text without control characters and without a \
///      space at either end; this one has such a space: give back exactly what was stored"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidLastEventId {
    /// It is empty.
    Empty,
    /// It has this many bytes.
    TooLong(usize),
    /// It holds this control character, a tab included: some proxies fold it.
    Control(char),
    /// It begins or ends with a space.
    Space,
}

impl fmt::Display for InvalidLastEventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a last event id is 1 to 1,024 bytes of text without control characters and without \
             a space at either end; this one ",
        )?;
        match self {
            Self::Empty => f.write_str("is empty: where there is no position, give none"),
            Self::TooLong(length) => write!(f, "has {length} bytes"),
            Self::Control(c) => write!(f, "holds U+{:04X}", u32::from(*c)),
            Self::Space => f.write_str("has such a space: give back exactly what was stored"),
        }
    }
}

impl std::error::Error for InvalidLastEventId {}

fn check(id: &str) -> Result<(), InvalidLastEventId> {
    if id.is_empty() {
        return Err(InvalidLastEventId::Empty);
    }
    if id.len() > LONGEST {
        return Err(InvalidLastEventId::TooLong(id.len()));
    }
    // Those above ASCII too (U+0080 to U+009F): a header would carry them, but nobody sees them.
    if let Some(c) = id.chars().find(|c| c.is_control()) {
        return Err(InvalidLastEventId::Control(c));
    }
    if id.starts_with(' ') || id.ends_with(' ') {
        return Err(InvalidLastEventId::Space);
    }
    Ok(())
}

impl TryFrom<&str> for LastEventId {
    type Error = InvalidLastEventId;

    fn try_from(id: &str) -> Result<Self, InvalidLastEventId> {
        check(id)?;
        Ok(Self(id.into()))
    }
}

impl TryFrom<String> for LastEventId {
    type Error = InvalidLastEventId;

    fn try_from(id: String) -> Result<Self, InvalidLastEventId> {
        check(&id)?;
        Ok(Self(id.into()))
    }
}

impl FromStr for LastEventId {
    type Err = InvalidLastEventId;

    fn from_str(id: &str) -> Result<Self, InvalidLastEventId> {
        Self::try_from(id)
    }
}

/// No check is needed: whatever is an event id can be a position.
impl From<&EventId> for LastEventId {
    fn from(id: &EventId) -> Self {
        Self(id.as_str().into())
    }
}

impl From<EventId> for LastEventId {
    fn from(id: EventId) -> Self {
        Self::from(&id)
    }
}

/// Where a channel of this process stands, for a client of another.
impl From<crate::position::Position> for LastEventId {
    fn from(position: crate::position::Position) -> Self {
        Self::from(position.id())
    }
}

impl AsRef<str> for LastEventId {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for LastEventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for LastEventId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused(id: &str) -> InvalidLastEventId {
        LastEventId::try_from(id).unwrap_err()
    }

    #[test]
    fn rule_21_the_id_is_sent_as_utf_8() {
        for id in ["7", "evt_1", "a b", "\u{65e5}\u{672c}", "caf\u{e9}"] {
            let value = LastEventId::try_from(id).unwrap().header_value();
            assert_eq!(value.as_ref().map(HeaderValue::as_bytes), Some(id.as_bytes()), "{id}");
        }
    }

    #[test]
    fn an_id_that_no_header_can_carry_is_refused_and_the_fault_named() {
        for c in ['\0', '\u{1}', '\t', '\n', '\r', '\u{7f}', '\u{85}'] {
            assert_eq!(refused(&format!("a{c}b")), InvalidLastEventId::Control(c));
        }
        for id in [" a", "a ", " "] {
            assert_eq!(refused(id), InvalidLastEventId::Space, "{id:?}");
        }
        assert_eq!(refused(""), InvalidLastEventId::Empty);
        assert!(LastEventId::try_from("x".repeat(1_024)).is_ok());
        assert_eq!(refused(&"x".repeat(1_025)), InvalidLastEventId::TooLong(1_025));
        assert!(refused("a\tb").to_string().ends_with("this one holds U+0009"));
    }

    #[test]
    fn it_is_stored_as_text_and_checked_when_it_comes_back() {
        let id = LastEventId::try_from("4\u{e9} \"1\"").unwrap();
        let text = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<LastEventId>(&text).unwrap(), id);
        let error = serde_json::from_str::<LastEventId>("\"a\\u0000\"").unwrap_err();
        assert!(error.to_string().contains("holds U+0000"), "{error}");
    }

    #[cfg(feature = "server")]
    #[test]
    fn a_position_of_a_channel_is_one() {
        let position: crate::position::Position = "evt_k3JxQ9aZ0000000001A7fQ2x".parse().unwrap();
        assert_eq!(LastEventId::from(position).as_str(), "evt_k3JxQ9aZ0000000001A7fQ2x");
    }

    proptest! {
        #[test]
        fn what_is_sent_is_what_was_received(id: String) {
            if let Ok(last) = LastEventId::try_from(id.as_str()) {
                let value = last.header_value();
                prop_assert_eq!(value.as_ref().map(HeaderValue::as_bytes), Some(id.as_bytes()));
            }
        }

        #[test]
        fn every_event_id_is_one(id in "[!-~]{1,128}") {
            let last = LastEventId::from(EventId::opaque(id.as_str()).unwrap());
            prop_assert_eq!(LastEventId::try_from(id), Ok(last));
        }
    }
}
