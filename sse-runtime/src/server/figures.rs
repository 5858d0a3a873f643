//! What is counted of a stream.

use std::{sync::Arc, time::Duration};

use metrics::{Counter, Histogram, SharedString};

use super::{
    link::Link,
    refusal::Refused,
    streams::{Full, Limits},
};
use crate::{
    channel::is_recorded,
    names::{
        CONNECTION_DURATION, CONNECTIONS, CONNECTIONS_CLOSED, CONNECTIONS_LIMIT,
        CONNECTIONS_OPENED, CONNECTIONS_REJECTED, DELIVERY_DURATION, DeliveryPhase,
        EVENTS_DELIVERED, HEARTBEATS_SENT, MISSED_EVENTS, RESUMES, Reason, Rejection, ResetReason,
        Resumed, SENT_BYTES, ServerState,
    },
};

/// What each delivery counts. Looked up once for a stream: the recorder of the program has to be
/// there before the stream is.
#[derive(Debug)]
pub(super) struct Delivered {
    pub(super) events: Counter,
    pub(super) bytes: Counter,
    /// None where nobody keeps it: it costs two looks at the clock.
    pub(super) timing: Option<Timing>,
}

/// How long deliveries take.
#[derive(Debug)]
pub(super) struct Timing {
    pub(super) fanout: Histogram,
    /// What knows when the bytes are with the kernel; none behind another server than ours.
    pub(super) link: Option<Arc<Link>>,
}

impl Delivered {
    pub(super) fn at(endpoint: &Arc<str>, link: Option<&Arc<Link>>) -> Self {
        let histogram = |phase: DeliveryPhase| {
            let (endpoint, phase) = (label(endpoint), phase.as_str());
            metrics::histogram!(DELIVERY_DURATION, "endpoint" => endpoint, "phase" => phase)
        };
        let timing = is_recorded().then(|| Timing {
            fanout: histogram(DeliveryPhase::Fanout),
            link: link.map(|link| link.timed(|| histogram(DeliveryPhase::Write))),
        });
        Self {
            timing,
            events: metrics::counter!(EVENTS_DELIVERED, "endpoint" => label(endpoint)),
            bytes: metrics::counter!(SENT_BYTES, "endpoint" => label(endpoint)),
        }
    }
}

/// The other metrics of one stream.
///
/// The endpoint is the route as the program wrote it, never what a client asked for.
#[derive(Debug)]
pub(super) struct Figures {
    endpoint: Arc<str>,
    state: ServerState,
    /// Whether `sse.open` has been said, or would have been.
    is_open: bool,
}

impl Figures {
    pub(super) fn start(endpoint: Arc<str>) -> Self {
        let state = ServerState::Connecting;
        gauge(&endpoint, state).increment(1.0);
        Self { endpoint, state, is_open: false }
    }

    /// The stream goes to another state.
    pub(super) fn go(&mut self, state: ServerState) {
        if state != self.state {
            gauge(&self.endpoint, self.state).decrement(1.0);
            gauge(&self.endpoint, state).increment(1.0);
            self.state = state;
        }
    }

    /// The reader is told what became of its position. Whether that is not for the first time: it
    /// fell behind.
    pub(super) fn opened(&mut self, resumed: Resumed) -> bool {
        let (outcome, endpoint) = (resumed.outcome().as_str(), || label(&self.endpoint));
        if resumed.missed() > 0 {
            metrics::counter!(MISSED_EVENTS, "endpoint" => endpoint()).increment(resumed.missed());
        }
        if std::mem::replace(&mut self.is_open, true) {
            return true;
        }
        metrics::counter!(CONNECTIONS_OPENED, "endpoint" => endpoint(), "resume" => outcome)
            .increment(1);
        if resumed != Resumed::Fresh {
            let reason = resumed.reason().map_or("none", ResetReason::as_str);
            metrics::counter!(RESUMES, "endpoint" => endpoint(), "outcome" => outcome, "reason" => reason)
                .increment(1);
        }
        false
    }

    pub(super) fn heartbeat(&self) {
        metrics::counter!(HEARTBEATS_SENT, "endpoint" => label(&self.endpoint)).increment(1);
    }

    pub(super) fn closed(&self, reason: Reason, lived: Duration) {
        if !self.is_open {
            return;
        }
        let endpoint = || label(&self.endpoint);
        metrics::counter!(CONNECTIONS_CLOSED, "endpoint" => endpoint(), "reason" => reason.as_str())
            .increment(1);
        metrics::histogram!(CONNECTION_DURATION, "endpoint" => endpoint()).record(lived);
    }
}

impl Drop for Figures {
    fn drop(&mut self) {
        gauge(&self.endpoint, self.state).decrement(1.0);
    }
}

/// A request gets no stream.
pub(super) fn rejected(endpoint: &Arc<str>, refused: Refused) {
    let reason = match refused {
        Refused::Full(Full::All) => Rejection::LimitAll,
        Refused::Full(Full::Address) => Rejection::LimitAddress,
        Refused::Full(Full::Principal) => Rejection::LimitPrincipal,
        Refused::Full(Full::Draining) => Rejection::Drain,
        Refused::Expired => Rejection::Expired,
        Refused::Revoked => Rejection::Revoked,
        Refused::Unknown => Rejection::Unknown,
        Refused::Store => Rejection::Store,
    };
    let endpoint = label(endpoint);
    metrics::counter!(CONNECTIONS_REJECTED, "endpoint" => endpoint, "reason" => reason.as_str())
        .increment(1);
}

/// So many streams there may be. Nothing is said of a limit that is none.
pub(super) fn limited(limits: Limits) {
    let Limits { all, address, principal } = limits;
    for (scope, limit) in [("all", all), ("address", address), ("principal", principal)] {
        if limit < usize::MAX {
            #[allow(clippy::cast_precision_loss, reason = "a gauge is a float")]
            metrics::gauge!(CONNECTIONS_LIMIT, "scope" => scope).set(limit as f64);
        }
    }
}

fn gauge(endpoint: &Arc<str>, state: ServerState) -> metrics::Gauge {
    metrics::gauge!(CONNECTIONS, "endpoint" => label(endpoint), "state" => state.as_str())
}

fn label(endpoint: &Arc<str>) -> SharedString {
    SharedString::from_shared(Arc::clone(endpoint))
}
