//! A store in memory, with the faults of one that is elsewhere.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    log::store::{
        Appended, LogFeed, LogState, NewEvent, Page, Retention, Store, StoreError, StoreFuture,
        StoredEvent, StoredLog,
    },
    names::{Backend, ResetReason},
    position::Position,
    wire::EventId,
};

/// For how long an id is known at least, in milliseconds.
const KNOWN: u64 = 120_000;

/// A [`Store`] in memory, for tests of what an application does when its store is down, slow, or
/// has lost something. It keeps the rules of a store while it is up; two hubs with one of these
/// behave as two servers with one store.
///
/// ```
/// use std::sync::Arc;
/// use sse_runtime::{
///     ChannelConfig, ChannelName, Hub, PublishError, SseEvent, testing::MemoryStore,
/// };
///
/// #[derive(SseEvent)]
/// #[sse(source = "inventory")]
/// enum InventoryEvent {
///     Left(u32),
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new();
/// let hub = Hub::with_store(ChannelConfig::new(), Arc::new(store.clone()))?;
/// let channel = hub.get_or_create(&ChannelName::new("shop", "stock")?)?;
/// channel.publish(&InventoryEvent::Left(7)).await?;
///
/// store.set_up(false);
/// let refused = channel.publish(&InventoryEvent::Left(6)).await;
/// assert!(matches!(refused, Err(PublishError::Store(error)) if error.is_for_now()));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    logs: HashMap<String, Log>,
    is_down: bool,
    delay: Duration,
    reads: u64,
}

#[derive(Debug)]
struct Log {
    head: Position,
    before: Position,
    events: VecDeque<StoredEvent>,
    bytes: u64,
    ids: HashMap<EventId, Known>,
    keep: Retention,
    ended: bool,
    feeds: Vec<LogFeed>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    position: Position,
    content: u64,
    at: u64,
}

impl MemoryStore {
    /// An empty one, which is up.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether it answers. While it does not, everything it is asked fails as
    /// [`StoreError::Unavailable`].
    pub fn set_up(&self, up: bool) {
        self.lock().is_down = !up;
    }

    /// How long it takes for each answer: nothing, unless it is said.
    pub fn set_delay(&self, delay: Duration) {
        self.lock().delay = delay;
    }

    /// How often it was read.
    #[must_use]
    pub fn reads(&self) -> u64 {
        self.lock().reads
    }

    /// Loses the newest events of a log and keeps its epoch, as a server does that saves now and
    /// then: their numbers will be given again. Whoever has the log open is told.
    pub fn lose(&self, name: &str, events: usize) {
        self.restart(name, ResetReason::Diverged, |log| {
            for _ in 0..events {
                let Some(lost) = log.events.pop_back() else { break };
                log.bytes -= lost.frame.len() as u64;
            }
            log.head = log.events.back().map_or(log.before, |event| event.position);
            log.ids.retain(|_, known| known.position.seq() <= log.head.seq());
            log.ended = false;
        });
    }

    /// Loses a log: what comes is of a new epoch. Whoever has it open is told.
    pub fn forget(&self, name: &str) {
        self.restart(name, ResetReason::Epoch, |log| {
            let feeds = std::mem::take(&mut log.feeds);
            *log = Log { feeds, ..Log::empty(log.keep) };
        });
    }

    fn restart(&self, name: &str, why: ResetReason, change: impl FnOnce(&mut Log)) {
        let mut shared = self.lock();
        let Some(log) = shared.logs.get_mut(name) else { return };
        change(log);
        for feed in &log.feeds {
            feed.restart(log.state(), why);
        }
    }

    /// Waits for as long as it takes, and does it, if it is up.
    async fn answer<T>(
        &self,
        answer: impl FnOnce(&mut Shared) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let delay = self.lock().delay;
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let mut shared = self.lock();
        if shared.is_down {
            return Err(StoreError::Unavailable("it was told to be down".into()));
        }
        answer(&mut shared)
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn backend(&self) -> Backend {
        Backend::Other
    }

    fn open<'a>(
        &'a self,
        name: &'a str,
        keep: Retention,
        feed: LogFeed,
    ) -> StoreFuture<'a, Arc<dyn StoredLog>> {
        Box::pin(self.answer(move |shared| {
            let log = shared.logs.entry(name.to_owned()).or_insert_with(|| Log::empty(keep));
            log.feeds.retain(|known| !known.is_over() && !known.is_same(&feed));
            feed.begin(log.state());
            log.feeds.push(feed);
            let log = MemoryLog { store: self.clone(), name: name.to_owned() };
            Ok(Arc::new(log) as Arc<dyn StoredLog>)
        }))
    }

    fn contains<'a>(&'a self, name: &'a str) -> StoreFuture<'a, bool> {
        Box::pin(self.answer(move |shared| Ok(shared.logs.contains_key(name))))
    }

    fn is_up(&self) -> bool {
        !self.lock().is_down
    }
}

#[derive(Debug)]
struct MemoryLog {
    store: MemoryStore,
    name: String,
}

impl MemoryLog {
    fn gone(&self) -> StoreError {
        StoreError::Corrupt(format!("the log {:?} is gone", self.name))
    }
}

impl StoredLog for MemoryLog {
    fn append(&self, event: NewEvent) -> StoreFuture<'_, Appended> {
        Box::pin(self.store.answer(move |shared| {
            shared.logs.get_mut(&self.name).ok_or_else(|| self.gone())?.append(event)
        }))
    }

    fn read(&self, from: u64, most: usize) -> StoreFuture<'_, Page> {
        Box::pin(self.store.answer(move |shared| {
            shared.reads += 1;
            let log = shared.logs.get(&self.name).ok_or_else(|| self.gone())?;
            let events = log.events.iter().filter(|event| event.position.seq() >= from);
            Ok(Page::new(events.take(most).cloned().collect(), log.before))
        }))
    }
}

impl Log {
    fn empty(keep: Retention) -> Self {
        let head = Position::new(fastrand::u64(..), 0, 0);
        Self {
            head,
            before: head,
            events: VecDeque::new(),
            bytes: 0,
            ids: HashMap::new(),
            keep,
            ended: false,
            feeds: Vec::new(),
        }
    }

    fn state(&self) -> LogState {
        let tail = self.events.iter().rev().take(16).rev().cloned().collect();
        LogState::new(self.head, self.before).tail(tail).ended(self.ended)
    }

    fn append(&mut self, event: NewEvent) -> Result<Appended, StoreError> {
        let content = event.content();
        if let Some(known) = event.id.as_ref().and_then(|id| self.ids.get(id)) {
            return if known.content == content {
                Ok(Appended::new(known.position).duplicate())
            } else {
                Err(StoreError::IdReused(known.position))
            };
        }
        if self.ended {
            return Err(StoreError::Ended);
        }
        if event.id.is_some() {
            self.trim(event.at);
            if self.ids.len() >= self.keep.ids {
                return Err(StoreError::TooManyIds);
            }
        }
        let position = Position::new(self.head.epoch(), self.head.seq() + 1, event.tag);
        if let Some(id) = event.id.clone() {
            self.ids.insert(id, Known { position, content, at: event.at });
        }
        let stored = StoredEvent::new(position, event);
        (self.head, self.ended) = (position, stored.terminal);
        self.bytes += stored.frame.len() as u64;
        self.events.push_back(stored.clone());
        self.trim(stored.at);
        self.feeds.retain(|feed| !feed.is_over());
        for feed in &self.feeds {
            if !feed.append(std::slice::from_ref(&stored), self.before) {
                feed.restart(self.state(), ResetReason::Diverged);
            }
        }
        Ok(Appended::new(position))
    }

    fn trim(&mut self, now: u64) {
        let (keep, age) = (self.keep, u64::try_from(self.keep.age.as_millis()).unwrap_or(u64::MAX));
        while let Some(oldest) = self.events.front()
            && (self.events.len() as u64 > keep.events
                || self.bytes > keep.bytes
                || now.saturating_sub(oldest.at) >= age)
        {
            self.before = oldest.position;
            self.bytes -= oldest.frame.len() as u64;
            self.events.pop_front();
        }
        let before = self.before.seq();
        self.ids.retain(|_, known| {
            known.position.seq() > before || now.saturating_sub(known.at) < KNOWN
        });
    }
}
