//! How a stream is read.

use super::IdPolicy;

/// What a stream is held to, and what of it is told.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    /// The sources that it may be of; none is asked for where this is empty.
    pub(super) sources: &'static [&'static str],
    /// Whether each event has to name its own.
    pub(super) event_sources: bool,
    /// Of a server that is not of this crate.
    pub(super) foreign: bool,
    /// To the letter of the standard: no name means anything.
    pub(super) standard: bool,
    pub(super) ids: IdPolicy,
    pub(super) missed: Missed,
    pub(super) heartbeats: bool,
    pub(super) states: bool,
}

/// What becomes of a gap and a reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missed {
    Errors,
    Items,
    Ignored,
}
