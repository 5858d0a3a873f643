//! Whoever follows a log of a store that is held against the rules.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::conformance::{StoreFault, fault};
use crate::{
    log::store::{
        Appended, Follower, LogFeed, LogState, NewEvent, Page, Retention, Store, StoredEvent,
        StoredLog,
    },
    names::ResetReason,
    position::Position,
    wire::EventId,
};

/// Whoever follows a log, and writes down what it is told.
#[derive(Debug, Default)]
pub(super) struct Listener {
    told: Mutex<Told>,
}

#[derive(Debug, Default, Clone)]
pub(super) struct Told {
    begun: Vec<LogState>,
    pub(super) restarts: usize,
    pub(super) events: Vec<StoredEvent>,
    pub(super) before: Option<Position>,
}

impl Listener {
    pub(super) fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Follower for Listener {
    fn begin(self: Arc<Self>, state: LogState, why: Option<ResetReason>) {
        let mut told = self.told();
        told.restarts += usize::from(why.is_some());
        told.begun.push(state);
    }

    fn append(self: Arc<Self>, events: &[StoredEvent], before: Position) -> bool {
        let mut told = self.told();
        told.events.extend_from_slice(events);
        told.before = Some(before);
        true
    }
}

/// A log that is open, and who follows it.
pub(super) struct Open {
    pub(super) log: Arc<dyn StoredLog>,
    pub(super) listener: Arc<Listener>,
    pub(super) begun: LogState,
}

impl Open {
    pub(super) async fn new(
        store: &dyn Store,
        name: &str,
        keep: Retention,
    ) -> Result<Self, StoreFault> {
        let listener = Arc::new(Listener::default());
        let follower: Weak<Listener> = Arc::downgrade(&listener);
        let log = match store.open(name, keep, LogFeed::new(follower)).await {
            Ok(log) => log,
            Err(error) => return fault(2, format_args!("a log does not open: {error}")),
        };
        let begun = listener.told().begun.clone();
        let [begun] = &*begun else {
            return fault(3, "a feed is told once where its log stands, before `open` answers");
        };
        Ok(Self { log, listener: Arc::clone(&listener), begun: begun.clone() })
    }

    pub(super) async fn fresh(store: &dyn Store, keep: Retention) -> Result<Self, StoreFault> {
        Self::new(store, &name(), keep).await
    }

    pub(super) async fn append(&self, event: NewEvent) -> Result<Appended, StoreFault> {
        let text = format!("{event:?}");
        match self.log.append(event).await {
            Ok(appended) => Ok(appended),
            Err(error) => fault(2, format_args!("{text} is not taken: {error}")),
        }
    }

    pub(super) async fn read(&self, from: u64, most: usize) -> Result<Page, StoreFault> {
        match self.log.read(from, most).await {
            Ok(page) => Ok(page),
            Err(error) => fault(7, format_args!("a page from {from} is not read: {error}")),
        }
    }
}

pub(super) fn name() -> String {
    format!("check-{}", fastrand::u64(..))
}

/// An event that looks like one, with everything that an event can have.
pub(super) fn event(number: u32) -> NewEvent {
    let text = if number.is_multiple_of(3) { "\u{6f22}\u{5b57} \u{1f44d}" } else { "text" };
    let frame = format!("event: told\nsource: check\ndata: {{\"{text}\":{number}}}\n\n");
    let mut event = NewEvent::new("told", frame);
    event.topic = number.is_multiple_of(2).then(|| format!("topic {number}").into());
    event.tag = 1_000 + number;
    event.at = 1_700_000_000_000 + u64::from(number);
    event
}

pub(super) fn with_id(number: u32, id: u128) -> NewEvent {
    let mut event = event(number);
    event.id = Some(EventId::from_u128(id));
    event
}
