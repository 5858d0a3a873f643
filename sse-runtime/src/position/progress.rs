//! How far a reader has come in each log that it hears of.

use super::{Cursor, Position};

/// How far a reader has come, by which it knows what comes again.
///
/// It judges by a block's own id alone: an event that only inherits the last id is no repeat of
/// the one that brought it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress {
    seen: Vec<Position>,
}

impl Progress {
    /// Whether an event with this id lies after everything that was seen in one of its logs. An
    /// id that is no position says nothing, and so is new.
    pub(crate) fn is_new(&self, id: &str) -> bool {
        let Some(cursor) = Cursor::read_str(id) else { return true };
        cursor.positions().iter().any(|position| {
            let seen = self.seen.iter().find(|seen| seen.is_same_log(position));
            seen.is_none_or(|seen| position.seq() > seen.seq())
        })
    }

    /// The reader stands here now, which may be further back: after a reset it is.
    pub(crate) fn stand_at(&mut self, id: &str) {
        self.seen = Cursor::read_str(id).map(Cursor::into_positions).unwrap_or_default();
    }

    /// The reader stands nowhere.
    #[cfg(any(test, feature = "client"))]
    pub(crate) fn forget(&mut self) {
        self.seen.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::position::{Epoch, Tag, id_of};

    fn id(parts: &[(u64, u64)]) -> String {
        let position = |&(epoch, seq)| Position { epoch: Epoch::new(epoch), seq, tag: Tag::ZERO };
        id_of(parts.iter().map(position)).as_str().to_owned()
    }

    #[test]
    fn what_lies_at_or_before_the_position_comes_again() {
        let mut progress = Progress::default();
        assert!(progress.is_new(&id(&[(1, 5)])));
        progress.stand_at(&id(&[(1, 5)]));
        assert!(!progress.is_new(&id(&[(1, 5)])) && !progress.is_new(&id(&[(1, 1)])));
        assert!(progress.is_new(&id(&[(1, 6)])) && progress.is_new(&id(&[(2, 1)])));
        progress.forget();
        assert!(progress.is_new(&id(&[(1, 1)])));
    }

    #[test]
    fn one_channel_of_several_is_enough_to_be_new() {
        let mut progress = Progress::default();
        progress.stand_at(&id(&[(1, 5), (2, 7)]));
        assert!(!progress.is_new(&id(&[(1, 5), (2, 7)])));
        assert!(progress.is_new(&id(&[(1, 5), (2, 8)])));
        assert!(progress.is_new(&id(&[(1, 4), (2, 8)])));
    }

    #[test]
    fn an_id_made_elsewhere_is_new() {
        let mut progress = Progress::default();
        progress.stand_at("17");
        assert!(progress.is_new("17"));
    }
}
