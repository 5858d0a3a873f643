//! The newest part of a log that a store keeps.

use super::{
    bounds::{Bounds, REACH_BYTES, REACH_EVENTS},
    entry::{Entry, Extra},
    ring::Ring,
    store::{LogState, StoredEvent},
};
use crate::{
    event::Head,
    names::ResetReason,
    position::{Position, Tag},
    wire::FrameBuffer,
};

/// How far a store reaches back behind what is in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reach {
    /// The number of the oldest event that is kept.
    pub(super) first: u64,
    /// The tag of the event before it.
    pub(super) before: Tag,
}

/// In microseconds.
const ONE_MINUTE: u64 = 60 * 1_000_000;

/// Which life of the log a reader knows, and why it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Life {
    pub(crate) number: u32,
    pub(crate) ended_by: ResetReason,
    /// Where the log stood when it began: a store has opened it there.
    pub(crate) began_at: Position,
}

/// What stays in memory of a log that a store keeps: enough for whoever comes back soon.
pub(crate) fn near(bounds: &Bounds) -> Bounds {
    Bounds {
        events: bounds.events.min(REACH_EVENTS),
        bytes: bounds.bytes.min(REACH_BYTES),
        // The store says what is too old.
        retention: u64::MAX,
        ids: bounds.ids,
    }
}

impl Ring {
    /// Begins anew where a store stands. `head_of` gives what the program knows of an event.
    pub(crate) fn restore(
        &mut self,
        state: &LogState,
        why: Option<ResetReason>,
        head_of: impl Fn(&StoredEvent) -> Head,
        now: u64,
    ) {
        let mut rest = self.take_rest();
        let gone = self.entries.drain(..).filter_map(|entry| entry.extra);
        rest.extend(gone.filter(|extra| extra.is_decoded()));
        if let Some(asides) = &mut self.asides {
            asides.clear(&mut rest);
        }
        let life = Life {
            number: self.life.number + 1,
            ended_by: why.unwrap_or(ResetReason::Epoch),
            began_at: state.head,
        };
        let mut tail = if state.is_tail_whole() { &*state.tail } else { &[] };
        let mut before = state.before;
        if let Some(first) = tail.first()
            && first.position.seq != state.before.seq + 1
        {
            // Of what lies before it the tag is not known: the first is only good for its own.
            before = first.position;
            tail = &tail[1..];
        } else if tail.is_empty() {
            before = state.head;
        }
        *self = Self::new(state.head.epoch, now);
        (self.life, self.rest) = (life, rest);
        self.stand_after(before);
        self.reach = Some(Reach { first: state.before.seq + 1, before: state.before.tag });
        for event in tail {
            self.push_stored(event, head_of(event), now);
        }
        self.show();
        self.end(state.ended);
    }

    /// Appends what a store has acknowledged, and says whether it follows on the head.
    pub(crate) fn append_stored(&mut self, event: &StoredEvent, head: Head, now: u64) -> bool {
        let is_next = event.position.epoch == self.epoch
            && event.position.seq == self.head_seq() + 1
            && self.reach.is_some();
        if is_next {
            self.touch(now);
            self.push_stored(event, head, now);
            self.end(event.terminal);
        }
        is_next
    }

    fn push_stored(&mut self, event: &StoredEvent, head: Head, now: u64) {
        let mut frame = FrameBuffer::new();
        frame.id_to_come();
        frame.append_bytes(&event.frame);
        let extra = Extra::of(event.topic.as_deref());
        self.push_entry(&mut frame, Entry::new(head, event.position.tag, extra), now);
    }

    /// The store keeps nothing any more up to this position.
    pub(crate) fn reach_back_to(&mut self, before: Position) {
        let is_later = self.reach.is_some_and(|reach| before.seq >= reach.first);
        if is_later && before.epoch == self.epoch {
            self.reach = Some(Reach { first: before.seq + 1, before: before.tag });
            self.kept = self.kept.max(before.seq + 1).min(self.head_seq() + 1);
        }
    }

    /// Whether nothing came and nobody left for a minute: the store has everything.
    pub(crate) const fn is_untouched(&self, now: u64) -> bool {
        now.saturating_sub(self.touched) >= ONE_MINUTE
    }

    /// Whether the event of this number is only in the store.
    pub(crate) fn is_below(&self, seq: u64) -> bool {
        self.reach.is_some() && seq < self.first
    }

    /// Which life of the log this is.
    pub(crate) const fn life(&self) -> Life {
        self.life
    }

    /// The position before the oldest event that is kept anywhere.
    pub(crate) fn before(&self) -> Position {
        let (seq, tag) = match self.reach {
            Some(reach) => (reach.first - 1, reach.before),
            None => (self.kept - 1, self.tag_of(self.kept - 1).unwrap_or(self.before)),
        };
        Position { epoch: self.epoch, seq, tag }
    }
}
