//! One look at everything.

use std::time::Duration;

use tokio::task::yield_now;

use crate::{
    channel::{ChannelReading, Walk, published_before},
    server::{Sent, StreamReading, Streams, sent_before},
};

/// Every channel and every stream, at a moment.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// When, since the first of them.
    pub(super) at: Duration,
    pub(super) channels: Vec<ChannelReading>,
    pub(super) streams: Vec<StreamReading>,
    /// What was published on channels that were gone before.
    pub(super) published_before: u64,
    /// What was sent by streams that had ended before.
    pub(super) sent_before: Sent,
}

impl Reading {
    /// Some at a time, with room for others in between.
    ///
    /// What is gone is read first: what goes meanwhile is then counted too late, and never
    /// twice. The channels come before the streams: a reader is never shown to lag behind
    /// an event that came after the look at it.
    pub(super) async fn take(at: Duration) -> Self {
        let mut reading = Self {
            at,
            published_before: published_before(),
            sent_before: sent_before(),
            ..Self::default()
        };
        for some in Walk::begin() {
            reading.channels.extend(some);
            yield_now().await;
        }
        for some in Streams::default() {
            reading.streams.extend(some);
            yield_now().await;
        }
        reading
    }
}
