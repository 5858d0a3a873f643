//! The shell around the state machine: it does what the machine asks for, and tells it what came
//! of that. It knows neither types nor sources.

use std::{
    future::Future as _,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, SystemTime},
};

use http::HeaderMap;
use tokio::{
    runtime::Handle,
    time::{Instant, Sleep, sleep},
};
use tracing::info;

use super::{
    Action, Attempt, ClientError, Failure, Input, LastEventId, Machine, RequestError, StateChange,
    StopReason, Timeline,
    body::{Body, Part},
    dial::Dial,
    exchange::{Answer, Plan},
    feed::Feed,
    figures::{self, Figures},
};
use crate::names::{ClientPhase, ClientState};

/// No timer is longer. Those of tokio stand still in a laptop's sleep, and on waking the clocks
/// of the stream are to be looked at soon, and not when the timer thinks.
const LONGEST_TIMER: Duration = Duration::from_secs(10);
/// A clock that is looked at later than this was not waited for: the program was elsewhere.
const LATE: Duration = Duration::from_millis(50);
/// Then so long is waited for what the network has to say to it.
const GRACE: Duration = Duration::from_millis(50);
/// How many chunks without anything to tell are read before others get their turn.
const TURN: u32 = 32;

/// What happened that the stream has to look at.
#[derive(Debug)]
pub(super) enum Signal {
    Changed(StateChange),
    /// The head of a stream was accepted.
    Head(HeaderMap),
    /// Something came: there may be bytes in the feed.
    Bytes,
    /// It is over.
    Stopped(StopReason),
}

/// One stream, and its connection.
pub(super) struct Shell {
    machine: Machine,
    plan: Arc<Plan>,
    /// The bound on expansion.
    ratio: u32,
    time: Timeline,
    io: Io,
    dial: Seen,
    timer: Option<Pin<Box<Sleep>>>,
    /// The deadline that was found passed on coming back, and the end of its grace. In a
    /// `select!` others may have it asked many times before the network has had its turn.
    graced: Option<(Duration, Duration)>,
    until: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    turn: u32,
    pub(super) feed: Feed,
    pub(super) figures: Figures,
}

type Asking = Pin<Box<dyn Future<Output = Result<Answer, Failure>> + Send>>;

enum Io {
    Idle,
    Asking(Asking),
    Reading(Box<Body>),
}

/// What the machine was told of connections that are made.
#[derive(Default)]
struct Seen {
    dial: Arc<Dial>,
    begun: u32,
    made: u32,
    accepted: bool,
    /// Since when the attempt, or what the machine was told last of it, lasts.
    since: Duration,
}

impl Shell {
    pub(super) fn new(
        machine: Machine,
        time: Timeline,
        plan: Plan,
        ratio: u32,
        feed: Feed,
        until: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    ) -> Self {
        Self {
            machine,
            plan: Arc::new(plan),
            ratio,
            time,
            io: Io::Idle,
            dial: Seen::default(),
            timer: None,
            graced: None,
            until,
            turn: 0,
            feed,
            figures: Figures::new(),
        }
    }

    /// Where the stream stands.
    pub(super) const fn state(&self) -> ClientState {
        self.machine.state()
    }

    /// Tells the machine.
    pub(super) fn tell(&mut self, input: Input<'_>) {
        let now = now(&mut self.time);
        self.machine.handle(input, now, &mut fastrand::f64);
    }

    /// The program wants nothing more. The socket is not kept until the next poll.
    pub(super) fn close(&mut self) {
        self.tell(Input::Cancelled);
        self.disconnect();
    }

    /// Whether the program's token says that it wants nothing more. Asked before anything that has
    /// come is handed out, of which there may be much.
    pub(super) fn listen(&mut self, cx: &mut Context<'_>) {
        if let Some(until) = &mut self.until
            && until.as_mut().poll(cx).is_ready()
        {
            self.until = None;
            self.close();
        }
    }

    /// What happens next. `position` is where an attempt begins that is made now.
    pub(super) fn poll(
        &mut self,
        position: Option<&LastEventId>,
        cx: &mut Context<'_>,
    ) -> Poll<Signal> {
        if self.timer.is_none() && Handle::try_current().is_err() {
            // Not by the machine, whose table may say that this is tried again.
            let failure = RequestError::Runtime.into();
            return Poll::Ready(Signal::Stopped(StopReason::Failed(ClientError::Fatal(failure))));
        }
        loop {
            // What came is looked at before the clock: a program that comes back after an hour
            // finds the heartbeats that were sent meanwhile.
            if !self.machine.has_news()
                && let Some(signal) = self.poll_io(cx)
            {
                if !self.yields(&signal) {
                    return Poll::Ready(signal);
                }
                // A peer that never stops talking is no reason not to look at the clocks.
                let now = now(&mut self.time);
                if self.machine.deadline().is_none_or(|deadline| now < deadline) {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
            }
            let now = now(&mut self.time);
            if let Some(left) = self.was_away(now) {
                if self.wait(left, cx).is_pending() {
                    return Poll::Pending;
                }
                continue;
            }
            match self.machine.poll(now, &mut fastrand::f64) {
                Action::Disconnect => self.disconnect(),
                Action::Changed(change) => return Poll::Ready(Signal::Changed(change)),
                Action::Connect(attempt) => self.connect(attempt, position),
                Action::Stop(reason) => {
                    self.disconnect();
                    return Poll::Ready(Signal::Stopped(reason));
                }
                Action::Wait => {
                    let deadline = self.machine.deadline();
                    let left = deadline.map_or(LONGEST_TIMER, |at| at.saturating_sub(now));
                    if self.wait(left, cx).is_pending() {
                        self.turn = 0;
                        return Poll::Pending;
                    }
                }
            }
        }
    }

    fn connect(&mut self, attempt: Attempt, position: Option<&LastEventId>) {
        if let Some(why) = attempt.why {
            figures::reconnects(why);
            // The states say nothing of a server that has never been reached.
            info!(cause = why.as_str(), attempt = attempt.number, "asking for the stream again");
        }
        self.dial = Seen { since: now(&mut self.time), ..Seen::default() };
        let asking = Arc::clone(&self.plan).ask(attempt, position.cloned());
        self.io = Io::Asking(Box::pin(Arc::clone(&self.dial.dial).watch(asking)));
    }

    /// Lets go of the connection, or the attempt, and of what was not whole.
    fn disconnect(&mut self) {
        self.io = Io::Idle;
        self.feed.restart();
    }

    fn poll_io(&mut self, cx: &mut Context<'_>) -> Option<Signal> {
        match &mut self.io {
            Io::Idle => None,
            Io::Asking(asking) => {
                let answer = asking.as_mut().poll(cx);
                self.note_dial();
                match answer {
                    Poll::Pending => None,
                    Poll::Ready(Ok(answer)) => self.answered(answer),
                    Poll::Ready(Err(failure)) => self.lose(Input::Failed(failure)),
                }
            }
            Io::Reading(body) => match body.poll(cx) {
                Poll::Pending => None,
                Poll::Ready(Part::Came(bytes)) => {
                    self.figures.bytes(bytes);
                    self.tell(Input::Bytes(bytes));
                    Some(Signal::Bytes)
                }
                Poll::Ready(Part::Bytes(bytes)) => {
                    self.feed.push(bytes);
                    Some(Signal::Bytes)
                }
                Poll::Ready(Part::End) => self.lose(Input::End),
                Poll::Ready(Part::Failed(failure)) => self.lose(Input::Failed(failure)),
            },
        }
    }

    fn answered(&mut self, Answer { status, headers, body }: Answer) -> Option<Signal> {
        self.io = Io::Idle;
        self.took(ClientPhase::Fetch);
        self.tell(Input::Head { status, headers: &headers, wall: SystemTime::now() });
        if self.state() != ClientState::Up {
            return None; // refused
        }
        match Body::new(body, &headers, self.ratio) {
            Ok(body) => {
                self.io = Io::Reading(Box::new(body));
                Some(Signal::Head(headers))
            }
            Err(error) => self.lose(Input::Failed(error.into())),
        }
    }

    fn took(&mut self, phase: ClientPhase) {
        let now = now(&mut self.time);
        let since = std::mem::replace(&mut self.dial.since, now);
        figures::took(phase, now.saturating_sub(since));
    }

    fn lose(&mut self, input: Input<'_>) -> Option<Signal> {
        self.io = Io::Idle;
        self.tell(input);
        None
    }

    fn note_dial(&mut self) {
        let (begun, made) = (self.dial.dial.begun(), self.dial.dial.made());
        if begun != self.dial.begun {
            self.dial.begun = begun;
            self.dial.since = now(&mut self.time);
            self.tell(Input::Dialling);
        }
        if made != self.dial.made {
            self.dial.made = made;
            self.took(ClientPhase::Connect);
            self.tell(Input::Connected);
        }
        if self.dial.dial.is_accepted() && !std::mem::replace(&mut self.dial.accepted, true) {
            self.tell(Input::Accepted);
        }
    }

    /// How long the network still has, where a clock has passed while nobody looked, on a
    /// connection that may well have something to say: the runtime has had no chance to read it.
    fn was_away(&mut self, now: Duration) -> Option<Duration> {
        let deadline = self.machine.deadline()?;
        if matches!(self.io, Io::Idle) || now.saturating_sub(deadline) <= LATE {
            return None;
        }
        let end = match self.graced {
            Some((of, end)) if of == deadline => end,
            _ => self.graced.insert((deadline, now.saturating_add(GRACE))).1,
        };
        (end > now).then(|| end.saturating_sub(now))
    }

    /// Whether others get their turn first. A peer that sends without end and nothing that is
    /// told (comments, repeats) would keep the thread otherwise.
    fn yields(&mut self, signal: &Signal) -> bool {
        if !matches!(signal, Signal::Bytes) {
            return false;
        }
        self.turn += 1;
        if self.turn <= TURN {
            return false;
        }
        self.turn = 0;
        true
    }

    fn wait(&mut self, time: Duration, cx: &mut Context<'_>) -> Poll<()> {
        let time = time.min(LONGEST_TIMER);
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(time)));
        timer.as_mut().reset(Instant::now() + time);
        timer.as_mut().poll(cx)
    }
}

/// The time of the stream. By the clock of tokio, which a test can step.
fn now(time: &mut Timeline) -> Duration {
    time.now(Instant::now().into_std(), SystemTime::now())
}
