//! How long to wait before connecting again (pitfall P4).

use std::time::Duration;

/// A source of numbers from 0 to 1. Anything else counts as the nearer of the two.
pub(super) type Draw<'a> = &'a mut dyn FnMut() -> f64;

/// No wait is shorter, and a server cannot ask for less: `retry: 0` is no licence for a storm.
pub(super) const SHORTEST: Duration = Duration::from_millis(10);
/// A server cannot ask for more, jitter aside.
pub(super) const LONGEST: Duration = Duration::from_secs(5 * 60);
/// What the standard leaves open: "a few seconds".
const STANDARD: Duration = Duration::from_secs(3);
/// By how much a wait is longer than the one before, drawn each time, so that clients that fell
/// out together drift apart.
const FACTOR: (f64, f64) = (1.8, 2.2);
const JITTER: (f64, f64) = (0.5, 1.5);
/// Beyond this every first delay has reached its cap.
const MOST_GROWTH: f64 = 1e6;

/// The waits of one stream.
#[derive(Debug, Clone)]
pub(super) struct Backoff {
    first: Duration,
    cap: Duration,
    /// What the server asked for in place of `first`. Not forgotten when a connection is
    /// accepted: the standard keeps it, and the server knows its load best.
    asked: Option<Duration>,
    /// By how much the next wait is longer than the first one.
    growth: Option<f64>,
    /// How long the last connection took to make.
    took: Duration,
}

impl Backoff {
    pub(super) const fn new(first: Duration, cap: Duration) -> Self {
        Self { first, cap, asked: None, growth: None, took: Duration::ZERO }
    }

    /// The server's `retry:`.
    pub(super) fn ask(&mut self, retry: Duration) {
        self.asked = Some(clamp(retry));
    }

    /// How long the last connection took to make. A server that may think for an hour before its
    /// head does not make the client wait for two.
    pub(super) fn took(&mut self, time: Duration) {
        self.took = time.min(LONGEST / 2);
    }

    /// A connection is healthy: the next wait is the first one again.
    pub(super) fn reset(&mut self) {
        self.growth = None;
    }

    /// The next wait. `least` is what the server asked for this once; it is kept to, and the
    /// jitter comes on top, because thousands were told the same.
    ///
    /// The cap comes before the jitter: clipping afterwards would let half of all clients meet at
    /// the cap.
    pub(super) fn wait(&mut self, least: Option<Duration>, draw: Draw<'_>) -> Duration {
        let growth = match self.growth {
            None => 1.0,
            Some(growth) => (growth * between(FACTOR, draw())).min(MOST_GROWTH),
        };
        self.growth = Some(growth);
        let base = scale(self.base(), growth).min(self.cap.max(self.base()));
        let unit = draw();
        let own = scale(base, between(JITTER, unit));
        let asked = least.map_or(Duration::ZERO, |least| {
            let least = least.min(LONGEST);
            least + scale(self.first.max(least / 2), between((0.0, 1.0), unit))
        });
        own.max(asked).max(self.took.saturating_mul(2)).max(SHORTEST)
    }

    /// The reconnection time of the standard, to the millisecond.
    pub(super) fn standard(&self) -> Duration {
        self.asked.unwrap_or(STANDARD)
    }

    /// Whether the server asked for a first wait that is longer than the longest of ours, so that
    /// it would be unfair to charge it to the client's budget of time.
    pub(super) fn is_asked_for_more(&self) -> bool {
        self.asked.is_some_and(|asked| asked > self.cap)
    }

    fn base(&self) -> Duration {
        self.asked.unwrap_or(self.first)
    }
}

/// What a server may ask for.
fn clamp(retry: Duration) -> Duration {
    retry.clamp(SHORTEST, LONGEST)
}

/// From here to there by a number from 0 to 1.
fn between((from, to): (f64, f64), unit: f64) -> f64 {
    let unit = if unit.is_nan() { 0.5 } else { unit.clamp(0.0, 1.0) };
    from + (to - from) * unit
}

/// `Duration::mul_f64`, which panics where this gives the longest duration.
fn scale(time: Duration, by: f64) -> Duration {
    Duration::try_from_secs_f64(time.as_secs_f64() * by).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn waits(backoff: &mut Backoff, unit: f64, count: usize) -> Vec<f64> {
        (0..count).map(|_| backoff.wait(None, &mut || unit).as_secs_f64()).collect()
    }

    fn default() -> Backoff {
        Backoff::new(s(1), s(60))
    }

    #[track_caller]
    fn assert_close(found: &[f64], expected: &[f64]) {
        let close = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-6;
        let same = found.len() == expected.len() && found.iter().zip(expected).all(close);
        assert!(same, "{found:?} is not {expected:?}");
    }

    #[test]
    fn the_values_of_the_pitfall() {
        let middle = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0];
        assert_close(&waits(&mut default(), 0.5, 8), &middle);
        let short = [0.5, 0.9, 1.62, 2.916, 5.2488, 9.44784];
        assert_close(&waits(&mut default(), 0.0, 6), &short);
        let long = [1.5, 3.3, 7.26, 15.972, 35.1384, 77.30448, 90.0, 90.0];
        assert_close(&waits(&mut default(), 1.0, 8), &long);
    }

    #[test]
    fn a_healthy_connection_begins_anew_and_keeps_what_the_server_asked_for() {
        let mut backoff = default();
        backoff.ask(s(3));
        assert_close(&waits(&mut backoff, 0.5, 3), &[3.0, 6.0, 12.0]);
        backoff.ask(s(3)); // said again by each connection: no reason to begin anew
        assert_close(&waits(&mut backoff, 0.5, 1), &[24.0]);
        backoff.reset();
        assert_close(&waits(&mut backoff, 0.5, 2), &[3.0, 6.0]);
    }

    #[test]
    fn the_server_cannot_ask_for_too_little_or_too_much() {
        let mut backoff = default();
        backoff.ask(Duration::ZERO);
        assert_close(&waits(&mut backoff, 0.5, 2), &[0.01, 0.02]);
        assert_eq!(backoff.standard(), SHORTEST);
        let mut backoff = default();
        backoff.ask(Duration::from_millis(u64::MAX));
        assert_close(&waits(&mut backoff, 0.5, 2), &[300.0, 300.0]);
        assert_eq!(backoff.standard(), LONGEST);
        assert!(backoff.is_asked_for_more());
    }

    #[test]
    fn no_wait_is_shorter_than_twice_what_a_connection_took() {
        let mut backoff = default();
        backoff.took(s(10));
        assert_close(&waits(&mut backoff, 0.5, 6), &[20.0, 20.0, 20.0, 20.0, 20.0, 32.0]);
    }

    #[test]
    fn one_answer_for_a_thousand_clients_does_not_bring_them_back_together() {
        for after in [0, 1, 30, 300] {
            let mut buckets = std::collections::BTreeMap::<u128, usize>::new();
            for client in 0..1_000_u32 {
                let mut unit = || (f64::from(client) * 0.618_034).fract();
                let wait = default().wait(Some(s(after)), &mut unit);
                assert!(wait >= s(after));
                *buckets.entry(wait.as_millis() / 50).or_default() += 1;
            }
            let most = buckets.values().max().copied().unwrap_or_default();
            assert!(most <= 60, "{most} of 1000 come back within 50 ms after {after} s");
        }
    }

    proptest! {
        #[test]
        fn every_wait_is_within_bounds(
            asked in proptest::option::of(any::<u64>()),
            leasts in proptest::collection::vec(proptest::option::of(any::<u64>()), 1..40),
            took in 0..150_000_u64,
            units in proptest::collection::vec(any::<f64>(), 1..8),
        ) {
            let mut backoff = default();
            backoff.took(Duration::from_millis(took));
            if let Some(asked) = asked {
                backoff.ask(Duration::from_millis(asked));
            }
            let mut units = units.iter().copied().cycle();
            for least in leasts {
                let least = least.map(Duration::from_millis);
                let wait = backoff.wait(least, &mut || units.next().unwrap_or(0.5));
                prop_assert!(wait >= SHORTEST && wait >= Duration::from_millis(2 * took));
                prop_assert!(wait >= least.unwrap_or_default().min(LONGEST));
                prop_assert!(wait <= LONGEST.mul_f64(1.5), "{:?}", wait);
                if least.is_none() && took < 45_000 && asked.is_none_or(|asked| asked <= 60_000) {
                    prop_assert!(wait <= s(90));
                }
            }
        }
    }
}
