//! Drives a machine as the shell does, on a clock that is a number, and sees to what must hold
//! whatever happens. What does not is told as text, so that nothing here panics: the unit tests
//! and the fuzz targets make a panic of it.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::{HeaderMap, StatusCode};

use super::{Action, Attempt, ClientConfig, Input, Machine, Request, StateChange, StopReason};

/// The time on the wall, which stands still: Tue, 14 Nov 2023 22:13:20 GMT.
pub(super) const WALL: Duration = Duration::from_secs(1_700_000_000);
/// More than a machine may ask for at once.
const ACTIONS: u32 = 8;

pub(super) struct Drive {
    pub(super) machine: Machine,
    pub(super) now: Duration,
    /// What was asked for and when.
    pub(super) connects: Vec<(Duration, Attempt)>,
    pub(super) transitions: Vec<StateChange>,
    pub(super) disconnects: usize,
    /// Whether a connection or an attempt is open.
    pub(super) open: bool,
    pub(super) stop: Option<StopReason>,
    /// The first thing that did not hold.
    pub(super) broken: Option<String>,
    /// Every number that is drawn is this one, if there is one.
    pub(super) fixed: Option<f64>,
    random: u64,
}

impl Drive {
    pub(super) fn new(config: ClientConfig, request: Request, now: Duration) -> Self {
        let mut drive = Self {
            machine: Machine::new(Arc::new(config), request, now),
            now,
            connects: Vec::new(),
            transitions: Vec::new(),
            disconnects: 0,
            open: false,
            stop: None,
            broken: None,
            fixed: None,
            random: 0x9E37_79B9_7F4A_7C15,
        };
        drive.poll();
        drive
    }

    /// Other numbers are drawn from now on.
    pub(super) fn seed(&mut self, seed: u64) {
        self.random ^= seed.wrapping_mul(0x2545_F491_4F6C_DD1D) | 1;
    }

    pub(super) fn handle(&mut self, input: Input<'_>) {
        let (random, fixed) = (&mut self.random, self.fixed);
        self.machine.handle(input, self.now, &mut || draw(random, fixed));
        self.poll();
    }

    pub(super) fn answer(&mut self, status: StatusCode, headers: &HeaderMap) {
        let wall = SystemTime::UNIX_EPOCH + WALL;
        self.handle(Input::Head { status, headers, wall });
    }

    /// The clock jumps without anybody looking at it: the machine slept.
    pub(super) fn sleep(&mut self, time: Duration) {
        self.now = self.now.saturating_add(time);
        self.poll();
    }

    /// Goes to the next deadline; how long that took, if there is one.
    pub(super) fn wait(&mut self) -> Option<Duration> {
        let at = self.machine.deadline()?;
        self.must(at >= self.now, "no deadline lies in the past");
        let time = at.saturating_sub(self.now);
        self.sleep(time);
        Some(time)
    }

    /// Polls until there is nothing more to do, and does it.
    fn poll(&mut self) {
        for _ in 0..ACTIONS {
            let (random, fixed) = (&mut self.random, self.fixed);
            match self.machine.poll(self.now, &mut || draw(random, fixed)) {
                Action::Disconnect => {
                    self.must(self.open, "what is dropped was open");
                    self.open = false;
                    self.disconnects += 1;
                    let (ends, begins) = (self.disconnects, self.connects.len());
                    self.must(ends <= begins, "what is dropped was asked for");
                }
                Action::Changed(transition) => {
                    let last = self.transitions.last().map(|last| last.to);
                    let follows = transition.from == last;
                    self.must(follows, "a change begins where the last one ended");
                    self.transitions.push(transition);
                }
                Action::Connect(attempt) => {
                    self.must(!self.open, "there is one connection at a time");
                    self.open = true;
                    self.connects.push((self.now, attempt));
                }
                Action::Wait => {
                    let due = self.machine.deadline().is_some_and(|at| at <= self.now);
                    return self.must(!due, "it waits for what is to come");
                }
                Action::Stop(reason) => {
                    self.must(!self.open, "what is over holds no socket");
                    self.stop = Some(reason);
                    return;
                }
            }
        }
        self.must(false, "it comes to a wait");
    }

    /// Notes what does not hold.
    pub(super) fn must(&mut self, holds: bool, what: &str) {
        if !holds && self.broken.is_none() {
            self.broken = Some(format!("{what}: not at {:?}, {:?}", self.now, self.machine));
        }
    }
}

/// A number from 0 to 1.
fn draw(random: &mut u64, fixed: Option<f64>) -> f64 {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    let high = u32::try_from(*random >> 32).unwrap_or_default();
    fixed.unwrap_or(f64::from(high) / f64::from(u32::MAX))
}
