//! What is counted of a stream.

use std::time::Duration;

use metrics::{Counter, Histogram};
use tokio::time::Instant;

use super::{Item, Row, StopReason, StreamError};
use crate::names::{
    CLIENT_CLOSED, CLIENT_DURATION, CLIENT_EVENTS, CLIENT_MISSED_EVENTS, CLIENT_RECEIVED_BYTES,
    CLIENT_RECONNECTS, CLIENT_RESUMES, CLIENT_STATE, ClientOutcome, ClientPhase, ClientState,
    Resumed,
};

/// The metrics of one stream (pitfall P12). What each event asks for is looked up once: the
/// recorder of the program has to be there before the stream is asked for.
pub(super) struct Figures {
    state: Option<ClientState>,
    bytes: Counter,
    events: Counter,
    decode: Histogram,
    process: Histogram,
    /// Since when the program has the last event.
    handed_out: Option<Instant>,
}

impl Figures {
    pub(super) fn new() -> Self {
        Self {
            state: None,
            bytes: metrics::counter!(CLIENT_RECEIVED_BYTES),
            events: counter(ClientOutcome::Event),
            decode: histogram(ClientPhase::Decode),
            process: histogram(ClientPhase::Process),
            handed_out: None,
        }
    }

    /// The stream has gone to another state.
    pub(super) fn state(&mut self, state: ClientState) {
        self.leave();
        gauge(state).increment(1.0);
        self.state = Some(state);
    }

    pub(super) fn bytes(&self, bytes: usize) {
        self.bytes.increment(bytes as u64);
    }

    /// The program asks for more: it is done with what it had.
    pub(super) fn asked(&mut self) {
        if let Some(since) = self.handed_out.take() {
            self.process.record(since.elapsed());
        }
    }

    /// Something is handed out, which was read since then.
    pub(super) fn item<E>(&mut self, item: &Result<Item<E>, StreamError>, since: Instant) {
        let outcome = match item {
            Ok(Item::Event(_)) => {
                let now = Instant::now();
                self.events.increment(1);
                self.decode.record(now - since);
                self.handed_out = Some(now);
                return;
            }
            Ok(Item::Unknown(_)) => ClientOutcome::Unknown,
            Ok(Item::Malformed(_)) => ClientOutcome::Malformed,
            Ok(Item::Oversized(_)) => ClientOutcome::Oversized,
            Err(StreamError::Source(_)) => ClientOutcome::Source,
            Ok(
                Item::Opened(_) | Item::Gap(_) | Item::Reset(_) | Item::Heartbeat | Item::State(_),
            )
            | Err(StreamError::Gap(_) | StreamError::Reset(_) | StreamError::Failed(_)) => return,
        };
        counter(outcome).increment(1);
    }

    fn leave(&mut self) {
        if let Some(state) = self.state.take() {
            gauge(state).decrement(1.0);
        }
    }
}

impl Drop for Figures {
    fn drop(&mut self) {
        self.leave();
    }
}

/// An event came again.
pub(super) fn repeated() {
    counter(ClientOutcome::Repeat).increment(1);
}

/// A connection has said what became of the position.
pub(super) fn opened(resumed: Resumed) {
    metrics::counter!(CLIENT_RESUMES, "outcome" => resumed.outcome().as_str()).increment(1);
    if resumed.missed() > 0 {
        metrics::counter!(CLIENT_MISSED_EVENTS).increment(resumed.missed());
    }
}

/// Another attempt is made, because of this.
pub(super) fn reconnects(why: Row) {
    metrics::counter!(CLIENT_RECONNECTS, "reason" => why.as_str()).increment(1);
}

/// A connection was made, or the head of a response has come.
pub(super) fn took(phase: ClientPhase, time: Duration) {
    histogram(phase).record(time);
}

pub(super) fn stopped(reason: &StopReason) {
    metrics::counter!(CLIENT_CLOSED, "reason" => reason.reason().as_str()).increment(1);
}

fn gauge(state: ClientState) -> metrics::Gauge {
    metrics::gauge!(CLIENT_STATE, "state" => state.as_str())
}

fn counter(outcome: ClientOutcome) -> Counter {
    metrics::counter!(CLIENT_EVENTS, "outcome" => outcome.as_str())
}

fn histogram(phase: ClientPhase) -> Histogram {
    metrics::histogram!(CLIENT_DURATION, "phase" => phase.as_str())
}
