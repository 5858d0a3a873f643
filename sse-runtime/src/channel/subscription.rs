//! The handle of one reader.

use std::{
    fmt,
    future::{Ready, poll_fn, ready},
    marker::PhantomData,
    sync::Arc,
};

use super::{
    events::ChannelEvents,
    lag::{EndSlow, Lag, TellGap},
    listener::Listener,
    merge::MergeError,
    view::{is_called, keep, map, typed, unknown_names},
};
use crate::{
    event::{DecodeEvent, EncodeEvent, Holds, SseEvent},
    log::store::StoreError,
    names::Resumed,
};

/// One reader of a [`Channel`](crate::Channel), or of several: what a handler returns.
///
/// It is a place in the log and not a queue: a slow reader costs nothing but its place. It may
/// be filtered, mapped and merged with others first; where nothing filters, the bytes of the
/// log go out untouched, shared by all who read them.
///
/// ```
/// use axum::{Router, extract::State, routing::get};
/// use sse_runtime::{Channel, Resume, SseEvent, Subscription, sse_handler};
///
/// #[derive(SseEvent)]
/// #[sse(source = "inventory")]
/// enum InventoryEvent {
///     StockChanged { #[sse(topic)] sku: String, left: u32 },
/// }
///
/// #[sse_handler]
/// async fn lamps(
///     State(channel): State<Channel<InventoryEvent>>,
///     resume: Resume,
/// ) -> Subscription<InventoryEvent> {
///     channel.subscribe(resume).topic("desk-lamp")
/// }
///
/// let app: Router = Router::new().route("/lamps", get(lamps)).with_state(Channel::new());
/// ```
///
/// It is no `Stream` itself, so that a handler cannot lose positions by treating it as one: for
/// the events themselves there is [`events`](Self::events).
///
/// `L` says what becomes of a reader that falls too far behind: [`TellGap`] or [`EndSlow`].
#[must_use = "a subscription does nothing unless a handler returns it, or its events are read"]
pub struct Subscription<E, L = TellGap> {
    listener: Listener,
    types: PhantomData<fn() -> (E, L)>,
}

impl<E, L> Subscription<E, L> {
    pub(super) const fn new(listener: Listener) -> Self {
        Self { listener, types: PhantomData }
    }

    /// Without its types, for whoever delivers it.
    pub(crate) fn into_listener(self) -> Listener {
        self.listener
    }

    /// What became of the position that the reader came with, as far as is known here and now.
    /// With channels in memory that is what `sse.open` will say; a store may have to be asked
    /// first, which [`ready`](Self::ready) does.
    #[must_use]
    pub fn resumed(&self) -> Resumed {
        self.listener.resumed()
    }

    /// Waits until it is known where the reader stands, and says what became of its position. A
    /// handler need not: the response waits by itself, and so do [`events`](Self::events).
    ///
    /// ```
    /// use sse_runtime::{Channel, Resume, Resumed, SseEvent};
    ///
    /// #[derive(SseEvent)]
    /// #[sse(source = "inventory")]
    /// enum InventoryEvent {
    ///     Left(u32),
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let channel = Channel::<InventoryEvent>::new();
    /// let mut subscription = channel.subscribe(Resume::fresh());
    /// assert_eq!(subscription.ready().await?, Resumed::Fresh);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`StoreError`] if nobody can say now. The next call asks again.
    pub async fn ready(&mut self) -> Result<Resumed, StoreError> {
        poll_fn(|cx| self.listener.poll_ready(cx.waker())).await?;
        Ok(self.resumed())
    }

    /// The stream ends with the reason `slow` when the reader falls below the oldest event that
    /// is kept, instead of going on after a gap.
    pub fn end_when_slow(self) -> Subscription<E, EndSlow> {
        Subscription::new(self.listener)
    }

    /// Several subscriptions as one stream: of channels of one event type, or of several after
    /// [`lift`](Self::lift). Order is kept within a channel.
    ///
    /// The id of an event is then the position in each of the channels, and a reader that comes
    /// back resumes in all of them; what becomes of it is the worst of what becomes of each. So
    /// give all of them the same [`Resume`](crate::Resume).
    ///
    /// ```
    /// use axum::extract::State;
    /// use sse_runtime::{Channel, MergeError, Resume, SseEvent, Subscription, sse_handler};
    ///
    /// # #[derive(SseEvent)]
    /// # #[sse(source = "inventory")]
    /// # enum InventoryEvent { SoldOut }
    /// # #[derive(SseEvent)]
    /// # #[sse(source = "host")]
    /// # enum HostEvent { Reading(u32) }
    /// #[derive(SseEvent)]
    /// #[sse(merge)]
    /// enum AllEvent {
    ///     Inventory(InventoryEvent),
    ///     Host(HostEvent),
    /// }
    ///
    /// #[derive(Clone)]
    /// struct App {
    ///     inventory: Channel<InventoryEvent>,
    ///     host: Channel<HostEvent>,
    /// }
    ///
    /// #[sse_handler]
    /// async fn all(State(app): State<App>, resume: Resume) -> Result<Subscription<AllEvent>, MergeError> {
    ///     Subscription::merge([
    ///         app.inventory.subscribe(&resume).lift(),
    ///         app.host.subscribe(&resume).lift(),
    ///     ])
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`MergeError`] when there are none, more than five channels, or one channel twice.
    pub fn merge(subscriptions: impl IntoIterator<Item = Self>) -> Result<Self, MergeError> {
        let listeners = subscriptions.into_iter().map(|subscription| subscription.listener);
        Listener::merge(listeners).map(Self::new)
    }
}

// The bounds are on the methods: see `Channel`.
impl<E, L> Subscription<E, L> {
    /// The same events as part of an enum of enums, to be merged with others.
    pub fn lift<A: Holds<E>>(mut self) -> Subscription<A, L> {
        if A::QUALIFY {
            self.listener.set_qualify(true);
        }
        Subscription::new(self.listener)
    }

    /// Only the events with these names, and the terminal one. Without a name, nothing but that.
    ///
    /// # Errors
    ///
    /// [`UnknownEvent`] when the type has no event of a name: it often comes from a request, and
    /// a reader that waits for what never comes would wait in silence.
    pub fn only(
        mut self,
        names: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, UnknownEvent>
    where
        E: SseEvent,
    {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        if let Some(name) = unknown_names::<E>(&names).into_iter().next() {
            return Err(UnknownEvent { name });
        }
        let names: Arc<[String]> = names.into();
        self.listener.add_view(false, |qualify| {
            let names = Arc::clone(&names);
            keep(move |seen| Some(names.iter().any(|name| is_called(seen, qualify, name))))
        });
        Ok(self)
    }

    /// Only the events of this topic (the field marked `#[sse(topic)]`), and the terminal one.
    /// An event that declares no topic is of none, and left out.
    pub fn topic(self, topic: impl Into<String>) -> Self {
        let topic = topic.into();
        self.topics(move |other| other == Some(topic.as_str()))
    }

    /// Only the events whose topic passes, and the terminal one. `None` is the topic of an
    /// event that declares none: nothing else is known of it, so let it through only if it
    /// concerns everybody.
    pub fn topics(
        mut self,
        is_shown: impl Fn(Option<&str>) -> bool + Send + Sync + 'static,
    ) -> Self {
        let is_shown = Arc::new(is_shown);
        self.listener.add_view(false, |_| {
            let is_shown = Arc::clone(&is_shown);
            keep(move |seen| {
                Some(is_shown(seen.extra.as_ref().and_then(|extra| extra.topic.as_deref())))
            })
        });
        self
    }

    /// Only the events that pass, and the terminal one. Each is decoded once for all readers
    /// that ask for it as one type. One that cannot be read back (its `Serialize` and its
    /// `Deserialize` do not agree) is told as a gap of one, and logged.
    pub fn filter(mut self, is_shown: impl Fn(&E) -> bool + Send + Sync + 'static) -> Self
    where
        E: DecodeEvent + Send + Sync + 'static,
    {
        let is_shown = Arc::new(is_shown);
        self.listener.add_view(true, |qualify| {
            let is_shown = Arc::clone(&is_shown);
            keep(move |seen| typed::<E>(seen, qualify).map(|event| is_shown(&event)))
        });
        self
    }

    /// What this listener may see of each event: another event, at the same position, or
    /// nothing. The event is decoded once for all readers, and what is made of it encoded for
    /// this one; where that fails, a gap of one is told and the cause logged.
    ///
    /// One that is mapped to a terminal event ends the stream, for this listener alone: a reader
    /// that comes back is not answered 204. A terminal one is mapped like any other; a `finite`
    /// stream that is not shown an end is `truncated`.
    ///
    /// ```
    /// use axum::extract::State;
    /// use sse_runtime::{Channel, Resume, SseEvent, Subscription, sse_handler};
    ///
    /// #[derive(SseEvent)]
    /// #[sse(source = "orders")]
    /// enum OrderEvent {
    ///     Paid { order: u64, card: String },
    ///     Shipped { order: u64 },
    /// }
    ///
    /// /// What a guest may see of it.
    /// #[derive(SseEvent)]
    /// #[sse(source = "orders")]
    /// enum GuestEvent {
    ///     Paid { order: u64 },
    /// }
    ///
    /// #[sse_handler]
    /// async fn guest(
    ///     State(orders): State<Channel<OrderEvent>>,
    ///     resume: Resume,
    /// ) -> Subscription<GuestEvent> {
    ///     orders.subscribe(resume).filter_map(|event| match event {
    ///         OrderEvent::Paid { order, .. } => Some(GuestEvent::Paid { order: *order }),
    ///         OrderEvent::Shipped { .. } => None,
    ///     })
    /// }
    /// ```
    pub fn filter_map<F: EncodeEvent>(
        mut self,
        show: impl Fn(&E) -> Option<F> + Send + Sync + 'static,
    ) -> Subscription<F, L>
    where
        E: DecodeEvent + Send + Sync + 'static,
    {
        let show = Arc::new(show);
        self.listener.add_view(true, |qualify| {
            let show = Arc::clone(&show);
            map(qualify, move |event: &E| show(event))
        });
        self.listener.set_qualify(false);
        Subscription::new(self.listener)
    }

    /// The events as a `Stream`, for a program that listens to its own channel. See
    /// [`ChannelEvents`].
    #[must_use]
    pub fn events(self) -> ChannelEvents<E>
    where
        E: DecodeEvent + Send + Sync + 'static,
        L: Lag,
    {
        ChannelEvents::new(self.listener, L::ENDS)
    }
}

/// A subscription that is read like a stream: there is none.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a `Subscription` is not a `Stream`",
    label = "not a stream",
    note = "read the events with `.events()`, which is a `Stream`; a handler returns the subscription as it is"
)]
pub trait ReadAsStream {}

impl<E, L> Subscription<E, L> {
    // Not public API, and nothing can call it: it stands where whoever takes a subscription for
    // a stream looks first, and says what to write.
    #[doc(hidden)]
    #[allow(clippy::should_implement_trait, reason = "nothing can call it")]
    pub fn next(&mut self) -> Ready<Option<E>>
    where
        Self: ReadAsStream,
    {
        ready(None)
    }
}

impl<E, L> fmt::Debug for Subscription<E, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("resumed", &self.resumed())
            .field("position", &self.listener.id())
            .finish_non_exhaustive()
    }
}

/// A name that no event of the type has.
///
/// A handler that returns it answers 400: names come from requests.
///
/// ```
/// use axum::extract::{Path, State};
/// use sse_runtime::{Channel, Resume, SseEvent, Subscription, UnknownEvent, sse_handler};
///
/// #[derive(SseEvent)]
/// #[sse(source = "inventory")]
/// enum InventoryEvent {
///     SoldOut { sku: String },
/// }
///
/// #[sse_handler]
/// async fn inventory(
///     State(channel): State<Channel<InventoryEvent>>,
///     Path(only): Path<String>, // `/events/inventory/sold_out`
///     resume: Resume,
/// ) -> Result<Subscription<InventoryEvent>, UnknownEvent> {
///     channel.subscribe(resume).only([only])
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownEvent {
    /// The name.
    pub name: String,
}

impl fmt::Display for UnknownEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no event of this stream is called `{}`", self.name.escape_debug())
    }
}

impl std::error::Error for UnknownEvent {}
