//! The typed events of a handler, read in the process that serves them.

use std::{
    collections::VecDeque,
    fmt,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_core::Stream;
use http::StatusCode;
use http_body::Body as _;

use super::body::StreamBody;
use crate::{
    event::{DecodeError, DecodeEvent, decode},
    names::{BEAT_EVENT, BYE_EVENT, OPEN_EVENT, Reason},
    wire::Frame,
};

/// The events of an [`EventStream`](super::EventStream), as a `Stream`.
///
/// Ends after `complete`; any other end is an error, so that a test cannot overlook it.
pub struct TypedEvents<E> {
    body: Option<Pin<Box<StreamBody>>>,
    refused: Option<StatusCode>,
    frames: VecDeque<Frame>,
    event: PhantomData<fn() -> E>,
}

/// Why there is no next event.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadError {
    /// The handler answered with a status instead of a stream.
    Refused(StatusCode),
    /// The stream ended, and not because it was complete.
    Ended(Reason),
    /// The event is none of the type that was asked for.
    Decode(DecodeError),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(status) => write!(f, "the handler answered {status} instead of a stream"),
            Self::Ended(reason) => write!(f, "the stream ended with the reason `{reason}`"),
            Self::Decode(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Refused(_) | Self::Ended(_) => None,
            Self::Decode(error) => error.source(),
        }
    }
}

impl<E: DecodeEvent> TypedEvents<E> {
    pub(super) fn new(body: StreamBody) -> Self {
        Self {
            body: Some(Box::pin(body)),
            refused: None,
            frames: VecDeque::new(),
            event: PhantomData,
        }
    }

    pub(super) fn refused(status: StatusCode) -> Self {
        Self { body: None, refused: Some(status), frames: VecDeque::new(), event: PhantomData }
    }

    /// What a frame is to the reader of a test; `None` for what only keeps a stream going.
    fn read(&mut self, frame: &Frame) -> Option<Option<Result<E, ReadError>>> {
        match frame.event() {
            None => None,
            Some(name) if name == OPEN_EVENT || name == BEAT_EVENT => None,
            Some(name) if name == BYE_EVENT => {
                self.body = None;
                Some(match reason(frame) {
                    Some(Reason::Complete) | None => None,
                    Some(reason) => Some(Err(ReadError::Ended(reason))),
                })
            }
            Some(name) => Some(Some(decode(name, &frame.data()).map_err(ReadError::Decode))),
        }
    }
}

fn reason(bye: &Frame) -> Option<Reason> {
    let data: serde_json::Value = serde_json::from_str(&bye.data()).ok()?;
    Reason::from_word(data.get("reason")?.as_str()?)
}

/// A chunk of the body is whole frames, each with a blank line at its end.
fn split(mut chunk: Bytes) -> impl Iterator<Item = Frame> {
    std::iter::from_fn(move || {
        let end = memchr::memmem::find(&chunk, b"\n\n")? + 2;
        Some(Frame::from_encoder(chunk.split_to(end)))
    })
}

impl<E: DecodeEvent> Stream for TypedEvents<E> {
    type Item = Result<E, ReadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(status) = self.refused.take() {
                return Poll::Ready(Some(Err(ReadError::Refused(status))));
            }
            if let Some(frame) = self.frames.pop_front() {
                match self.read(&frame) {
                    Some(item) => return Poll::Ready(item),
                    None => continue,
                }
            }
            let Some(body) = &mut self.body else { return Poll::Ready(None) };
            match ready!(body.as_mut().poll_frame(cx)) {
                Some(Ok(chunk)) => {
                    let frames = chunk.into_data().into_iter().flat_map(split);
                    self.frames.extend(frames);
                }
                Some(Err(never)) => match never {},
                None => self.body = None,
            }
        }
    }
}

impl<E> fmt::Debug for TypedEvents<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedEvents").field("ended", &self.body.is_none()).finish_non_exhaustive()
    }
}
