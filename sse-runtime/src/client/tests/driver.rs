//! Drives a machine as the shell does, on a clock that is a number.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use crate::{
    client::{
        Action, Attempt, ClientConfig, ClientError, Failure, Input, Machine, Request, Spent,
        StateChange, StopReason,
    },
    names::{ClientState, Reason},
};

pub(super) const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// A GET of a stream without an end, without a hook.
pub(super) fn get() -> Request {
    Request { method: Method::GET, resend: false, finite: false, hook: false, positioned: false }
}

pub(super) fn post() -> Request {
    Request { method: Method::POST, ..get() }
}

pub(super) struct Driver {
    pub(super) machine: Machine,
    pub(super) now: Duration,
    /// What was asked for and when.
    pub(super) connects: Vec<(Duration, Attempt)>,
    pub(super) transitions: Vec<StateChange>,
    pub(super) disconnects: usize,
    /// Whether a connection or an attempt is open.
    pub(super) open: bool,
    pub(super) stop: Option<StopReason>,
    random: u64,
    fixed: Option<f64>,
}

impl Driver {
    pub(super) fn new(config: ClientConfig, request: Request) -> Self {
        Self::at(config, request, Duration::ZERO)
    }

    pub(super) fn at(config: ClientConfig, request: Request, now: Duration) -> Self {
        let mut driver = Self {
            machine: Machine::new(Arc::new(config), request, now),
            now,
            connects: Vec::new(),
            transitions: Vec::new(),
            disconnects: 0,
            open: false,
            stop: None,
            random: 0x9E37_79B9_7F4A_7C15,
            fixed: None,
        };
        driver.poll();
        driver
    }

    /// Every number that is drawn is this one.
    pub(super) fn drawing(mut self, unit: f64) -> Self {
        self.fixed = Some(unit);
        self
    }

    pub(super) fn seed(mut self, seed: u64) -> Self {
        self.random ^= seed.wrapping_mul(0x2545_F491_4F6C_DD1D) | 1;
        self
    }

    pub(super) fn handle(&mut self, input: Input<'_>) -> &mut Self {
        let (random, fixed) = (&mut self.random, self.fixed);
        self.machine.handle(input, self.now, &mut || draw(random, fixed));
        self.poll();
        self
    }

    /// Polls until there is nothing more to do, and does it.
    pub(super) fn poll(&mut self) {
        for _ in 0..8 {
            let (random, fixed) = (&mut self.random, self.fixed);
            match self.machine.poll(self.now, &mut || draw(random, fixed)) {
                Action::Disconnect => {
                    assert!(self.open, "what is dropped was open");
                    self.open = false;
                    self.disconnects += 1;
                }
                Action::Changed(transition) => {
                    assert_eq!(
                        transition.from,
                        self.transitions.last().map(|last| last.to),
                        "a change begins where the last one ended"
                    );
                    self.transitions.push(transition);
                }
                Action::Connect(attempt) => {
                    assert!(!self.open, "one connection at a time");
                    self.open = true;
                    self.connects.push((self.now, attempt));
                }
                Action::Wait => {
                    assert!(self.machine.deadline().is_none_or(|at| at > self.now), "a busy loop");
                    return;
                }
                Action::Stop(reason) => {
                    assert!(!self.open, "what is over holds no socket");
                    self.stop = Some(reason);
                    return;
                }
            }
        }
        panic!("the machine never waits");
    }

    /// Nothing happens for so long.
    pub(super) fn pass(&mut self, time: Duration) -> &mut Self {
        let end = self.now + time;
        while let Some(at) = self.machine.deadline().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.poll();
        }
        self.now = end;
        self.poll();
        self
    }

    /// The clock jumps without anybody looking at it: the machine slept.
    pub(super) fn sleep(&mut self, time: Duration) -> &mut Self {
        self.now += time;
        self.poll();
        self
    }

    /// Goes to the next deadline; how long that took.
    pub(super) fn wait(&mut self) -> Duration {
        let at = self.machine.deadline().unwrap();
        let time = at - self.now;
        self.now = at;
        self.poll();
        time
    }

    pub(super) fn answer(&mut self, status: u16, headers: &[(&'static str, &str)]) -> &mut Self {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        let status = StatusCode::from_u16(status).unwrap();
        self.handle(Input::Head { status, headers: &map, wall: SystemTime::UNIX_EPOCH })
    }

    /// A head that begins a stream.
    pub(super) fn accept(&mut self) -> &mut Self {
        self.answer(200, &[(header::CONTENT_TYPE.as_str(), "text/event-stream")])
    }

    pub(super) fn event(&mut self) -> &mut Self {
        self.handle(Input::Bytes(40)).handle(Input::Event { terminal: false })
    }

    pub(super) fn bye(&mut self, reason: Reason, retry: Option<Duration>) -> &mut Self {
        self.handle(Input::Bytes(40)).handle(Input::Bye { reason: Some(reason), retry })
    }

    pub(super) fn fail(&mut self, failure: impl Into<Failure>) -> &mut Self {
        self.handle(Input::Failed(failure.into()))
    }

    pub(super) fn state(&self) -> ClientState {
        self.machine.state()
    }

    pub(super) fn spent(&self) -> Option<Spent> {
        match &self.stop {
            Some(StopReason::Failed(ClientError::GaveUp { spent, .. })) => Some(*spent),
            _ => None,
        }
    }

    #[track_caller]
    pub(super) fn assert_fatal(&self, failure: impl Into<Failure>) {
        let fatal = StopReason::Failed(ClientError::Fatal(failure.into()));
        assert_eq!(self.stop.as_ref(), Some(&fatal));
    }
}

fn draw(random: &mut u64, fixed: Option<f64>) -> f64 {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    let high = u32::try_from(*random >> 32).unwrap();
    fixed.unwrap_or(f64::from(high) / f64::from(u32::MAX))
}
