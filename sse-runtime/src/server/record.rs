//! What is told about one stream: its span, its numbers, its one line at the end.

use std::time::Duration;

use tokio::time::Instant;
use tracing::{Span, field::Empty};

#[cfg(feature = "inspector")]
use super::roster::Entry;
use super::{
    cx::Cx,
    ended::Ended,
    figures::{Delivered, Figures},
};
#[cfg(feature = "inspector")]
use crate::channel::Listener;
use crate::{
    log::{Batch, milliseconds},
    names::{Reason, ResetReason, Resumed, ServerState},
    position::Position,
    wire::{EventId, Frame, TraceParent},
};

/// The record of one stream (pitfall P11). Dropped before the stream has ended, it says
/// that the client left: that is all that a server ever sees of it (pitfall P5).
#[derive(Debug)]
pub(super) struct Record {
    first_event: Option<Instant>,
    events: u64,
    bytes: u64,
    last_seq: Option<u64>,
    ended: bool,
    /// Whether the reader has everything, as far as was told.
    is_live: bool,
    delivered: Delivered,
    /// Apart, because a delivery only counts.
    stream: Box<Stream>,
    /// Where the same numbers stand for whoever looks on.
    #[cfg(feature = "inspector")]
    entry: Entry,
}

/// Which stream it is.
#[derive(Debug)]
struct Stream {
    cx: Cx,
    span: Span,
    started: Instant,
    figures: Figures,
}

impl Record {
    pub(super) fn start(cx: Cx, sources: &'static [&'static str]) -> Self {
        let parent = cx.request().traceparent.as_deref();
        let span = tracing::info_span!(
            "sse.stream",
            request_id = cx.request_id(),
            trace_id = parent.map(TraceParent::trace_id),
            parent_id = parent.map(TraceParent::parent_id),
            stream_source = sources.join(","),
            peer = Empty,
        );
        match (cx.peer(), cx.client()) {
            // Behind a proxy that is trusted: the address of the proxy tells nobody anything.
            (Some(peer), Some(client)) if client != peer.ip() => {
                span.record("peer", tracing::field::display(client));
            }
            (Some(peer), _) => {
                span.record("peer", tracing::field::display(peer));
            }
            (None, _) => {}
        }
        cx.set_span(span.clone());
        let endpoint = cx.endpoint();
        let delivered = Delivered::at(&endpoint, cx.link());
        let figures = Figures::start(endpoint);
        let started = Instant::now();
        #[cfg(feature = "inspector")]
        let entry = Entry::new(&cx, sources, started);
        let stream = Box::new(Stream { cx, span, started, figures });
        Self {
            first_event: None,
            events: 0,
            bytes: 0,
            last_seq: None,
            ended: false,
            is_live: true,
            delivered,
            stream,
            #[cfg(feature = "inspector")]
            entry,
        }
    }

    pub(super) fn cx(&self) -> &Cx {
        &self.stream.cx
    }

    pub(super) fn span(&self) -> &Span {
        &self.stream.span
    }

    /// An event was encoded. At the level `trace` each has a line of its own, with its
    /// sequence number and its id.
    pub(super) fn event(
        &mut self,
        name: &'static str,
        frame: impl FnOnce() -> (Option<String>, Option<TraceParent>),
    ) {
        self.count(1, Some(self.events + 1));
        if tracing::enabled!(tracing::Level::TRACE) {
            let (event_seq, (event_id, parent)) = (self.events, frame());
            let trace_id = parent.as_ref().map(TraceParent::trace_id);
            let span = &self.stream.span;
            tracing::trace!(parent: span, event_seq, event_id, event_name = name, trace_id, "event");
        }
    }

    /// Events of a channel went out together. At the level `trace` each has a line of its own.
    pub(super) fn batch(&mut self, batch: &Batch) {
        self.count(batch.events, batch.last);
        if tracing::enabled!(tracing::Level::TRACE) {
            for frame in Frame::split(batch.bytes.clone()) {
                let position = frame.id().and_then(|id| EventId::try_from(id).ok());
                let event_seq = position.and_then(|id| Position::try_from(&id).ok());
                let event_seq = event_seq.map(|position| position.seq());
                let (event_id, event_name) = (frame.id(), frame.event());
                let parent = frame.traceparent();
                let trace_id = parent.as_ref().map(TraceParent::trace_id);
                let span = &self.stream.span;
                tracing::trace!(parent: span, event_seq, event_id, event_name, trace_id, "event");
            }
        }
    }

    /// Whether the time of a delivery counts: not that of a replay, whose events are old.
    pub(super) const fn is_timed(&self) -> bool {
        self.is_live && self.delivered.timing.is_some()
    }

    /// A batch goes to the connection now whose oldest event has waited for so long.
    pub(super) fn fanned_out(&self, waited: Duration, now: Instant) {
        if let Some(timing) = &self.delivered.timing {
            timing.fanout.record(waited);
            if let Some(link) = &timing.link {
                link.hands_over(now);
            }
        }
    }

    fn count(&mut self, events: u64, last: Option<u64>) {
        self.events += events;
        self.delivered.events.increment(events);
        self.last_seq = last.or(self.last_seq);
        if self.first_event.is_none() {
            self.first_event = Some(Instant::now());
        }
    }

    /// The last event did not go out after all. Of a stream without a log.
    pub(super) fn take_back(&mut self) {
        self.events = self.events.saturating_sub(1);
        self.last_seq = Some(self.events).filter(|last| *last > 0);
        self.first_event = self.first_event.filter(|_| self.events > 0);
    }

    /// The reader is told where it stands; whether it is to get what it missed.
    pub(super) fn opened(&mut self, resumed: Resumed, replays: bool) {
        let is_again = self.stream.figures.opened(resumed);
        self.is_live = !(replays || is_again);
        self.go(match (is_again, replays) {
            (true, _) => ServerState::CatchingUp,
            (false, true) => ServerState::Replaying,
            (false, false) => ServerState::Live,
        });
    }

    /// There is nothing to give: the reader has everything.
    pub(super) fn waits(&mut self) {
        if !self.is_live {
            self.is_live = true;
            self.go(ServerState::Live);
        }
    }

    /// The reader is told that the server goes away.
    pub(super) fn drains(&mut self) {
        self.go(ServerState::Draining);
    }

    fn go(&mut self, state: ServerState) {
        self.stream.figures.go(state);
        #[cfg(feature = "inspector")]
        self.entry.tally().go(state);
    }

    /// The stream is that of a subscription, which says from now on how far it is.
    #[cfg(feature = "inspector")]
    pub(super) fn watch(&self, listener: &mut Listener) {
        self.entry.watch(listener);
    }

    pub(super) fn heartbeat(&self) {
        self.stream.figures.heartbeat();
    }

    /// The position of the reader could not be served in full.
    pub(super) fn resumed(&self, resumed: Resumed) {
        let (resume, missed) = (resumed.outcome().as_str(), resumed.missed());
        let reset = resumed.reason().map(ResetReason::as_str);
        if let Resumed::Gap { .. } | Resumed::Reset(_) = resumed {
            tracing::info!(parent: &self.stream.span, resume, missed, reset, "the reader missed events");
        }
    }

    pub(super) fn bytes(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes as u64);
        self.delivered.bytes.increment(bytes as u64);
        #[cfg(feature = "inspector")]
        self.entry.tally().sent(self.events, self.bytes);
    }

    /// The one end: later ones are not heard.
    pub(super) fn end(&mut self, reason: Reason) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let ended = Ended {
            reason,
            events: self.events,
            bytes: self.bytes,
            last_seq: self.last_seq,
            time_to_first_event: self.first_event.map(|first| first - self.stream.started),
            duration: self.stream.started.elapsed(),
        };
        self.log(&ended);
        self.stream.figures.closed(reason, ended.duration);
        self.stream.cx.close(&ended);
    }

    fn log(&self, ended: &Ended) {
        // The span is told to the subscriber with the line, so that the request id is on it.
        tracing::info!(
            parent: &self.stream.span,
            reason = ended.reason.as_str(),
            events = ended.events,
            bytes = ended.bytes,
            last_seq = ended.last_seq,
            ttfe_ms = ended.time_to_first_event.map(milliseconds),
            duration_ms = milliseconds(ended.duration),
            "stream ended"
        );
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.end(Reason::Client);
    }
}
