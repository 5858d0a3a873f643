//! One event of a log.

use std::{
    any::{Any, TypeId},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;

use super::reader::Place;
use crate::{
    event::Head,
    position::{Position, Tag},
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

impl Entry {
    /// One that has no place yet.
    pub(super) const fn new(head: Head, tag: Tag, extra: Option<Arc<Extra>>) -> Self {
        Self { end: 0, at: 0, head, tag, extra }
    }
}

/// What only some events have, and what only some readers ask for.
#[derive(Default)]
pub(crate) struct Extra {
    pub(crate) topic: Option<Box<str>>,
    /// The typed event, decoded once for all who ask for it as one type.
    decoded: Mutex<Vec<Decoded>>,
}

/// An event as a type, and none where it cannot be read as that.
type Decoded = (TypeId, Option<Arc<dyn Any + Send + Sync>>);

/// What readers made of events that are gone, to be dropped where no lock is held.
pub(crate) type Rest = Vec<Arc<Extra>>;

impl Extra {
    /// Whether it holds what a reader made.
    pub(super) fn is_decoded(&self) -> bool {
        !self.lock().is_empty()
    }

    /// The typed event, decoded by the first who asks. Two who ask in the same moment both
    /// decode it: to let one wait for the `Deserialize` of the other would block its thread.
    pub(crate) fn decoded<E: Any + Send + Sync>(
        &self,
        decode: impl FnOnce() -> Option<Arc<E>>,
    ) -> Option<Arc<E>> {
        let of_type = TypeId::of::<E>();
        let known = self.lock().iter().find(|(known, _)| *known == of_type).cloned();
        if let Some((_, event)) = known {
            return event.and_then(|event| event.downcast().ok());
        }
        let event = decode();
        let mut decoded = self.lock();
        if !decoded.iter().any(|(known, _)| *known == of_type) {
            let shared = event.clone().map(|event| event as Arc<dyn Any + Send + Sync>);
            decoded.push((of_type, shared));
        }
        drop(decoded);
        event
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Decoded>> {
        self.decoded.lock().unwrap_or_else(PoisonError::into_inner)
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
    /// When it was appended; none for one between two positions.
    pub(crate) at: Option<u64>,
    /// Where its reader stands after it.
    pub(crate) after: Place,
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
