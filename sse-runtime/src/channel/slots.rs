//! Who listens, and whom of them to wake.

use std::task::Waker;

/// The listeners of a channel: a place for each, and its waker while it waits. `O` is where
/// they come from.
#[derive(Debug)]
pub(crate) struct Slots<O> {
    slots: Vec<Option<Waker>>,
    /// Where each comes from, apart from the wakers: those are gone through for each event.
    origins: Vec<Option<O>>,
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

impl<O> Default for Slots<O> {
    fn default() -> Self {
        let (slots, origins, free) = (Vec::new(), Vec::new(), Vec::new());
        Self { slots, origins, free, waiting: 0, returned: 0 }
    }
}

impl<O> Slots<O> {
    /// How many listen.
    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    pub(crate) fn take(&mut self, origin: Option<O>) -> Slot {
        if let Some(free) = self.free.pop() {
            if let Some(place) = self.origins.get_mut(free as usize) {
                *place = origin;
            }
            return Slot(free);
        }
        self.slots.push(None);
        self.origins.push(origin);
        Slot(u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX))
    }

    /// Where one of the listeners comes from: one that is wanted, else any.
    pub(crate) fn origin(&self, is_wanted: impl Fn(&O) -> bool) -> Option<&O> {
        let origins = || self.origins.iter().flatten();
        origins().find(|origin| is_wanted(origin)).or_else(|| origins().next())
    }

    /// Its waker and where it came from are for the caller to drop.
    pub(crate) fn leave(&mut self, slot: &Slot) -> (Option<Waker>, Option<O>) {
        let mut left = (None, None);
        if let Some(waker) = self.slots.get_mut(slot.0 as usize) {
            let origin = self.origins.get_mut(slot.0 as usize).and_then(Option::take);
            left = (waker.take(), origin);
            self.waiting -= usize::from(left.0.is_some());
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
        let mut slots = Slots::<()>::default();
        let (a, b) = (slots.take(None), slots.take(None));
        drop(slots.wait(&a, Waker::noop()));
        drop(slots.wait(&a, Waker::noop()));
        assert_eq!((slots.len(), slots.drain().len(), slots.drain().len()), (2, 1, 0));
        drop(slots.wait(&a, Waker::noop()));
        assert!(slots.leave(&a).0.is_some());
        assert_eq!((slots.len(), slots.drain().len()), (1, 0));
        let c = slots.take(None);
        assert_eq!((c.0, slots.len()), (0, 2));
        assert!(slots.leave(&b).0.is_none() && slots.leave(&c).0.is_none());
        assert_eq!((slots.len(), slots.slots.capacity()), (0, 0));
    }

    #[test]
    fn it_leaves_while_some_come_back_and_some_are_to_come() {
        let mut slots = Slots::<()>::default();
        let (a, b, stalled) = (slots.take(None), slots.take(None), slots.take(None));
        let wait = |slots: &mut Slots<()>, slot| drop(slots.wait(slot, Waker::noop()));
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
        assert!(slots.leave(&stalled).0.is_none());
        assert!(slots.all_wait() && !slots.is_leaving());
        assert!(slots.leave(&a).0.is_some() && slots.leave(&b).0.is_some());
        assert_eq!((slots.waiting, slots.len()), (0, 0));
    }

    #[test]
    fn an_origin_goes_with_its_listener() {
        let mut slots = Slots::default();
        let (a, b) = (slots.take(Some(1)), slots.take(Some(2)));
        assert_eq!(slots.origin(|origin| *origin == 2), Some(&2));
        assert_eq!(slots.origin(|origin| *origin == 3), Some(&1));
        assert_eq!(slots.leave(&a).1, Some(1));
        assert_eq!(slots.origin(|_| true), Some(&2));
        let c = slots.take(None);
        assert_eq!(slots.leave(&b).1, Some(2));
        assert_eq!(slots.origin(|_| true), None);
        assert_eq!(slots.leave(&c).1, None);
    }
}
