//! The time that the client goes by.

use std::time::{Duration, Instant, SystemTime};

/// By how much the wall clock must outrun the other one to show a sleep. Less is drift, or a
/// correction; a correction that is larger costs one reconnect from the position.
const SLEEP: Duration = Duration::from_secs(5);

/// Time since an arbitrary start, which never goes back and does not stop in a laptop's sleep.
///
/// `Instant` alone stops there on Linux and macOS: a watchdog that goes by it gives a dead
/// connection its full time again after waking. The wall clock alone goes back. So it is the
/// first, plus what the second shows to have been slept through.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeline {
    steady: Instant,
    wall: SystemTime,
    passed: Duration,
}

impl Timeline {
    /// Begins at zero.
    pub(crate) const fn new(steady: Instant, wall: SystemTime) -> Self {
        Self { steady, wall, passed: Duration::ZERO }
    }

    /// The time now, by readings of both clocks.
    pub(crate) fn now(&mut self, steady: Instant, wall: SystemTime) -> Duration {
        let by_steady = steady.saturating_duration_since(self.steady);
        let by_wall = wall.duration_since(self.wall).unwrap_or_default();
        let slept = by_wall.saturating_sub(by_steady) > SLEEP;
        self.passed = self.passed.saturating_add(if slept { by_wall } else { by_steady });
        self.steady = self.steady.max(steady);
        self.wall = wall;
        self.passed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_sleep_counts_and_the_wall_clock_going_back_does_not() {
        let (steady, wall) = (Instant::now(), SystemTime::UNIX_EPOCH + s(1_000_000_000));
        let mut line = Timeline::new(steady, wall);
        assert_eq!(line.now(steady + s(10), wall + s(10)), s(10));
        // Drift.
        assert_eq!(line.now(steady + s(20), wall + s(23)), s(20));
        // Eight hours of which the steady clock knows nothing.
        let night = s(8 * 3600);
        assert_eq!(line.now(steady + s(21), wall + s(23) + night), s(20) + night);
        // The wall clock is set back.
        assert_eq!(line.now(steady + s(31), wall), s(30) + night);
        // A reading of the steady clock that is older than the last.
        assert_eq!(line.now(steady + s(30), wall), s(30) + night);
        assert_eq!(line.now(steady + s(32), wall + s(1)), s(31) + night);
    }
}
