//! When a stream that is silent says that it is there.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep};

/// The clock of the heartbeat. It is not set anew by each write, only looked at when it
/// rings: a busy stream never touches a timer.
pub(super) struct Heartbeat {
    sleep: Pin<Box<Sleep>>,
    interval: Duration,
    /// When the sleep ends.
    due: Instant,
    /// Whether it wakes the task then.
    pub(super) wakes: bool,
    last_write: Instant,
    /// Whether something was written since the clock was last looked at.
    has_written: bool,
}

impl Heartbeat {
    pub(super) fn new(interval: Duration) -> Self {
        let now = Instant::now();
        Self {
            sleep: Box::pin(sleep(interval)),
            interval,
            due: now + interval,
            wakes: false,
            last_write: now,
            has_written: false,
        }
    }

    /// The time of it is that of the next look: a connection that could not take it for a while
    /// has taken it only then.
    pub(super) const fn written(&mut self) {
        self.has_written = true;
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let now = Instant::now();
        if std::mem::take(&mut self.has_written) {
            self.last_write = now;
        }
        // A sleep that has not ended, and wakes this task when it does, is not asked: it lies in
        // memory of its own, which with thousands of streams is in no cache, and asking took a
        // tenth of what a wake spends outside of the kernel.
        if now < self.due && self.wakes {
            return Poll::Pending;
        }
        while self.sleep.as_mut().poll(cx).is_ready() {
            let due = self.last_write + self.interval;
            if now >= due {
                return Poll::Ready(());
            }
            self.sleep.as_mut().reset(due);
            self.due = due;
        }
        self.wakes = true;
        Poll::Pending
    }
}
