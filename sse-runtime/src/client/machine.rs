//! The state machine of one stream, as a value: what happened and the time go in, what to do
//! and the next deadline come out. The shell around it does the I/O.
//!
//! ```text
//! connecting -- head --> up -- lost --> reconnecting -- head --> up
//!      |                 |                  |
//!      +---- fatal, budget spent ----> failed        complete, cancelled ----> closed
//! ```

use std::{sync::Arc, time::Duration};

use http::StatusCode;

use super::{
    Action, Attempt, ClientConfig, ClientError, Failure, Input, ProtocolError, Request, Row, Rule,
    ServerError, StateChange, StopReason, TransportError,
    backoff::{Backoff, Draw},
    budget::Outage,
    head,
    health::Health,
    retry_after::retry_after,
    standard,
    watchdog::{Setup, Watchdog},
};
use crate::names::{ClientState, Reason};

/// What is believed of an announced heartbeat: a server that says 0 or a day is not to make the
/// watchdog useless.
const HEARTBEATS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10 * 60));

/// One stream. After each [`handle`](Self::handle), and once [`deadline`](Self::deadline) has
/// passed, [`poll`](Self::poll) it until it says [`Action::Wait`] or [`Action::Stop`].
///
/// The time is what has passed since any fixed start, by a clock that does not stop in a sleep
/// ([`Timeline`](super::Timeline)). A timer that wakes late does no harm: what counts is the
/// clock on waking.
#[derive(Debug)]
pub(crate) struct Machine {
    config: Arc<ClientConfig>,
    request: Request,
    /// The latest time that was given; an earlier one is taken for it.
    now: Duration,
    phase: Phase,
    backoff: Backoff,
    outage: Outage,
    /// How many attempts there have been.
    attempts: u64,
    /// The headers were refused, and the hook has been asked since the stream was healthy.
    asked_hook: bool,
    been_up: bool,
    /// What ended the last connection or attempt.
    why: Option<Row>,
    /// What has not been told yet.
    disconnect: bool,
    connect: Option<Attempt>,
    told: Option<ClientState>,
}

#[derive(Debug)]
enum Phase {
    Connecting(Setup),
    Open(Connection),
    Waiting(Wait),
    Stopped(StopReason),
}

/// A connection whose head was accepted.
#[derive(Debug)]
struct Connection {
    since: Duration,
    watchdog: Watchdog,
    health: Health,
}

#[derive(Debug, Clone, Copy)]
struct Wait {
    since: Duration,
    until: Duration,
    /// Whether the attempt after it is charged.
    charged: bool,
    /// Whether the wait itself is left out of the budget of time.
    exempt: bool,
    refused: bool,
}

impl Machine {
    /// A stream that is to be connected now.
    pub(crate) fn new(config: Arc<ClientConfig>, request: Request, now: Duration) -> Self {
        let setup = Setup::new(&config, now);
        let backoff = Backoff::new(config.first_delay, config.max_delay);
        let mut machine = Self {
            config,
            request,
            now,
            phase: Phase::Connecting(setup),
            backoff,
            outage: Outage::none(),
            attempts: 0,
            asked_hook: false,
            been_up: false,
            why: None,
            disconnect: false,
            connect: None,
            told: None,
        };
        machine.connect(true, false, now);
        machine
    }

    /// Takes in what happened.
    pub(crate) fn handle(&mut self, input: Input<'_>, now: Duration, draw: Draw<'_>) {
        let now = self.advance(now);
        match (&mut self.phase, input) {
            (Phase::Stopped(_), _) => {}
            (_, Input::Cancelled) => {
                self.leave(now);
                self.stop(StopReason::Closed);
            }
            (Phase::Connecting(setup), input) => match input {
                Input::Dialling => setup.dial(now),
                Input::Connected => setup.connected(now),
                Input::Accepted => setup.accept(),
                Input::Head { status, headers, wall } => match head::judge(status, headers) {
                    Ok(()) => self.open(now),
                    Err(failure) => {
                        self.fail(failure, retry_after(headers, wall), now, draw);
                    }
                },
                Input::Failed(failure) => self.fail(failure, None, now, draw),
                Input::End => self.fail(TransportError::Reset.into(), None, now, draw),
                _ => {} // of a connection that is no more
            },
            (Phase::Open(_), input) => self.hear(input, now, draw),
            (Phase::Waiting(_), _) => {}
        }
    }

    /// What to do now.
    pub(crate) fn poll(&mut self, now: Duration, draw: Draw<'_>) -> Action {
        let now = self.advance(now);
        self.expire(now, draw);
        if std::mem::take(&mut self.disconnect) {
            return Action::Disconnect;
        }
        let state = self.state();
        if self.told != Some(state) {
            let from = self.told.replace(state);
            return Action::Changed(StateChange { from, to: state, why: self.why });
        }
        if let Some(attempt) = self.connect.take() {
            return Action::Connect(attempt);
        }
        match &self.phase {
            Phase::Stopped(reason) => Action::Stop(reason.clone()),
            _ => Action::Wait,
        }
    }

    /// Whether there is something to do or to tell before anything more is listened to: what a
    /// connection says that is to be dropped is of no interest, and what the next state brings
    /// comes after it.
    pub(crate) fn has_news(&self) -> bool {
        self.disconnect || self.told != Some(self.state())
    }

    /// When to poll again if nothing happens before; none if time does not matter.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        match &self.phase {
            Phase::Connecting(setup) => Some(setup.deadline().0),
            Phase::Open(connection) => connection.watchdog.deadline().map(|(at, _)| at),
            Phase::Waiting(wait) => Some(wait.until),
            Phase::Stopped(_) => None,
        }
    }

    /// Where the stream stands.
    pub(crate) const fn state(&self) -> ClientState {
        match &self.phase {
            Phase::Open(_) => ClientState::Up,
            Phase::Stopped(reason) => reason.state(),
            _ if self.been_up => ClientState::Reconnecting,
            _ => ClientState::Connecting,
        }
    }

    /// What comes out of an open connection.
    fn hear(&mut self, input: Input<'_>, now: Duration, draw: Draw<'_>) {
        let standard = self.config.standard;
        let Phase::Open(Connection { watchdog, health, .. }) = &mut self.phase else { return };
        let recovered = match input {
            Input::Bytes(0) => false,
            Input::Bytes(_) => {
                watchdog.byte(now);
                health.bytes(now)
            }
            Input::Event { terminal: true } if !standard => {
                self.leave(now);
                return self.stop(StopReason::Complete);
            }
            Input::Event { .. } => {
                watchdog.event(now);
                health.progress()
            }
            Input::Moved { held, control } => {
                self.request.positioned = held;
                held && !control && health.progress()
            }
            Input::Open { heartbeat } if !standard => {
                let heartbeat = heartbeat.map(|beat| beat.clamp(HEARTBEATS.0, HEARTBEATS.1));
                watchdog.announce(heartbeat);
                health.announce(heartbeat);
                false
            }
            Input::Bye { reason, retry } if !standard => {
                let failure = match reason {
                    Some(Reason::Truncated) => ProtocolError::Truncated { by: None }.into(),
                    reason => ServerError::Bye(reason).into(),
                };
                return self.fail(failure, retry, now, draw);
            }
            Input::Retry(milliseconds) => {
                self.backoff.ask(Duration::from_millis(milliseconds));
                false
            }
            Input::Failed(Failure::Transport(error)) => return self.lose(error, now, draw),
            Input::Failed(failure) => return self.fail(failure, None, now, draw),
            Input::End => return self.lose(TransportError::Cut, now, draw),
            _ => false,
        };
        if recovered {
            self.outage = Outage::none();
            self.backoff.reset();
            self.asked_hook = false;
        }
    }

    /// Looks at the clock.
    fn expire(&mut self, now: Duration, draw: Draw<'_>) {
        match &self.phase {
            Phase::Connecting(setup) => {
                let (at, clock) = setup.deadline();
                if at <= now {
                    self.fail(TransportError::Clock(clock).into(), None, now, draw);
                }
            }
            Phase::Open(connection) => {
                if let Some((at, clock)) = connection.watchdog.deadline()
                    && at <= now
                {
                    self.lose(TransportError::Clock(clock), now, draw);
                }
            }
            Phase::Waiting(wait) => {
                let Wait { until, charged, refused, .. } = *wait;
                if until <= now {
                    self.leave(now);
                    self.connect(charged, refused, now);
                }
            }
            Phase::Stopped(_) => {}
        }
    }

    fn connect(&mut self, charged: bool, refused: bool, now: Duration) {
        if charged {
            self.outage.attempt(now);
        }
        self.attempts = self.attempts.saturating_add(1);
        self.connect = Some(Attempt { number: self.attempts, refused, why: self.why });
        self.phase = Phase::Connecting(Setup::new(&self.config, now));
    }

    fn open(&mut self, now: Duration) {
        self.account(now);
        self.been_up = true;
        self.phase = Phase::Open(Connection {
            since: now,
            watchdog: Watchdog::new(&self.config, now),
            health: Health::new(now),
        });
    }

    /// An open connection is no more. A finite stream that breaks off is not asked for again by
    /// the row of what cut it, unless it can be resumed: that would run its handler a second
    /// time.
    fn lose(&mut self, error: TransportError, now: Duration, draw: Draw<'_>) {
        let failure = if self.request.finite && !self.request.positioned && !self.config.standard {
            ProtocolError::Truncated { by: Some(error) }.into()
        } else {
            error.into()
        };
        self.fail(failure, None, now, draw);
    }

    /// Decides what becomes of a stream whose connection or attempt is no more. `least` is what
    /// the server asked for.
    fn fail(&mut self, failure: Failure, least: Option<Duration>, now: Duration, draw: Draw<'_>) {
        let accepted = matches!(&self.phase, Phase::Connecting(setup) if setup.is_accepted());
        let sent = self.leave(now) && !failure.is_before_sending() || accepted;
        self.why = Some(failure.row());
        let strict = self.config.standard;
        let rule =
            if strict { standard::rule(&failure) } else { self.config.retry.rule_of(&failure) };
        let refused = rule == Rule::AskHeaders;
        if rule == Rule::Done {
            return self.stop(StopReason::Complete);
        }
        if rule == Rule::Fatal || refused && (self.asked_hook || !self.request.hook) {
            return self.stop(StopReason::Failed(ClientError::Fatal(failure)));
        }
        if sent && !self.may_be_sent_again(&failure, accepted) {
            return self.stop(StopReason::Failed(ClientError::NotSentAgain(failure)));
        }
        self.asked_hook |= refused;
        // A refusal by status costs the server nothing, and comes once between two healthy
        // connections. In-band it may follow each event, and so waits like everything else.
        if refused && least.is_none() && failure.row() == Row::Unauthorized {
            return self.connect(false, true, now);
        }
        let wait = if strict { self.backoff.standard() } else { self.backoff.wait(least, draw) };
        let charged = rule == Rule::Again && !strict;
        let exempt = !charged || least.is_some() || self.backoff.is_asked_for_more();
        if charged {
            self.outage.begin(now);
            let (attempts, time) = (self.config.attempts, self.config.outage);
            let cost = if exempt { Duration::ZERO } else { wait };
            if let Some(spent) = self.outage.spent(now, cost, attempts, time) {
                let (attempts, outage) = (self.outage.attempts(), self.outage.lasted(now));
                let error = ClientError::GaveUp { spent, attempts, outage, last: failure };
                return self.stop(StopReason::Failed(error));
            }
        }
        let until = now.saturating_add(wait);
        self.phase = Phase::Waiting(Wait { since: now, until, charged, exempt, refused });
    }

    /// Leaves the phase that ends now: settles the accounts, and has what was open dropped.
    /// Returns whether a request may have reached the server.
    fn leave(&mut self, now: Duration) -> bool {
        self.account(now);
        match &self.phase {
            Phase::Connecting(setup) => {
                // An attempt that nobody has begun needs no end.
                self.disconnect |= self.connect.take().is_none();
                !setup.is_dialling()
            }
            Phase::Open(_) => {
                self.disconnect = true;
                true
            }
            Phase::Waiting(_) | Phase::Stopped(_) => false,
        }
    }

    /// What of the phase that ends now is not charged to the budget of time: a connection that
    /// stood is no outage, and whatever came late was slept through.
    fn account(&mut self, now: Duration) {
        match &self.phase {
            Phase::Connecting(setup) => {
                self.outage.forgive(now.saturating_sub(setup.deadline().0));
                self.backoff.took(setup.took(now));
            }
            Phase::Open(connection) => self.outage.forgive(now.saturating_sub(connection.since)),
            Phase::Waiting(wait) => {
                let from = if wait.exempt { wait.since } else { wait.until };
                self.outage.forgive(now.saturating_sub(from));
            }
            Phase::Stopped(_) => {}
        }
    }

    fn stop(&mut self, reason: StopReason) {
        self.phase = Phase::Stopped(reason);
    }

    fn may_be_sent_again(&self, failure: &Failure, accepted: bool) -> bool {
        self.request.method.is_idempotent()
            || self.request.resend
            || self.request.positioned
            // It was turned away at the door.
            || !accepted && *failure == ServerError::Status(StatusCode::UNAUTHORIZED).into()
    }

    fn advance(&mut self, now: Duration) -> Duration {
        self.now = self.now.max(now);
        self.now
    }
}
