//! Who listens, and whom of them to wake.

use std::task::Waker;

/// The listeners of a channel: a place for each, and its waker while it waits.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    slots: Vec<Option<Waker>>,
    /// Places that were left and may be taken again.
    free: Vec<u32>,
}

/// The place of one listener.
#[derive(Debug)]
pub(crate) struct Slot(u32);

impl Slots {
    /// How many listen.
    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    pub(crate) fn take(&mut self) -> Slot {
        if let Some(free) = self.free.pop() {
            return Slot(free);
        }
        self.slots.push(None);
        Slot(u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX))
    }

    /// Its waker is for the caller to drop.
    pub(crate) fn leave(&mut self, slot: &Slot) -> Option<Waker> {
        let mut left = None;
        if let Some(waker) = self.slots.get_mut(slot.0 as usize) {
            left = waker.take();
            self.free.push(slot.0);
        }
        if self.len() == 0 {
            // A quiet channel need not keep the room for those that it once had.
            *self = Self::default();
        }
        left
    }

    /// Wakes this listener at the next event. The waker that it had before is for the caller to
    /// drop.
    pub(crate) fn wait(&mut self, slot: &Slot, waker: &Waker) -> Option<Waker> {
        let waiting = self.slots.get_mut(slot.0 as usize)?;
        if waiting.as_ref().is_some_and(|known| known.will_wake(waker)) {
            return None;
        }
        waiting.replace(waker.clone())
    }

    /// The wakers of all who wait. They wait no longer.
    pub(crate) fn drain(&mut self) -> Vec<Waker> {
        let mut wakers = Vec::with_capacity(self.len());
        wakers.extend(self.slots.iter_mut().filter_map(Option::take));
        wakers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_used_again_and_given_back() {
        let mut slots = Slots::default();
        let (a, b) = (slots.take(), slots.take());
        drop(slots.wait(&a, Waker::noop()));
        drop(slots.wait(&a, Waker::noop()));
        assert_eq!((slots.len(), slots.drain().len(), slots.drain().len()), (2, 1, 0));
        drop(slots.wait(&a, Waker::noop()));
        assert!(slots.leave(&a).is_some());
        assert_eq!((slots.len(), slots.drain().len()), (1, 0));
        let c = slots.take();
        assert_eq!((c.0, slots.len()), (0, 2));
        assert!(slots.leave(&b).is_none() && slots.leave(&c).is_none());
        assert_eq!((slots.len(), slots.slots.capacity()), (0, 0));
    }
}
