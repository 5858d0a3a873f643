//! The places of a listener: one in each channel that it listens to.

use std::{sync::Arc, task::Waker};

use tokio::runtime::Handle;

#[cfg(feature = "inspector")]
use super::tally::Mark;
use super::{
    core::Core,
    listener::Heard,
    resume::Resume,
    slots::Slot,
    view::{Sight, View},
};
use crate::{
    log::{Batch, Look, Matched, Place, Read, Seen},
    names::Resumed,
    position::{Cursor, Position},
};

/// Most have one.
#[repr(C)] // what every wake asks for comes first, and so lies together in memory
pub(super) struct Parts {
    pub(super) first: Part,
    pub(super) rest: Vec<Part>,
}

/// A place in one channel.
#[repr(C)] // what every wake asks for comes first, and so lies together in memory
pub(super) struct Part {
    pub(super) core: Arc<Core>,
    slot: Slot,
    place: Place,
    /// Whether this listener was shown an end that is not that of the channel.
    is_done: bool,
    /// Whether a view asks for the typed event.
    pub(super) decodes: bool,
    /// Whether the source goes in front of the names.
    pub(super) qualify: bool,
    pub(super) matched: Matched,
    /// The positions that the reader came with.
    pub(super) cursor: Option<Arc<Cursor>>,
    pub(super) views: Vec<View>,
    /// Where it says how far it is, to whoever looks on.
    #[cfg(feature = "inspector")]
    pub(super) mark: Option<Mark>,
}

impl Part {
    pub(super) fn join(core: &Arc<Core>, resume: &Resume) -> Self {
        let (now, origin) = (core.rules.now(), Handle::try_current().ok());
        let (slot, (place, matched)) = core.seam.join(origin, |ring, listeners| {
            // What is too old by now is no longer there for anybody.
            ring.trim(&core.rules.bounds, listeners, now);
            ring.join(resume.cursor(), resume.is_from_oldest())
        });
        Self {
            core: Arc::clone(core),
            slot,
            place,
            matched,
            cursor: resume.positions(),
            views: Vec::new(),
            decodes: false,
            qualify: false,
            is_done: false,
            #[cfg(feature = "inspector")]
            mark: None,
        }
    }

    /// The next batch as the log has it.
    pub(super) fn poll_read(&mut self, waker: &Waker) -> Option<Heard<Batch>> {
        let (place, now) = (&mut self.place, || self.core.rules.age());
        let heard = self.core.seam.poll(&self.slot, waker, now, |ring| match ring.read(place) {
            Some(Read::Batch(batch)) => Some(Heard::Events(batch)),
            Some(Read::Fell { missed }) => Some(Heard::Fell { missed }),
            None => ring.is_over(place).then_some(Heard::Over),
        });
        self.note(heard)
    }

    /// The next events, not yet filtered.
    pub(super) fn poll_look(&mut self, waker: &Waker) -> Option<Heard<Vec<Seen>>> {
        if self.is_done {
            return Some(Heard::Over);
        }
        let (place, decodes) = (&mut self.place, self.decodes);
        let now = || self.core.rules.age();
        let heard =
            self.core.seam.poll(&self.slot, waker, now, |ring| match ring.look(place, decodes) {
                Some(Look::Events(events)) => Some(Heard::Events(events)),
                Some(Look::Fell { missed }) => Some(Heard::Fell { missed }),
                None => ring.is_over(place).then_some(Heard::Over),
            });
        self.note(heard)
    }

    /// Keeps what a fall cost, to be told.
    fn note<T>(&mut self, heard: Option<Heard<T>>) -> Option<Heard<T>> {
        if let Some(Heard::Fell { missed }) = heard {
            self.matched = Matched::Judged(Resumed::Gap { missed });
        }
        self.show_place();
        heard
    }

    pub(super) const fn place(&self) -> Place {
        self.place
    }

    pub(super) fn stand_at(&mut self, place: Place) {
        self.place = place;
        self.show_place();
    }

    /// Says how far it is, where somebody looks on.
    pub(super) fn show_place(&self) {
        #[cfg(feature = "inspector")]
        if let Some(mark) = &self.mark {
            mark.stands_at(self.position().seq());
        }
    }

    /// Nothing comes after the end that was shown.
    pub(super) fn finish(&mut self, place: Place) {
        self.stand_at(place);
        self.is_done = true;
    }

    pub(super) fn show(&self, seen: Seen) -> Sight {
        let mut seen = seen;
        for view in &self.views {
            match view(seen) {
                Sight::Shown(shown) => seen = shown,
                other => return other,
            }
        }
        Sight::Shown(seen)
    }

    pub(super) fn position(&self) -> Position {
        self.place.position(self.core.epoch())
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_done || self.core.seam.with(|ring, _| ring.is_over(&self.place))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let now = self.core.rules.now();
        self.core.seam.leave(&self.slot, |ring| ring.touch(now));
    }
}

impl Parts {
    pub(super) const fn len(&self) -> usize {
        self.rest.len() + 1
    }

    pub(super) fn get(&self, at: usize) -> &Part {
        at.checked_sub(1).and_then(|at| self.rest.get(at)).unwrap_or(&self.first)
    }

    pub(super) fn get_mut(&mut self, at: usize) -> &mut Part {
        match at.checked_sub(1).and_then(|at| self.rest.get_mut(at)) {
            Some(part) => part,
            None => &mut self.first,
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Part> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Part> {
        std::iter::once(&mut self.first).chain(&mut self.rest)
    }
}
