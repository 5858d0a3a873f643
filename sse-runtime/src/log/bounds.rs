//! How much of a log is kept.

use std::time::Duration;

/// The bounds of a log; whichever is reached first takes the oldest entry away.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// How many entries.
    pub(crate) events: u64,
    /// How many bytes.
    pub(crate) bytes: u64,
    /// For how long, in microseconds.
    pub(crate) retention: u64,
    /// How many ids of publishers are remembered.
    pub(crate) ids: usize,
}

/// A time as logs count it: finely enough to tell how long an event waits for its readers. One
/// that is too long for that is as long as can be.
pub(crate) fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// A time as the wire and the log lines have it.
pub(crate) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// What stays behind the oldest entry that is kept, for readers that are a moment late: a
/// history of no events still shows each of them to whoever listens. No position resumes there.
pub(super) const WAKE_EVENTS: u64 = 256;
/// The same in bytes, but never fewer entries than [`WAKE_LEAST`]: the largest event must
/// arrive as well.
pub(super) const WAKE_BYTES: u64 = 256 * 1024;
pub(super) const WAKE_LEAST: u64 = 8;

/// What stays in memory of a log that a store keeps.
pub(super) const REACH_EVENTS: u64 = 4_096;
pub(super) const REACH_BYTES: u64 = 8 * 1024 * 1024;

/// How many events wait at most to be shown: few enough for a reader that is woken then to find
/// all of them, whatever comes in the moment until it reads.
pub(super) const HIDDEN_EVENTS: u64 = WAKE_EVENTS / 2;
