//! The checked event name.

use std::{borrow::Cow, fmt};

use super::text::Shown;
use crate::names::CONTROL_PREFIX;

/// The name of an event: 1 to 64 of the characters `A-Z a-z 0-9 . _ : -`.
///
/// Refused are `open`, `error` and `message`, which an `EventSource` fires for reasons
/// of its own, and names that begin with `sse.`, which belong to this project. Names are
/// mostly written by the derive; a literal is [`event_name!`](crate::event_name).
///
/// ```
/// use sse_runtime::{EventName, event_name};
///
/// const NAME: EventName = event_name!("stock_changed");
/// assert_eq!("stock_changed".parse(), Ok(NAME));
/// assert!(EventName::try_from("stock\nid: forged").is_err());
/// assert!(EventName::try_from("error").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventName(Cow<'static, str>);

/// The longest name.
const LONGEST: usize = 64;

/// A value that cannot be an event name.
///
/// ```
/// use sse_runtime::EventName;
/// assert_eq!(
///     EventName::try_from("message").unwrap_err().to_string(),
///     "`message` is fired by an `EventSource` for reasons of its own: choose another event name"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidEventName {
    /// It is empty.
    Empty,
    /// It has this many bytes.
    TooLong(usize),
    /// It holds this character.
    Character(char),
    /// It is `open`, `error` or `message`.
    Reserved(String),
    /// It begins with `sse.`.
    Control,
}

impl fmt::Display for InvalidEventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const FORM: &str =
            "an event name is 1 to 64 of the characters `A-Z a-z 0-9 . _ : -`; this one";
        match self {
            Self::Empty => write!(f, "{FORM} is empty"),
            Self::TooLong(length) => write!(f, "{FORM} has {length} bytes"),
            Self::Character(c) => write!(f, "{FORM} holds {}", Shown(*c)),
            Self::Reserved(name) => write!(
                f,
                "`{name}` is fired by an `EventSource` for reasons of its own: choose another event name"
            ),
            Self::Control => f.write_str(
                "names that begin with `sse.` belong to sse-runtime: choose another event name",
            ),
        }
    }
}

impl std::error::Error for InvalidEventName {}

fn check(name: &str) -> Result<(), InvalidEventName> {
    if name.is_empty() {
        return Err(InvalidEventName::Empty);
    }
    if name.len() > LONGEST {
        return Err(InvalidEventName::TooLong(name.len()));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '-');
    if let Some(c) = name.chars().find(|&c| !allowed(c)) {
        return Err(InvalidEventName::Character(c));
    }
    let is = |word: &str| name.eq_ignore_ascii_case(word);
    if is("open") || is("error") || is("message") {
        return Err(InvalidEventName::Reserved(name.to_owned()));
    }
    let control =
        name.get(..CONTROL_PREFIX.len()).is_some_and(|p| p.eq_ignore_ascii_case(CONTROL_PREFIX));
    if control { Err(InvalidEventName::Control) } else { Ok(()) }
}

super::text_value!(EventName, InvalidEventName, check);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ascii_character_is_decided() {
        for byte in 0..=127_u8 {
            let good = byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
            assert_eq!(
                EventName::try_from(char::from(byte).to_string()).is_ok(),
                good,
                "{byte:#x}"
            );
        }
    }

    #[test]
    fn reserved_in_any_case() {
        for name in ["open", "error", "message", "Error", "MESSAGE"] {
            assert_eq!(EventName::try_from(name), Err(InvalidEventName::Reserved(name.to_owned())));
        }
        assert_eq!(EventName::try_from("sse.open"), Err(InvalidEventName::Control));
        assert_eq!(EventName::try_from("SSE.x"), Err(InvalidEventName::Control));
        assert!(EventName::try_from("ssex").is_ok());
        assert!(EventName::try_from("opened").is_ok());
    }

    #[test]
    fn length_is_bounded() {
        assert!(EventName::try_from("x".repeat(64)).is_ok());
        assert_eq!(EventName::try_from("x".repeat(65)), Err(InvalidEventName::TooLong(65)));
        assert_eq!(EventName::try_from(""), Err(InvalidEventName::Empty));
    }
}
