//! The events of a subscription, for a program that listens to its own channel.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_core::Stream;
use tokio::time::{Sleep, sleep};

use super::{
    listener::{Heard, Listener},
    view::{readable, typed},
};
use crate::{
    event::DecodeEvent,
    log::{Seen, store::StoreError},
    names::{ResetReason, Resumed},
    position::Position,
    wire::{TraceParent, traceparent},
};

/// For how long a store is left alone that does not answer.
const PAUSE: Duration = Duration::from_secs(1);

/// The events of a [`Subscription`](crate::Subscription), as a `Stream`.
///
/// A gap and a reset are errors of the stream, which goes on after them: `?` ends the program
/// that did not think of them, and nothing overlooks them. It ends after a terminal event, and,
/// of a subscription that ends when it is slow, after the gap.
///
/// ```
/// use futures_util::StreamExt as _;
/// use sse_runtime::{Channel, ChannelConfig, Missed, SseEvent};
///
/// #[derive(SseEvent, Debug)]
/// #[sse(source = "inventory")]
/// enum InventoryEvent {
///     Viewers(u32),
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let channel = Channel::with_config(ChannelConfig::new().history(1))?;
/// let first = channel.publish(&InventoryEvent::Viewers(1)).await?;
/// for viewers in 2..=4 {
///     channel.publish(&InventoryEvent::Viewers(viewers)).await?;
/// }
///
/// let mut events = channel.subscribe(first.position).events();
/// assert_eq!(events.next().await.unwrap().unwrap_err(), Missed::Gap { missed: 2 });
/// assert!(matches!(*events.next().await.unwrap()?.event, InventoryEvent::Viewers(4)));
/// # Ok(())
/// # }
/// ```
pub struct ChannelEvents<E> {
    listener: Option<Listener>,
    /// Whether it is known where the reader stands.
    is_begun: bool,
    ends_when_slow: bool,
    /// Until when a store is left alone that did not answer.
    pause: Option<Pin<Box<Sleep>>>,
    /// What is told before the first event.
    told: Option<Missed>,
    events: VecDeque<Received<E>>,
}

/// An event of a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received<E> {
    /// Where it stands; none for an ephemeral one.
    pub position: Option<Position>,
    /// The event, shared with everybody else who reads it so.
    pub event: Arc<E>,
    /// The span that caused it, if it was published with one
    /// ([`publish_traced`](crate::Channel::publish_traced)).
    pub traceparent: Option<TraceParent>,
}

/// What a reader of a channel missed. Read the state anew that the events change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "what is missed must not be overlooked")]
pub enum Missed {
    /// So many events are gone for good.
    Gap {
        /// How many; under a filter an upper bound.
        missed: u64,
    },
    /// The position means nothing here.
    Reset(ResetReason),
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gap { missed } => write!(f, "{missed} events are gone before they were read"),
            Self::Reset(reason) => write!(f, "the position means nothing here ({reason})"),
        }
    }
}

impl std::error::Error for Missed {}

impl<E: DecodeEvent + Send + Sync + 'static> ChannelEvents<E> {
    pub(super) fn new(listener: Listener, ends_when_slow: bool) -> Self {
        let mut listener = listener;
        listener.add_view(true, readable::<E>);
        let (told, events) = (None, VecDeque::new());
        let listener = Some(listener);
        Self { listener, is_begun: false, ends_when_slow, told, events, pause: None }
    }

    /// Waits until it is known where the reader stands, and keeps what that means.
    fn poll_begin(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(listener) = self.listener.as_mut().filter(|_| !self.is_begun) else {
            return Poll::Ready(());
        };
        while let Err(error) = ready!(listener.poll_ready(cx.waker())) {
            ready!(self.pause.insert(pause(&error)).as_mut().poll(cx));
        }
        self.is_begun = true;
        self.told = match listener.resumed() {
            Resumed::Fresh | Resumed::Exact => None,
            Resumed::Gap { missed } => Some(Missed::Gap { missed }),
            Resumed::Reset(reason) => Some(Missed::Reset(reason)),
        };
        Poll::Ready(())
    }

    fn receive(seen: &Seen, qualify: bool) -> Option<Received<E>> {
        let (event, traceparent) = (typed(seen, qualify)?, traceparent(&seen.frame));
        Some(Received { position: seen.position, event, traceparent })
    }
}

impl<E: DecodeEvent + Send + Sync + 'static> Stream for ChannelEvents<E> {
    type Item = Result<Received<E>, Missed>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        ready!(self.poll_begin(cx));
        loop {
            if let Some(told) = self.told.take() {
                return Poll::Ready(Some(Err(told)));
            }
            if let Some(event) = self.events.pop_front() {
                return Poll::Ready(Some(Ok(event)));
            }
            let Some(listener) = &mut self.listener else { return Poll::Ready(None) };
            match ready!(listener.poll_seen(cx.waker())) {
                Heard::Events(shown) => {
                    let qualify = listener.qualifies(&shown);
                    let events = shown.events.iter();
                    let events: Vec<_> =
                        events.filter_map(|seen| Self::receive(seen, qualify)).collect();
                    self.events.extend(events);
                }
                Heard::Fell { missed } => {
                    self.told = Some(Missed::Gap { missed });
                    if self.ends_when_slow {
                        self.listener = None;
                    }
                }
                Heard::Restarted(why) => self.told = Some(Missed::Reset(why)),
                Heard::Down(error) => {
                    ready!(self.pause.insert(pause(&error)).as_mut().poll(cx));
                }
                Heard::Lost => self.told = Some(Missed::Gap { missed: 1 }),
                Heard::Over => self.listener = None,
            }
        }
    }
}

/// A store that does not answer is asked again a little later, for as long as somebody listens: a
/// program has nowhere to go back to, as a connection has.
fn pause(error: &StoreError) -> Pin<Box<Sleep>> {
    tracing::warn!(%error, "the store does not answer a program that listens");
    Box::pin(sleep(PAUSE))
}

// Nothing in it is pinned.
impl<E> Unpin for ChannelEvents<E> {}

impl<E> fmt::Debug for ChannelEvents<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelEvents")
            .field("ended", &self.listener.is_none())
            .finish_non_exhaustive()
    }
}
