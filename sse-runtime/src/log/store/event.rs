//! Events on their way to a store and back.

use std::{hash::Hasher as _, sync::Arc, time::Duration};

use bytes::Bytes;

use crate::{position::Position, wire::EventId};

/// How much of a log is kept: whichever bound is reached first takes the oldest event away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retention {
    /// How many events.
    pub events: u64,
    /// How many bytes of frames.
    pub bytes: u64,
    /// For how long.
    pub age: Duration,
    /// How many ids of publishers are remembered.
    pub ids: usize,
}

impl Retention {
    /// Everything for ever.
    #[must_use]
    pub const fn everything() -> Self {
        Self { events: u64::MAX, bytes: u64::MAX, age: Duration::MAX, ids: usize::MAX }
    }
}

/// An event that has no number yet.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewEvent {
    /// Its name on the wire.
    pub name: Arc<str>,
    /// What `#[sse(topic)]` marks.
    pub topic: Option<Arc<str>>,
    /// What its publisher calls it (`#[sse(id)]`).
    pub id: Option<EventId>,
    /// The frame without its `id:` line, and the blank line at its end.
    pub frame: Bytes,
    /// Whether nothing comes after it.
    pub terminal: bool,
    /// The random part of its position, kept with it.
    pub tag: u32,
    /// When it was published, in milliseconds since 1970.
    pub at: u64,
    content: u64,
}

impl NewEvent {
    /// An event of this name and frame; everything else is left out, or zero.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>, frame: impl Into<Bytes>) -> Self {
        let frame = frame.into();
        Self {
            content: hash(&frame),
            name: name.into(),
            topic: None,
            id: None,
            frame,
            terminal: false,
            tag: 0,
            at: 0,
        }
    }

    /// What tells whether an event that is published again is the same: a hash of the frame that
    /// it was made with. The same in every process and version (FNV-1a), because it is kept. What
    /// is put into [`frame`](Self::frame) later (the span that caused it) is no part of it.
    #[must_use]
    pub const fn content(&self) -> u64 {
        self.content
    }
}

fn hash(frame: &[u8]) -> u64 {
    let mut hasher = fnv::FnvHasher::default();
    hasher.write(frame);
    hasher.finish()
}

/// An event as a store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredEvent {
    /// Where it stands.
    pub position: Position,
    /// Its name on the wire.
    pub name: Arc<str>,
    /// What `#[sse(topic)]` marked.
    pub topic: Option<Arc<str>>,
    /// The frame without its `id:` line.
    pub frame: Bytes,
    /// Whether nothing comes after it.
    pub terminal: bool,
    /// When it was published, in milliseconds since 1970.
    pub at: u64,
}

impl StoredEvent {
    /// The event, which stands there now.
    #[must_use]
    pub fn new(position: Position, event: NewEvent) -> Self {
        let NewEvent { name, topic, frame, terminal, at, .. } = event;
        Self { position, name, topic, frame, terminal, at }
    }
}

/// What became of an event that a store took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Appended {
    /// Where it stands.
    pub position: Position,
    /// Whether it was there before, under the same id and with the same content.
    pub duplicate: bool,
    /// How much of the time it took to make it safe: the phase `sync`.
    pub sync: Duration,
}

impl Appended {
    /// At this position, for the first time.
    #[must_use]
    pub const fn new(position: Position) -> Self {
        Self { position, duplicate: false, sync: Duration::ZERO }
    }

    /// It had been there before.
    #[must_use]
    pub const fn duplicate(mut self) -> Self {
        self.duplicate = true;
        self
    }

    /// It took so long to make it safe.
    #[must_use]
    pub const fn synced_in(mut self, time: Duration) -> Self {
        self.sync = time;
        self
    }
}

/// Events of a log, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// The events, none left out between the first and the last.
    pub events: Vec<StoredEvent>,
    /// The position before the oldest event that is kept, whether or not it is in this page.
    pub before: Position,
}

impl Page {
    /// These events, of a log whose oldest event stands after `before`.
    #[must_use]
    pub const fn new(events: Vec<StoredEvent>, before: Position) -> Self {
        Self { events, before }
    }
}

/// Where a log stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogState {
    /// The position of the newest event; of an empty log, sequence 0.
    pub head: Position,
    /// The position before the oldest event that is kept; the head where none is.
    pub before: Position,
    /// The newest events up to the head, as many as the store likes to give, none left out.
    pub tail: Vec<StoredEvent>,
    /// Whether the newest event has ended the log.
    pub ended: bool,
}

impl LogState {
    /// A log that is empty, of this epoch.
    #[must_use]
    pub const fn empty(epoch: u64) -> Self {
        let head = Position::new(epoch, 0, 0);
        Self { head, before: head, tail: Vec::new(), ended: false }
    }

    /// A log that stands here.
    #[must_use]
    pub const fn new(head: Position, before: Position) -> Self {
        Self { head, before, tail: Vec::new(), ended: false }
    }

    /// With its newest events.
    #[must_use]
    pub fn tail(mut self, tail: Vec<StoredEvent>) -> Self {
        self.tail = tail;
        self
    }

    /// Whether the tail has no hole and goes up to the head.
    pub(crate) fn is_tail_whole(&self) -> bool {
        let mut next = self.head.seq();
        self.tail.iter().rev().all(|event| {
            let is_next = event.position.seq() == next && event.position.is_same_log(&self.head);
            next = next.wrapping_sub(1);
            is_next
        })
    }

    /// Whether the newest event has ended it.
    #[must_use]
    pub const fn ended(mut self, ended: bool) -> Self {
        self.ended = ended;
        self
    }
}
