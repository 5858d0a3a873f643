//! How a stream ended.

use std::time::Duration;

use crate::names::Reason;

/// How a stream ended, for [`Cx::on_close`](super::Cx::on_close).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ended {
    /// Why it ended.
    pub reason: Reason,
    /// How many events were sent, control events not counted.
    pub events: u64,
    /// How many bytes were handed to the connection, everything counted.
    pub bytes: u64,
    /// The sequence number of the last event: on a stream without a log, its place on the
    /// stream, from 1. None before the first.
    pub last_seq: Option<u64>,
    /// From the request to the first event.
    pub time_to_first_event: Option<Duration>,
    /// From the request to the end.
    pub duration: Duration,
}
