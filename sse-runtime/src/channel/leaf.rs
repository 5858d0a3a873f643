//! A page of a stored log as its readers take it.

use std::sync::Arc;

use bytes::Bytes;

use crate::{
    event::Head,
    log::{
        BATCH, Batch, Extra, Place, Seen,
        store::{Page, StoredEvent},
    },
    position::{Position, Tag},
    wire::FrameBuffer,
};

/// How many events a reader that must see each of them takes at once.
const LOOK: usize = 256;

/// Events of a log, encoded as they go out and shared by all who stand there.
#[derive(Debug)]
pub(super) struct Leaf {
    bytes: Bytes,
    entries: Vec<Entry>,
    before: Position,
}

#[derive(Debug)]
struct Entry {
    /// Where its bytes end.
    end: usize,
    position: Position,
    head: Head,
    is_last: bool,
    extra: Arc<Extra>,
}

impl Leaf {
    pub(super) fn of(page: &Page, head_of: impl Fn(&StoredEvent) -> Head) -> Self {
        let mut buffer = FrameBuffer::new();
        let mut entries = Vec::with_capacity(page.events.len());
        for event in &page.events {
            buffer.id(&event.position.id());
            buffer.append_bytes(&event.frame);
            let extra = Extra::of(event.topic.as_deref()).unwrap_or_default();
            entries.push(Entry {
                end: buffer.len(),
                position: event.position,
                head: head_of(event),
                is_last: event.terminal,
                extra,
            });
        }
        Self { bytes: buffer.into_bytes(), entries, before: page.before }
    }

    /// The position before the oldest event that was kept.
    pub(super) const fn before(&self) -> Position {
        self.before
    }

    /// The number of its last event.
    pub(super) fn last(&self) -> Option<u64> {
        self.entries.last().map(|entry| entry.position.seq())
    }

    /// The tag of an event in it, or of the one before the oldest.
    pub(super) fn tag_of(&self, seq: u64) -> Option<Tag> {
        if seq == self.before.seq {
            return Some(self.before.tag);
        }
        self.find(seq).and_then(|at| self.entries.get(at)).map(|entry| entry.position.tag)
    }

    fn find(&self, seq: u64) -> Option<usize> {
        let first = self.entries.first()?.position.seq;
        let at = usize::try_from(seq.checked_sub(first)?).ok()?;
        (at < self.entries.len()).then_some(at)
    }

    fn start_of(&self, at: usize) -> usize {
        at.checked_sub(1).and_then(|at| self.entries.get(at)).map_or(0, |entry| entry.end)
    }

    /// The next batch for a reader, if it stands here.
    pub(super) fn batch(&self, place: &mut Place) -> Option<Batch> {
        let from = self.find(place.next())?;
        let start = self.start_of(from);
        let rest = self.entries.get(from..)?;
        let fit = rest.partition_point(|entry| entry.end - start <= BATCH).max(1);
        let last = rest.get(fit - 1)?;
        place.go_after(last.position);
        Some(Batch {
            bytes: self.bytes.slice(start..last.end),
            events: fit as u64,
            at: None,
            last: Some(last.position.seq),
            ends: last.is_last,
        })
    }

    /// The same, event by event.
    pub(super) fn look(&self, place: &mut Place) -> Option<Vec<Seen>> {
        let from = self.find(place.next())?;
        let mut seen = Vec::new();
        for (at, entry) in self.entries.iter().enumerate().skip(from).take(LOOK) {
            place.go_after(entry.position);
            seen.push(Seen {
                frame: self.bytes.slice(self.start_of(at)..entry.end),
                head: entry.head,
                position: Some(entry.position),
                at: None,
                after: *place,
                extra: Some(Arc::clone(&entry.extra)),
                is_mapped: false,
            });
        }
        (!seen.is_empty()).then_some(seen)
    }
}
