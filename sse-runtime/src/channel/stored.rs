//! A channel whose log a store keeps.

use std::{
    sync::{Arc, Weak},
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use tokio::runtime::Handle;

use super::{
    core::Core,
    leaf::Leaf,
    pages::Pages,
    publish::{PublishError, Published},
    timer,
};
use crate::{
    event::EncodeEvent,
    log::{
        milliseconds,
        store::{
            Follower, LogFeed, LogState, NewEvent, Nobody, Once, Store, StoreError, StoredEvent,
            StoredLog,
        },
    },
    names::ResetReason,
    position::Position,
    wire::{Frame, FrameBuffer, ID_TO_COME},
};

/// What a channel has of its store.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) store: Arc<dyn Store>,
    log: Once<Arc<dyn StoredLog>, StoreError>,
    pages: Pages,
}

impl Stored {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, log: Once::default(), pages: Pages::default() }
    }

    /// Whether the channel knows where its log stands.
    pub(super) fn is_open(&self) -> bool {
        self.log.is_known()
    }

    /// Nobody reads what lies further back.
    pub(super) fn forget_pages(&self) {
        self.pages.clear();
    }
}

impl Core {
    /// Opens the log, or waits until whoever began to do so has it.
    pub(super) async fn open(self: &Arc<Self>) -> Result<(), StoreError> {
        let Some(stored) = &self.stored else { return Ok(()) };
        self.log_of(stored).await.map(|_| ())
    }

    async fn log_of(self: &Arc<Self>, stored: &Stored) -> Result<Arc<dyn StoredLog>, StoreError> {
        let open = || {
            let follower: Weak<Self> = Arc::downgrade(self);
            let (store, keep) = (Arc::clone(&stored.store), self.rules.keep);
            let name = self.name().map_or("", super::ChannelName::as_str).to_owned();
            async move { store.open(&name, keep, LogFeed::new(follower)).await }
        };
        stored.log.get(open).await?
    }

    /// A page of the log in which an event of this number stands, if it is kept.
    pub(super) async fn page(self: Arc<Self>, seq: u64) -> Result<Arc<Leaf>, StoreError> {
        let Some(stored) = &self.stored else {
            return Err(StoreError::Unusable("a channel in memory has none".into()));
        };
        let log = self.log_of(stored).await?;
        let head = self.seam.with(|ring, _| ring.head().seq());
        let read = |from, most| {
            let (log, rules) = (Arc::clone(&log), Arc::clone(&self.rules));
            async move {
                let page = log.read(from, most).await?;
                Ok(Arc::new(Leaf::of(&page, |event| rules.head_of(event))))
            }
        };
        stored.pages.get(seq, head, read).await
    }

    /// An event as a store takes it: its frame has no `id:` line yet.
    pub(super) fn new_event<E: EncodeEvent>(&self, event: &E, frame: &FrameBuffer) -> NewEvent {
        let frame = Bytes::copy_from_slice(frame.as_bytes());
        let name = Frame::from_encoder(frame.clone()).event().unwrap_or_default().to_owned();
        let mut new = NewEvent::new(name, frame);
        new.topic = event.__topic().map(Arc::from);
        new.id = event.__id().cloned();
        new.terminal = event.__head().info().is_terminal();
        new.tag = fastrand::u32(..);
        new.at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, milliseconds);
        new
    }

    pub(super) fn check_length(&self, event: &NewEvent) -> Result<(), PublishError> {
        let bytes = event.frame.len() + ID_TO_COME.len();
        let largest = self.rules.largest_event();
        if bytes > largest { Err(PublishError::TooLarge { bytes, largest }) } else { Ok(()) }
    }

    /// Gives an event to the store, and waits until it has it.
    pub(super) async fn store(
        self: &Arc<Self>,
        stored: &Stored,
        event: NewEvent,
    ) -> Result<Published, PublishError> {
        if Handle::try_current().is_err() {
            return Err(StoreError::from(Nobody).into());
        }
        let patience = self.rules.patience;
        let append = async {
            let log = self.log_of(stored).await?;
            log.append(event).await
        };
        let appended = match tokio::time::timeout(patience, append).await {
            Ok(appended) => appended?,
            Err(_late) => return Err(StoreError::Unknown { after: patience }.into()),
        };
        self.rules.figures.synced(appended.sync);
        Ok(Published { position: appended.position, duplicate: appended.duplicate })
    }
}

impl Follower for Core {
    fn begin(self: Arc<Self>, state: LogState, why: Option<ResetReason>) {
        let now = self.rules.now();
        let wake = self.seam.change(|ring| {
            ring.restore(&state, why, |event| self.rules.head_of(event), now);
        });
        if let Some(stored) = &self.stored {
            stored.pages.clear();
        }
        if let Some(why) = why {
            let channel = self.name().map(super::ChannelName::as_str);
            tracing::error!(
                channel,
                reason = why.as_str(),
                "the log was begun anew under its readers"
            );
        }
        wake.wake();
    }

    fn append(self: Arc<Self>, events: &[StoredEvent], before: Position) -> bool {
        let rules = &*self.rules;
        let (age, now) = (rules.age(), rules.now());
        let linger = (!rules.linger.is_zero()).then_some(rules.linger);
        let (follows, mut wake) = self.seam.append(age, linger, |ring, listeners| {
            let follows =
                events.iter().all(|event| ring.append_stored(event, rules.head_of(event), now));
            #[cfg(feature = "inspector")]
            self.count.came(if follows { events.len() } else { 0 });
            ring.reach_back_to(before);
            ring.trim(&rules.bounds, listeners, now);
            follows
        });
        if let Some(timer) = wake.take_timer() {
            timer::start(&self, timer);
        }
        wake.wake();
        follows
    }
}
