//! Delivery: what goes to a connection and when, whatever carries it there.

use std::{
    fmt,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;

use super::{
    heartbeat::Heartbeat,
    orders::Orders,
    refusal::{end_frames, jitter, part},
    request::LastEventId,
    session::{Close, Progress, Session},
    turn::Turn,
};
use crate::{
    channel::Listener,
    event::control::{Open, Standing, write_beat, write_standing},
    log::{BATCH, milliseconds},
    names::{Reason, ResetReason, Resumed},
    wire::FrameBuffer,
};

/// One stream on its way to its connection. Each chunk is one or more whole frames, and
/// everything that is ready goes as one chunk (pitfall P0).
// In this order in memory, here and in what it holds: what every wake asks for stands together.
// With thousands of streams none of it is in a cache, and each line that is fetched counts.
#[repr(C)]
pub(super) struct Delivery {
    /// The task that asks, as it was known the last time.
    task: Option<Waker>,
    /// The turn in which there was nothing to give.
    waited: Option<Turn>,
    heartbeat: Option<Heartbeat>,
    stage: Stage,
    orders: Orders,
    session: Session,
    /// What came while the head was held back.
    held: FrameBuffer,
    sources: &'static [&'static str],
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
        orders: Orders,
        sources: &'static [&'static str],
        held: FrameBuffer,
        ended: Option<Reason>,
    ) -> Self {
        let stage = Stage::Opening(ended);
        Self { task: None, waited: None, heartbeat: None, stage, orders, session, sources, held }
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
        // hyper asks twice more after each chunk. Whatever comes after the first of the two wakes
        // the task, and is found in its next turn.
        let turn = Turn::of(cx.waker());
        if turn.is_some() && turn == self.waited {
            return Poll::Pending;
        }
        let mut buffer = FrameBuffer::new();
        let is_new_task = self.is_new_task(cx);
        if let Stage::Opening(ended) = self.stage {
            let ended = self.may_not_open(cx, is_new_task).or(ended);
            self.open(&mut buffer);
            self.stage = ended.map_or(Stage::Live, Stage::Ending);
        }
        if let Stage::Live = self.stage
            && let Some(batch) = self.gather(cx, is_new_task, &mut buffer)
        {
            self.count(batch.len());
            return Poll::Ready(Some(batch));
        }
        if let Stage::Ending(reason) = self.stage {
            self.say_end(reason, &mut buffer);
        }
        if buffer.is_empty() && matches!(self.stage, Stage::Live) {
            self.beat(cx, &mut buffer);
        }
        match (buffer.is_empty(), &self.stage) {
            (false, Stage::Done(_)) => Poll::Ready(Some(buffer.into_bytes())),
            (false, _) => {
                self.count(buffer.len());
                Poll::Ready(Some(buffer.into_bytes()))
            }
            (true, Stage::Done(_)) => Poll::Ready(None),
            (true, _) => {
                self.waited = turn;
                self.session.record_mut().waits();
                Poll::Pending
            }
        }
    }

    /// Whether another task asks than the last time, which no clock and nobody outside knows.
    fn is_new_task(&mut self, cx: &Context<'_>) -> bool {
        match &mut self.task {
            Some(task) if task.will_wake(cx.waker()) => false,
            task => {
                *task = Some(cx.waker().clone());
                if let Some(heartbeat) = &mut self.heartbeat {
                    heartbeat.wakes = false;
                }
                true
            }
        }
    }

    /// Why what was held back for the head may not be seen any more: the connection may have had
    /// no room for it for a while.
    fn may_not_open(&mut self, cx: &mut Context<'_>, is_new_task: bool) -> Option<Reason> {
        let told = self.orders.poll(cx, is_new_task, self.session.record().span())?;
        if !matches!(told, Reason::Expired | Reason::Revoked) {
            return None;
        }
        if !self.held.is_empty() {
            self.held = FrameBuffer::new();
            self.session.record_mut().take_back();
        }
        Some(told)
    }

    /// The first frame, and what was held back with it.
    fn open(&mut self, buffer: &mut FrameBuffer) {
        let resumed = match (self.session.resumed(), self.position_was_ignored()) {
            // A position that nobody looked at is not served, whatever the channel says.
            (_, true) => Resumed::Reset(ResetReason::NoLog),
            (Some(resumed), false) => resumed,
            (None, false) => self.resumed_without_a_log(),
        };
        self.write_open(resumed, buffer);
        buffer.append(&self.held);
        self.held = FrameBuffer::new();
    }

    /// Whether the reader came with a position, and the handler has not gone on after it. One
    /// that takes a `Resume` may make another position of it; any other must use the very same.
    fn position_was_ignored(&mut self) -> bool {
        let cx = self.session.record().cx().clone();
        let Some(listener) = self.session.listener() else { return false };
        let is_resumed = match &cx.request().last_event_id {
            LastEventId::Absent => return false,
            _ if cx.resumes_itself() => listener.was_asked_to_resume(),
            LastEventId::Id(id) => listener.was_asked_for(Some(id)),
            LastEventId::Unreadable => listener.was_asked_for(None),
        };
        matches!(self.stage, Stage::Opening(_)) && !is_resumed
    }

    fn resumed_without_a_log(&self) -> Resumed {
        let cx = self.session.record().cx();
        match cx.request().last_event_id {
            LastEventId::Absent => Resumed::Fresh,
            // The handler has asked for the position, and answers for what comes after it.
            LastEventId::Id(_) | LastEventId::Unreadable if cx.resumes_itself() => Resumed::Exact,
            // Never an empty stream that looks like a resumed one.
            LastEventId::Id(_) | LastEventId::Unreadable => Resumed::Reset(ResetReason::NoLog),
        }
    }

    /// Says where the reader stands, and what it missed.
    fn write_open(&mut self, resumed: Resumed, buffer: &mut FrameBuffer) {
        let options = *self.session.options();
        let listener = self.session.listener();
        let (standing, channels) = match (&listener, resumed) {
            (Some(listener), _) => (Standing::At(listener.id()), listener.open_parts()),
            (None, Resumed::Reset(_)) => (Standing::Forgotten, Vec::new()),
            (None, _) => (Standing::Unknown, Vec::new()),
        };
        let missed = listener.as_ref().map_or(0, |listener| listener.missed());
        let has_log = listener.is_some();
        let replays = listener.as_ref().is_some_and(|listener| listener.replays());
        if let Some(listener) = listener {
            listener.told();
        }
        let open = Open {
            resumed,
            missed,
            standing,
            channels: &channels,
            heartbeat_ms: options.heartbeat.map(milliseconds),
            retry_ms: milliseconds(options.retry),
            sources: self.sources,
            request_id: &self.session.record().cx().request().id,
        };
        let written = if options.control_events { open.write(buffer) } else { Ok(()) };
        if !options.control_events || written.is_err() {
            open.write_bare(buffer);
        }
        if has_log {
            self.session.record().resumed(resumed);
        }
        self.session.record_mut().opened(resumed, replays);
    }

    /// Takes everything that is ready, up to a batch. Orders are asked for first: a source
    /// that always has something must not outshout them. What a channel gives goes out as it is.
    fn gather(
        &mut self,
        cx: &mut Context<'_>,
        is_new_task: bool,
        buffer: &mut FrameBuffer,
    ) -> Option<Bytes> {
        if let Some(reason) = self.orders.poll(cx, is_new_task, self.session.record().span()) {
            self.stage = Stage::Ending(reason);
            return None;
        }
        if is_new_task && self.session.listener().is_none() {
            self.session.record().cx().watch_access(cx.waker());
        }
        if let Some(reason) = self.new_terms(cx) {
            self.stage = Stage::Ending(reason);
            return None;
        }
        if !buffer.is_empty() && self.session.listener().is_some() {
            // `sse.open` is this reader's alone; what follows is everybody's.
            return None;
        }
        while buffer.len() < BATCH {
            let before = buffer.mark();
            let step = self.session.poll_step(cx, buffer);
            if let Some(reason) = self.new_terms(cx) {
                // The handler has said so before it has sent this.
                buffer.rewind(before);
                if let Poll::Ready(Progress::Frame) = step {
                    self.session.record_mut().take_back();
                }
                self.stage = Stage::Ending(reason);
                return None;
            }
            match step {
                Poll::Ready(Progress::Frame | Progress::Open) => {}
                Poll::Ready(Progress::Batch(bytes)) => return Some(bytes),
                Poll::Ready(Progress::Moved) => {
                    self.open(buffer);
                    return None;
                }
                Poll::Ready(Progress::End(Close { reason, .. })) => {
                    self.stage = Stage::Ending(reason);
                    return None;
                }
                Poll::Pending => return None,
            }
        }
        None
    }

    /// Takes note of what a handler that runs on says of who may listen: why the stream ends by
    /// that, if it does.
    fn new_terms(&mut self, cx: &mut Context<'_>) -> Option<Reason> {
        let known = self.session.new_access()?;
        if let Err(refused) = self.orders.agree(known, self.session.options(), None) {
            return Some(refused.reason());
        }
        // Its clock is set now: nothing else may happen until then.
        self.orders.poll(cx, false, self.session.record().span())
    }

    fn say_end(&mut self, reason: Reason, buffer: &mut FrameBuffer) {
        let options = *self.session.options();
        let cx = self.session.record().cx();
        let wait = match (reason, cx.drain()) {
            (Reason::Drain, Some(drain)) => {
                options.retry.saturating_add(part(drain.window(), fastrand::f64()))
            }
            _ => jitter(options.retry, fastrand::f64()),
        };
        if let (Reason::Rotated, Some(link)) = (reason, cx.link()) {
            // The reader comes back by another connection: perhaps to another machine.
            link.close();
        }
        if reason == Reason::Drain {
            self.session.record_mut().drains();
        }
        self.write_passed(buffer);
        end_frames(reason, wait, options.control_events, buffer);
        self.stage = Stage::Done(reason);
        self.session.record_mut().bytes(buffer.len());
        self.session.end(reason);
        self.orders.end(self.session.record().cx().link());
        self.heartbeat = None;
    }

    /// A heartbeat, if nothing was written for its interval (pitfalls P1 and P10).
    fn beat(&mut self, cx: &mut Context<'_>, buffer: &mut FrameBuffer) {
        let heartbeat = match &mut self.heartbeat {
            Some(heartbeat) => heartbeat,
            None => {
                let Some(interval) = self.session.options().heartbeat else { return };
                self.heartbeat.insert(Heartbeat::new(interval))
            }
        };
        if heartbeat.poll(cx).is_pending() {
            return;
        }
        let is_event = self.session.options().heartbeat_event;
        self.write_passed(buffer);
        if !(is_event && write_beat(buffer).is_ok()) {
            buffer.raw(b": ping\n\n");
        }
        self.session.record().heartbeat();
    }

    /// A block that moves the reader, where a filter passed events over: it need not hear of
    /// them again.
    fn write_passed(&mut self, buffer: &mut FrameBuffer) {
        if let Some(id) = self.session.listener().and_then(Listener::take_passed) {
            write_standing(&id, buffer);
        }
    }

    /// Bytes go out.
    fn count(&mut self, bytes: usize) {
        if let Some(heartbeat) = &mut self.heartbeat {
            heartbeat.written();
        }
        self.session.record_mut().bytes(bytes);
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery").field("record", self.session.record()).finish_non_exhaustive()
    }
}
