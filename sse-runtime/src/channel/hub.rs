//! Channels by name.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    marker::PhantomData,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    config::{ChannelConfig, InvalidChannelConfig},
    core::{Core, Rules},
    handle::Channel,
    name::ChannelName,
};
use crate::{
    event::EncodeEvent,
    log::{
        Rest,
        store::{Store, StoreError},
    },
};

/// What is forgotten, to be dropped outside of the lock: what readers made of events may run
/// their code then.
#[derive(Default)]
struct Gone {
    channels: Vec<Arc<Core>>,
    rest: Rest,
}

/// How many channels are looked at for each new one: more than one, so that looking keeps ahead.
const LOOKS: usize = 2;
/// In microseconds, as channels count.
const A_SECOND: u64 = 1_000_000;

/// Channels of one event type, by name: one for each order, tenant or user is normal use.
///
/// An idle channel costs less than 1 KiB. One that nobody holds and nobody listens to is
/// forgotten once everything in it is older than
/// [`ChannelConfig::retention`], and not before: a reader that is away for a moment must find it.
///
/// ```
/// use axum::{extract::{Path, State}, http::StatusCode};
/// use sse_runtime::{ChannelName, Hub, Resume, SseEvent, Subscription, sse_handler};
///
/// #[derive(SseEvent)]
/// #[sse(source = "orders")]
/// enum OrderEvent {
///     Paid,
///     Shipped { parcel: String },
/// }
///
/// #[sse_handler]
/// async fn order(
///     State(orders): State<Hub<OrderEvent>>,
///     Path((tenant, order)): Path<(String, String)>,
///     resume: Resume,
/// ) -> Result<Subscription<OrderEvent>, StatusCode> {
///     // What is not there is not made by asking for it.
///     let name = ChannelName::new(&tenant, &order).map_err(|_| StatusCode::NOT_FOUND)?;
///     let channel = orders.get(&name).ok_or(StatusCode::NOT_FOUND)?;
///     Ok(channel.subscribe(resume))
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let orders = Hub::new();
/// let order = orders.get_or_create(&ChannelName::new("tenant-7", "order.4711")?)?;
/// order.publish(&OrderEvent::Paid).await?;
/// # Ok(())
/// # }
/// ```
///
/// Cheap to clone; all clones are one hub.
pub struct Hub<E> {
    shared: Arc<Shared>,
    event: PhantomData<fn(&E)>,
}

pub(super) struct Shared {
    rules: Arc<Rules>,
    most: usize,
    channels: Mutex<Channels>,
}

#[derive(Default)]
struct Channels {
    by_name: HashMap<ChannelName, Arc<Core>>,
    /// In which order they are looked at, to find those that can be forgotten.
    order: VecDeque<ChannelName>,
    /// When all of them were last looked at, because there was no room.
    swept: Option<u64>,
}

// The bounds are on the methods: see `Channel`.
impl<E> Hub<E> {
    /// An empty hub in memory, with every default of [`ChannelConfig`].
    #[must_use]
    pub fn new() -> Self
    where
        E: EncodeEvent,
    {
        Self::of(&ChannelConfig::new(), None)
    }

    /// An empty hub in memory, whose channels are kept so.
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
        Ok(Self::of(&config, None))
    }

    /// No channel yet, and those to come are kept by a store: what they remember outlives the
    /// process. Nothing else changes: not the handlers, not what a publisher writes.
    ///
    /// The bounds of the configuration are those of the store; in memory are the newest events of
    /// each channel that somebody uses (4,096 of them, and 8 MiB). The name of a channel is its
    /// name in the store, and so two hubs with one store share what they call the same.
    ///
    /// # Errors
    ///
    /// [`InvalidChannelConfig`], which lists everything that is wrong.
    #[allow(clippy::needless_pass_by_value, reason = "a builder ends here")]
    pub fn with_store(
        config: ChannelConfig,
        store: Arc<dyn Store>,
    ) -> Result<Self, InvalidChannelConfig>
    where
        E: EncodeEvent,
    {
        config.check()?;
        Ok(Self::of(&config, Some(store)))
    }

    /// The channel of this name, if it is in memory or in the store. Without a store this is
    /// [`get`](Self::get).
    ///
    /// # Errors
    ///
    /// [`FindError`] if the store does not answer, or if the hub is full.
    pub async fn find(&self, name: &ChannelName) -> Result<Option<Channel<E>>, FindError>
    where
        E: EncodeEvent,
    {
        if let Some(channel) = self.get(name) {
            return Ok(Some(channel));
        }
        let Some(store) = &self.shared.rules.store else { return Ok(None) };
        if !store.contains(name.as_str()).await? {
            return Ok(None);
        }
        Ok(Some(self.get_or_create(name)?))
    }

    fn of(config: &ChannelConfig, store: Option<Arc<dyn Store>>) -> Self
    where
        E: EncodeEvent,
    {
        let shared = Shared {
            rules: Rules::of::<E>(config, store),
            most: config.channels,
            channels: Mutex::default(),
        };
        let shared = Arc::new(shared);
        #[cfg(feature = "inspector")]
        super::census::add_hub(&shared);
        Self { shared, event: PhantomData }
    }

    /// The channel of this name, made if it is not there: for whoever publishes. What a reader
    /// names belongs in [`get`](Self::get).
    ///
    /// # Errors
    ///
    /// [`HubFull`] when there are as many channels as there may be, and none can be forgotten.
    pub fn get_or_create(&self, name: &ChannelName) -> Result<Channel<E>, HubFull>
    where
        E: EncodeEvent,
    {
        let mut channels = self.shared.lock();
        if let Some(core) = channels.by_name.get(name) {
            return Ok(Channel::of(Arc::clone(core)));
        }
        let mut gone = Gone::default();
        channels.forget_some(LOOKS, &mut gone);
        let (most, now) = (self.shared.most, self.shared.rules.now());
        if channels.by_name.len() >= most && !channels.make_room(now, &mut gone) {
            drop(channels);
            return Err(HubFull { channels: most });
        }
        let channel = Channel::in_hub(Arc::clone(&self.shared.rules), Some(name.clone()));
        channels.order.push_back(name.clone());
        channels.by_name.insert(name.clone(), Arc::clone(channel.core()));
        drop(channels);
        drop(gone);
        Ok(channel)
    }

    /// The channel of this name, if it is there. Never makes one: whoever asks for names that
    /// are not there would fill the hub.
    #[must_use]
    pub fn get(&self, name: &ChannelName) -> Option<Channel<E>> {
        let channels = self.shared.lock();
        channels.by_name.get(name).map(|core| Channel::of(Arc::clone(core)))
    }

    /// How many channels there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.lock().by_name.len()
    }

    /// Whether there is no channel.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets every channel that can be forgotten, and says how many. A hub does it by itself
    /// as new channels come; call it now and then where none do.
    pub fn forget_idle(&self) -> usize {
        let mut gone = Gone::default();
        let mut channels = self.shared.lock();
        let count = channels.by_name.len();
        channels.forget_some(count, &mut gone);
        drop(channels);
        gone.channels.len()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Channels> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// So many channels from a place on, in the order in which they are looked at.
    #[cfg(feature = "inspector")]
    pub(super) fn some(&self, from: usize, most: usize) -> Vec<Arc<Core>> {
        let channels = self.lock();
        let names = channels.order.iter().skip(from).take(most);
        names.filter_map(|name| channels.by_name.get(name)).map(Arc::clone).collect()
    }
}

impl Channels {
    /// Looks at so many channels, those first that were not looked at for longest.
    fn forget_some(&mut self, count: usize, gone: &mut Gone) {
        for _ in 0..count {
            let Some(name) = self.order.pop_front() else { return };
            // Handles are made under this lock or from others: with one that is left, nobody
            // else has the channel, or can get it meanwhile.
            let can_go =
                |core: &Arc<Core>| Arc::strong_count(core) == 1 && core.is_idle(&mut gone.rest);
            if self.by_name.get(&name).is_some_and(can_go) {
                gone.channels.extend(self.by_name.remove(&name));
            } else {
                self.order.push_back(name);
            }
        }
    }

    /// Looks at all of them, at most once a second: asking a full hub must stay cheap.
    fn make_room(&mut self, now: u64, gone: &mut Gone) -> bool {
        if self.swept.is_some_and(|swept| now < swept + A_SECOND) {
            return false;
        }
        self.swept = Some(now);
        let before = self.by_name.len();
        self.forget_some(before, gone);
        self.by_name.len() < before
    }
}

impl<E> Clone for Hub<E> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), event: PhantomData }
    }
}

impl<E: EncodeEvent> Default for Hub<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E> fmt::Debug for Hub<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("channels", &self.len()).finish_non_exhaustive()
    }
}

/// A hub has as many channels as it may have ([`ChannelConfig::channels`]), and none that can be
/// forgotten was found, for which all of them are looked at once a second at most.
///
/// A handler that returns it answers 503.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HubFull {
    /// How many there may be.
    pub channels: usize,
}

impl fmt::Display for HubFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the hub has {} channels, as many as it may: allow more, or a shorter retention",
            self.channels
        )
    }
}

impl std::error::Error for HubFull {}

/// Why it cannot be said whether there is a channel, or why it cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindError {
    /// The store does not answer.
    Store(StoreError),
    /// There is one, and the hub has no room for it.
    Full(HubFull),
}

impl fmt::Display for FindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Full(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for FindError {}

impl From<StoreError> for FindError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<HubFull> for FindError {
    fn from(error: HubFull) -> Self {
        Self::Full(error)
    }
}
