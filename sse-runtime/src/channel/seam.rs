//! The one lock of a channel: what is appended and who waits for it.
//!
//! Reading and waiting are one critical section, and so are appending and waking. A reader
//! either finds the event or has its waker in the list before the event comes: there is no
//! moment between the past and the present in which one could be lost. This file knows nothing
//! of the log but what [`Hidden`] says, so that a model checker can step through all of it.

use std::{fmt, task::Waker, time::Duration};

use super::{
    slots::{Slot, Slots},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// A log that hides what is appended until it is shown.
pub(crate) trait Hidden {
    /// What is left of entries that are gone, and may run the code of others when it is dropped.
    type Rest;
    /// Where a listener comes from: what a timer can run on.
    type Origin: Clone + fmt::Debug;

    /// Whether a timer rings there whatever its listeners do.
    fn is_steady(origin: &Self::Origin) -> bool;
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

/// How late a timer may be. Later it is taken for lost: it runs on a runtime that nobody drives.
const LATE: Duration = Duration::from_secs(1);

/// How often the end of a linger is put off in a row. Connections that take a little now and
/// then are always on their way, and must not hold up all others for longer.
const MOST_PUT_OFF: u32 = 2;

/// A log and its listeners.
#[derive(Debug)]
pub(crate) struct Seam<L: Hidden> {
    state: Mutex<State<L>>,
}

#[derive(Debug)]
struct State<L: Hidden> {
    log: L,
    slots: Slots<L::Origin>,
    /// When the timer rings that shows what comes until then, if one runs.
    due: Option<Duration>,
    /// The number of that timer: those before it are lost, and change nothing any more.
    timer: u64,
    /// When the last of those who were woken came back for more, if all of them have.
    settled: Option<Duration>,
    /// How often in a row the timer was put off.
    put_off: u32,
}

/// What is to be done once the lock is released: waking takes time, and runs the code of others.
#[derive(Debug)]
#[must_use]
pub(crate) struct Wake<O> {
    pub(super) wakers: Vec<Waker>,
    /// The timer that is to be started.
    pub(super) timer: Option<Timer<O>>,
}

/// A timer that is to ring after a linger.
#[derive(Debug)]
pub(crate) struct Timer<O> {
    pub(crate) number: u64,
    /// Where it can run, if one of the listeners knows.
    pub(crate) origin: Option<O>,
}

impl<O> Wake<O> {
    const fn nobody() -> Self {
        Self { wakers: Vec::new(), timer: None }
    }

    pub(crate) const fn take_timer(&mut self) -> Option<Timer<O>> {
        self.timer.take()
    }

    pub(crate) fn wake(self) {
        self.wakers.into_iter().for_each(Waker::wake);
    }
}

impl<L: Hidden> Seam<L> {
    pub(crate) fn new(log: L) -> Self {
        let slots = Slots::default();
        let state = State { log, slots, due: None, timer: 0, settled: None, put_off: 0 };
        Self { state: Mutex::new(state) }
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
    /// rings or a whole batch has come. Without a linger there is no timer.
    pub(crate) fn append<R>(
        &self,
        now: Duration,
        linger: Option<Duration>,
        append: impl FnOnce(&mut L, usize) -> R,
    ) -> (R, Wake<L::Origin>) {
        let mut guard = self.lock();
        let state = &mut *guard;
        let appended = append(&mut state.log, state.slots.len());
        let wake = state.appended(now, linger);
        let rest = state.log.take_rest();
        drop(guard);
        drop(rest);
        (appended, wake)
    }

    /// Changes the log under its readers, and wakes all of them.
    pub(crate) fn change(&self, change: impl FnOnce(&mut L)) -> Wake<L::Origin> {
        let mut guard = self.lock();
        let state = &mut *guard;
        change(&mut state.log);
        let wake = state.show(None);
        let rest = state.log.take_rest();
        drop(guard);
        drop(rest);
        wake
    }

    /// The timer has rung. Gives what to do, and after how long it is to ring again. Without
    /// anything to show it is over, and the next event leaves at once again.
    ///
    /// A linger begins when the event before has left, which to a thousand connections takes
    /// longer than a linger. Counted from the waking of them it would be over as soon as the
    /// last of them had its event: then the first event of the next burst would go out to all
    /// of them alone, at the price of the whole burst. An event that left within the first half
    /// has left at once: to a few it always does, and for them nothing is put off.
    pub(crate) fn ring(
        &self,
        timer: u64,
        now: Duration,
        linger: Duration,
    ) -> Option<(Wake<L::Origin>, Duration)> {
        let state = &mut *self.lock();
        if timer != state.timer {
            return None;
        }
        let since = match state.settled {
            Some(settled) => now.saturating_sub(settled),
            None if state.slots.is_leaving() => Duration::ZERO,
            None => linger,
        };
        if since < linger / 2 && state.put_off < MOST_PUT_OFF {
            state.put_off += 1;
            state.due = Some(now + linger - since);
            return Some((Wake::nobody(), linger - since));
        }
        state.put_off = 0;
        if !state.log.has_hidden() {
            state.due = None;
            return None;
        }
        state.due = Some(now + linger);
        Some((state.show(None), linger))
    }

    /// The timer is gone before it was over: nobody else would show what it was to show.
    pub(crate) fn lose_timer(&self, timer: u64) -> Wake<L::Origin> {
        let state = &mut *self.lock();
        if timer != state.timer {
            return Wake::nobody();
        }
        (state.due, state.put_off) = (None, 0);
        state.show(None)
    }

    /// A new listener: its place among the others and in the log are taken together.
    pub(crate) fn join<R>(
        &self,
        origin: Option<L::Origin>,
        join: impl FnOnce(&mut L, usize) -> R,
    ) -> (Slot, R) {
        let mut guard = self.lock();
        let state = &mut *guard;
        if state.due.is_none() {
            // What came while nobody listened.
            state.log.show();
        }
        let joined = join(&mut state.log, state.slots.len());
        let slot = state.slots.take(origin);
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
    fn appended(&mut self, now: Duration, linger: Option<Duration>) -> Wake<L::Origin> {
        // With nobody to show it to, frames gather until somebody comes.
        if self.slots.len() == 0 || !self.log.has_hidden() {
            return Wake::nobody();
        }
        let lingers = self.due.is_some_and(|due| now < due + LATE);
        if lingers && !self.log.is_full() {
            return Wake::nobody();
        }
        let timer = if lingers { None } else { linger.map(|linger| self.begin(now + linger)) };
        self.show(timer)
    }

    /// A timer in place of the one before.
    fn begin(&mut self, due: Duration) -> Timer<L::Origin> {
        self.timer += 1;
        (self.due, self.put_off) = (Some(due), 0);
        Timer { number: self.timer, origin: self.slots.origin(L::is_steady).cloned() }
    }

    fn show(&mut self, timer: Option<Timer<L::Origin>>) -> Wake<L::Origin> {
        self.log.show();
        self.settled = None;
        Wake { wakers: self.slots.drain(), timer }
    }
}
