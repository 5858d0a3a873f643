//! An entry of the tail of a shard.

use super::answer::unpack_all;
use crate::{
    log::store::{StoreError, StoredEvent},
    position::Position,
};

/// What one batch has added to a log.
#[derive(Debug, Default)]
pub(super) struct Entry {
    /// Which log.
    pub(super) name: String,
    /// Which entry of the tail this is, of all that it ever had.
    pub(super) count: u64,
    epoch: u64,
    after: (u64, u32),
    before: (u64, u32),
    /// How many events.
    events: u64,
    /// They themselves, unless they are large.
    packed: Vec<Vec<u8>>,
}

/// What an entry says.
#[derive(Debug)]
pub(super) struct News {
    pub(super) after: Position,
    pub(super) before: Position,
    /// The number of the last one.
    pub(super) last: u64,
    /// None where the log has to be read.
    pub(super) events: Option<Vec<StoredEvent>>,
}

impl Entry {
    /// Of the fields of an entry: names and values in turn. Nothing if it is none.
    pub(super) fn read(fields: Vec<Vec<u8>>) -> Option<Self> {
        let mut entry = Self::default();
        let mut fields = fields.into_iter();
        while let (Some(name), Some(value)) = (fields.next(), fields.next()) {
            if name == b"d" {
                entry.packed.push(value);
                continue;
            }
            let value = String::from_utf8(value).ok()?;
            match name.as_slice() {
                b"c" => entry.name = value,
                b"n" => entry.count = value.parse().ok()?,
                b"e" => entry.epoch = value.parse().ok()?,
                b"p" => entry.after.0 = value.parse().ok()?,
                b"q" => entry.after.1 = value.parse().ok()?,
                b"f" => entry.before.0 = value.parse().ok()?,
                b"g" => entry.before.1 = value.parse().ok()?,
                b"l" => entry.events = value.parse().ok()?,
                // Of a later version.
                _ => {}
            }
        }
        Some(entry)
    }

    /// Unpacks the events: only where somebody has the log open.
    pub(super) fn unpack(self) -> Result<News, StoreError> {
        let position = |(seq, tag)| Position::new(self.epoch, seq, tag);
        let (after, before) = (position(self.after), position(self.before));
        let is_whole = self.packed.len() as u64 == self.events;
        let events = is_whole.then(|| unpack_all(self.epoch, self.after.0 + 1, self.packed));
        let last = self.after.0 + self.events;
        Ok(News { after, before, last, events: events.transpose()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{redis::packed, store::NewEvent};

    fn fields(events: u8) -> Vec<Vec<u8>> {
        let packed = packed::pack(&NewEvent::new("e", "data: 1\n\n"), 45).unwrap();
        let text =
            ["c", "t/a", "n", "9", "e", "7", "p", "4", "q", "44", "f", "1", "g", "11", "new", "x"];
        let mut fields: Vec<Vec<u8>> = text.iter().map(|text| text.as_bytes().to_vec()).collect();
        fields.extend([b"l".to_vec(), vec![b'0' + events], b"d".to_vec(), packed]);
        fields
    }

    #[test]
    fn an_entry_is_read() {
        let entry = Entry::read(fields(1)).unwrap();
        assert_eq!((entry.name.as_str(), entry.count), ("t/a", 9));
        let news = entry.unpack().unwrap();
        assert_eq!(news.after, Position::new(7, 4, 44));
        assert_eq!((news.before, news.last), (Position::new(7, 1, 11), 5));
        assert_eq!(news.events.unwrap()[0].position, Position::new(7, 5, 45));
    }

    #[test]
    fn what_is_not_all_there_is_read_from_the_log() {
        assert!(Entry::read(fields(2)).unwrap().unpack().unwrap().events.is_none());
        assert!(Entry::read(vec![b"n".to_vec(), b"x".to_vec()]).is_none());
    }
}
