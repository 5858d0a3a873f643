//! The checked name of a source.

use std::{borrow::Cow, fmt};

use super::text::Shown;

/// Who sent an event (pitfall P8): 1 to 32 of the characters `A-Z a-z 0-9 _ -`.
///
/// No dot and no comma, because `qualify` joins a source and a name by a dot and the
/// header `X-Event-Source` lists sources by comma; not `sse`, because `sse.` begins the
/// names of this project. A literal is [`source!`](crate::source).
///
/// ```
/// use sse_runtime::{Source, source};
///
/// const INVENTORY: Source = source!("inventory");
/// assert_eq!("inventory".parse(), Ok(INVENTORY));
/// assert!(Source::try_from("shop.inventory").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Source(Cow<'static, str>);

/// The longest source.
const LONGEST: usize = 32;

/// A value that cannot be a source.
///
/// ```
/// use sse_runtime::Source;
/// assert_eq!(
///     Source::try_from("a,b").unwrap_err().to_string(),
///     "a source is 1 to 32 of the characters `A-Z a-z 0-9 _ -`; this one holds `,`"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidSource {
    /// It is empty.
    Empty,
    /// It has this many bytes.
    TooLong(usize),
    /// It holds this character.
    Character(char),
    /// It is `sse`.
    Reserved,
}

impl fmt::Display for InvalidSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const FORM: &str = "a source is 1 to 32 of the characters `A-Z a-z 0-9 _ -`; this one";
        match self {
            Self::Empty => write!(f, "{FORM} is empty"),
            Self::TooLong(length) => write!(f, "{FORM} has {length} bytes"),
            Self::Character(c) => write!(f, "{FORM} holds {}", Shown(*c)),
            Self::Reserved => {
                f.write_str("the source `sse` belongs to sse-runtime: choose another")
            }
        }
    }
}

impl std::error::Error for InvalidSource {}

fn check(source: &str) -> Result<(), InvalidSource> {
    if source.is_empty() {
        return Err(InvalidSource::Empty);
    }
    if source.len() > LONGEST {
        return Err(InvalidSource::TooLong(source.len()));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if let Some(c) = source.chars().find(|&c| !allowed(c)) {
        return Err(InvalidSource::Character(c));
    }
    if source.eq_ignore_ascii_case("sse") { Err(InvalidSource::Reserved) } else { Ok(()) }
}

super::text_value!(Source, InvalidSource, check);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ascii_character_is_decided() {
        for byte in 0..=127_u8 {
            let good = byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
            assert_eq!(Source::try_from(char::from(byte).to_string()).is_ok(), good, "{byte:#x}");
        }
    }

    #[test]
    fn reserved_and_length() {
        assert_eq!(Source::try_from("SSE"), Err(InvalidSource::Reserved));
        assert!(Source::try_from("x".repeat(32)).is_ok());
        assert_eq!(Source::try_from("x".repeat(33)), Err(InvalidSource::TooLong(33)));
        assert_eq!(Source::try_from(""), Err(InvalidSource::Empty));
    }
}
