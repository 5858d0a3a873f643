//! The one lock of a channel: what is appended and who waits for it.
//!
//! Reading and waiting are one critical section, and so are appending and waking. A reader
//! either finds the event or has its waker in the list before the event comes: there is no
//! moment between the past and the present in which one could be lost. This file knows nothing
//! of the log but what [`Hidden`] says, so that a model checker can step through all of it.

use std::{task::Waker, time::Duration};

use super::{
    slots::{Slot, Slots},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// A log that hides what is appended until it is shown.
pub(crate) trait Hidden {
    /// What is left of entries that are gone, and may run the code of others when it is dropped.
    type Rest;

    /// Takes what is left, to be dropped outside of the lock.
    fn take_rest(&mut self) -> Self::Rest;
    /// Shows what was appended.
    fn show(&mut self);
    /// Whether something waits to be shown.
    fn has_hidden(&self) -> bool;
    /// Whether what waits is as much as leaves together.
    fn is_full(&self) -> bool;
    /// The last listener has left.
    fn left_alone(&mut self);
}

/// How often the end of a linger is put off in a row. Connections that take a little now and
/// then are always on their way, and must not hold up all others for longer.
const MOST_PUT_OFF: u32 = 2;

/// A log and its listeners.
#[derive(Debug)]
pub(crate) struct Seam<L> {
    state: Mutex<State<L>>,
}

#[derive(Debug)]
struct State<L> {
    log: L,
    slots: Slots,
    /// Whether a timer runs that shows what comes until then.
    lingers: bool,
    /// When the last of those who were woken came back for more, if all of them have.
    settled: Option<Duration>,
    /// How often in a row the timer was put off.
    put_off: u32,
}

/// What is to be done once the lock is released: waking takes time, and runs the code of others.
#[derive(Debug, Default)]
#[must_use]
pub(crate) struct Wake {
    pub(super) wakers: Vec<Waker>,
    /// Whether the timer is to be started.
    pub(crate) starts_timer: bool,
}

impl Wake {
    pub(crate) fn wake(self) {
        self.wakers.into_iter().for_each(Waker::wake);
    }
}

impl<L: Hidden> Seam<L> {
    pub(crate) fn new(log: L) -> Self {
        let slots = Slots::default();
        Self { state: Mutex::new(State { log, slots, lingers: false, settled: None, put_off: 0 }) }
    }

    /// Nothing is left half-done under the lock, so that a panic elsewhere in the thread that
    /// held it says nothing about the state.
    fn lock(&self) -> MutexGuard<'_, State<L>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the log, and at how many listen.
    pub(crate) fn with<R>(&self, look: impl FnOnce(&mut L, usize) -> R) -> R {
        let state = &mut *self.lock();
        look(&mut state.log, state.slots.len())
    }

    /// Appends, and shows it: at once where nothing was shown a moment ago, else when the timer
    /// rings or a whole batch has come. `can_linger` says whether there is to be a timer.
    pub(crate) fn append<R>(
        &self,
        can_linger: bool,
        append: impl FnOnce(&mut L, usize) -> R,
    ) -> (R, Wake) {
        let mut guard = self.lock();
        let state = &mut *guard;
        let appended = append(&mut state.log, state.slots.len());
        let wake = state.appended(can_linger);
        let rest = state.log.take_rest();
        drop(guard);
        drop(rest);
        (appended, wake)
    }

    /// The timer has rung. Gives what to do, and after how long it is to ring again. Without
    /// anything to show it is over, and the next event leaves at once again.
    ///
    /// A linger begins when the event before has left, which to a thousand connections takes
    /// longer than a linger. Counted from the waking of them it would be over as soon as the
    /// last of them had its event: then the first event of the next burst would go out to all
    /// of them alone, at the price of the whole burst. An event that left within the first half
    /// has left at once: to a few it always does, and for them nothing is put off.
    pub(crate) fn ring(&self, now: Duration, linger: Duration) -> Option<(Wake, Duration)> {
        let state = &mut *self.lock();
        let since = match state.settled {
            Some(settled) => now.saturating_sub(settled),
            None if state.slots.is_leaving() => Duration::ZERO,
            None => linger,
        };
        if since < linger / 2 && state.put_off < MOST_PUT_OFF {
            state.put_off += 1;
            return Some((Wake::default(), linger - since));
        }
        state.put_off = 0;
        if !state.log.has_hidden() {
            state.lingers = false;
            return None;
        }
        Some((state.show(false), linger))
    }

    /// The timer is gone before it was over: nobody else would show what it was to show.
    pub(crate) fn lose_timer(&self) -> Wake {
        let state = &mut *self.lock();
        (state.lingers, state.put_off) = (false, 0);
        state.show(false)
    }

    /// A new listener: its place among the others and in the log are taken together.
    pub(crate) fn join<R>(&self, join: impl FnOnce(&mut L, usize) -> R) -> (Slot, R) {
        let mut guard = self.lock();
        let state = &mut *guard;
        if !state.lingers {
            // What came while nobody listened.
            state.log.show();
        }
        let joined = join(&mut state.log, state.slots.len());
        let slot = state.slots.take();
        let rest = state.log.take_rest();
        drop(guard);
        drop(rest);
        (slot, joined)
    }

    pub(crate) fn leave(&self, slot: &Slot, leave: impl FnOnce(&mut L)) {
        let mut state = self.lock();
        leave(&mut state.log);
        let left = state.slots.leave(slot);
        if state.slots.len() == 0 {
            state.log.left_alone();
        }
        let rest = state.log.take_rest();
        drop(state);
        // Outside of the lock: it may be the last to hold a task that listens here.
        drop((left, rest));
    }

    /// Reads, or waits: the waker is in the list before anybody can append. The time is asked
    /// for only where it matters, which is once for all listeners.
    pub(crate) fn poll<R>(
        &self,
        slot: &Slot,
        waker: &Waker,
        now: impl FnOnce() -> Duration,
        read: impl FnOnce(&mut L) -> Option<R>,
    ) -> Option<R> {
        let mut state = self.lock();
        let found = read(&mut state.log);
        let replaced = if found.is_none() { state.slots.wait(slot, waker) } else { None };
        if found.is_none() && state.settled.is_none() && state.slots.all_wait() {
            state.settled = Some(now());
        }
        drop(state);
        // Outside of the lock: it may be the last to hold a task that listens here.
        drop(replaced);
        found
    }
}

impl<L: Hidden> State<L> {
    /// Something was appended, or not.
    fn appended(&mut self, can_linger: bool) -> Wake {
        // With nobody to show it to, frames gather until somebody comes.
        if self.slots.len() == 0 || !self.log.has_hidden() {
            return Wake::default();
        }
        if self.lingers && !self.log.is_full() {
            return Wake::default();
        }
        let starts_timer = can_linger && !self.lingers;
        self.lingers |= can_linger;
        self.show(starts_timer)
    }

    fn show(&mut self, starts_timer: bool) -> Wake {
        self.log.show();
        self.settled = None;
        Wake { wakers: self.slots.drain(), starts_timer }
    }
}
