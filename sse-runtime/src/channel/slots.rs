//! Who listens, and whom of them to wake.

use std::task::Waker;

/// The listeners of a channel: a place for each, and its waker while it waits.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    slots: Vec<Option<Waker>>,
    /// Places that were left and may be taken again.
    free: Vec<u32>,
    /// How many wait.
    waiting: usize,
    /// How many have come back to wait since they were woken, or since
    /// [`is_leaving`](Self::is_leaving) was last asked.
    returned: usize,
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
            self.waiting -= usize::from(left.is_some());
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
        let replaced = waiting.replace(waker.clone());
        self.waiting += usize::from(replaced.is_none());
        self.returned += usize::from(replaced.is_none());
        replaced
    }

    /// The wakers of all who wait. They wait no longer.
    pub(crate) fn drain(&mut self) -> Vec<Waker> {
        let mut wakers = Vec::with_capacity(self.len());
        wakers.extend(self.slots.iter_mut().filter_map(Option::take));
        (self.waiting, self.returned) = (0, 0);
        wakers
    }

    /// Whether all of them have what they were woken for.
    pub(crate) fn all_wait(&self) -> bool {
        self.waiting == self.len()
    }

    /// Whether what they were woken for is still on its way to some of them: since this was
    /// last asked some have come back to wait, and some are to come. Those who do not come,
    /// because their connection takes nothing, are not waited for.
    pub(crate) fn is_leaving(&mut self) -> bool {
        std::mem::take(&mut self.returned) > 0 && !self.all_wait()
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

    #[test]
    fn it_leaves_while_some_come_back_and_some_are_to_come() {
        let mut slots = Slots::default();
        let (a, b, stalled) = (slots.take(), slots.take(), slots.take());
        let wait = |slots: &mut Slots, slot| drop(slots.wait(slot, Waker::noop()));
        [&a, &b, &stalled].into_iter().for_each(|slot| wait(&mut slots, slot));
        assert!(slots.all_wait() && !slots.is_leaving());
        assert_eq!(slots.drain().len(), 3);
        assert!(!slots.is_leaving(), "nobody has come");
        wait(&mut slots, &a);
        assert!(slots.is_leaving());
        wait(&mut slots, &a);
        assert!(!slots.is_leaving(), "nobody else has come");
        wait(&mut slots, &b);
        assert!(slots.is_leaving());
        assert!(slots.leave(&stalled).is_none());
        assert!(slots.all_wait() && !slots.is_leaving());
        assert!(slots.leave(&a).is_some() && slots.leave(&b).is_some());
        assert_eq!((slots.waiting, slots.len()), (0, 0));
    }
}
