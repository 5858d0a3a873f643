//! A stream that a handler returned.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::Stream;

use super::{
    item::EventItem,
    source::{ChannelFeed, Ending, Feed, FrameSource, Step},
};
use crate::{
    channel::{Lag, Subscription},
    event::{EncodeEvent, End, FrameOptions},
    wire::FrameBuffer,
};

/// What a handler may return: a [`Subscription`], or any other stream of events.
///
/// ```
/// use futures_util::stream::{self, BoxStream, StreamExt as _};
/// use sse_runtime::{SseEvent, sse_handler};
///
/// #[derive(SseEvent)]
/// #[sse(source = "inventory")]
/// enum InventoryEvent {
///     SoldOut { sku: String },
/// }
///
/// // A type with a name, where the branches of a function give different streams.
/// #[sse_handler]
/// async fn inventory() -> BoxStream<'static, InventoryEvent> {
///     stream::pending().boxed()
/// }
/// ```
///
/// Sealed by its hidden method.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a stream of events",
    label = "not a stream of events",
    note = "return `Subscription<YourEvent>`, which `channel.subscribe(resume)` gives, or `impl Stream<Item = YourEvent>` (in a `Result` if it can fail before the first event), or take an argument `out: Events<YourEvent>` and return `Result<(), YourError>`",
    note = "the events of either are of a type with `#[derive(SseEvent)]`, without `decode_only`; a `Stream` is `Send` too, owns what it uses, and its items are such events, or `Result`s of them"
)]
pub trait IntoEvents {
    // Not public API.
    #[doc(hidden)]
    type End: End;
    #[doc(hidden)]
    const SOURCES: &'static [&'static str];
    #[doc(hidden)]
    fn into_source(self) -> Source;
}

/// A source behind a name that can be public.
#[doc(hidden)]
#[allow(missing_debug_implementations, reason = "not public API, and a source is opaque")]
pub struct Source(pub(super) Feed);

#[diagnostic::do_not_recommend]
impl<S> IntoEvents for S
where
    S: Stream + Send + 'static,
    S::Item: EventItem,
{
    type End = <S::Item as EventItem>::End;
    const SOURCES: &'static [&'static str] = S::Item::SOURCES;

    fn into_source(self) -> Source {
        Source(Feed::Own(Box::pin(StreamSource::new(self))))
    }
}

// A subscription is no `Stream`, which is what makes room for it here.
#[diagnostic::do_not_recommend]
impl<E: EncodeEvent, L: Lag> IntoEvents for Subscription<E, L> {
    type End = E::End;
    const SOURCES: &'static [&'static str] = E::CATALOGUE.sources();

    fn into_source(self) -> Source {
        let feed = ChannelFeed { listener: self.into_listener(), ends_when_slow: L::ENDS };
        Source(Feed::Channel(feed))
    }
}

/// A stream that a handler returned.
#[derive(Debug)]
pub(super) struct StreamSource<S> {
    // Boxed: a source is pinned, and projecting to a field without `unsafe` needs a pin of
    // its own. One allocation for each stream.
    stream: Pin<Box<S>>,
}

impl<S> StreamSource<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream: Box::pin(stream) }
    }
}

impl<S> FrameSource for StreamSource<S>
where
    S: Stream + Send,
    S::Item: EventItem,
{
    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut FrameBuffer,
        options: FrameOptions,
    ) -> Poll<Step> {
        Poll::Ready(match ready!(self.stream.as_mut().poll_next(cx)) {
            Some(item) => item.encode(buffer, options).into(),
            None => Step::End(Ending::Complete),
        })
    }
}
