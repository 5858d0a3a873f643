//! The checked event id.

use std::{borrow::Cow, fmt};

use super::{base62, text::Shown};
use crate::names::EVENT_IDS_REFUSED;

/// An event id that every reader understands the same way (pitfall P6).
///
/// The default form is `evt_` followed by 8 to 32 ASCII letters or digits, or by one to
/// five positions of 24 each. Whatever breaks it cannot become an `EventId`: a literal
/// does not compile ([`event_id!`](crate::event_id)), a run-time value is an
/// [`InvalidEventId`] and counts in the metric `sse_event_ids_refused_total`.
///
/// An id made elsewhere needs [`EventId::opaque`], by name.
///
/// ```
/// use sse_runtime::{EventId, event_id};
///
/// const FIRST: EventId = event_id!("evt_0000000000000001");
/// let second: EventId = "evt_0000000000000002".parse()?;
/// assert_ne!(FIRST, second);
///
/// // A zero-width space, invisible in most editors.
/// assert!(EventId::try_from("evt_00000000\u{200B}0001").is_err());
/// # Ok::<(), sse_runtime::InvalidEventId>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(Cow<'static, str>);

/// What the default form begins with.
const PREFIX: &str = "evt_";
/// Letters or digits of one position.
const POSITION: usize = 24;
/// Positions that one id can hold.
const POSITIONS: usize = 5;
/// The longest id made elsewhere.
const OPAQUE: usize = 128;

impl EventId {
    /// An id made elsewhere: 1 to 128 printable ASCII characters (0x21 to 0x7E).
    ///
    /// Asked for by name, because its form says nothing: no epoch, no position, and
    /// nothing keeps two systems from meaning different events with it.
    ///
    /// ```
    /// use sse_runtime::EventId;
    /// assert_eq!(EventId::opaque("msg-17:4")?.as_str(), "msg-17:4");
    /// assert!(EventId::opaque("two words").is_err());
    /// # Ok::<(), sse_runtime::InvalidEventId>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidEventId`] when it is empty, longer, or holds another character.
    pub fn opaque(id: impl Into<String>) -> Result<Self, InvalidEventId> {
        let id = id.into();
        match check_opaque(id.as_bytes()) {
            Ok(()) => Ok(Self(Cow::Owned(id))),
            Err(fault) => Err(refuse(fault)),
        }
    }

    /// An id of the default form from 128 bits, which the caller draws at random or
    /// takes from a UUID. Different numbers give different ids.
    ///
    /// ```
    /// use sse_runtime::EventId;
    /// assert_eq!(EventId::from_u128(61).as_str(), "evt_000000000000000000000z");
    /// ```
    #[must_use]
    pub fn from_u128(mut number: u128) -> Self {
        let mut digits = [b'0'; 22];
        for digit in digits.iter_mut().rev() {
            *digit = base62::digit((number % 62) as u8);
            number /= 62;
        }
        Self(Cow::Owned(PREFIX.chars().chain(digits.iter().map(|&d| char::from(d))).collect()))
    }

    /// The id of one to five positions, which the log has put together.
    #[cfg(any(feature = "client", feature = "server"))]
    pub(crate) const fn of_positions(id: String) -> Self {
        Self(Cow::Owned(id))
    }

    /// Reads an id off the wire: the default form, else one made elsewhere. Not a
    /// constructor for users, because it lets any form through without asking by name.
    #[cfg(feature = "server")]
    pub(crate) fn received(id: &str) -> Option<Self> {
        check_opaque(id.as_bytes()).is_ok().then(|| Self(Cow::Owned(id.to_owned())))
    }

    /// What is wrong with an id off the wire, by the same rule. Not counted: the metric is about
    /// those that this process makes.
    #[cfg(feature = "client")]
    pub(crate) fn check_received(id: &str) -> Result<(), InvalidEventId> {
        check_opaque(id.as_bytes())
    }
}

/// A value that cannot be an event id.
///
/// ```
/// use sse_runtime::EventId;
/// let refused = EventId::try_from("order 17").unwrap_err();
/// assert_eq!(
///     refused.to_string(),
///     "an event id is `evt_` and 8 to 32 ASCII letters or digits; this one does not begin \
///      with `evt_`: for an id made elsewhere write `EventId::opaque`"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidEventId {
    /// It does not begin with `evt_`.
    Prefix,
    /// After `evt_` it has this many characters.
    Length(usize),
    /// It holds this character.
    Character(char),
    /// An opaque id is empty.
    Empty,
    /// An opaque id has this many bytes.
    TooLong(usize),
    /// An opaque id holds this character.
    NotPrintable(char),
}

impl fmt::Display for InvalidEventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const FORM: &str = "an event id is `evt_` and 8 to 32 ASCII letters or digits; this one";
        const OPAQUE_FORM: &str =
            "an opaque event id is 1 to 128 printable ASCII characters; this one";
        match self {
            Self::Prefix => write!(
                f,
                "{FORM} does not begin with `evt_`: for an id made elsewhere write `EventId::opaque`"
            ),
            Self::Length(length) => write!(f, "{FORM} has {length} after `evt_`"),
            Self::Character(c) => write!(f, "{FORM} holds {}", Shown(*c)),
            Self::Empty => write!(f, "{OPAQUE_FORM} is empty"),
            Self::TooLong(length) => write!(f, "{OPAQUE_FORM} has {length} bytes"),
            Self::NotPrintable(c) => write!(f, "{OPAQUE_FORM} holds {}", Shown(*c)),
        }
    }
}

impl std::error::Error for InvalidEventId {}

fn check_default(id: &str) -> Result<(), InvalidEventId> {
    let Some(rest) = id.strip_prefix(PREFIX) else { return Err(InvalidEventId::Prefix) };
    if let Some(c) = rest.chars().find(|c| !c.is_ascii_alphanumeric()) {
        return Err(InvalidEventId::Character(c));
    }
    let positions = rest.len().is_multiple_of(POSITION) && rest.len() <= POSITION * POSITIONS;
    let fits = (8..=32).contains(&rest.len()) || (positions && !rest.is_empty());
    if fits { Ok(()) } else { Err(InvalidEventId::Length(rest.len())) }
}

fn check_opaque(id: &[u8]) -> Result<(), InvalidEventId> {
    if id.is_empty() {
        return Err(InvalidEventId::Empty);
    }
    if id.len() > OPAQUE {
        return Err(InvalidEventId::TooLong(id.len()));
    }
    let Some(at) = id.iter().position(|byte| !byte.is_ascii_graphic()) else { return Ok(()) };
    let rest = id[at..].utf8_chunks().next();
    let c = rest.and_then(|chunk| chunk.valid().chars().next());
    Err(InvalidEventId::NotPrintable(c.unwrap_or(char::REPLACEMENT_CHARACTER)))
}

fn check_counted(id: &str) -> Result<(), InvalidEventId> {
    check_default(id).map_err(refuse)
}

/// Counts what is refused: a producer of bad ids must be visible (pitfall P6).
#[cold]
fn refuse(fault: InvalidEventId) -> InvalidEventId {
    metrics::counter!(EVENT_IDS_REFUSED).increment(1);
    fault
}

super::text_value!(EventId, InvalidEventId, check_counted);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_form_lengths() {
        for length in 0..=130 {
            let id = format!("evt_{}", "a".repeat(length));
            let good = (8..=32).contains(&length) || [24, 48, 72, 96, 120].contains(&length);
            assert_eq!(EventId::try_from(id).is_ok(), good, "length {length}");
        }
    }

    #[test]
    fn every_other_character_is_refused_and_named() {
        for c in [
            '\0', '\n', '\r', ' ', '-', '_', '\u{7F}', '\u{85}', '\u{200B}', '\u{2028}',
            '\u{FEFF}', 'é',
        ] {
            let refused = EventId::try_from(format!("evt_1234{c}5678")).unwrap_err();
            assert_eq!(refused, InvalidEventId::Character(c));
        }
    }

    #[test]
    fn opaque_is_printable_ascii() {
        for byte in 0..=127_u8 {
            let id = char::from(byte).to_string();
            assert_eq!(EventId::opaque(id).is_ok(), (0x21..=0x7E).contains(&byte), "{byte:#x}");
        }
        assert_eq!(EventId::opaque(""), Err(InvalidEventId::Empty));
        assert!(EventId::opaque("x".repeat(128)).is_ok());
        assert_eq!(EventId::opaque("x".repeat(129)), Err(InvalidEventId::TooLong(129)));
        assert_eq!(EventId::opaque("a\u{200B}"), Err(InvalidEventId::NotPrintable('\u{200B}')));
    }

    #[test]
    fn numbers_become_distinct_ids_of_the_default_form() {
        for number in [0, 1, 61, 62, u128::from(u64::MAX), u128::MAX] {
            let id = EventId::from_u128(number);
            assert_eq!(EventId::try_from(id.as_str()), Ok(id));
        }
        assert_ne!(EventId::from_u128(u128::MAX), EventId::from_u128(u128::MAX - 1));
    }
}
