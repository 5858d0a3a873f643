//! Why a store did not do what it was asked for.

use std::{fmt, time::Duration};

use super::Nobody;
use crate::position::Position;

/// Why a store did not do what it was asked for, by who can change it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreError {
    /// The publisher: a terminal event has ended the log.
    Ended,
    /// The publisher: its id belongs to an event with other content, which stands there.
    IdReused(Position),
    /// The publishers: no further id can be remembered for as long as it must be.
    TooManyIds,
    /// Time: it cannot be reached, or is busy. It comes back by itself.
    Unavailable(String),
    /// Time: it took longer than anybody waits. Whether the event is stored is not known: publish
    /// it again with an id of its own, and it is stored once.
    #[non_exhaustive]
    Unknown {
        /// For how long it was waited.
        after: Duration,
    },
    /// Whoever runs it: there is no room.
    Full,
    /// Whoever runs it: it may not be written to.
    ReadOnly(String),
    /// Whoever runs it: another process has it.
    InUse(String),
    /// Whoever runs it: it cannot be used like this (an address, a version, a setting).
    Unusable(String),
    /// Nobody: what is there is not what was written.
    Corrupt(String),
}

impl StoreError {
    /// Whether trying again later may do. Of the others, somebody has to change something first.
    ///
    /// ```
    /// use sse_runtime::store::StoreError;
    ///
    /// assert!(StoreError::Unavailable("no connection".into()).is_for_now());
    /// assert!(!StoreError::Ended.is_for_now());
    /// ```
    #[must_use]
    pub const fn is_for_now(&self) -> bool {
        match self {
            Self::TooManyIds
            | Self::Unavailable(_)
            | Self::Unknown { .. }
            | Self::Full
            | Self::ReadOnly(_)
            | Self::InUse(_) => true,
            Self::Ended | Self::IdReused(_) | Self::Unusable(_) | Self::Corrupt(_) => false,
        }
    }
}

impl From<Nobody> for StoreError {
    fn from(_: Nobody) -> Self {
        Self::Unavailable("no runtime of tokio runs that could ask it".into())
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended => f.write_str("the log has ended with a terminal event"),
            Self::IdReused(position) => {
                write!(f, "the id belongs to an event with another content, at {position}")
            }
            Self::TooManyIds => f.write_str("no further id can be remembered for two minutes"),
            Self::Unavailable(why) => write!(f, "the store is not there now ({why}): try later"),
            Self::Unknown { after } => write!(
                f,
                "the store has not answered for {after:?}, and may have stored the event: publish \
                 it again with an id of its own (`#[sse(id)]`), and it is stored once"
            ),
            Self::Full => f.write_str("the store is full: make room, or keep less"),
            Self::ReadOnly(why) => write!(f, "the store cannot be written to ({why})"),
            Self::InUse(whose) => {
                write!(f, "another process uses the store ({whose}): only one may write to it")
            }
            Self::Unusable(why) => write!(f, "the store cannot be used like this: {why}"),
            Self::Corrupt(what) => write!(
                f,
                "the store is damaged ({what}): restore it, or move it away to begin anew"
            ),
        }
    }
}

impl std::error::Error for StoreError {}
