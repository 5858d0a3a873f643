//! How long bytes take from a stream to the socket.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use metrics::Histogram;
use tokio::time::Instant;

/// The clock of one connection. It measures what is on its way as a whole: from the first bytes
/// that it is given until the socket has taken all of them. Under HTTP/2 streams share it.
#[derive(Debug)]
pub(super) struct WriteClock {
    histogram: Histogram,
    birth: Instant,
    /// Since when something is on its way, in nanoseconds after the birth; 0 where nothing is.
    since: AtomicU64,
}

impl WriteClock {
    pub(super) fn new(histogram: Histogram) -> Self {
        Self { histogram, birth: Instant::now(), since: AtomicU64::new(0) }
    }

    pub(super) fn start(&self, now: Instant) {
        if self.since.load(Relaxed) == 0 {
            self.since.store(self.age(now).max(1), Relaxed);
        }
    }

    pub(super) fn stop(&self) {
        // Most writes are of what nobody has timed.
        if self.since.load(Relaxed) == 0 {
            return;
        }
        let since = self.since.swap(0, Relaxed);
        let now = self.age(Instant::now());
        self.histogram.record(Duration::from_nanos(now.saturating_sub(since)));
    }

    fn age(&self, now: Instant) -> u64 {
        let age = now.saturating_duration_since(self.birth);
        u64::try_from(age.as_nanos()).unwrap_or(u64::MAX)
    }
}
