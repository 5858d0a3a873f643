//! The handle of a channel.

use std::{
    fmt,
    hash::{BuildHasher as _, RandomState},
    marker::PhantomData,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use tracing::Span;

use super::{
    config::{ChannelConfig, InvalidChannelConfig},
    core::{Core, Rules},
    listener::Listener,
    name::ChannelName,
    publish::{PublishError, Published},
    resume::Resume,
    stored::Stored,
    subscription::Subscription,
};
use crate::{
    event::{EncodeEvent, FrameOptions, Identity, encode_frame, with_scratch},
    log::{
        Draft,
        store::{Store, StoreError},
    },
    position::Position,
    wire::{ID_TO_COME, TraceParent},
};

/// An ordered log of events, published here and heard by everybody who subscribes.
///
/// Every event gets a [`Position`], which is its `id:` on the wire. A reader sees each event
/// after its position, once, in order, or is told what it missed. Publishing encodes the event
/// once, whatever the number of readers, never waits for them, and does not fail because there
/// are none.
///
/// ```
/// use futures_util::StreamExt as _;
/// use sse_runtime::{Channel, SseEvent};
///
/// #[derive(SseEvent, Debug, PartialEq)]
/// #[sse(source = "inventory")]
/// enum InventoryEvent {
///     StockChanged { sku: String, left: u32 },
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let channel = Channel::new();
/// let seven = InventoryEvent::StockChanged { sku: "A-1".into(), left: 7 };
/// let published = channel.publish(&seven).await?;
/// channel.publish(&InventoryEvent::StockChanged { sku: "A-1".into(), left: 6 }).await?;
///
/// // A reader that has seen the first comes back.
/// let mut events = channel.subscribe(published.position).events();
/// let next = events.next().await.unwrap()?;
/// assert_eq!(*next.event, InventoryEvent::StockChanged { sku: "A-1".into(), left: 6 });
/// # Ok(())
/// # }
/// ```
///
/// Cheap to clone; all clones are one channel. One that is made here lives as long as its
/// handles and its readers; those of a [`Hub`](crate::Hub) are found by name.
pub struct Channel<E> {
    core: Arc<Core>,
    event: PhantomData<fn(&E)>,
}

// A bound on a method, and not on the `impl`, is what rustc explains in our words: a method of
// an `impl` whose bound fails is a method that is not there.
impl<E> Channel<E> {
    /// An empty channel in memory, with every default of [`ChannelConfig`].
    #[must_use]
    pub fn new() -> Self
    where
        E: EncodeEvent,
    {
        Self::alone(Rules::of::<E>(&ChannelConfig::new(), None), None)
    }

    /// An empty channel in memory.
    ///
    /// # Errors
    ///
    /// [`InvalidChannelConfig`], which lists everything that is wrong.
    #[allow(clippy::needless_pass_by_value, reason = "a builder ends here")]
    pub fn with_config(config: ChannelConfig) -> Result<Self, InvalidChannelConfig>
    where
        E: EncodeEvent,
    {
        config.check()?;
        Ok(Self::alone(Rules::of::<E>(&config, None), None))
    }

    /// The channel that a store keeps under this name; what it remembers outlives the process.
    /// Nothing is asked of the store until somebody publishes, listens, or waits for
    /// [`ready`](Self::ready). See [`Hub::with_store`](crate::Hub::with_store) for many of them.
    ///
    /// # Errors
    ///
    /// [`InvalidChannelConfig`], which lists everything that is wrong.
    #[allow(clippy::needless_pass_by_value, reason = "a builder ends here")]
    pub fn with_store(
        config: ChannelConfig,
        name: &ChannelName,
        store: Arc<dyn Store>,
    ) -> Result<Self, InvalidChannelConfig>
    where
        E: EncodeEvent,
    {
        config.check()?;
        Ok(Self::alone(Rules::of::<E>(&config, Some(store)), Some(name.clone())))
    }

    fn alone(rules: Arc<Rules>, name: Option<ChannelName>) -> Self
    where
        E: EncodeEvent,
    {
        let channel = Self::in_hub(rules, name);
        #[cfg(feature = "inspector")]
        super::census::add(&channel.core);
        channel
    }

    pub(super) fn in_hub(rules: Arc<Rules>, name: Option<ChannelName>) -> Self
    where
        E: EncodeEvent,
    {
        Self::of(Arc::new(Core::new(rules, name, E::CATALOGUE.sources(), random())))
    }

    /// A channel that is not shown among those of the process, by a configuration that is good.
    #[cfg(feature = "inspector")]
    pub(crate) fn hidden(config: &ChannelConfig) -> Self
    where
        E: EncodeEvent,
    {
        let mut core =
            Core::new(Rules::of::<E>(config, None), None, E::CATALOGUE.sources(), random());
        core.count = super::census::Count::new(true);
        Self::of(Arc::new(core))
    }

    /// Subscribes: from now on, or from where a reader was.
    ///
    /// The place in the log is taken here, and everything after it is seen. There is no other
    /// way to read a channel, and so none to read its past and its present apart.
    ///
    /// Where a subscription is made, the linger of the channel runs as well: on a runtime whose
    /// timer is on (`enable_time`, which `#[tokio::main]` does), or, outside of one, not at all.
    pub fn subscribe(&self, resume: impl Into<Resume>) -> Subscription<E>
    where
        E: EncodeEvent,
    {
        Subscription::new(Listener::join(&self.core, &resume.into()))
    }

    pub(super) const fn of(core: Arc<Core>) -> Self {
        Self { core, event: PhantomData }
    }

    pub(super) const fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// The position of the newest event: where somebody stands who has seen everything.
    ///
    /// Take it before you read the state that the events change, and subscribe after it: nothing
    /// that happens in between is lost.
    #[must_use]
    pub fn position(&self) -> Position {
        self.core.seam.with(|ring, _| ring.head())
    }

    /// Waits until the channel knows where its log stands. In memory it always does; one that a
    /// store keeps is opened by whoever publishes or listens first, and until then its
    /// [`position`](Self::position) is none of its log: a reader that came with it would be told
    /// `reset`.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError): the next who asks tries again.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.core.open().await
    }

    /// How many listen.
    #[must_use]
    pub fn listeners(&self) -> usize {
        self.core.seam.with(|_, listeners| listeners)
    }

    /// Its name, if it is one of a [`Hub`](crate::Hub).
    #[must_use]
    pub fn name(&self) -> Option<&ChannelName> {
        self.core.name()
    }
}

// Here the bound is on the `impl`: that of an async method is reported at the method, at its
// call and at the `.await`.
impl<E: EncodeEvent> Channel<E> {
    /// Publishes an event to everybody who listens, and to whoever comes back.
    ///
    /// In memory it is done at the first poll; a store takes its time, and what is dropped while it
    /// waits for one may be published or not. Dropped before the first poll it has published nothing. A thread outside of the runtime publishes with
    /// `tokio::runtime::Handle::block_on`. Events that one task publishes one after the other stand in
    /// that order; what is published first is seen first, by everybody.
    ///
    /// It waits for nobody, and so a task that publishes thousands of events without waiting
    /// for anything itself lets nobody read meanwhile on its thread; readers that fall behind
    /// what is kept are told a gap. Such a loop yields now and then
    /// (`tokio::task::yield_now().await` each hundred events).
    ///
    /// An event with an id of its own (`#[sse(id)]`) may be published again, by whoever cannot
    /// know whether the first try succeeded: it is stored once, for as long as it is kept and
    /// at least two minutes.
    ///
    /// # Errors
    ///
    /// [`PublishError`]; nobody has then seen any of it. Nobody listening is no error, and
    /// neither is a reader that is slow.
    // Async for the sake of stores, whose acknowledgement is waited for.
    pub async fn publish(&self, event: &E) -> Result<Published, PublishError> {
        self.append(event, None).await
    }

    /// Publishes an event with the span that caused it, such as that of the request it came with
    /// ([`Cx::traceparent`](crate::Cx::traceparent)). It goes along as the field `traceparent:`,
    /// which readers of the standard skip; the client of this crate hands it out with the event.
    /// By default nothing of the kind is sent. `None` is [`publish`](Self::publish).
    ///
    /// It is no part of the content: published again with the same id of its own and another span,
    /// an event is the same event, and keeps the span of the first time.
    ///
    /// ```
    /// use sse_runtime::{Channel, SseEvent, TraceParent};
    ///
    /// #[derive(SseEvent)]
    /// #[sse(source = "inventory")]
    /// enum InventoryEvent {
    ///     SoldOut { sku: String },
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let channel = Channel::new();
    /// let parent: TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse()?;
    /// channel.publish_traced(&InventoryEvent::SoldOut { sku: "A-1".into() }, parent).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`publish`](Self::publish). The field counts with the size of the event, 69 bytes.
    pub async fn publish_traced(
        &self,
        event: &E,
        parent: impl Into<Option<TraceParent>>,
    ) -> Result<Published, PublishError> {
        self.append(event, parent.into()).await
    }

    async fn append(
        &self,
        event: &E,
        parent: Option<TraceParent>,
    ) -> Result<Published, PublishError> {
        match &self.core.stored {
            Some(stored) if !event.__head().info().is_ephemeral() => {
                self.publish_stored(event, stored, parent.as_ref()).await
            }
            _ => self.publish_in_memory(event, parent.as_ref()),
        }
    }

    /// The span of what is done without waiting.
    fn span(&self, parent: Option<&TraceParent>) -> Span {
        tracing::trace_span!(
            "sse.publish",
            stream_source = self.core.sources().join(","),
            trace_id = parent.map(TraceParent::trace_id),
            parent_id = parent.map(TraceParent::parent_id),
        )
    }

    fn publish_in_memory(
        &self,
        event: &E,
        parent: Option<&TraceParent>,
    ) -> Result<Published, PublishError> {
        let span = self.span(parent);
        let _entered = span.enter();
        // Outside of the lock: whatever a `Serialize` does, it holds nobody up.
        with_scratch(|frame| {
            let figures = &self.core.rules.figures;
            let (begin, start) = (figures.now(), frame.mark());
            encode_frame(event, frame, Identity::ToCome, FrameOptions::default())
                .inspect_err(|_| figures.failed())?;
            let content =
                |frame: &[u8]| hasher().hash_one(&frame[ID_TO_COME.len().min(frame.len())..]);
            let identity = event.__id().map(|id| (id, content(frame.as_bytes())));
            if let Some(parent) = parent {
                frame.trace(start, parent);
            }
            let (head, topic) = (event.__head(), event.__topic());
            let encoded = figures.now();
            let outcome = self.core.publish(Draft { frame, head, topic, identity });
            figures.published(begin, encoded, &outcome);
            outcome
        })
    }

    async fn publish_stored(
        &self,
        event: &E,
        stored: &Stored,
        parent: Option<&TraceParent>,
    ) -> Result<Published, PublishError> {
        let figures = &self.core.rules.figures;
        let (span, begin) = (self.span(parent), figures.now());
        let new = span.in_scope(|| {
            with_scratch(|frame| {
                let start = frame.mark();
                encode_frame(event, frame, Identity::None, FrameOptions::default())
                    .inspect_err(|_| figures.failed())?;
                let mut new = self.core.new_event(event, frame);
                if let Some(parent) = parent {
                    frame.trace(start, parent);
                    new.frame = Bytes::copy_from_slice(frame.as_bytes());
                }
                self.core.check_length(&new)?;
                Ok::<_, PublishError>(new)
            })
        })?;
        let encoded = figures.now();
        let outcome = self.core.store(stored, new).await;
        figures.published(begin, encoded, &outcome);
        if let Ok(published) = &outcome {
            span.in_scope(|| self.core.trace(event.__head(), published));
        }
        outcome
    }
}

fn random() -> u64 {
    RandomState::new().hash_one(0)
}

/// Hashes what is published under an id. One for the process, so that no channel needs keys.
fn hasher() -> &'static RandomState {
    static HASHER: OnceLock<RandomState> = OnceLock::new();
    HASHER.get_or_init(RandomState::new)
}

impl<E> Clone for Channel<E> {
    fn clone(&self) -> Self {
        Self::of(Arc::clone(&self.core))
    }
}

impl<E: EncodeEvent> Default for Channel<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E> fmt::Debug for Channel<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name().map(ChannelName::as_str);
        f.debug_struct("Channel").field("name", &name).field("position", &self.position()).finish()
    }
}
