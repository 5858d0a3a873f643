//! What a store tells a channel.

use std::{
    fmt,
    sync::{Arc, Weak},
};

use super::{LogState, StoredEvent};
use crate::{names::ResetReason, position::Position};

/// Where a store tells an open channel what is in its log: the channel shows it to whoever
/// listens. Nothing of it waits for readers.
///
/// The calls are made one after the other, in the order of the log.
#[derive(Clone)]
pub struct LogFeed {
    follower: Weak<dyn Follower>,
}

/// Who listens to a store.
pub(crate) trait Follower: Send + Sync {
    fn begin(self: Arc<Self>, state: LogState, why: Option<ResetReason>);
    fn append(self: Arc<Self>, events: &[StoredEvent], before: Position) -> bool;
}

impl LogFeed {
    pub(crate) fn new(follower: Weak<dyn Follower>) -> Self {
        Self { follower }
    }

    /// Where the log stands, when it is opened.
    pub fn begin(&self, state: LogState) {
        if let Some(follower) = self.follower.upgrade() {
            follower.begin(state, None);
        }
    }

    /// The log is no longer what it was: events that were shown are gone, or others stand in
    /// their place. Everybody who listens is told `reset` with this reason, and goes on from here.
    pub fn restart(&self, state: LogState, why: ResetReason) {
        if let Some(follower) = self.follower.upgrade() {
            follower.begin(state, Some(why));
        }
    }

    /// Events that are acknowledged, and the position before the oldest one that is kept. Says whether
    /// they follow on what was given before: if not, nothing was taken of them, and the store
    /// calls [`restart`](Self::restart).
    #[must_use = "events that do not follow are not shown"]
    pub fn append(&self, events: &[StoredEvent], before: Position) -> bool {
        self.follower.upgrade().is_none_or(|follower| follower.append(events, before))
    }

    /// Whether both tell the same channel. One opens its log again where whoever asked for it first
    /// has not waited for the answer: the new feed then takes the place of the old one, because
    /// what a channel is told twice does not follow.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Weak::ptr_eq(&self.follower, &other.follower)
    }

    /// Whether nobody follows this log any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.follower.strong_count() == 0
    }
}

impl fmt::Debug for LogFeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogFeed").field("is_over", &self.is_over()).finish()
    }
}
