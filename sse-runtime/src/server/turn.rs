//! Which poll of its connection a stream is asked in.

use std::{
    cell::Cell,
    sync::atomic::{AtomicU64, Ordering},
    task::Waker,
};

/// One poll of a connection. No two have the same number, whichever threads they are on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn(u64);

/// The turn that a thread is in, and whose it is: the two addresses of the waker of its task.
type Current = (u64, [usize; 2]);

static THREADS: AtomicU64 = AtomicU64::new(1);

thread_local! {
    static CURRENT: Cell<Current> = const { Cell::new((0, [0; 2])) };
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// A turn of this thread, until it is dropped.
pub(super) struct Taken {
    before: Current,
}

impl Turn {
    /// Begins a turn of the task with this waker.
    pub(super) fn begin(waker: &Waker) -> Taken {
        let count = match COUNT.get() {
            // Room for a thread to count for years.
            0 => THREADS.fetch_add(1, Ordering::Relaxed) << 40,
            count => count,
        } + 1;
        COUNT.set(count);
        Taken { before: CURRENT.replace((count, whose(waker))) }
    }

    /// The turn, if it is one of the task that is to be woken. Whoever asks in another's name, a
    /// layer with wakers of its own or another task, is in none.
    pub(super) fn of(waker: &Waker) -> Option<Self> {
        let (count, task) = CURRENT.get();
        (count != 0 && task == whose(waker)).then_some(Self(count))
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        CURRENT.set(self.before);
    }
}

fn whose(waker: &Waker) -> [usize; 2] {
    [waker.data().addr(), std::ptr::from_ref(waker.vtable()).addr()]
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, task::Wake};

    use super::*;

    struct Nobody;

    impl Wake for Nobody {
        fn wake(self: Arc<Self>) {}
    }

    #[test]
    fn a_turn_is_that_of_its_task_and_ends_with_it() {
        let (task, other) = (Waker::from(Arc::new(Nobody)), Waker::from(Arc::new(Nobody)));
        assert_eq!(Turn::of(&task), None);
        let first = Turn::begin(&task);
        let now = Turn::of(&task);
        assert!(now.is_some() && Turn::of(&task) == now && Turn::of(&other).is_none());
        {
            let _within = Turn::begin(&other);
            assert!(Turn::of(&other).is_some() && Turn::of(&task).is_none());
        }
        assert_eq!(Turn::of(&task), now);
        drop(first);
        assert_eq!(Turn::of(&task), None);
        let _second = Turn::begin(&task);
        assert_ne!(Turn::of(&task), now);
    }

    #[test]
    fn no_two_threads_have_the_same() {
        let turn = || {
            let _taken = Turn::begin(Waker::noop());
            Turn::of(Waker::noop()).unwrap()
        };
        let here = turn();
        assert_ne!(std::thread::spawn(turn).join().unwrap(), here);
    }
}
