//! The timer of a channel's linger: one for all its listeners, and only while something comes.

use std::sync::Arc;

use tokio::{runtime::Handle, time::sleep};

use super::{core::Core, seam::Timer};

/// Runs until a linger passes in which nothing came.
pub(super) fn start(core: &Arc<Core>, timer: Timer<Handle>) {
    let running = Running { core: Some(Arc::clone(core)), number: timer.number };
    // Where a listener comes from: whoever publishes may stand outside of every runtime.
    let runtime = timer.origin.or_else(|| Handle::try_current().ok());
    // Dropped where there is none: what would linger is then shown at once.
    let Some(runtime) = runtime else { return };
    let _detached = runtime.spawn(run(running));
}

async fn run(mut running: Running) {
    let Some(mut wait) = running.core.as_ref().map(|core| core.rules.linger) else { return };
    while let Some(core) = &running.core {
        sleep(wait).await;
        match core.seam.ring(running.number, core.rules.age(), core.rules.linger) {
            Some((wake, next)) => {
                wake.wake();
                wait = next;
            }
            None => running.core = None,
        }
    }
}

/// A timer that is not over. A runtime that shuts down drops it, and what it was to show would
/// stay hidden for ever.
struct Running {
    core: Option<Arc<Core>>,
    number: u64,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(core) = &self.core {
            core.seam.lose_timer(self.number).wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{task::Waker, time::Duration};

    use super::super::{
        seam::{Hidden, Seam},
        slots::Slot,
    };

    /// A log of nothing but what is hidden.
    #[derive(Debug, Default)]
    struct Count(usize);

    impl Hidden for Count {
        type Rest = ();
        type Origin = ();

        fn is_steady((): &()) -> bool {
            true
        }

        fn take_rest(&mut self) {}

        fn show(&mut self) {
            self.0 = 0;
        }

        fn has_hidden(&self) -> bool {
            self.0 > 0
        }

        fn is_full(&self) -> bool {
            false
        }

        fn left_alone(&mut self) {}
    }

    const LINGER: Duration = Duration::from_millis(8);

    /// Wakes two listeners once.
    fn shown() -> (Seam<Count>, [Slot; 2]) {
        let seam = Seam::new(Count::default());
        let slots = [0, 1].map(|_| seam.join(None, |_, _| ()).0);
        let _ = slots.each_ref().map(|slot| wait(&seam, slot, 0));
        let ((), wake) = seam.append(Duration::ZERO, Some(LINGER), |log, _| log.0 += 1);
        assert!(wake.timer.is_some() && wake.wakers.len() == 2);
        let ((), wake) = seam.append(Duration::ZERO, Some(LINGER), |log, _| log.0 += 1);
        assert!(wake.wakers.is_empty());
        (seam, slots)
    }

    fn wait(seam: &Seam<Count>, slot: &Slot, at: u64) {
        let now = || Duration::from_millis(at);
        assert_eq!(seam.poll(slot, Waker::noop(), now, |_| None::<()>), None);
    }

    /// How many are woken when the timer rings, and after how many milliseconds it rings again.
    fn ring(seam: &Seam<Count>, at: u64) -> Option<(usize, u128)> {
        let rung = seam.ring(1, Duration::from_millis(at), LINGER);
        rung.map(|(wake, next)| (wake.wakers.len(), next.as_millis()))
    }

    #[test]
    fn what_left_at_once_is_followed_after_a_linger() {
        let (seam, slots) = shown();
        let _ = slots.each_ref().map(|slot| wait(&seam, slot, 4));
        assert_eq!(ring(&seam, 8), Some((2, 8)));
        let _ = slots.each_ref().map(|slot| wait(&seam, slot, 9));
        assert_eq!(ring(&seam, 16), None);
    }

    #[test]
    fn a_linger_begins_when_the_last_has_the_event_before() {
        let (seam, slots) = shown();
        wait(&seam, &slots[0], 5);
        assert_eq!(ring(&seam, 8), Some((0, 8)), "it is on its way to the other");
        wait(&seam, &slots[1], 15);
        assert_eq!(ring(&seam, 16), Some((0, 7)), "it has left just now");
        assert_eq!(ring(&seam, 23), Some((2, 8)));
    }

    #[test]
    fn whoever_does_not_come_puts_nothing_off() {
        let (seam, slots) = shown();
        assert_eq!(ring(&seam, 8), Some((0, 8)), "both are away, and what waits is shown");
        let now = Duration::from_millis(8);
        let _nobody = seam.append(now, Some(LINGER), |log, _| log.0 += 1);
        wait(&seam, &slots[0], 9);
        assert_eq!(ring(&seam, 16), Some((0, 8)), "one has come, and the other may be on its way");
        assert_eq!(ring(&seam, 24), Some((1, 8)), "it is not");
    }

    #[test]
    fn whoever_is_always_on_its_way_puts_it_off_for_a_while() {
        let (seam, _others) = shown();
        let mut rings = Vec::new();
        for at in [8, 16, 24] {
            let slot = seam.join(None, |_, _| ()).0; // somebody else comes each time
            wait(&seam, &slot, at);
            rings.push(ring(&seam, at).map(|(woken, _)| woken));
        }
        assert_eq!(rings, [Some(0), Some(0), Some(3)]);
    }

    #[test]
    fn a_timer_that_never_rings_is_replaced_and_changes_nothing_any_more() {
        let (seam, slots) = shown();
        let _ = slots.each_ref().map(|slot| wait(&seam, slot, 1));
        let late = LINGER + Duration::from_secs(1);
        let append = |at| seam.append(at, Some(LINGER), |log, _| log.0 += 1).1;
        assert!(append(late - Duration::from_nanos(1)).timer.is_none());
        let wake = append(late);
        assert_eq!((wake.wakers.len(), wake.timer.map(|timer| timer.number)), (2, Some(2)));
        assert!(seam.ring(1, late, LINGER).is_none() && seam.lose_timer(1).wakers.is_empty());
        assert!(append(late).timer.is_none(), "the second runs");
        assert!(seam.ring(2, late + LINGER, LINGER).is_some());
    }
}
