//! One log, as far as this process has it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::{
    answer::{Leaf, View},
    append::Queue,
    chain::{Chain, Verdict},
    error::Fault,
    keys::Keys,
    link::Ask,
    look::Looking,
    script::{self, Kept},
    store::Shared,
};
use crate::{
    log::store::{
        Appended, LogFeed, LogState, NewEvent, Page, Retention, StoreError, StoreFuture,
        StoredEvent, StoredLog,
    },
    names::ResetReason,
    position::Position,
};

/// How many bytes are read at once, about.
const PAGE_BYTES: usize = 1024 * 1024;
/// How many of the newest events a channel gets when it opens: for whoever comes back soon.
const NEWEST: usize = 256;

/// A log that is open here.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) name: Arc<str>,
    pub(super) keys: Keys,
    pub(super) kept: Kept,
    pub(super) shared: Arc<Shared>,
    pub(super) feed: LogFeed,
    pub(super) queue: Mutex<Queue>,
    side: Mutex<Side>,
    shown: watch::Sender<Shown>,
}

/// What was shown of it. Whoever feeds holds this lock, so that all is shown in one order; the
/// feed waits for nobody.
#[derive(Debug, Default)]
pub(super) struct Side {
    /// None until it is opened.
    pub(super) chain: Option<Chain>,
    /// Whether something came before it was opened.
    pub(super) is_early: bool,
    /// Whether the channel did not take what follows here.
    pub(super) is_refused: bool,
    pub(super) looking: Looking,
}

/// What became of events that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// They are shown now.
    Shown,
    /// They were shown before.
    Known,
    /// The log has to be looked at.
    Not,
}

/// How far it was shown, how often it was begun anew, and how often it was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Shown {
    life: u64,
    seq: u64,
    looks: u64,
}

impl Log {
    pub(super) fn new(shared: Arc<Shared>, name: &str, keep: Retention, feed: LogFeed) -> Self {
        let config = &shared.config;
        let keys = Keys::of(&config.namespace, config.shards, name, fastrand::u64(..));
        Self {
            name: name.into(),
            keys,
            kept: Kept::of(keep),
            shared,
            feed,
            queue: Mutex::default(),
            side: Mutex::default(),
            shown: watch::Sender::default(),
        }
    }

    /// Opens it: from here on the feed is told what comes.
    pub(super) async fn open(self: &Arc<Self>) -> Result<(), StoreError> {
        let is_followed = self.shared.shards.enter(self);
        let mut view = self.view(0, NEWEST).await.map_err(Fault::into_error)?;
        let is_whole = is_followed || self.shared.follow(self.keys.shard, &mut view);
        let is_early = {
            let mut side = self.side();
            self.stand(&mut side, view, None);
            side.is_early
        };
        if is_early || !is_whole {
            self.look();
        }
        Ok(())
    }

    /// The feed begins where the log stands, or begins anew.
    pub(super) fn stand(&self, side: &mut Side, view: View, why: Option<ResetReason>) {
        side.chain = Some(Chain::new(view.head));
        side.is_refused = false;
        let state = LogState::new(view.head, view.before).tail(view.newest).ended(view.ended);
        match why {
            None => self.feed.begin(state),
            Some(why) => self.feed.restart(state, why),
        }
        self.shown.send_modify(|shown| {
            shown.life += u64::from(why.is_some());
            shown.seq = view.head.seq();
        });
    }

    /// Shows what follows on what was shown.
    pub(super) fn accept(
        &self,
        after: Position,
        events: &[StoredEvent],
        before: Position,
    ) -> Taken {
        let mut side = self.side();
        let Some(chain) = &mut side.chain else {
            side.is_early = true;
            return Taken::Known;
        };
        let new = match chain.judge(after, events.iter().map(|event| event.position.tag())) {
            Verdict::Known => return Taken::Known,
            Verdict::Foreign => return Taken::Not,
            Verdict::Follow(shown) => events.get(shown..).unwrap_or_default(),
        };
        if !self.feed.append(new, before) {
            side.is_refused = true;
            return Taken::Not;
        }
        chain.advance(new);
        let seq = chain.head().seq();
        self.shown.send_modify(|shown| shown.seq = seq);
        drop(side);
        Taken::Shown
    }

    /// How far it was shown until now.
    pub(super) fn progress(&self) -> Shown {
        *self.shown.borrow()
    }

    /// Waits until an event was shown that comes later than all that was.
    pub(super) async fn shown(&self, seq: u64, was: Shown) {
        let is_so = |shown: &Shown| shown.life != was.life || shown.seq >= seq;
        // The sender is here as well, so that this ends in the one way alone.
        let _ = self.shown.subscribe().wait_for(is_so).await;
    }

    /// Waits until the log was looked at, or begun anew.
    pub(super) async fn looked_at(&self, was: Shown) {
        let is_so = |shown: &Shown| shown.life != was.life || shown.looks != was.looks;
        let _ = self.shown.subscribe().wait_for(is_so).await;
    }

    /// It was looked at, and everything is shown.
    pub(super) fn is_looked_at(&self) {
        self.shown.send_modify(|shown| shown.looks += 1);
    }

    /// Whether all up to this number was shown, after an event that was.
    pub(super) fn has(&self, after: Position, last: u64) -> bool {
        let mut side = self.side();
        let Some(chain) = &side.chain else {
            // Where it stands is being asked, and may have been answered without this.
            side.is_early = true;
            return true;
        };
        chain.judge(after, std::iter::empty()) == Verdict::Known && last <= chain.head().seq()
    }

    /// The newest event that was shown.
    pub(super) fn head(&self) -> Option<Position> {
        self.side().chain.as_ref().map(Chain::head)
    }

    /// Where it stands on the server, with the tag of one event and the newest ones.
    pub(super) async fn view(&self, asked: u64, newest: usize) -> Result<View, Fault> {
        let mut call = script::call(&self.shared.scripts.open, &self.keys, &self.kept);
        call.arg(asked).arg(newest).arg(PAGE_BYTES);
        View::read(self.shared.link.ask_again(Ask::Script(&call)).await?)
    }

    /// Events from a number on, as the server has them.
    pub(super) async fn leaf(&self, from: u64, most: usize) -> Result<Option<Leaf>, Fault> {
        let mut call = script::call(&self.shared.scripts.read, &self.keys, &self.kept);
        call.arg(from).arg(most).arg(PAGE_BYTES);
        Leaf::read(self.shared.link.ask_again(Ask::Script(&call)).await?)
    }

    async fn page(self: &Arc<Self>, from: u64, most: usize) -> Result<Page, StoreError> {
        let shown = self.head();
        let leaf = self.leaf(from, most).await.map_err(Fault::into_error)?;
        let leaf = leaf.filter(|leaf| shown.is_none_or(|shown| is_same(leaf, shown)));
        let (Some(mut leaf), Some(shown)) = (leaf, shown) else {
            // Two pasts must not be read as one: readers are told first.
            self.look();
            return Err(StoreError::Unavailable("the log was lost, or a part of it".into()));
        };
        // What comes after it comes by the feed, and nobody is to be ahead of that.
        leaf.events.retain(|event| event.position.seq() <= shown.seq());
        Ok(Page::new(leaf.events, leaf.before))
    }

    pub(super) fn side(&self) -> MutexGuard<'_, Side> {
        self.side.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether what was read can be of the same past as what was shown.
fn is_same(leaf: &Leaf, shown: Position) -> bool {
    let at_head = |position: &Position| position.seq() != shown.seq() || *position == shown;
    leaf.head.is_same_log(&shown)
        && leaf.head.seq() >= shown.seq()
        && at_head(&leaf.head)
        && leaf.events.iter().all(|event| at_head(&event.position))
}

impl Drop for Log {
    fn drop(&mut self) {
        self.shared.shards.leave(&self.name, self.keys.shard);
    }
}

/// What a channel holds of it.
#[derive(Debug)]
pub(super) struct Handle(pub(super) Arc<Log>);

impl StoredLog for Handle {
    fn append(&self, event: NewEvent) -> StoreFuture<'_, Appended> {
        Box::pin(self.0.append(event))
    }

    fn read(&self, from: u64, most: usize) -> StoreFuture<'_, Page> {
        Box::pin(self.0.page(from, most))
    }
}
