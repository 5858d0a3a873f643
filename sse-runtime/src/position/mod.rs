//! Floor 1: where in a log an event stands, and what a reader has seen by that.
//!
//! A floor of its own between the format and the log, because a client reads positions and keeps
//! no log.

mod cursor;
#[cfg(any(feature = "client", feature = "testing"))]
mod progress;

use std::{fmt, str::FromStr};

pub(crate) use cursor::Cursor;
#[cfg(feature = "server")]
pub(crate) use cursor::MOST_PARTS;
#[cfg(any(feature = "client", feature = "testing"))]
pub(crate) use progress::Progress;

use crate::wire::{EventId, base62};

/// Where an event stands in its channel: what its `id:` says.
///
/// On the wire it is `evt_` and 24 letters or digits: 8 of the epoch, which is this incarnation
/// of the log and drawn at random; 11 of the sequence number, from 1 without a hole; 5 of a tag
/// that is drawn for each event, so that a number that was used again after a loss is noticed.
/// An empty log stands at sequence 0.
///
/// ```
/// use sse_runtime::{EventId, Position};
///
/// let id = EventId::try_from("evt_k3JxQ9aZ0000000001A7fQ2x")?;
/// let position = Position::try_from(&id)?;
/// assert_eq!(position.seq(), 72);
/// assert_eq!(position.id(), id);
/// assert_eq!(position.to_string().parse(), Ok(position));
///
/// let made_elsewhere = EventId::try_from("evt_12345678")?;
/// assert!(Position::try_from(&made_elsewhere).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Position {
    pub(crate) epoch: Epoch,
    pub(crate) seq: u64,
    pub(crate) tag: Tag,
}

/// One incarnation of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Epoch(u64);

/// Tells two events apart that were given one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Tag(u32);

/// Characters of the epoch.
const EPOCH: usize = 8;
/// Characters of the sequence number.
const SEQ: usize = 11;
/// What stands in front of the positions of an id.
const PREFIX: &str = "evt_";

#[cfg_attr(not(feature = "server"), allow(dead_code, reason = "logs draw them"))]
impl Epoch {
    /// 62 to the power of 8.
    const COUNT: u64 = 218_340_105_584_896;

    /// From random bits.
    pub(crate) const fn new(random: u64) -> Self {
        Self(random % Self::COUNT)
    }
}

#[cfg_attr(not(feature = "server"), allow(dead_code, reason = "logs draw them"))]
impl Tag {
    /// 62 to the power of 5.
    const COUNT: u32 = 916_132_832;
    /// That of an empty log.
    pub(crate) const ZERO: Self = Self(0);

    /// From random bits.
    pub(crate) const fn new(random: u32) -> Self {
        Self(random % Self::COUNT)
    }
}

impl Position {
    /// The position of an event: for those who write a [`Store`](crate::store::Store). Epoch and
    /// tag are taken from random bits; what is too large for the wire is taken modulo 62 to the
    /// power of 8, and of 5.
    ///
    /// ```
    /// use sse_runtime::Position;
    ///
    /// let position = Position::new(7, 72, 5);
    /// assert_eq!((position.epoch(), position.seq(), position.tag()), (7, 72, 5));
    /// assert_eq!(position.to_string(), "evt_000000070000000001A00005");
    /// ```
    #[cfg(feature = "server")]
    #[must_use]
    pub const fn new(epoch: u64, seq: u64, tag: u32) -> Self {
        Self { epoch: Epoch::new(epoch), seq, tag: Tag::new(tag) }
    }

    /// Which incarnation of the log: a random number.
    #[cfg(feature = "server")]
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.epoch.0
    }

    /// The random number that tells two events apart that were given one sequence number.
    #[cfg(feature = "server")]
    #[must_use]
    pub const fn tag(&self) -> u32 {
        self.tag.0
    }

    /// Characters of a position.
    pub(crate) const LEN: usize = 24;

    /// The sequence number: 1 for the first event of a log, and no number is left out.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// Whether both stand in the same incarnation of a log, so that their sequence numbers can
    /// be compared.
    #[must_use]
    pub fn is_same_log(&self, other: &Self) -> bool {
        self.epoch == other.epoch
    }

    /// The position as it stands on the wire.
    #[must_use]
    pub fn id(&self) -> EventId {
        id_of([*self])
    }

    /// The 24 characters.
    pub(crate) fn digits(&self) -> [u8; Self::LEN] {
        let mut digits = [b'0'; Self::LEN];
        let (epoch, rest) = digits.split_at_mut(EPOCH);
        let (seq, tag) = rest.split_at_mut(SEQ);
        base62::write(self.epoch.0, epoch);
        base62::write(self.seq, seq);
        base62::write(u64::from(self.tag.0), tag);
        digits
    }

    /// The next position in the same log, from the characters of the one before: writing all of
    /// them anew took a tenth of what publishing takes.
    #[cfg_attr(not(feature = "server"), allow(dead_code, reason = "logs count"))]
    pub(crate) fn count_on(digits: &mut [u8; Self::LEN], tag: Tag) {
        let (seq, old_tag) = digits[EPOCH..].split_at_mut(SEQ);
        base62::increment(seq);
        base62::write(u64::from(tag.0), old_tag);
    }

    /// Reads the 24 characters.
    fn read(digits: &[u8]) -> Option<Self> {
        if digits.len() != Self::LEN {
            return None;
        }
        let (epoch, rest) = digits.split_at(EPOCH);
        let (seq, tag) = rest.split_at(SEQ);
        Some(Self {
            epoch: Epoch(base62::read(epoch)?),
            seq: base62::read(seq)?,
            tag: Tag(u32::try_from(base62::read(tag)?).ok()?),
        })
    }
}

/// The id of one or several positions.
pub(crate) fn id_of(positions: impl IntoIterator<Item = Position>) -> EventId {
    let mut text = String::with_capacity(PREFIX.len() + Position::LEN);
    text.push_str(PREFIX);
    for position in positions {
        text.extend(position.digits().map(char::from));
    }
    EventId::of_positions(text)
}

/// The positions in an id, as text.
fn digits_of(id: &str) -> Option<&[u8]> {
    id.strip_prefix(PREFIX).map(str::as_bytes)
}

impl TryFrom<&EventId> for Position {
    type Error = InvalidPosition;

    fn try_from(id: &EventId) -> Result<Self, InvalidPosition> {
        digits_of(id.as_str()).and_then(Self::read).ok_or(InvalidPosition)
    }
}

impl FromStr for Position {
    type Err = InvalidPosition;

    /// Reads what [`Display`](fmt::Display) writes: the id.
    fn from_str(text: &str) -> Result<Self, InvalidPosition> {
        digits_of(text).and_then(Self::read).ok_or(InvalidPosition)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id().as_str())
    }
}

/// An id that is no position of a channel: it was made elsewhere, or is that of a stream that
/// merges several channels.
///
/// ```
/// use sse_runtime::{InvalidPosition, Position, event_id};
///
/// let id = event_id!("evt_12345678");
/// assert_eq!(Position::try_from(&id), Err(InvalidPosition));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "there is nothing more to say")]
pub struct InvalidPosition;

impl fmt::Display for InvalidPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "this id is no position: that of an event on a channel is `evt_` and 24 letters or digits",
        )
    }
}

impl std::error::Error for InvalidPosition {}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(epoch: u64, seq: u64, tag: u32) -> Position {
        Position { epoch: Epoch::new(epoch), seq, tag: Tag::new(tag) }
    }

    #[test]
    fn positions_are_read_back() {
        for position in [
            position(0, 0, 0),
            position(Epoch::COUNT - 1, u64::MAX, Tag::COUNT - 1),
            position(u64::MAX, 1, u32::MAX),
        ] {
            let id = position.id();
            assert_eq!(EventId::try_from(id.as_str()).as_ref(), Ok(&id));
            assert_eq!(Position::try_from(&id), Ok(position));
        }
    }

    #[test]
    fn counting_on_is_writing_the_next() {
        let mut digits = position(7, 3_843, 1).digits();
        for seq in 3_844..4_000 {
            let tag = u32::try_from(seq).unwrap() * 77_777;
            Position::count_on(&mut digits, Tag::new(tag));
            assert_eq!(digits, position(7, seq, tag).digits());
        }
    }

    #[test]
    fn an_empty_log_ends_in_zeros() {
        assert_eq!(position(61, 0, 0).id().as_str(), "evt_0000000z0000000000000000");
    }

    #[test]
    fn a_number_beyond_64_bits_is_no_position() {
        let digits = b"00000000zzzzzzzzzzz00000";
        assert_eq!(Position::read(digits), None);
        assert_eq!(Position::read(b"0000000000000000000000"), None);
    }
}
