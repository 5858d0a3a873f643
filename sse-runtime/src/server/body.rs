//! A stream as a response body, which any server can drive.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame};

use super::delivery::Delivery;

/// The body of a stream. The server flushes when there is no more for now (pitfall P0). Nothing
/// that matters is here: whatever carries the bytes, they are those of the delivery.
#[derive(Debug)]
pub(super) struct StreamBody(pub(super) Delivery);

impl Body for StreamBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.get_mut().0.poll_chunk(cx).map(|chunk| chunk.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.ended().is_some()
    }
}

/// The body of an answer to `HEAD`: nothing, but not of length zero, which the head would
/// then claim of a stream.
#[derive(Debug)]
pub(super) struct NoBody;

impl Body for NoBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }
}
