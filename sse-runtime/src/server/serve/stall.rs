//! The clock of a reader that has stopped.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::{Sleep, sleep};

use super::meter::Meter;

/// How many bytes a peer has to take in the time for a write, or to give in that for a body, to
/// be no stuck one. Without it a byte now and then would keep a connection for ever.
pub(super) const LEAST: usize = 1024;

/// Runs from the moment that a write or a flush has to wait until everything has left.
pub(super) struct Clock {
    timeout: Duration,
    /// None where nothing waits: an idle connection has no timer.
    sleep: Option<Pin<Box<Sleep>>>,
    /// What was taken since the clock was set, or by the meter when it was.
    taken: u64,
    /// Whether a flush waits: what is taken meanwhile may have gone into a buffer only.
    pub(super) flushes: bool,
    /// Whether the last write had to wait: then what is taken next took the place of what left.
    pub(super) is_full: bool,
    /// What the socket below took, where there is something between.
    pub(super) meter: Option<Meter>,
}

impl Clock {
    pub(super) const fn new(timeout: Duration) -> Self {
        Self { timeout, sleep: None, taken: 0, flushes: false, is_full: false, meter: None }
    }

    /// Everything has left.
    pub(super) fn stop(&mut self) {
        (self.sleep, self.flushes) = (None, false);
    }

    pub(super) fn took(&mut self, taken: usize, offered: usize) {
        let was_full = std::mem::take(&mut self.is_full);
        if taken == offered && !self.flushes {
            self.stop();
        }
        if self.meter.is_none() && (was_full || !self.flushes) {
            self.taken = self.taken.saturating_add(taken as u64);
        }
    }

    /// How much left since the clock was set.
    fn left(&self) -> u64 {
        self.meter.as_ref().map_or(self.taken, |meter| meter.taken() - self.taken)
    }

    /// Ready when too little left for too long.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let sleep = match &mut self.sleep {
                Some(sleep) => sleep,
                None => {
                    self.taken = self.meter.as_ref().map_or(0, Meter::taken);
                    self.sleep.insert(Box::pin(sleep(self.timeout)))
                }
            };
            ready!(sleep.as_mut().poll(cx));
            if self.left() < LEAST as u64 {
                return Poll::Ready(());
            }
            self.sleep = None;
        }
    }
}

#[cfg(test)]
impl Clock {
    /// Whether it does not run.
    pub(super) const fn is_still(&self) -> bool {
        self.sleep.is_none()
    }
}
