//! The places of a listener: one in each channel that it listens to.

use std::{
    sync::Arc,
    task::{Poll, Waker, ready},
};

use tokio::runtime::Handle;

#[cfg(feature = "inspector")]
use super::tally::Mark;
use super::{
    core::Core,
    leaf::Leaf,
    listener::Heard,
    resume::Resume,
    slots::Slot,
    view::{Sight, View},
    waiting::{Answer, Check, Waiting},
};
use crate::{
    log::{Batch, Joined, Life, Look, Matched, Place, Read, Ring, Seen, store::StoreError},
    names::{ResetReason, Resumed},
    position::{Cursor, Epoch, Position},
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
    /// The life of the log in which the place is one.
    life: u32,
    /// Whether this listener was shown an end that is not that of the channel.
    is_done: bool,
    /// Whether a view asks for the typed event.
    pub(super) decodes: bool,
    /// Whether the source goes in front of the names.
    pub(super) qualify: bool,
    /// What it waits for that only a store can say.
    waiting: Option<Box<Waiting>>,
    epoch: Epoch,
    pub(super) matched: Matched,
    /// The positions that the reader came with.
    pub(super) cursor: Option<Arc<Cursor>>,
    pub(super) views: Vec<View>,
    /// Where it says how far it is, to whoever looks on.
    #[cfg(feature = "inspector")]
    pub(super) mark: Option<Mark>,
}

/// What a look at the log found.
enum Found<T> {
    Heard(Heard<T>),
    /// It goes on where only the store has it.
    Below,
    /// The log was begun anew.
    Restarted(ResetReason),
}

impl Part {
    pub(super) fn join(core: &Arc<Core>, resume: &Resume) -> Self {
        let origin = Handle::try_current().ok();
        // Before the place is taken: a log that is open has begun.
        let is_open = core.stored.as_ref().is_none_or(|stored| stored.is_open());
        let ask = |ring: &mut Ring, listeners: usize| take_place(core, ring, listeners, resume);
        let (slot, taken) = core.seam.join(origin, ask);
        let mut part = Self {
            core: Arc::clone(core),
            slot,
            place: taken.joined.place,
            life: taken.life,
            is_done: false,
            decodes: false,
            qualify: false,
            waiting: None,
            epoch: taken.epoch,
            matched: Matched::Nothing,
            cursor: resume.positions(),
            views: Vec::new(),
            #[cfg(feature = "inspector")]
            mark: None,
        };
        if is_open {
            part.stand(taken);
        } else {
            part.waiting = Some(Waiting::log(core, resume.clone()));
        }
        part
    }

    fn stand(&mut self, Taken { joined, life, epoch, from_oldest, .. }: Taken) {
        let Joined { place, matched, asked } = joined;
        (self.place, self.matched) = (place, matched);
        (self.life, self.epoch) = (life, epoch);
        let check = |position| Waiting::check(&self.core, Check { position, from_oldest });
        self.waiting = asked.map(check);
        self.show_place();
    }

    /// Waits until it is known where the reader stands, which in memory it is at once. After an
    /// error the store is asked again by the next call.
    pub(super) fn poll_ready(&mut self, waker: &Waker) -> Poll<Result<(), StoreError>> {
        while let Some(waiting) = self.waiting.as_mut().filter(|waiting| !waiting.is_ready()) {
            match ready!(waiting.poll(waker)) {
                Ok(Answer::Log(resume)) => {
                    let core = Arc::clone(&self.core);
                    let ask =
                        |ring: &mut Ring, listeners| take_place(&core, ring, listeners, &resume);
                    let mut taken = core.seam.with(ask);
                    if resume.is_from_now() {
                        // It subscribed before the log was open: what came since is for it.
                        let is_begun = self.life == taken.life;
                        let stands = self.place.position(self.epoch);
                        taken.joined.place.go_after(if is_begun { stands } else { taken.began_at });
                    }
                    self.stand(taken);
                }
                Ok(Answer::Check(asked, leaf)) => self.judge(&asked, &leaf),
                Ok(Answer::Leaf(_)) => self.waiting = None,
                Err(error) => {
                    let again = waiting.again(&self.core, self.place.next());
                    self.waiting = Some(again);
                    return Poll::Ready(Err(error));
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// The store has read what stands at the reader's position.
    fn judge(&mut self, Check { position: asked, from_oldest }: &Check, leaf: &Leaf) {
        self.waiting = None;
        let before = leaf.before();
        if asked.seq() < before.seq() {
            // It went meanwhile.
            self.matched = Matched::Judged(Resumed::Gap { missed: before.seq() - asked.seq() });
            self.place.go_after(before);
            self.show_place();
        } else if leaf.tag_of(asked.seq()) != Some(asked.tag) {
            self.matched = Matched::Judged(Resumed::Reset(ResetReason::Diverged));
            if *from_oldest {
                self.place.go_after(before);
                self.show_place();
            } else {
                self.go_to_head();
            }
        }
    }

    fn go_to_head(&mut self) {
        let (head, life) = self.core.seam.with(|ring, _| (ring.head(), ring.life().number));
        self.place.go_after(head);
        (self.life, self.epoch) = (life, head.epoch);
        self.show_place();
    }

    /// The next batch as the log has it.
    pub(super) fn poll_read(&mut self, waker: &Waker) -> Option<Heard<Batch>> {
        let from_ring = |ring: &mut Ring, place: &mut Place| match ring.read(place) {
            Some(Read::Batch(batch)) => Some(Found::Heard(Heard::Events(batch))),
            Some(Read::Fell { missed }) => Some(Found::Heard(Heard::Fell { missed })),
            Some(Read::Below) => Some(Found::Below),
            None => ring.is_over(place).then_some(Found::Heard(Heard::Over)),
        };
        self.poll_with(waker, from_ring, Leaf::batch)
    }

    /// The next events, not yet filtered.
    pub(super) fn poll_look(&mut self, waker: &Waker) -> Option<Heard<Vec<Seen>>> {
        if self.is_done {
            return Some(Heard::Over);
        }
        let decodes = self.decodes;
        let from_ring = |ring: &mut Ring, place: &mut Place| match ring.look(place, decodes) {
            Some(Look::Events(events)) => Some(Found::Heard(Heard::Events(events))),
            Some(Look::Fell { missed }) => Some(Found::Heard(Heard::Fell { missed })),
            Some(Look::Below) => Some(Found::Below),
            None => ring.is_over(place).then_some(Found::Heard(Heard::Over)),
        };
        self.poll_with(waker, from_ring, Leaf::look)
    }

    /// Reads what is in memory, and in the store what is not.
    fn poll_with<T>(
        &mut self,
        waker: &Waker,
        from_ring: impl Fn(&mut Ring, &mut Place) -> Option<Found<T>>,
        from_leaf: impl Fn(&Leaf, &mut Place) -> Option<T>,
    ) -> Option<Heard<T>> {
        loop {
            if self.waiting.is_some()
                && let Some(heard) = self.poll_waiting(waker, &from_leaf)?
            {
                return self.note(Some(heard));
            }
            let (place, life, now) = (&mut self.place, self.life, || self.core.rules.age());
            let found = self.core.seam.poll(&self.slot, waker, now, |ring| {
                let now = ring.life();
                if now.number != life {
                    return Some(Found::Restarted(now.ended_by));
                }
                from_ring(ring, place)
            });
            match found? {
                Found::Heard(heard) => return self.note(Some(heard)),
                Found::Below => {
                    self.waiting = Some(Waiting::page(&self.core, self.place.next()));
                }
                Found::Restarted(why) => return Some(self.reset(why)),
            }
        }
    }

    /// What the store has for the reader. Nothing, where what comes next is in memory.
    #[allow(clippy::option_option, reason = "to wait, to go on, or to hear something")]
    fn poll_waiting<T>(
        &mut self,
        waker: &Waker,
        from_leaf: impl Fn(&Leaf, &mut Place) -> Option<T>,
    ) -> Option<Option<Heard<T>>> {
        match self.poll_ready(waker) {
            Poll::Pending => return None,
            Poll::Ready(Err(error)) => return Some(Some(Heard::Down(error))),
            Poll::Ready(Ok(())) => {}
        }
        let Some(waiting) = &mut self.waiting else { return Some(None) };
        let is_new = matches!(**waiting, Waiting::Page(_));
        let leaf = match waiting.poll(waker) {
            Poll::Pending => return None,
            Poll::Ready(Ok(Answer::Leaf(leaf))) => leaf,
            Poll::Ready(Ok(Answer::Log(_) | Answer::Check(..))) => return Some(None),
            Poll::Ready(Err(error)) => {
                self.waiting = Some(waiting.again(&self.core, self.place.next()));
                return Some(Some(Heard::Down(error)));
            }
        };
        self.waiting = None;
        let now = self.core.seam.with(|ring, _| ring.life());
        if now.number != self.life {
            return Some(Some(self.reset(now.ended_by)));
        }
        let (before, stands) = (leaf.before(), self.place.position(self.epoch));
        if before.epoch != self.epoch {
            return Some(Some(self.reset(ResetReason::Epoch)));
        }
        if stands.seq() < before.seq() {
            self.place.go_after(before);
            return Some(Some(Heard::Fell { missed: before.seq() - stands.seq() }));
        }
        if leaf.tag_of(stands.seq()).is_some_and(|tag| tag != stands.tag) {
            return Some(Some(self.reset(ResetReason::Diverged)));
        }
        let found = from_leaf(&leaf, &mut self.place);
        if found.is_some() {
            self.waiting = Some(Box::new(Waiting::Leaf(leaf)));
        } else if is_new && self.core.seam.with(|ring, _| ring.is_below(self.place.next())) {
            let lacks = format!("event {} is not where it was", self.place.next());
            return Some(Some(Heard::Down(StoreError::Corrupt(lacks))));
        }
        Some(found.map(Heard::Events))
    }

    /// What the reader has seen is not what the log is now. It goes on at the head.
    fn reset<T>(&mut self, why: ResetReason) -> Heard<T> {
        self.waiting = None;
        self.matched = Matched::Judged(Resumed::Reset(why));
        self.go_to_head();
        Heard::Restarted(why)
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

    /// Which log the place is one of.
    pub(super) const fn epoch(&self) -> Epoch {
        self.epoch
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
        self.place.position(self.epoch)
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_done || self.core.seam.with(|ring, _| ring.is_over(&self.place))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let now = self.core.rules.now();
        self.core.seam.leave(&self.slot, |ring| ring.touch(now));
        if let Some(stored) = &self.core.stored
            && self.core.seam.with(|_, listeners| listeners == 0)
        {
            stored.forget_pages();
        }
    }
}

/// A place in a log, and which log that is.
struct Taken {
    joined: Joined,
    from_oldest: bool,
    life: u32,
    began_at: Position,
    epoch: Epoch,
}

/// To be asked under the lock.
fn take_place(core: &Core, ring: &mut Ring, listeners: usize, resume: &Resume) -> Taken {
    // What is too old by now is no longer there for anybody.
    ring.trim(&core.rules.bounds, listeners, core.rules.now());
    let joined = ring.join(resume.cursor(), resume.is_from_oldest());
    let Life { number: life, began_at, .. } = ring.life();
    let from_oldest = resume.is_from_oldest();
    Taken { joined, from_oldest, life, began_at, epoch: ring.head().epoch }
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
