//! The machine on a clock that is a number, for tests: what must hold whatever happens is
//! checked at each step.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::{
    ops::{Deref, DerefMut},
    time::Duration,
};

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use crate::{
    client::{ClientConfig, ClientError, Failure, Input, Request, Spent, StopReason, drive::Drive},
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

pub(super) struct Driver(Drive);

impl Deref for Driver {
    type Target = Drive;

    fn deref(&self) -> &Drive {
        &self.0
    }
}

impl DerefMut for Driver {
    fn deref_mut(&mut self) -> &mut Drive {
        &mut self.0
    }
}

impl Driver {
    pub(super) fn new(config: ClientConfig, request: Request) -> Self {
        Self::at(config, request, Duration::ZERO)
    }

    pub(super) fn at(config: ClientConfig, request: Request, now: Duration) -> Self {
        let mut driver = Self(Drive::new(config, request, now));
        driver.checked();
        driver
    }

    /// Every number that is drawn is this one.
    pub(super) fn drawing(mut self, unit: f64) -> Self {
        self.0.fixed = Some(unit);
        self
    }

    pub(super) fn seed(mut self, seed: u64) -> Self {
        self.0.seed(seed);
        self
    }

    pub(super) fn handle(&mut self, input: Input<'_>) -> &mut Self {
        self.0.handle(input);
        self.checked()
    }

    /// Nothing happens for so long.
    pub(super) fn pass(&mut self, time: Duration) -> &mut Self {
        let end = self.now + time;
        while self.machine.deadline().is_some_and(|at| at <= end) {
            self.wait();
        }
        let left = end - self.now;
        self.sleep(left)
    }

    /// The clock jumps without anybody looking at it: the machine slept.
    pub(super) fn sleep(&mut self, time: Duration) -> &mut Self {
        self.0.sleep(time);
        self.checked()
    }

    /// Goes to the next deadline; how long that took.
    pub(super) fn wait(&mut self) -> Duration {
        let time = self.0.wait().unwrap();
        self.checked();
        time
    }

    pub(super) fn answer(&mut self, status: u16, headers: &[(&'static str, &str)]) -> &mut Self {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        self.0.answer(StatusCode::from_u16(status).unwrap(), &map);
        self.checked()
    }

    #[track_caller]
    fn checked(&mut self) -> &mut Self {
        assert_eq!(self.broken, None);
        self
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
