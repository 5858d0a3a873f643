//! The numbers of one stream, while it runs, for whoever looks from another thread.

use std::sync::{
    Arc,
    atomic::{AtomicU8, AtomicU64, Ordering::Relaxed},
};

use crate::{names::ServerState, position::MOST_PARTS};

/// What a stream counts anyway, written where others can read it: one task writes, with plain
/// stores into memory that is its own, and so pays next to nothing.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// The number of the last event that the reader has, in each of its channels.
    places: [AtomicU64; MOST_PARTS],
    events: AtomicU64,
    bytes: AtomicU64,
    /// Its place in [`ServerState::ALL`].
    state: AtomicU8,
}

impl Tally {
    pub(super) fn stands_at(&self, part: usize, seq: u64) {
        if let Some(place) = self.places.get(part) {
            place.store(seq, Relaxed);
        }
    }

    /// So many events and bytes were sent, all together.
    pub(crate) fn sent(&self, events: u64, bytes: u64) {
        self.events.store(events, Relaxed);
        self.bytes.store(bytes, Relaxed);
    }

    pub(crate) fn go(&self, state: ServerState) {
        let at = ServerState::ALL.iter().position(|known| *known == state);
        self.state.store(at.and_then(|at| u8::try_from(at).ok()).unwrap_or_default(), Relaxed);
    }

    pub(crate) fn place(&self, part: usize) -> u64 {
        self.places.get(part).map_or(0, |place| place.load(Relaxed))
    }

    pub(crate) fn events(&self) -> u64 {
        self.events.load(Relaxed)
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    pub(crate) fn state(&self) -> ServerState {
        let at = usize::from(self.state.load(Relaxed));
        ServerState::ALL.get(at).copied().unwrap_or(ServerState::Connecting)
    }
}

/// Where a part of a listener says how far it is.
#[derive(Debug)]
pub(super) struct Mark {
    pub(super) tally: Arc<Tally>,
    pub(super) part: usize,
}

impl Mark {
    pub(super) fn stands_at(&self, seq: u64) {
        self.tally.stands_at(self.part, seq);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_read_back() {
        let tally = Tally::default();
        assert_eq!(tally.state(), ServerState::Connecting);
        for state in ServerState::ALL {
            tally.go(*state);
            assert_eq!(tally.state(), *state);
        }
    }

    #[test]
    fn there_is_a_place_for_each_part() {
        let tally = Tally::default();
        for part in 0..MOST_PARTS + 1 {
            tally.stands_at(part, 7);
        }
        assert_eq!((tally.place(MOST_PARTS - 1), tally.place(MOST_PARTS)), (7, 0));
    }
}
