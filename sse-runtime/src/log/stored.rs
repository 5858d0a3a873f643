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
        // Cleared, with their numbers: readers know how many they have seen.
        let asides = self.asides.take();
        *self = Self::new(state.head.epoch, now);
        self.asides = asides;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::store::NewEvent;

    fn event(seq: u64) -> StoredEvent {
        let frame = format!("event: told\ndata: {seq}\n\n");
        StoredEvent::new(Position::new(7, seq, 5), NewEvent::new("told", frame))
    }

    fn restored(tail: &[u64], head: u64) -> Ring {
        let mut ring = Ring::new(Position::new(1, 0, 0).epoch, 0);
        let tail = tail.iter().copied().map(event).collect();
        let state = LogState::new(Position::new(7, head, 5), Position::new(7, 0, 0)).tail(tail);
        ring.restore(&state, None, |_| Head::__nothing(), 0);
        ring
    }

    #[test]
    fn a_reader_that_is_ahead_in_the_store_waits_until_that_has_come() {
        let mut ring = restored(&[1, 2, 3], 3);
        let mut place = ring.join(None, false).place;
        place.go_after(Position::new(7, 5, 5));
        let stands = place;
        for seq in 4..=5 {
            assert!(ring.read(&mut place).is_none() && ring.look(&mut place, false).is_none());
            assert!(ring.append_stored(&event(seq), Head::__nothing(), 0));
            ring.show();
        }
        assert!(ring.read(&mut place).is_none());
        assert_eq!(place, stands);
        assert!(ring.append_stored(&event(6), Head::__nothing(), 0));
        ring.show();
        assert!(ring.read(&mut place).is_some());
        assert_eq!(place.next(), 7);
    }

    #[test]
    fn a_tail_with_a_hole_or_another_end_is_left_out() {
        for (tail, head) in [(&[2, 3][..], 5), (&[3, 5], 5), (&[], 5)] {
            let ring = restored(tail, head);
            assert!(ring.is_below(5) && !ring.is_below(6));
            assert_eq!(ring.head().seq(), 5);
        }
        // Of the event before the tail nothing is known, and so its first stands for that.
        let ring = restored(&[3, 4, 5], 5);
        assert!(ring.is_below(3) && !ring.is_below(4));
    }

    #[test]
    fn only_what_follows_is_taken() {
        let mut ring = restored(&[1, 2, 3], 3);
        for wrong in [3, 5, 9] {
            assert!(!ring.append_stored(&event(wrong), Head::__nothing(), 0));
        }
        assert!(ring.append_stored(&event(4), Head::__nothing(), 0));
    }
}
