//! The open streams of the process, for whoever wants to see all of them: behind whichever
//! server, those that are read in the process itself included.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::cx::Cx;
use crate::{
    channel::{Listener, Tally, Watched},
    names::ServerState,
};

static ROSTER: Mutex<Roster> =
    Mutex::new(Roster { next: 0, members: BTreeMap::new(), gone: Sent { events: 0, bytes: 0 } });

/// How many streams are looked at under one lock.
const LOOKS: usize = 512;

struct Roster {
    next: u64,
    members: BTreeMap<u64, Arc<Member>>,
    gone: Sent,
}

/// How much was sent, all together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) events: u64,
    pub(crate) bytes: u64,
}

/// Which stream it is, and its numbers.
#[derive(Debug)]
struct Member {
    request_id: Arc<str>,
    peer: Option<IpAddr>,
    endpoint: Arc<str>,
    sources: &'static [&'static str],
    started: Instant,
    tally: Arc<Tally>,
    /// None until it is known, and where it has no channel.
    watched: OnceLock<Watched>,
}

/// The place of one stream on the list, left when it is dropped.
#[derive(Debug)]
pub(super) struct Entry {
    /// Here as well, so that a delivery fetches no other memory.
    tally: Arc<Tally>,
    number: u64,
    member: Arc<Member>,
}

/// A stream at a moment.
#[derive(Debug, Clone)]
pub(crate) struct StreamReading {
    /// Tells it from every other one of the process; a later one has a larger one.
    pub(crate) number: u64,
    pub(crate) request_id: Arc<str>,
    pub(crate) peer: Option<IpAddr>,
    pub(crate) endpoint: Arc<str>,
    pub(crate) sources: &'static [&'static str],
    pub(crate) state: ServerState,
    pub(crate) age: Duration,
    pub(crate) sent: Sent,
    /// Where it stands: the number of each channel, and that of the last event it has of it.
    pub(crate) places: Vec<(u64, u64)>,
    /// Whether it hears a channel that is not shown.
    pub(crate) is_hidden: bool,
}

/// A walk through all streams, some at a time, so that the lock is never held for long.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    from: u64,
}

/// How much was sent by streams that have ended.
pub(crate) fn sent_before() -> Sent {
    lock().gone
}

/// Nothing is left half-done under this lock.
fn lock() -> MutexGuard<'static, Roster> {
    ROSTER.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Iterator for Streams {
    type Item = Vec<StreamReading>;

    fn next(&mut self) -> Option<Self::Item> {
        let roster = lock();
        let members = roster.members.range(self.from..).take(LOOKS);
        let members: Vec<_> =
            members.map(|(number, member)| (*number, Arc::clone(member))).collect();
        drop(roster);
        self.from = members.last()?.0 + 1;
        Some(members.iter().map(|(number, member)| member.reading(*number)).collect())
    }
}

impl Entry {
    pub(super) fn new(cx: &Cx, sources: &'static [&'static str], started: Instant) -> Self {
        let tally = Arc::<Tally>::default();
        let member = Arc::new(Member {
            request_id: cx.request_id().into(),
            peer: cx.client(),
            endpoint: cx.endpoint(),
            sources,
            started,
            tally: Arc::clone(&tally),
            watched: OnceLock::new(),
        });
        let mut roster = lock();
        let number = roster.next;
        roster.next += 1;
        roster.members.insert(number, Arc::clone(&member));
        Self { tally, number, member }
    }

    pub(super) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The stream is that of a subscription.
    pub(super) fn watch(&self, listener: &mut Listener) {
        let watched = listener.watch(&self.tally);
        let _only = self.member.watched.set(watched);
    }
}

impl Drop for Entry {
    /// What was sent does not become less because a stream ends.
    fn drop(&mut self) {
        let mut roster = lock();
        let removed = roster.members.remove(&self.number);
        if !self.member.is_hidden() {
            roster.gone.events += self.tally.events();
            roster.gone.bytes += self.tally.bytes();
        }
        drop(roster);
        drop(removed);
    }
}

impl Member {
    fn is_hidden(&self) -> bool {
        self.watched.get().is_some_and(|watched| watched.is_hidden)
    }

    fn reading(&self, number: u64) -> StreamReading {
        let channels = self.watched.get().map(|watched| &*watched.channels).unwrap_or_default();
        let places = channels.iter().enumerate();
        StreamReading {
            number,
            request_id: Arc::clone(&self.request_id),
            peer: self.peer,
            endpoint: Arc::clone(&self.endpoint),
            sources: self.sources,
            state: self.tally.state(),
            age: self.started.elapsed(),
            sent: Sent { events: self.tally.events(), bytes: self.tally.bytes() },
            places: places.map(|(part, channel)| (*channel, self.tally.place(part))).collect(),
            is_hidden: self.is_hidden(),
        }
    }
}
