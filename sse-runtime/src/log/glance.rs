//! What a log holds, for whoever only wants to see it.

use super::ring::Ring;

/// A log at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Glance {
    /// The number of the newest event.
    pub(crate) head: u64,
    /// The number of the newest event that was shown.
    pub(crate) shown: u64,
    /// The number of the oldest event that is kept; one above the head where none is.
    pub(crate) first: u64,
    /// How many bytes are kept.
    pub(crate) bytes: u64,
    pub(crate) has_ended: bool,
}

impl Ring {
    /// Lets go of nothing: what is too old stays until somebody uses the log.
    pub(crate) fn glance(&self) -> Glance {
        Glance {
            head: self.head_seq(),
            shown: self.shown,
            first: self.kept,
            bytes: self.chunks.end() - self.start_of(self.kept),
            has_ended: self.is_ended(),
        }
    }
}
