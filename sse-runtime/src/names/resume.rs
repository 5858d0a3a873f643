//! What became of the position that a reader came back with.

/// How a (re)connect was answered, with its figures: what `sse.open` says.
///
/// ```
/// use sse_runtime::{ResetReason, ResumeOutcome, Resumed};
///
/// let resumed = Resumed::Gap { missed: 3 };
/// assert_eq!((resumed.outcome(), resumed.missed()), (ResumeOutcome::Gap, 3));
/// assert_eq!(Resumed::Reset(ResetReason::Epoch).reason(), Some(ResetReason::Epoch));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "a gap must not be overlooked: match it without a rest")]
pub enum Resumed {
    /// The reader brought no position.
    Fresh,
    /// The stream goes on right after the reader's position: nothing is missing.
    Exact,
    /// Some events after the reader's position are gone for good.
    Gap {
        /// How many; under a filter an upper bound.
        missed: u64,
    },
    /// The position means nothing here. Whatever the reader holds may be stale.
    Reset(ResetReason),
}

impl Resumed {
    /// What `sse.open` says, read back. None where it says what it never would.
    #[cfg(any(feature = "client", feature = "server"))]
    pub(crate) fn read(resume: &str, missed: u64, reason: Option<&str>) -> Option<Self> {
        Some(match ResumeOutcome::from_word(resume)? {
            ResumeOutcome::Fresh => Self::Fresh,
            ResumeOutcome::Exact => Self::Exact,
            ResumeOutcome::Gap => Self::Gap { missed },
            ResumeOutcome::Reset => Self::Reset(ResetReason::from_word(reason?)?),
        })
    }

    /// The word for it.
    #[must_use]
    pub const fn outcome(self) -> ResumeOutcome {
        match self {
            Self::Fresh => ResumeOutcome::Fresh,
            Self::Exact => ResumeOutcome::Exact,
            Self::Gap { .. } => ResumeOutcome::Gap,
            Self::Reset(_) => ResumeOutcome::Reset,
        }
    }

    /// How many events are known to be gone for good.
    #[must_use]
    pub const fn missed(self) -> u64 {
        match self {
            Self::Gap { missed } => missed,
            Self::Fresh | Self::Exact | Self::Reset(_) => 0,
        }
    }

    /// Why the position was refused, if it was.
    #[must_use]
    pub const fn reason(self) -> Option<ResetReason> {
        match self {
            Self::Reset(reason) => Some(reason),
            Self::Fresh | Self::Exact | Self::Gap { .. } => None,
        }
    }
}

super::words! {
    /// How a (re)connect was answered: said by `sse.open`.
    ///
    /// ```
    /// assert_eq!(sse_runtime::ResumeOutcome::Fresh.as_str(), "fresh");
    /// ```
    ResumeOutcome {
        /// The reader brought no position.
        Fresh = "fresh",
        /// The stream goes on right after the reader's position.
        Exact = "exact",
        /// Some events after the reader's position are gone; their number is told.
        Gap = "gap",
        /// The position means nothing here; why is told.
        Reset = "reset",
    }
}

super::words! {
    /// Why a position was refused: the `reason` beside the outcome `reset`.
    ///
    /// ```
    /// assert_eq!(sse_runtime::ResetReason::NoLog.as_str(), "no_log");
    /// ```
    ResetReason {
        /// It belongs to another incarnation of the log, or to another log.
        Epoch = "epoch",
        /// It lies after the newest event.
        Ahead = "ahead",
        /// The number was used again for another event after a loss.
        Diverged = "diverged",
        /// It cannot be read.
        Invalid = "invalid",
        /// The stream keeps no log, so no position means anything to it.
        NoLog = "no_log",
    }
}
