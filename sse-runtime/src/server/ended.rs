//! How a stream ended.

use std::time::Duration;

use crate::names::Reason;

/// How a stream ended, for [`Cx::on_close`](super::Cx::on_close).
///
/// ```
/// # use futures_util::stream::{self, Stream};
/// # use sse_runtime::{Cx, Reason, SseEvent, sse_handler};
/// # #[derive(SseEvent)]
/// # #[sse(source = "inventory")]
/// # enum InventoryEvent { SoldOut }
/// #[sse_handler]
/// async fn inventory(cx: Cx) -> impl Stream<Item = InventoryEvent> {
///     cx.on_close(|ended| {
///         if ended.reason != Reason::Client {
///             println!("{} after {} events, {:?}", ended.reason, ended.events, ended.duration);
///         }
///     });
///     stream::pending()
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ended {
    /// Why it ended.
    pub reason: Reason,
    /// How many events were encoded for the reader, control events not counted.
    pub events: u64,
    /// How many bytes were handed to the connection, everything counted.
    pub bytes: u64,
    /// The sequence number of the last event: on a channel, that of its position (on a stream of
    /// several, in the channel that it came from); on a stream without a log, its place on the
    /// stream, from 1. None before the first.
    pub last_seq: Option<u64>,
    /// From the start of the handler to the first event.
    pub time_to_first_event: Option<Duration>,
    /// From the start of the handler to the end.
    pub duration: Duration,
}

impl Ended {
    /// The end of a request that no stream came of.
    pub(super) const fn without_stream(reason: Reason) -> Self {
        Self {
            reason,
            events: 0,
            bytes: 0,
            last_seq: None,
            time_to_first_event: None,
            duration: Duration::ZERO,
        }
    }
}
