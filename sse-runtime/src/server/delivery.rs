//! Delivery: what goes to a connection and when, whatever carries it there.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use tokio::time::{Instant, Sleep, sleep};

use super::{
    refusal::{end_frames, jitter},
    request::LastEventId,
    session::{Close, Progress, Session},
};
use crate::{
    event::control::{Open, Resumption, write_beat},
    names::{Reason, ResetReason},
    wire::FrameBuffer,
};

/// How many bytes are gathered before they are handed over; one frame may go beyond it.
const BATCH: usize = 32 * 1024;

/// One stream on its way to its connection. Each chunk is one or more whole frames, and
/// everything that is ready goes as one chunk (pitfall P0).
pub(super) struct Delivery {
    session: Session,
    sources: &'static [&'static str],
    stage: Stage,
    /// What came while the head was held back.
    held: FrameBuffer,
    drain: Option<Draining>,
    heartbeat: Option<Heartbeat>,
}

/// The drain switch of the server, waited for by one stream.
struct Draining {
    started: Pin<Box<dyn Future<Output = ()> + Send>>,
    window: Duration,
}

enum Stage {
    /// Nothing has been sent; perhaps the source has ended already.
    Opening(Option<Reason>),
    /// The source is asked.
    Live,
    /// The source has ended, and this is to be told.
    Ending(Reason),
    /// Everything has been said.
    Done(Reason),
}

impl Delivery {
    /// A stream that has what was held back, and perhaps has ended already.
    pub(super) fn new(
        session: Session,
        sources: &'static [&'static str],
        held: FrameBuffer,
        ended: Option<Reason>,
    ) -> Self {
        let drain = session
            .record()
            .cx()
            .drain()
            .map(|drain| Draining { started: Box::pin(drain.started()), window: drain.window() });
        Self { session, sources, stage: Stage::Opening(ended), held, drain, heartbeat: None }
    }

    /// Why the stream has ended, once everything has been said.
    pub(super) const fn ended(&self) -> Option<Reason> {
        match self.stage {
            Stage::Done(reason) => Some(reason),
            Stage::Opening(_) | Stage::Live | Stage::Ending(_) => None,
        }
    }

    /// The next bytes to go out; none at the end.
    pub(super) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut buffer = FrameBuffer::new();
        if let Stage::Opening(ended) = self.stage {
            self.open(&mut buffer);
            self.stage = ended.map_or(Stage::Live, Stage::Ending);
        }
        if let Stage::Live = self.stage {
            self.gather(cx, &mut buffer);
        }
        if let Stage::Ending(reason) = self.stage {
            self.say_end(reason, &mut buffer);
        }
        if buffer.is_empty() && matches!(self.stage, Stage::Live) {
            self.beat(cx, &mut buffer);
        }
        match (buffer.is_empty(), &self.stage) {
            (false, _) => Poll::Ready(Some(self.hand_over(buffer))),
            (true, Stage::Done(_)) => Poll::Ready(None),
            (true, _) => Poll::Pending,
        }
    }

    /// The first frame, and what was held back with it.
    fn open(&mut self, buffer: &mut FrameBuffer) {
        let options = *self.session.options();
        let request = self.session.record().cx().request();
        let resume = match request.last_event_id {
            LastEventId::Absent => Resumption::Fresh,
            // Never an empty stream that looks like a resumed one.
            LastEventId::Id(_) | LastEventId::Unreadable => Resumption::Reset(ResetReason::NoLog),
        };
        let open = Open {
            resume,
            heartbeat_ms: options.heartbeat.map(milliseconds),
            retry_ms: milliseconds(options.retry),
            sources: self.sources,
            request_id: &request.id,
        };
        let written = if options.control_events { open.write(buffer) } else { Ok(()) };
        if !options.control_events || written.is_err() {
            open.write_bare(buffer);
        }
        buffer.append(&self.held);
        self.held = FrameBuffer::new();
    }

    /// Takes everything that is ready, up to a batch. The drain is asked first: a source
    /// that always has something must not outshout it.
    fn gather(&mut self, cx: &mut Context<'_>, buffer: &mut FrameBuffer) {
        if let Some(drain) = &mut self.drain
            && drain.started.as_mut().poll(cx).is_ready()
        {
            self.stage = Stage::Ending(Reason::Drain);
            return;
        }
        while buffer.len() < BATCH {
            match self.session.poll_step(cx, buffer) {
                Poll::Ready(Progress::Frame | Progress::Open) => {}
                Poll::Ready(Progress::End(Close { reason, .. })) => {
                    self.stage = Stage::Ending(reason);
                    return;
                }
                Poll::Pending => return,
            }
        }
    }

    fn say_end(&mut self, reason: Reason, buffer: &mut FrameBuffer) {
        let options = *self.session.options();
        let wait = match (reason, &self.drain) {
            (Reason::Drain, Some(drain)) => options.retry + drain.window.mul_f64(fastrand::f64()),
            _ => jitter(options.retry, fastrand::f64()),
        };
        end_frames(reason, wait, options.control_events, buffer);
        self.stage = Stage::Done(reason);
        self.session.record_mut().bytes(buffer.len());
        self.session.end(reason);
        self.drain = None;
        self.heartbeat = None;
    }

    /// A heartbeat, if nothing was written for its interval (pitfalls P1 and P10).
    fn beat(&mut self, cx: &mut Context<'_>, buffer: &mut FrameBuffer) {
        let options = self.session.options();
        let Some(interval) = options.heartbeat else { return };
        let heartbeat = self.heartbeat.get_or_insert_with(|| Heartbeat::new(interval));
        if heartbeat.poll(cx, interval).is_pending() {
            return;
        }
        if !(options.heartbeat_event && write_beat(buffer).is_ok()) {
            buffer.raw(b": ping\n\n");
        }
    }

    fn hand_over(&mut self, buffer: FrameBuffer) -> Bytes {
        if let Some(heartbeat) = &mut self.heartbeat {
            heartbeat.written();
        }
        if !matches!(self.stage, Stage::Done(_)) {
            self.session.record_mut().bytes(buffer.len());
        }
        buffer.into_bytes()
    }
}

/// The clock of the heartbeat. It is not set anew by each write, only looked at when it
/// rings: a busy stream never touches a timer.
struct Heartbeat {
    sleep: Pin<Box<Sleep>>,
    last_write: Instant,
}

impl Heartbeat {
    fn new(interval: Duration) -> Self {
        Self { sleep: Box::pin(sleep(interval)), last_write: Instant::now() }
    }

    fn written(&mut self) {
        self.last_write = Instant::now();
    }

    fn poll(&mut self, cx: &mut Context<'_>, interval: Duration) -> Poll<()> {
        while self.sleep.as_mut().poll(cx).is_ready() {
            let due = self.last_write + interval;
            if Instant::now() >= due {
                return Poll::Ready(());
            }
            self.sleep.as_mut().reset(due);
        }
        Poll::Pending
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery").field("record", self.session.record()).finish_non_exhaustive()
    }
}
