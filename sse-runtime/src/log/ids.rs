//! What publishers call their events, so that one that is published again is stored once.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use crate::position::Tag;
use crate::wire::EventId;

/// For how long an id is remembered at least, in microseconds, however soon its event goes.
const LEAST: u64 = 2 * 60 * 1_000_000;

/// The ids of a log, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Ids {
    known: HashMap<Arc<str>, Known>,
    order: VecDeque<Arc<str>>,
}

/// What was published under an id.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub(super) seq: u64,
    pub(super) tag: Tag,
    /// The hash of the content.
    pub(super) content: u64,
    pub(super) at: u64,
}

impl Ids {
    pub(super) fn find(&self, id: &EventId) -> Option<Known> {
        self.known.get(id.as_str()).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    pub(super) fn remember(&mut self, id: &EventId, known: Known) {
        let id: Arc<str> = id.as_str().into();
        self.order.push_back(Arc::clone(&id));
        self.known.insert(id, known);
    }

    /// Forgets those whose event is gone and whose time is over.
    pub(super) fn forget(&mut self, first: u64, now: u64) {
        while let Some(id) = self.order.front() {
            let known = self.known.get(id);
            if known.is_some_and(|known| known.seq >= first || now < known.at + LEAST) {
                return;
            }
            self.known.remove(id);
            self.order.pop_front();
        }
        // Nothing is left: an idle log need not keep the memory.
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> EventId {
        EventId::from_u128(number)
    }

    #[test]
    fn an_id_is_known_while_its_event_is_kept_and_for_two_minutes() {
        let mut ids = Ids::default();
        for number in 1..=3_u64 {
            let known = Known { seq: number, tag: Tag::ZERO, content: number, at: number * 1_000 };
            ids.remember(&id(number.into()), known);
        }
        let known = |ids: &Ids| (1..=3).filter(|&number| ids.find(&id(number)).is_some()).count();
        ids.forget(1, 10 * LEAST);
        assert_eq!(known(&ids), 3);
        ids.forget(3, 1_000 + LEAST - 1);
        assert_eq!(known(&ids), 3);
        ids.forget(3, 1_000 + LEAST);
        assert_eq!((known(&ids), ids.len()), (2, 2));
        ids.forget(4, 10 * LEAST);
        assert_eq!((known(&ids), ids.len()), (0, 0));
    }
}
