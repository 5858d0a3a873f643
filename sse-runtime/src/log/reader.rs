//! Reading: a place in the log, and what comes after it.

use std::sync::Arc;

use bytes::Bytes;

use super::{
    chunks::BATCH,
    entry::{Extra, Seen},
    resume::{Marks, Matched, decide},
    ring::Ring,
};
use crate::{
    position::{Cursor, Epoch, Position, Tag},
    {names::ResumeOutcome, wire::FrameBuffer},
};

/// How many events one look takes at most.
const LOOK: usize = 256;

/// Where a reader stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The number of the next event that it gets.
    next: u64,
    /// The tag of the event before it.
    tag: Tag,
    /// The number of the next ephemeral frame that it gets.
    aside: u64,
}

impl Place {
    /// The number of the next event that it gets.
    pub(crate) const fn next(&self) -> u64 {
        self.next
    }

    /// Moves to after this position.
    pub(crate) const fn go_after(&mut self, position: Position) {
        (self.next, self.tag) = (position.seq + 1, position.tag);
    }

    /// The position of whoever stands here, in the log of this epoch.
    pub(crate) const fn position(&self, epoch: Epoch) -> Position {
        Position { epoch, seq: self.next - 1, tag: self.tag }
    }
}

/// What a reader gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Read {
    /// Whole frames.
    Batch(Batch),
    /// So many are gone; it now stands before the oldest that is there.
    Fell { missed: u64 },
    /// What comes next is only in the store.
    Below,
}

/// Where a reader begins.
#[derive(Debug)]
pub(crate) struct Joined {
    pub(crate) place: Place,
    pub(crate) matched: Matched,
    /// The position that it came with, where only the store can say whether it is one of this
    /// log.
    pub(crate) asked: Option<Position>,
}

/// Frames that leave together, shared by all who take the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Batch {
    pub(crate) bytes: Bytes,
    /// How many events, ephemeral ones counted.
    pub(crate) events: u64,
    /// When the oldest of them was appended; none where none has a number.
    pub(crate) at: Option<u64>,
    /// The number of the last one with a number.
    pub(crate) last: Option<u64>,
    /// Whether the last one is the end of the stream.
    pub(crate) ends: bool,
}

/// The same, event by event.
#[derive(Debug)]
pub(crate) enum Look {
    Events(Vec<Seen>),
    Fell { missed: u64 },
    Below,
}

/// A batch with ephemeral frames in it, kept for the next who stands at the same place.
#[derive(Debug)]
pub(super) struct Mixed {
    from: Place,
    to: Place,
    batch: Batch,
}

impl Ring {
    /// Where a reader begins, and what became of its position.
    ///
    /// `cursor` is what it came with: nothing, something unreadable, or positions. From the
    /// oldest goes who has no position here and asks for it.
    pub(crate) fn join(&self, cursor: Option<Option<&Cursor>>, from_oldest: bool) -> Joined {
        let mut from = None;
        let mut unsure = None;
        let matched = match cursor {
            None => Matched::Nothing,
            Some(None) => Matched::Unreadable,
            Some(Some(cursor)) => match cursor.part(self.epoch) {
                None => Matched::NoPart,
                Some(asked) => {
                    let marks = self.marks(asked.seq);
                    let resumed = decide(asked, marks);
                    from = match resumed.outcome() {
                        ResumeOutcome::Exact => Some(asked),
                        ResumeOutcome::Gap => Some(self.before()),
                        ResumeOutcome::Fresh | ResumeOutcome::Reset => None,
                    };
                    let is_exact = resumed.outcome() == ResumeOutcome::Exact;
                    unsure = Some(asked).filter(|_| is_exact && marks.tag.is_none());
                    Matched::Judged(resumed)
                }
            },
        };
        let from = from.unwrap_or_else(|| if from_oldest { self.before() } else { self.head() });
        Joined { place: self.place_after(from), matched, asked: unsure }
    }

    fn marks(&self, asked: u64) -> Marks {
        let (head, before) = (self.head_seq(), self.before());
        // What lingers for late readers is not kept, and says nothing.
        let tag = if asked == before.seq {
            Some(before.tag)
        } else if asked > before.seq {
            self.tag_of(asked)
        } else {
            None
        };
        Marks { epoch: self.epoch, head, first: before.seq + 1, tag }
    }

    /// The place after a position.
    fn place_after(&self, position: Position) -> Place {
        Place { next: position.seq + 1, tag: position.tag, aside: self.aside_end() }
    }

    /// Whether a reader has seen in the store what has not come here yet. It waits until it has.
    fn is_ahead(&self, place: &Place) -> bool {
        place.next > self.head_seq() + 1
    }

    fn aside_end(&self) -> u64 {
        self.asides.as_ref().map_or(0, |asides| asides.end())
    }

    /// Whether whoever stands there has seen the end of the channel.
    pub(crate) fn is_over(&self, place: &Place) -> bool {
        self.is_ended() && place.next > self.head_seq()
    }

    /// The next batch for a reader, if there is one: a slice of what everybody reads, without
    /// a copy. Ephemeral frames in between are joined with it once for all who stand here.
    pub(crate) fn read(&mut self, place: &mut Place) -> Option<Read> {
        if self.is_below(place.next) {
            place.aside = self.aside_end();
            return Some(Read::Below);
        }
        if self.is_ahead(place) {
            return None;
        }
        if let Some(missed) = self.fall(place) {
            return Some(Read::Fell { missed });
        }
        if self.asides.as_mut().is_some_and(|asides| asides.next(place.aside).is_some()) {
            return self.read_mixed(place).map(Read::Batch);
        }
        let (bytes, last) = self.chunks.read(self.start_of(place.next))?;
        let at = self.entry(place.next).map(|entry| entry.at);
        let events = last.seq + 1 - place.next;
        (place.next, place.tag) = (last.seq + 1, last.tag);
        let ends = self.is_over(place);
        Some(Read::Batch(Batch { bytes, events, at, last: Some(last.seq), ends }))
    }

    /// Moves a reader that has fallen below the oldest entry.
    fn fall(&self, place: &mut Place) -> Option<u64> {
        if place.next >= self.first {
            return None;
        }
        let missed = self.first - place.next;
        *place = Place { next: self.first, tag: self.before, aside: self.aside_end() };
        Some(missed)
    }

    fn read_mixed(&mut self, place: &mut Place) -> Option<Batch> {
        if let Some(mixed) = self.mixed.as_ref().filter(|mixed| mixed.from == *place) {
            *place = mixed.to;
            return Some(mixed.batch.clone());
        }
        let from = *place;
        let (mut buffer, mut events, mut at, mut last) = (FrameBuffer::new(), 0, None, None);
        while let Some(seen) = self.next_within(place, false, buffer.len()) {
            buffer.append_bytes(&seen.frame);
            events += 1;
            at = at.or(seen.at);
            last = seen.position.map(|position| position.seq).or(last);
        }
        if events == 0 {
            return None;
        }
        let ends = self.is_over(place);
        let batch = Batch { bytes: buffer.into_bytes(), events, at, last, ends };
        self.mixed = Some(Box::new(Mixed { from, to: *place, batch: batch.clone() }));
        Some(batch)
    }

    /// The next events for a reader that must see each of them, with room for what is decoded
    /// where it asks for that.
    pub(crate) fn look(&mut self, place: &mut Place, decodes: bool) -> Option<Look> {
        if self.is_below(place.next) {
            place.aside = self.aside_end();
            return Some(Look::Below);
        }
        if self.is_ahead(place) {
            return None;
        }
        if let Some(missed) = self.fall(place) {
            return Some(Look::Fell { missed });
        }
        let (mut events, mut bytes) = (Vec::new(), 0);
        while events.len() < LOOK
            && let Some(seen) = self.next_within(place, decodes, bytes)
        {
            bytes += seen.frame.len();
            events.push(seen);
        }
        (!events.is_empty()).then_some(Look::Events(events))
    }

    /// The next event, if it leaves together with the bytes that are there already.
    fn next_within(&mut self, place: &mut Place, decodes: bool, bytes: usize) -> Option<Seen> {
        let before = *place;
        let seen = self.next(place, decodes)?;
        if bytes > 0 && bytes + seen.frame.len() > BATCH {
            *place = before;
            return None;
        }
        Some(seen)
    }

    /// The next event, numbered or not.
    fn next(&mut self, place: &mut Place, decodes: bool) -> Option<Seen> {
        if let Some((number, aside)) =
            self.asides.as_mut().and_then(|asides| asides.next(place.aside))
            && aside.after < place.next
        {
            place.aside = number + 1;
            let (frame, extra) = (aside.frame.clone(), extra(&mut aside.extra, decodes));
            let (head, after) = (aside.head, *place);
            return Some(Seen {
                frame,
                head,
                position: None,
                at: None,
                after,
                extra,
                is_mapped: false,
            });
        }
        self.next_numbered(place, decodes)
    }

    fn next_numbered(&mut self, place: &mut Place, decodes: bool) -> Option<Seen> {
        let seq = place.next;
        let from = self.start_of(seq);
        let (rest, _) = self.chunks.read(from)?;
        let at = usize::try_from(seq.checked_sub(self.first)?).ok()?;
        let entry = self.entries.get_mut(at)?;
        let frame = rest.slice(..usize::try_from(entry.end - from).ok()?);
        let extra = extra(&mut entry.extra, decodes);
        (place.next, place.tag) = (seq + 1, entry.tag);
        let position = Some(Position { epoch: self.epoch, seq, tag: entry.tag });
        let (head, at, after) = (entry.head, Some(entry.at), *place);
        Some(Seen { frame, head, position, at, after, extra, is_mapped: false })
    }
}

/// What an event has beside its bytes: made where somebody will decode it, for all who do.
fn extra(of: &mut Option<Arc<Extra>>, decodes: bool) -> Option<Arc<Extra>> {
    if decodes {
        of.get_or_insert_default();
    }
    of.clone()
}
