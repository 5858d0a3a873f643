//! What the scripts answer.

use bytes::Bytes;
use redis::{FromRedisValue, ParsingError, Value};

use super::{error::Fault, packed};
use crate::{
    log::store::{StoreError, StoredEvent},
    position::Position,
};

/// Where a log stands.
#[derive(Debug)]
pub(super) struct View {
    pub(super) head: Position,
    pub(super) before: Position,
    pub(super) ended: bool,
    /// The tag of the event that was asked for, if it is kept.
    pub(super) tag: Option<u32>,
    /// The newest entry of the tail, and how many it ever had.
    pub(super) tail: (String, u64),
    pub(super) newest: Vec<StoredEvent>,
}

/// Events of a log, and where it stands.
#[derive(Debug)]
pub(super) struct Leaf {
    pub(super) head: Position,
    pub(super) before: Position,
    pub(super) events: Vec<StoredEvent>,
}

/// What became of a batch.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// The position that the log stood at before.
    pub(super) after: Position,
    pub(super) before: Position,
    pub(super) fates: Vec<Fate>,
}

/// What became of one event of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Stored,
    Duplicate(Position),
    Reused(Position),
    Ended,
    TooManyIds,
}

type Rows = Vec<Vec<u8>>;

impl View {
    pub(super) fn read(value: Value) -> Result<Self, Fault> {
        type Raw = (u64, u64, u32, u64, u32, u8, String, String, u64, String, String, Rows);
        let raw = Raw::from_redis_value(value).map_err(strange)?;
        let (epoch, seq, tag, before, before_tag, ended, asked, tail, count, first, last, rows) =
            raw;
        Ok(Self {
            head: Position::new(epoch, seq, tag),
            before: Position::new(epoch, before, before_tag),
            ended: ended == 1,
            tag: asked.parse().ok(),
            tail: (tail, count),
            newest: events(epoch, &first, &last, rows).map_err(Fault::Refused)?,
        })
    }
}

impl Leaf {
    /// Nothing, if there is no log.
    pub(super) fn read(value: Value) -> Result<Option<Self>, Fault> {
        type Raw = (u64, u64, u32, u64, u32, String, String, Rows);
        if value == Value::Nil {
            return Ok(None);
        }
        let (epoch, seq, tag, before, before_tag, first, last, rows) =
            Raw::from_redis_value(value).map_err(strange)?;
        Ok(Some(Self {
            head: Position::new(epoch, seq, tag),
            before: Position::new(epoch, before, before_tag),
            events: events(epoch, &first, &last, rows).map_err(Fault::Refused)?,
        }))
    }
}

impl Told {
    pub(super) fn read(text: &str) -> Result<Self, Fault> {
        Self::parse(text).ok_or_else(|| Fault::strange("something else than what became of events"))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let epoch = words.next()?.parse().ok()?;
        let mut position = || {
            let (seq, tag) = (words.next()?, words.next()?);
            Some(Position::new(epoch, seq.parse().ok()?, tag.parse().ok()?))
        };
        let (after, before) = (position()?, position()?);
        let fates = words.map(|word| Fate::parse(word, epoch)).collect::<Option<_>>()?;
        Some(Self { after, before, fates })
    }
}

impl Fate {
    fn parse(word: &str, epoch: u64) -> Option<Self> {
        let stands = || {
            let (seq, tag) = word.get(1..)?.split_once(':')?;
            Some(Position::new(epoch, seq.parse().ok()?, tag.parse().ok()?))
        };
        match word.as_bytes().first()? {
            b'o' => Some(Self::Stored),
            b'd' => stands().map(Self::Duplicate),
            b'r' => stands().map(Self::Reused),
            b'e' => Some(Self::Ended),
            b'm' => Some(Self::TooManyIds),
            _ => None,
        }
    }
}

/// The numbers only ever grow: where the last is as far from the first as there are events, none
/// is left out.
fn events(epoch: u64, first: &str, last: &str, rows: Rows) -> Result<Vec<StoredEvent>, StoreError> {
    let number = |id: &str| id.split('-').next().and_then(|seq| seq.parse::<u64>().ok());
    let (Some(first), Some(last)) = (number(first), number(last)) else {
        return Err(StoreError::Corrupt("an event has no number".into()));
    };
    if !rows.is_empty() && last.checked_sub(first) != Some(rows.len() as u64 - 1) {
        return Err(StoreError::Corrupt(format!(
            "between event {first} and {last} one is missing"
        )));
    }
    unpack_all(epoch, first, rows)
}

/// Events that begin with this number.
pub(super) fn unpack_all(
    epoch: u64,
    first: u64,
    rows: Vec<Vec<u8>>,
) -> Result<Vec<StoredEvent>, StoreError> {
    let numbered = (first..).zip(rows);
    numbered.map(|(seq, packed)| packed::unpack(&Bytes::from(packed), epoch, seq)).collect()
}

#[allow(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
fn strange(error: ParsingError) -> Fault {
    Fault::strange(&error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::store::NewEvent;

    #[test]
    fn what_became_of_a_batch_is_read() {
        let at = |seq, tag| Position::new(7, seq, tag);
        let told = Told::parse("7 4 44 1 11 o d2:22 o e m r3:33").unwrap();
        assert_eq!((told.after, told.before), (at(4, 44), at(1, 11)));
        let stored = Fate::Stored;
        let known = (Fate::Duplicate(at(2, 22)), Fate::Reused(at(3, 33)));
        assert_eq!(told.fates, [stored, known.0, stored, Fate::Ended, Fate::TooManyIds, known.1]);
        for wrong in ["", "7 4 44 1", "7 4 44 1 11 z", "7 4 44 1 11 d2", "x 4 44 1 11 o"] {
            assert_eq!(Told::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_missing_event_is_noticed() {
        let packed = packed::pack(&NewEvent::new("e", "data: 1\n\n"), 5).unwrap();
        let rows = || vec![packed.clone(), packed.clone()];
        assert_eq!(events(7, "3-0", "4-0", rows()).unwrap().len(), 2);
        assert!(events(7, "3-0", "5-0", rows()).is_err());
        assert_eq!(events(7, "0", "0", Vec::new()), Ok(Vec::new()));
    }
}
