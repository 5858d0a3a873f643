//! What follows on what was shown: a value, without I/O.

use std::collections::VecDeque;

use crate::{log::store::StoredEvent, position::Position};

/// How many tags are remembered, to compare what comes a second time.
const REMEMBERED: usize = 1_024;

/// How far a log was shown here.
///
/// The same events come on two ways, with the answer to a publisher and by the tail of the shard,
/// and what is lost on the server comes again with other events under the same numbers. So
/// nothing is believed for its number: it follows only on the very event that it followed on the
/// server, which its tag tells.
#[derive(Debug)]
pub(super) struct Chain {
    head: Position,
    /// The tags of the newest events, the one of the head last.
    tags: VecDeque<u32>,
}

/// What becomes of events that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// They follow, but for so many that were shown before.
    Follow(usize),
    /// All were shown before.
    Known,
    /// There is a hole before them, or they are of another past: the log itself has to say.
    Foreign,
}

impl Chain {
    /// Of a log that stands here.
    pub(super) fn new(head: Position) -> Self {
        Self { head, tags: VecDeque::from([head.tag()]) }
    }

    /// The newest event that was shown.
    pub(super) const fn head(&self) -> Position {
        self.head
    }

    /// What becomes of so many events after a position, with the tags that they have.
    pub(super) fn judge(
        &self,
        after: Position,
        tags: impl ExactSizeIterator<Item = u32>,
    ) -> Verdict {
        let shown = self.head.seq();
        if !after.is_same_log(&self.head) || after.seq() > shown {
            return Verdict::Foreign;
        }
        let last = after.seq() + tags.len() as u64;
        let compared = std::iter::once(after.tag()).chain(tags);
        let mut is_compared = false;
        for (seq, tag) in (after.seq()..=shown).zip(compared) {
            match self.tag_of(seq) {
                Some(known) if known != tag => return Verdict::Foreign,
                known => is_compared |= known.is_some(),
            }
        }
        if !is_compared {
            // So old that nobody here can say.
            return Verdict::Foreign;
        }
        if last <= shown {
            return Verdict::Known;
        }
        Verdict::Follow(usize::try_from(shown - after.seq()).unwrap_or(usize::MAX))
    }

    /// These were shown.
    pub(super) fn advance(&mut self, events: &[StoredEvent]) {
        let Some(last) = events.last() else { return };
        self.head = last.position;
        for event in events {
            if self.tags.len() == REMEMBERED {
                self.tags.pop_front();
            }
            self.tags.push_back(event.position.tag());
        }
    }

    fn tag_of(&self, seq: u64) -> Option<u32> {
        let back = usize::try_from(self.head.seq().checked_sub(seq)?).ok()?;
        self.tags.get(self.tags.len().checked_sub(back + 1)?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::store::NewEvent;

    const EPOCH: u64 = 7;

    fn at(seq: u64, tag: u32) -> Position {
        Position::new(EPOCH, seq, tag)
    }

    fn judge(chain: &Chain, after: Position, tags: &[u32]) -> Verdict {
        chain.judge(after, tags.iter().copied())
    }

    /// Events 11 to 14 were shown, with the tags 111 to 114.
    fn chain() -> Chain {
        let mut chain = Chain::new(at(10, 110));
        let event = |n: u64, tag| StoredEvent::new(at(n, tag), NewEvent::new("e", "data: 1\n\n"));
        chain.advance(&[event(11, 111), event(12, 112), event(13, 113), event(14, 114)]);
        chain
    }

    #[test]
    fn what_follows_on_the_head_is_taken() {
        let chain = chain();
        assert_eq!(judge(&chain, at(14, 114), &[115, 116]), Verdict::Follow(0));
        assert_eq!(judge(&chain, at(12, 112), &[113, 114, 115]), Verdict::Follow(2));
        assert_eq!(judge(&chain, at(9, 109), &[110, 111, 112, 113, 114, 115]), Verdict::Follow(5));
    }

    #[test]
    fn what_was_shown_is_not_shown_again() {
        assert_eq!(judge(&chain(), at(13, 113), &[114]), Verdict::Known);
        assert_eq!(judge(&chain(), at(10, 110), &[111]), Verdict::Known);
    }

    #[test]
    fn a_number_that_was_used_again_is_noticed_before_it_is_shown() {
        let chain = chain();
        assert_eq!(judge(&chain, at(14, 999), &[115]), Verdict::Foreign);
        assert_eq!(judge(&chain, at(13, 113), &[999, 115]), Verdict::Foreign);
        assert_eq!(judge(&chain, at(12, 112), &[999]), Verdict::Foreign);
        assert_eq!(judge(&chain, Position::new(8, 14, 114), &[115]), Verdict::Foreign);
    }

    #[test]
    fn a_hole_and_what_is_too_old_to_compare_are_looked_at() {
        assert_eq!(judge(&chain(), at(15, 115), &[116]), Verdict::Foreign);
        assert_eq!(judge(&chain(), at(3, 103), &[104]), Verdict::Foreign);
    }

    #[test]
    fn so_many_tags_are_remembered() {
        let mut chain = Chain::new(at(0, 0));
        for n in 1..=5_000 {
            let tag = u32::try_from(n).unwrap();
            chain.advance(&[StoredEvent::new(at(n, tag), NewEvent::new("e", "data: 1\n\n"))]);
        }
        assert_eq!(chain.tags.len(), REMEMBERED);
        assert_eq!(judge(&chain, at(3_999, 3_999), &[4_000]), Verdict::Known);
        assert_eq!(judge(&chain, at(3_000, 3_000), &[3_001]), Verdict::Foreign);
    }
}
