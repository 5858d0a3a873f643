//! The clocks of one attempt and of one connection (pitfall P10).
//!
//! Each is a time to compare with, never a count of ticks: timers sleep when a laptop does, and
//! on waking the first look at the clock has to tell.

use std::{fmt, time::Duration};

use super::{ClientConfig, silence::Silence};

/// Which clock fired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Clock {
    /// Connecting, with TLS: `connect_timeout`, 10 s.
    Connect,
    /// The head of the response: `head_timeout`, 30 s.
    Head,
    /// Bytes, heartbeats included: `silence`, three announced heartbeats, or 2 minutes if none
    /// is announced.
    Bytes,
    /// Events of the application: `event_timeout`, off.
    Event,
    /// The first of them: `first_event_timeout`, off.
    FirstEvent,
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting took too long (`connect_timeout`)",
            Self::Head => "the head of the response did not come in time (`head_timeout`)",
            Self::Bytes => "no byte came for too long, not even a heartbeat (`silence`)",
            Self::Event => "no event came for too long (`event_timeout`)",
            Self::FirstEvent => "the first event did not come in time (`first_event_timeout`)",
        })
    }
}

/// What is waited for where no heartbeat is announced.
const UNANNOUNCED: Duration = Duration::from_secs(2 * 60);

/// The clocks of an attempt, until the head of its response is there.
#[derive(Debug, Clone)]
pub(super) struct Setup {
    began: Duration,
    /// Since when a connection is made, where the transport says so and has not finished.
    dialling: Option<Duration>,
    /// When the request could go out.
    ready: Duration,
    /// How long connecting took, where the transport said so.
    took: Option<Duration>,
    /// A server has taken the request, and sent on for the answer.
    accepted: bool,
    connect: Duration,
    head: Duration,
}

impl Setup {
    pub(super) fn new(config: &ClientConfig, now: Duration) -> Self {
        let (connect, head) = (config.connect_timeout, config.head_timeout);
        Self { began: now, dialling: None, ready: now, took: None, accepted: false, connect, head }
    }

    pub(super) fn dial(&mut self, now: Duration) {
        self.dialling = Some(now);
    }

    pub(super) fn connected(&mut self, now: Duration) {
        if let Some(began) = self.dialling.take() {
            self.took = Some(now.min(began.saturating_add(self.connect)).saturating_sub(began));
        }
        self.ready = now;
    }

    pub(super) fn accept(&mut self) {
        self.accepted = true;
    }

    pub(super) const fn is_accepted(&self) -> bool {
        self.accepted
    }

    /// Whether the transport says that it is still connecting, so that nothing was sent.
    pub(super) const fn is_dialling(&self) -> bool {
        self.dialling.is_some()
    }

    /// The clock that fires next.
    pub(super) fn deadline(&self) -> (Duration, Clock) {
        match self.dialling {
            Some(began) => (began.saturating_add(self.connect), Clock::Connect),
            None => (self.ready.saturating_add(self.head), Clock::Head),
        }
    }

    /// How long connecting took; where the transport does not tell, the whole attempt so far.
    /// Never more than the clocks allow, whatever was slept through.
    pub(super) fn took(&self, now: Duration) -> Duration {
        self.took.unwrap_or_else(|| now.min(self.deadline().0).saturating_sub(self.began))
    }
}

/// The clocks of a connection whose head is there.
#[derive(Debug, Clone)]
pub(super) struct Watchdog {
    /// The last byte, or the head.
    byte: Duration,
    /// The last event of the application, or the head.
    event: Duration,
    seen_event: bool,
    heartbeat: Option<Duration>,
    silence: Silence,
    event_timeout: Option<Duration>,
    first_event_timeout: Option<Duration>,
    standard: bool,
}

impl Watchdog {
    pub(super) fn new(config: &ClientConfig, now: Duration) -> Self {
        Self {
            byte: now,
            event: now,
            seen_event: false,
            heartbeat: None,
            silence: config.silence,
            event_timeout: config.event_timeout,
            first_event_timeout: config.first_event_timeout,
            standard: config.standard,
        }
    }

    pub(super) fn announce(&mut self, heartbeat: Option<Duration>) {
        self.heartbeat = heartbeat;
    }

    pub(super) fn byte(&mut self, now: Duration) {
        self.byte = now;
    }

    pub(super) fn event(&mut self, now: Duration) {
        self.event = now;
        self.seen_event = true;
    }

    /// The clock that fires next, if any does. Of two at the same time the one named first.
    pub(super) fn deadline(&self) -> Option<(Duration, Clock)> {
        let bytes = self.silence().map(|silence| (self.byte.saturating_add(silence), Clock::Bytes));
        let first = self.first_event_timeout.filter(|_| !self.seen_event);
        let first = first.map(|time| (self.event.saturating_add(time), Clock::FirstEvent));
        let event = self.event_timeout;
        let event = event.map(|time| (self.event.saturating_add(time), Clock::Event));
        [bytes, first, event].into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    fn silence(&self) -> Option<Duration> {
        match self.silence {
            // The standard knows no clock, and so one is there only where it is written down.
            Silence::Heartbeats if self.standard => None,
            Silence::Heartbeats => {
                Some(self.heartbeat.map_or(UNANNOUNCED, |beat| beat.saturating_mul(3)))
            }
            Silence::After(time) => Some(time),
            Silence::Unlimited => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn bytes_are_expected_by_what_is_announced() {
        let mut dog = Watchdog::new(&ClientConfig::new(), s(10));
        assert_eq!(dog.deadline(), Some((s(130), Clock::Bytes)));
        dog.announce(Some(s(15)));
        assert_eq!(dog.deadline(), Some((s(55), Clock::Bytes)));
        dog.byte(s(40));
        assert_eq!(dog.deadline(), Some((s(85), Clock::Bytes)));
        let off = Watchdog::new(&ClientConfig::new().unlimited_silence(), s(10));
        assert_eq!(off.deadline(), None);
    }

    #[test]
    fn events_have_a_clock_of_their_own_where_somebody_wants_it() {
        let config = ClientConfig::new().event_timeout(s(60)).first_event_timeout(s(5));
        let mut dog = Watchdog::new(&config, s(0));
        assert_eq!(dog.deadline(), Some((s(5), Clock::FirstEvent)));
        dog.event(s(3));
        assert_eq!(dog.deadline(), Some((s(63), Clock::Event)));
        dog.byte(s(60)); // a heartbeat is no event
        assert_eq!(dog.deadline(), Some((s(63), Clock::Event)));
    }

    #[test]
    fn the_head_is_waited_for_once_the_connection_is_there() {
        let mut setup = Setup::new(&ClientConfig::new(), s(0));
        assert_eq!(setup.deadline(), (s(30), Clock::Head));
        setup.dial(s(1));
        assert_eq!(setup.deadline(), (s(11), Clock::Connect));
        setup.connected(s(4));
        assert_eq!(setup.deadline(), (s(34), Clock::Head));
        assert_eq!(setup.took(s(20)), s(3));
    }

    #[test]
    fn what_was_slept_through_is_no_time_that_a_connection_took() {
        let mut setup = Setup::new(&ClientConfig::new(), s(0));
        assert_eq!(setup.took(s(8 * 3600)), s(30));
        setup.dial(s(0));
        assert_eq!(setup.took(s(8 * 3600)), s(10));
        setup.connected(s(8 * 3600));
        assert_eq!(setup.took(s(8 * 3600)), s(10));
    }
}
