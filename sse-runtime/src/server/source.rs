//! Where the frames of a stream come from.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::response::Response;

use super::item::Encoded;
use crate::{
    channel::Listener,
    event::{EncodeError, EventInfo, FrameOptions},
    wire::FrameBuffer,
};

/// Gives one frame after the other. The events behind it are encoded when they are asked
/// for, into the buffer of the batch: what delivers knows no event type, so that it is
/// compiled once.
pub(super) trait FrameSource: Send {
    /// Appends the next frame to the buffer.
    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut FrameBuffer,
        options: FrameOptions,
    ) -> Poll<Step>;

    /// Whether it may have work left after its terminal event, and says itself when it is
    /// done: a handler that saves what it has sent.
    fn ends_itself(&self) -> bool {
        false
    }
}

pub(super) type BoxSource = Pin<Box<dyn FrameSource>>;

/// What a session drives.
#[allow(
    clippy::large_enum_variant,
    reason = "a box would be one more piece of memory to fetch at each wake, and no cache has \
              those of thousands of streams"
)]
pub(super) enum Feed {
    /// A stream that only this reader has: each event is encoded for it.
    Own(BoxSource),
    /// A subscription: what is encoded already goes to many.
    Channel(ChannelFeed),
}

/// A subscription on its way to a connection.
pub(super) struct ChannelFeed {
    pub(super) listener: Listener,
    /// Whether a reader that falls behind is ended, instead of told.
    pub(super) ends_when_slow: bool,
}

/// What a source gave.
#[derive(Debug)]
pub(super) enum Step {
    /// It has written a frame.
    Frame(&'static EventInfo),
    /// The head is to go out, though there is no event yet.
    Open,
    /// There is no more.
    End(Ending),
}

/// How a source ended.
#[derive(Debug)]
pub(super) enum Ending {
    /// By itself.
    Complete,
    /// By an error of the handler, which is a response of its own.
    Failed(Response),
    /// By a panic, which has been logged.
    Panicked,
    /// By an event that cannot be encoded.
    Encode(EncodeError),
    /// By a reader that fell behind what is kept.
    Slow,
    /// By a store that does not answer.
    Store,
}

impl From<Encoded> for Step {
    fn from(encoded: Encoded) -> Self {
        match encoded {
            Encoded::Frame(info) => Self::Frame(info),
            Encoded::Failed(response) => Self::End(Ending::Failed(response)),
            Encoded::Error(error) => Self::End(Ending::Encode(error)),
        }
    }
}
