//! The positions that a reader comes back with.

use super::{Epoch, Position, digits_of};
use crate::wire::EventId;

/// How many channels one id can speak of.
pub(crate) const MOST_PARTS: usize = 5;

/// One position, or one for each channel of a merged stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    parts: Vec<Position>,
}

impl Cursor {
    /// Reads an id. None where it is not one to five positions, each of another log: what is
    /// half readable would resume half of a stream.
    #[cfg_attr(not(feature = "server"), allow(dead_code, reason = "logs are asked by it"))]
    pub(crate) fn read(id: &EventId) -> Option<Self> {
        Self::read_str(id.as_str())
    }

    /// The same from what may be no id at all.
    pub(crate) fn read_str(id: &str) -> Option<Self> {
        let digits = digits_of(id)?;
        let (parts, rest) = digits.as_chunks::<{ Position::LEN }>();
        if !rest.is_empty() || parts.is_empty() || parts.len() > MOST_PARTS {
            return None;
        }
        let parts: Vec<Position> =
            parts.iter().map(|part| Position::read(part)).collect::<Option<_>>()?;
        let is_repeated = |(at, part): (usize, &Position)| {
            parts[..at].iter().any(|before| before.epoch == part.epoch)
        };
        let repeats = parts.iter().enumerate().any(is_repeated);
        (!repeats).then_some(Self { parts })
    }

    /// The position in the log of this epoch. Never by place: channels may come and go between
    /// two connections.
    #[cfg_attr(not(feature = "server"), allow(dead_code, reason = "logs are asked by it"))]
    pub(crate) fn part(&self, epoch: Epoch) -> Option<Position> {
        self.parts.iter().find(|part| part.epoch == epoch).copied()
    }

    /// All of them.
    #[cfg(any(feature = "client", feature = "testing"))]
    pub(crate) fn positions(&self) -> &[Position] {
        &self.parts
    }

    /// All of them, to keep.
    #[cfg(any(feature = "client", feature = "testing"))]
    pub(crate) fn into_positions(self) -> Vec<Position> {
        self.parts
    }

    /// Whether a position belongs to none of these logs.
    #[cfg(feature = "server")]
    pub(crate) fn has_orphan(&self, epochs: &[Epoch]) -> bool {
        self.parts.iter().any(|part| !epochs.contains(&part.epoch))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::id_of, *};
    use crate::position::Tag;

    fn position(epoch: u64) -> Position {
        Position { epoch: Epoch::new(epoch), seq: epoch + 10, tag: Tag::new(3) }
    }

    #[test]
    fn one_to_five_positions_are_found_by_their_epoch() {
        for count in 1..=5 {
            let cursor = Cursor::read(&id_of((0..count).map(position))).unwrap();
            for epoch in 0..count {
                assert_eq!(cursor.part(Epoch::new(epoch)), Some(position(epoch)));
            }
            assert_eq!(cursor.part(Epoch::new(9)), None);
        }
    }

    #[test]
    fn what_is_not_whole_is_unreadable() {
        let text = |text: &str| EventId::opaque(text).unwrap();
        let one = position(1).id();
        for id in [
            text("evt_"),
            text("evt_00000000"),
            text(&one.as_str()[1..]),
            text(&one.as_str()[..27]),
            text(&format!("{one}0")),
            text(&format!("{one}{}", &one.as_str()[4..])),
            text("evt_0000-00000000000000000"),
        ] {
            assert_eq!(Cursor::read(&id), None, "{id}");
        }
    }
}
