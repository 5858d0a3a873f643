//! Whether a connection is healthy, so that the outage before it is over (pitfall P4).
//!
//! A 200 is no sign of health, and control events are none either: a server that accepts, says
//! `sse.open` and closes would be asked for ever without a wait. The time since the head alone is
//! none too: it says nothing of a server that closes idle streams on schedule.

use std::time::Duration;

/// What counts as two heartbeats where none is announced, and where they are further apart: with
/// one every 40 seconds a quiet stream that something cuts each minute would never be healthy.
const LONGEST: Duration = Duration::from_secs(30);

/// The signs of one connection.
#[derive(Debug, Clone)]
pub(super) struct Health {
    head: Duration,
    heartbeat: Option<Duration>,
    healthy: bool,
}

impl Health {
    pub(super) const fn new(now: Duration) -> Self {
        Self { head: now, heartbeat: None, healthy: false }
    }

    pub(super) fn announce(&mut self, heartbeat: Option<Duration>) {
        self.heartbeat = heartbeat;
    }

    /// Bytes came; whether the connection is healthy by that from now on, and was not before.
    pub(super) fn bytes(&mut self, now: Duration) -> bool {
        let needed = self.heartbeat.map_or(LONGEST, |beat| beat.saturating_mul(2).min(LONGEST));
        now.saturating_sub(self.head) >= needed && self.progress()
    }

    /// An event of the application came, or the position moved; as before.
    pub(super) fn progress(&mut self) -> bool {
        !std::mem::replace(&mut self.healthy, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn bytes_count_once_they_come_two_heartbeats_or_half_a_minute_after_the_head() {
        let mut health = Health::new(s(100));
        assert!(!health.bytes(s(129)));
        assert!(health.bytes(s(130)));
        assert!(!health.bytes(s(131)), "it is told once");
        let mut announced = Health::new(s(100));
        announced.announce(Some(s(5)));
        assert!(!announced.bytes(s(109)));
        assert!(announced.bytes(s(110)));
        let mut rare = Health::new(s(100));
        rare.announce(Some(s(50)));
        assert!(!rare.bytes(s(129)));
        assert!(rare.bytes(s(150)));
    }

    #[test]
    fn an_event_counts_at_once() {
        let mut health = Health::new(s(0));
        assert!(health.progress());
        assert!(!health.progress());
    }
}
