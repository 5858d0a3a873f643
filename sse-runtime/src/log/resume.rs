//! What becomes of a position: values in, a value out.

use crate::{
    names::{ResetReason, ResumeOutcome, Resumed},
    position::{Cursor, Epoch, Position, Tag},
};

/// What a log knows of itself when a reader asks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marks {
    pub(super) epoch: Epoch,
    /// The newest sequence number; 0 where there was none.
    pub(super) head: u64,
    /// The oldest sequence number that is kept; one above the head where none is.
    pub(super) first: u64,
    /// The tag of the entry that the reader names, if it is kept or was the last to go.
    pub(super) tag: Option<Tag>,
}

/// What the log makes of one position of its own epoch or another.
pub(super) fn decide(asked: Position, log: Marks) -> Resumed {
    if asked.epoch != log.epoch {
        return Resumed::Reset(ResetReason::Epoch);
    }
    if asked.seq > log.head {
        return Resumed::Reset(ResetReason::Ahead);
    }
    if log.tag.is_some_and(|tag| tag != asked.tag) {
        return Resumed::Reset(ResetReason::Diverged);
    }
    // Below the head, so that one more is no overflow.
    let missed = log.first.saturating_sub(asked.seq + 1);
    if missed > 0 { Resumed::Gap { missed } } else { Resumed::Exact }
}

/// What a channel found of itself in what the reader came with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Matched {
    /// The reader came with nothing.
    Nothing,
    /// What it came with cannot be read.
    Unreadable,
    /// It came with positions, and none is of this log.
    NoPart,
    /// The log has judged a position of its own.
    Judged(Resumed),
}

impl Matched {
    /// What the channel answers, beside others on one stream.
    ///
    /// A log that finds no part of its own is new to the reader, unless a part has no log:
    /// then the log may be what became of that one after a loss, and `fresh` would hide it.
    pub(crate) fn resolve(self, cursor: Option<&Cursor>, epochs: &[Epoch]) -> Resumed {
        match self {
            Self::Nothing => Resumed::Fresh,
            Self::Unreadable => Resumed::Reset(ResetReason::Invalid),
            Self::Judged(resumed) => resumed,
            Self::NoPart if cursor.is_some_and(|cursor| cursor.has_orphan(epochs)) => {
                Resumed::Reset(ResetReason::Epoch)
            }
            Self::NoPart => Resumed::Fresh,
        }
    }

    /// What a channel answers that was not asked for its position, where one on the same
    /// stream was asked for these: what it has of the reader's is not served, and `fresh`
    /// would hide that.
    pub(crate) fn ignored(epoch: Epoch, cursor: &Cursor, epochs: &[Epoch]) -> Resumed {
        if cursor.part(epoch).is_some() {
            return Resumed::Reset(ResetReason::NoLog);
        }
        Self::NoPart.resolve(Some(cursor), epochs)
    }
}

/// The answer of a stream of several channels: the worst of theirs, and the sum of what is gone.
pub(crate) fn combine(parts: impl IntoIterator<Item = Resumed>) -> Resumed {
    let rank = |resumed: Resumed| match resumed.outcome() {
        ResumeOutcome::Fresh => 0,
        ResumeOutcome::Exact => 1,
        ResumeOutcome::Gap => 2,
        ResumeOutcome::Reset => 3,
    };
    parts.into_iter().fold(Resumed::Fresh, |worst, part| match (worst, part) {
        (Resumed::Gap { missed }, Resumed::Gap { missed: more }) => {
            Resumed::Gap { missed: missed.saturating_add(more) }
        }
        _ if rank(part) > rank(worst) => part,
        _ => worst,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: Epoch = Epoch::new(7);
    const TAG: Tag = Tag::new(5);

    fn reset(reason: ResetReason) -> Resumed {
        Resumed::Reset(reason)
    }

    /// The head is 10, and 6 is the oldest that is kept.
    fn marks(tag: Option<Tag>) -> Marks {
        Marks { epoch: OURS, head: 10, first: 6, tag }
    }

    fn asked(epoch: Epoch, seq: u64, tag: Tag) -> Position {
        Position { epoch, seq, tag }
    }

    #[test]
    fn the_table() {
        let other = Tag::new(6);
        let table = [
            // Another log, whatever else agrees.
            (asked(Epoch::new(8), 10, TAG), Some(TAG), reset(ResetReason::Epoch)),
            (asked(Epoch::new(8), 11, TAG), None, reset(ResetReason::Epoch)),
            // After the newest.
            (asked(OURS, 11, TAG), None, reset(ResetReason::Ahead)),
            (asked(OURS, u64::MAX, TAG), None, reset(ResetReason::Ahead)),
            // Kept, with another tag.
            (asked(OURS, 10, other), Some(TAG), reset(ResetReason::Diverged)),
            (asked(OURS, 6, other), Some(TAG), reset(ResetReason::Diverged)),
            // The last that is gone: its tag is known.
            (asked(OURS, 5, other), Some(TAG), reset(ResetReason::Diverged)),
            (asked(OURS, 5, TAG), Some(TAG), Resumed::Exact),
            // Older: nothing is known of its tag.
            (asked(OURS, 4, other), None, Resumed::Gap { missed: 1 }),
            (asked(OURS, 0, Tag::ZERO), None, Resumed::Gap { missed: 5 }),
            // Kept.
            (asked(OURS, 6, TAG), Some(TAG), Resumed::Exact),
            (asked(OURS, 10, TAG), Some(TAG), Resumed::Exact),
        ];
        for (position, tag, expected) in table {
            assert_eq!(decide(position, marks(tag)), expected, "{position:?} {tag:?}");
        }
    }

    #[test]
    fn an_empty_log_and_one_that_keeps_nothing() {
        let empty = Marks { epoch: OURS, head: 0, first: 1, tag: Some(Tag::ZERO) };
        assert_eq!(decide(asked(OURS, 0, Tag::ZERO), empty), Resumed::Exact);
        assert_eq!(decide(asked(OURS, 0, TAG), empty), reset(ResetReason::Diverged));
        let nothing = Marks { epoch: OURS, head: 9, first: 10, tag: Some(TAG) };
        assert_eq!(decide(asked(OURS, 9, TAG), nothing), Resumed::Exact);
        let nothing = Marks { tag: None, ..nothing };
        assert_eq!(decide(asked(OURS, 8, TAG), nothing), Resumed::Gap { missed: 1 });
        let last = Marks { epoch: OURS, head: u64::MAX, first: u64::MAX, tag: Some(TAG) };
        assert_eq!(decide(asked(OURS, u64::MAX - 1, TAG), last), Resumed::Exact);
    }

    #[test]
    fn a_log_without_a_part_is_fresh_unless_a_part_has_no_log() {
        let cursor = Cursor::read(&asked(OURS, 3, TAG).id()).unwrap();
        let resolve = |epochs: &[Epoch]| Matched::NoPart.resolve(Some(&cursor), epochs);
        // A channel was added to the stream.
        assert_eq!(resolve(&[OURS, Epoch::new(1)]), Resumed::Fresh);
        // The log was made anew.
        assert_eq!(resolve(&[Epoch::new(1)]), reset(ResetReason::Epoch));
        assert_eq!(Matched::Unreadable.resolve(None, &[OURS]), reset(ResetReason::Invalid));
        assert_eq!(Matched::Nothing.resolve(None, &[OURS]), Resumed::Fresh);
    }

    #[test]
    fn the_worst_of_all_and_the_sum_of_what_is_gone() {
        let gap = |missed| Resumed::Gap { missed };
        let epoch = reset(ResetReason::Epoch);
        assert_eq!(combine([]), Resumed::Fresh);
        assert_eq!(combine([Resumed::Fresh, Resumed::Exact]), Resumed::Exact);
        assert_eq!(combine([gap(2), Resumed::Exact, gap(3)]), gap(5));
        assert_eq!(combine([gap(u64::MAX), gap(3)]), gap(u64::MAX));
        assert_eq!(combine([gap(2), epoch, gap(3)]), epoch);
    }
}
