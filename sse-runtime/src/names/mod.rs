//! Floor 0: the words that the wire, the log and the metrics have in common.
//!
//! A stream ends for a reason, and both ends of the connection and the log line say it with
//! the same word. So each list stands here once, as an enum whose variants know their word,
//! and nothing else in the crate spells one out. (The names of the span and of the fields of
//! a log line are literals where the line is written: the macros of `tracing` take nothing
//! else.)

mod field;
mod metric;
mod outcome;
mod reason;
mod resume;
mod state;

pub use field::*;
pub use metric::*;
pub use outcome::{
    Backend, ClientOutcome, ClientPhase, DeliveryPhase, PublishOutcome, PublishPhase, Rejection,
};
pub use reason::Reason;
pub use resume::{ResetReason, ResumeOutcome, Resumed};
pub use state::{ClientState, ServerState};

/// Declares an enum of words: each variant, its spelling, and the list of all.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// Every word of the list, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word as it stands on the wire, in the log and in labels.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// The variant with this spelling, if there is one.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.as_str() == word)
            }
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
use words;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back() {
        for reason in Reason::ALL {
            assert_eq!(Reason::from_word(reason.as_str()), Some(*reason));
        }
        for outcome in ResumeOutcome::ALL {
            assert_eq!(ResumeOutcome::from_word(outcome.as_str()), Some(*outcome));
        }
        for state in ClientState::ALL {
            assert_eq!(ClientState::from_word(state.as_str()), Some(*state));
        }
        assert_eq!(Reason::from_word("Complete"), None);
    }
}
