//! One event to everybody who listens.

use axum::response::{IntoResponse, Response};
use futures_util::{Stream, stream};
use sse_runtime::EventId;
use tokio::sync::broadcast::{
    self,
    error::RecvError::{Closed, Lagged},
};

/// How many events a listener may be behind before its stream ends. An event is kept once
/// for all listeners until the last has taken it.
const BEHIND: usize = 256;

/// Events of one type, published here and heard on every stream.
#[derive(Clone)]
pub(crate) struct Fanout<E> {
    events: broadcast::Sender<(EventId, E)>,
}

impl<E: Clone + Send + 'static> Fanout<E> {
    pub(crate) fn new() -> Self {
        Self { events: broadcast::Sender::new(BEHIND) }
    }

    /// Tells everybody who listens now. Nobody listening is no error.
    pub(crate) fn publish(&self, event: E) {
        let id = EventId::from_u128(fastrand::u128(..));
        let _listeners = self.events.send((id, event));
    }

    pub(crate) fn has_listeners(&self) -> bool {
        self.events.receiver_count() > 0
    }

    /// Everything that is published after this call.
    pub(crate) fn listen(
        &self,
    ) -> impl Stream<Item = Result<(EventId, E), TooSlow>> + Send + use<E> {
        stream::unfold(Some(self.events.subscribe()), |listening| async {
            let mut events = listening?;
            match events.recv().await {
                Ok(event) => Some((Ok(event), Some(events))),
                // Never a silent hole: the stream ends, and its reader can tell.
                Err(Lagged(missed)) => Some((Err(TooSlow::log(missed)), None)),
                Err(Closed) => None,
            }
        })
    }
}

/// A listener did not take its events fast enough, and some are gone.
#[derive(Debug)]
pub(crate) struct TooSlow;

impl TooSlow {
    fn log(missed: u64) -> Self {
        tracing::warn!(missed, "a listener is too slow, its stream ends");
        Self
    }
}

impl IntoResponse for TooSlow {
    /// The stream has begun, so that no client sees a status; it is what the log shows.
    fn into_response(self) -> Response {
        axum::http::StatusCode::SERVICE_UNAVAILABLE.into_response()
    }
}
