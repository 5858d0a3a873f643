//! The typed events of a handler, read in the process that serves them.

use std::{
    collections::VecDeque,
    fmt,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use http::StatusCode;
use serde::Deserialize;

use super::delivery::Delivery;
use crate::{
    channel::Missed,
    event::{DecodeError, DecodeEvent, decode},
    names::{BEAT_EVENT, BYE_EVENT, OPEN_EVENT, Reason, Resumed},
    wire::Frame,
};

/// The events of an [`EventStream`](super::EventStream), as a `Stream`.
///
/// Ends after `complete`; any other end is an error, so that a test cannot overlook it. See
/// [`EventStream::events`](super::EventStream::events).
pub struct TypedEvents<E> {
    delivery: Option<Box<Delivery>>,
    refused: Option<StatusCode>,
    frames: VecDeque<Frame>,
    event: PhantomData<fn() -> E>,
}

/// Why there is no next event.
///
/// ```
/// # use futures_util::{StreamExt as _, stream::{self, Stream}};
/// use axum::http::StatusCode;
/// use sse_runtime::{ReadError, SseEvent, call, sse_handler};
///
/// # #[derive(SseEvent, Debug)]
/// # #[sse(source = "inventory")]
/// # enum InventoryEvent { SoldOut }
/// #[sse_handler]
/// async fn inventory() -> Result<impl Stream<Item = InventoryEvent>, StatusCode> {
///     # if false { return Ok(stream::empty()); }
///     Err(StatusCode::NOT_FOUND)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let first = call!(inventory()).await.events::<InventoryEvent>().next().await;
/// assert!(matches!(first, Some(Err(ReadError::Refused(StatusCode::NOT_FOUND)))));
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadError {
    /// The handler answered with a status instead of a stream.
    Refused(StatusCode),
    /// The stream ended, and not because it was complete.
    Ended(Reason),
    /// Events are missing that the reader should have got. The stream goes on.
    Missed(Missed),
    /// The event is none of the type that was asked for.
    Decode(DecodeError),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(status) => write!(f, "the handler answered {status} instead of a stream"),
            Self::Ended(reason) => write!(f, "the stream ended with the reason `{reason}`"),
            Self::Missed(missed) => missed.fmt(f),
            Self::Decode(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Refused(_) | Self::Ended(_) | Self::Missed(_) => None,
            Self::Decode(error) => error.source(),
        }
    }
}

impl<E: DecodeEvent> TypedEvents<E> {
    pub(super) fn new(delivery: Delivery) -> Self {
        Self {
            delivery: Some(Box::new(delivery)),
            refused: None,
            frames: VecDeque::new(),
            event: PhantomData,
        }
    }

    pub(super) fn refused(status: StatusCode) -> Self {
        Self { delivery: None, refused: Some(status), frames: VecDeque::new(), event: PhantomData }
    }

    /// The event in a frame, unless it only keeps the stream going.
    fn read(frame: &Frame) -> Option<Result<E, ReadError>> {
        let name = frame.event()?;
        if name == OPEN_EVENT {
            return opened(&frame.data()).map(|missed| Err(ReadError::Missed(missed)));
        }
        if [BEAT_EVENT, BYE_EVENT].contains(&name) {
            return None;
        }
        Some(decode(name, &frame.data()).map_err(ReadError::Decode))
    }

    /// How the stream ended, told by the stream itself: `sse.bye` may be switched off.
    fn end(&mut self) -> Option<Result<E, ReadError>> {
        let reason = self.delivery.take()?.ended()?;
        (reason != Reason::Complete).then_some(Err(ReadError::Ended(reason)))
    }
}

/// What `sse.open` says that the reader missed.
fn opened(data: &str) -> Option<Missed> {
    #[derive(Deserialize)]
    struct Opened {
        resume: String,
        missed: u64,
        reason: Option<String>,
    }
    let Opened { resume, missed, reason } = serde_json::from_str(data).ok()?;
    match Resumed::read(&resume, missed, reason.as_deref())? {
        Resumed::Fresh | Resumed::Exact => None,
        Resumed::Gap { missed } => Some(Missed::Gap { missed }),
        Resumed::Reset(reason) => Some(Missed::Reset(reason)),
    }
}

impl<E: DecodeEvent> Stream for TypedEvents<E> {
    type Item = Result<E, ReadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(status) = self.refused.take() {
                return Poll::Ready(Some(Err(ReadError::Refused(status))));
            }
            if let Some(frame) = self.frames.pop_front() {
                match Self::read(&frame) {
                    Some(item) => return Poll::Ready(Some(item)),
                    None => continue,
                }
            }
            let Some(delivery) = &mut self.delivery else { return Poll::Ready(None) };
            match ready!(delivery.poll_chunk(cx)) {
                Some(chunk) => self.frames.extend(Frame::split(chunk)),
                None => return Poll::Ready(self.end()),
            }
        }
    }
}

impl<E> fmt::Debug for TypedEvents<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedEvents")
            .field("ended", &self.delivery.is_none())
            .finish_non_exhaustive()
    }
}
