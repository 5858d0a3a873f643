//! One event of a log.

use std::{
    any::Any,
    fmt,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;

use super::position::{Position, Tag};
use crate::{
    event::Head,
    wire::{EventId, FrameBuffer},
};

/// An event that has been encoded and has no position yet.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    /// The frame and nothing else, with room for a position if it gets one.
    pub(crate) frame: &'a mut FrameBuffer,
    pub(crate) head: Head,
    pub(crate) topic: Option<&'a str>,
    /// What the publisher calls it, and the hash of its content.
    pub(crate) identity: Option<(&'a EventId, u64)>,
}

/// What the log keeps of an event beside its bytes.
#[derive(Debug)]
pub(super) struct Entry {
    /// Where its bytes end, counted from the begin of the log.
    pub(super) end: u64,
    /// When it was appended, in milliseconds.
    pub(super) at: u64,
    pub(super) head: Head,
    pub(super) tag: Tag,
    pub(super) extra: Option<Arc<Extra>>,
}

/// What only some events have, and what only some readers ask for.
#[derive(Default)]
pub(crate) struct Extra {
    pub(crate) topic: Option<Box<str>>,
    /// The typed event, decoded once for all who ask. None where it could not be.
    pub(crate) decoded: OnceLock<Option<Arc<dyn Any + Send + Sync>>>,
}

/// What readers made of events that are gone, to be dropped where no lock is held.
pub(crate) type Rest = Vec<Arc<Extra>>;

impl Extra {
    /// Whether it holds what a reader made.
    pub(super) fn is_decoded(&self) -> bool {
        self.decoded.get().is_some()
    }

    pub(crate) fn of(topic: Option<&str>) -> Option<Arc<Self>> {
        topic.map(|topic| Arc::new(Self { topic: Some(topic.into()), ..Self::default() }))
    }
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extra").field("topic", &self.topic).finish_non_exhaustive()
    }
}

/// An event as one reader sees it, on its way through the filters.
#[derive(Debug)]
pub(crate) struct Seen {
    /// The whole frame. One of a log begins with its `id:` line.
    pub(crate) frame: Bytes,
    pub(crate) head: Head,
    /// None for an ephemeral one.
    pub(crate) position: Option<Position>,
    pub(crate) extra: Option<Arc<Extra>>,
    /// Whether the frame was made for this reader, and begins with no `id:` line.
    pub(crate) is_mapped: bool,
}

impl Seen {
    /// The position that its reader is told: one that was made ephemeral has none.
    pub(crate) fn id_position(&self) -> Option<Position> {
        self.position.filter(|_| !self.head.info().is_ephemeral())
    }
}
