//! An event as it lies on the server.

use std::{hash::Hasher as _, sync::Arc};

use bytes::{BufMut, Bytes};

use crate::{
    log::store::{NewEvent, StoreError, StoredEvent},
    position::Position,
};

/// The first byte, so that another layout can be told apart some day.
const VERSION: u8 = 1;
/// Version, check, tag, time, flags, and how long name and topic are.
const HEAD: usize = 1 + 8 + 4 + 8 + 1 + 2 + 2;
const TERMINAL: u8 = 1;
const TOPIC: u8 = 2;

/// All of an event in one value: the server has no use for the parts.
pub(super) fn pack(event: &NewEvent, tag: u32) -> Result<Vec<u8>, StoreError> {
    let topic = event.topic.as_deref().unwrap_or_default();
    let length = |text: &str| {
        u16::try_from(text.len())
            .map_err(|_| StoreError::Unusable("a name or a topic has more than 64 KiB".into()))
    };
    let flags =
        if event.terminal { TERMINAL } else { 0 } | if event.topic.is_some() { TOPIC } else { 0 };
    let mut packed = Vec::with_capacity(HEAD + event.name.len() + topic.len() + event.frame.len());
    packed.put_u8(VERSION);
    packed.put_u64(0);
    packed.put_u32(tag);
    packed.put_u64(event.at);
    packed.put_u8(flags);
    packed.put_u16(length(&event.name)?);
    packed.put_u16(length(topic)?);
    packed.extend_from_slice(event.name.as_bytes());
    packed.extend_from_slice(topic.as_bytes());
    packed.extend_from_slice(&event.frame);
    let check = check(&packed[9..]).to_be_bytes();
    packed[1..9].copy_from_slice(&check);
    Ok(packed)
}

/// The tag of a packed event, and what remains once it has a position.
pub(super) fn unpack(packed: &Bytes, epoch: u64, seq: u64) -> Result<StoredEvent, StoreError> {
    let damaged = || StoreError::Corrupt(format!("event {seq} of a log is not as it was written"));
    let mut head = Head(packed.get(..HEAD).ok_or_else(damaged)?);
    if head.number(1) != u64::from(VERSION) {
        let found = packed.first().copied().unwrap_or_default();
        return Err(StoreError::Unusable(format!(
            "event {seq} has the layout {found}, and this version reads {VERSION}: update it"
        )));
    }
    if head.number(8) != check(packed.get(9..).unwrap_or_default()) {
        return Err(damaged());
    }
    let tag = u32::try_from(head.number(4)).map_err(|_| damaged())?;
    let (at, flags) = (head.number(8), head.number(1));
    let lengths =
        [head.number(2), head.number(2)].map(|length| usize::try_from(length).unwrap_or(0));
    let names = HEAD..HEAD + lengths[0];
    let topics = names.end..names.end + lengths[1];
    let text = |range: std::ops::Range<usize>| {
        let bytes = packed.get(range).ok_or_else(damaged)?;
        std::str::from_utf8(bytes).map(Arc::from).map_err(|_| damaged())
    };
    let mut event = NewEvent::new(text(names)?, packed.slice(topics.end.min(packed.len())..));
    event.topic = if flags & u64::from(TOPIC) == 0 { None } else { Some(text(topics)?) };
    event.terminal = flags & u64::from(TERMINAL) != 0;
    event.at = at;
    Ok(StoredEvent::new(Position::new(epoch, seq, tag), event))
}

struct Head<'a>(&'a [u8]);

impl Head<'_> {
    fn number(&mut self, bytes: usize) -> u64 {
        let (number, rest) = self.0.split_at(bytes.min(self.0.len()));
        self.0 = rest;
        number.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

fn check(bytes: &[u8]) -> u64 {
    let mut hasher = fnv::FnvHasher::default();
    hasher.write(bytes);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(topic: Option<&str>) -> NewEvent {
        let mut event = NewEvent::new("stock_changed", "data: 1\n\n");
        event.topic = topic.map(Arc::from);
        (event.terminal, event.at) = (topic.is_none(), 1_700_000_000_000);
        event
    }

    #[test]
    fn an_event_is_read_back() {
        for event in [event(None), event(Some("")), event(Some("a-1"))] {
            let packed = Bytes::from(pack(&event, 77).unwrap());
            let stored = StoredEvent::new(Position::new(5, 9, 77), event);
            assert_eq!(unpack(&packed, 5, 9), Ok(stored));
        }
    }

    #[test]
    fn one_wrong_bit_is_noticed_wherever_it_is() {
        let packed = pack(&event(Some("a-1")), 77).unwrap();
        for at in 0..packed.len() * 8 {
            let mut damaged = packed.clone();
            damaged[at / 8] ^= 1 << (at % 8);
            assert!(unpack(&damaged.into(), 5, 9).is_err(), "bit {at}");
        }
        for length in 0..packed.len() {
            assert!(unpack(&packed[..length].to_vec().into(), 5, 9).is_err(), "{length} bytes");
        }
    }
}
