//! An id that a client does not go by.

use std::fmt;

use super::InvalidLastEventId;
use crate::wire::InvalidEventId;

/// An id that was not adopted. The event that brought it was kept, and the position is that of
/// the event before.
///
/// Its text says why without the id: one that was made to do harm in a terminal or in a log is
/// not to get there by way of its own refusal. Whoever needs to see it asks for the
/// [`preview`](Self::preview).
///
/// ```
/// use sse_runtime::client::{IdFault, RefusedId};
///
/// fn report(refused: &RefusedId) {
///     eprintln!("{refused}");
///     if let IdFault::Ours(_) = refused.fault() {
///         eprintln!("our own server has sent {}", refused.preview());
///     }
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RefusedId {
    fault: IdFault,
    preview: Box<str>,
}

/// Why an id was not adopted.
///
/// ```
/// use sse_runtime::client::{IdFault, InvalidLastEventId};
///
/// let fault = IdFault::Foreign(InvalidLastEventId::Control('\0'));
/// assert!(fault.to_string().ends_with("this one holds U+0000"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdFault {
    /// The stream is one of this crate, and this is none of its ids.
    Ours(InvalidEventId),
    /// No request can bring it back.
    Foreign(InvalidLastEventId),
    /// It was all invisible: nothing was left when it was cleaned.
    NothingLeft,
}

/// How many characters of an id are shown.
const SHOWN: usize = 32;
/// What stands for the rest of it.
const REST: &str = "...";

impl RefusedId {
    pub(super) fn new(fault: IdFault, raw: &str) -> Self {
        Self { fault, preview: preview(raw) }
    }

    /// Why it was not adopted.
    #[must_use]
    pub const fn fault(&self) -> &IdFault {
        &self.fault
    }

    /// The begin of the id as it was received: at most 32 characters of ASCII, in which
    /// everything else is written as an escape (`\u{200b}`). It ends in `...` where it is not
    /// all.
    #[must_use]
    pub fn preview(&self) -> &str {
        &self.preview
    }
}

fn preview(raw: &str) -> Box<str> {
    let mut shown = String::with_capacity(SHOWN);
    // How much of it leaves room for the mark.
    let mut cut = 0;
    for c in raw.chars() {
        let escape = c.escape_default();
        if shown.len() + escape.len() > SHOWN {
            shown.truncate(cut);
            shown.push_str(REST);
            break;
        }
        shown.extend(escape);
        if shown.len() <= SHOWN - REST.len() {
            cut = shown.len();
        }
    }
    shown.into_boxed_str()
}

impl fmt::Debug for RefusedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefusedId").field("fault", &self.fault).finish_non_exhaustive()
    }
}

impl fmt::Display for RefusedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the id of an event is not adopted, and the position stays as it was; mend it where \
             it is made: {}",
            self.fault
        )
    }
}

impl fmt::Display for IdFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ours(error) => error.fmt(f),
            Self::Foreign(error) => error.fmt(f),
            Self::NothingLeft => f.write_str("nothing in it can be seen"),
        }
    }
}

impl std::error::Error for RefusedId {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.fault)
    }
}

impl std::error::Error for IdFault {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_refusal_says_why_without_the_id() {
        let fault = IdFault::Ours(InvalidEventId::NotPrintable(' '));
        let refused = RefusedId::new(fault, "secret \u{1b}[2J");
        for text in [format!("{refused}"), format!("{refused:?}"), format!("{refused:#?}")] {
            assert!(!text.contains("secret") && !text.contains('\u{1b}'), "{text}");
        }
        assert!(refused.to_string().ends_with("this one holds U+0020"), "{refused}");
        assert_eq!(refused.preview(), "secret \\u{1b}[2J");
    }

    #[test]
    fn a_preview_says_whether_it_is_all() {
        assert_eq!(&*preview(&"x".repeat(32)), "x".repeat(32));
        assert_eq!(&*preview(&"x".repeat(33)), format!("{}...", "x".repeat(29)));
        // An escape is never cut.
        assert_eq!(&*preview(&"\u{200b}".repeat(4)), "\\u{200b}".repeat(4));
        assert_eq!(&*preview(&"\u{200b}".repeat(5)), format!("{}...", "\\u{200b}".repeat(3)));
    }

    proptest! {
        #[test]
        fn a_preview_is_short_and_harmless(raw: String) {
            let shown = preview(&raw);
            prop_assert!(shown.len() <= 32);
            prop_assert!(shown.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()));
        }
    }
}
