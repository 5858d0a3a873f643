//! What a handler can ask about its stream.

use std::{
    convert::Infallible,
    fmt,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::extract::{ConnectInfo, FromRequestParts};
use http::request::Parts;
use tokio::{sync::watch, task::JoinSet};
use tracing::{Instrument, Span};

use super::{
    call::caught,
    drain::Drain,
    ended::Ended,
    request::{LastEventId, Request},
};
use crate::wire::EventId;

/// The context of a stream: an extractor that any [`sse_handler`](crate::sse_handler) may
/// take as an argument.
///
/// ```
/// # use futures_util::stream::{self, Stream};
/// # use sse_runtime::SseEvent;
/// # #[derive(SseEvent)]
/// # #[sse(source = "inventory")]
/// # enum InventoryEvent { SoldOut { sku: String } }
/// use sse_runtime::{Cx, sse_handler};
///
/// #[sse_handler]
/// async fn inventory(cx: Cx) -> impl Stream<Item = InventoryEvent> {
///     let request_id = cx.request_id().to_owned();
///     cx.on_close(move |ended| println!("{request_id}: {} after {}", ended.reason, ended.events));
///     stream::empty()
/// }
/// ```
///
/// Cheap to clone; all clones are of one stream.
#[derive(Clone)]
pub struct Cx {
    shared: Arc<Shared>,
}

/// What all clones share.
struct Shared {
    request: Request,
    peer: Option<SocketAddr>,
    drain: Option<Drain>,
    ended: watch::Sender<bool>,
    span: Mutex<Span>,
    closers: Mutex<Closers>,
    tasks: Mutex<JoinSet<()>>,
}

/// Whom to tell at the end, and how the end was.
#[derive(Default)]
struct Closers {
    waiting: Vec<Closer>,
    ended: Option<Ended>,
}

type Closer = Box<dyn FnOnce(&Ended) + Send>;

impl Cx {
    /// A context without a request: [`call!`](crate::call) gives it to a handler in a test.
    #[must_use]
    pub fn detached() -> Self {
        Self::new(Request::detached(|| fastrand::u8(..)), None, None)
    }

    fn new(request: Request, peer: Option<SocketAddr>, drain: Option<Drain>) -> Self {
        let shared = Shared {
            request,
            peer,
            drain,
            ended: watch::Sender::new(false),
            span: Mutex::new(Span::none()),
            closers: Mutex::default(),
            tasks: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// The id of the request: the `X-Request-ID` that came with it, if it is 1 to 128 of
    /// the characters `A-Z a-z 0-9 . _ -`, else `req_` and 24 letters or digits (pitfall
    /// P11). The client gets it in the response header and in `sse.open`.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.shared.request.id
    }

    /// The id of the last event that the reader has seen: the header `Last-Event-ID`, else
    /// the query parameter `last_event_id`. None if it brought none that can be read.
    #[must_use]
    pub fn last_event_id(&self) -> Option<&EventId> {
        match &self.shared.request.last_event_id {
            LastEventId::Id(id) => Some(id),
            LastEventId::Absent | LastEventId::Unreadable => None,
        }
    }

    /// The address of the peer, where the server tells it
    /// (`into_make_service_with_connect_info`).
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        self.shared.peer
    }

    /// Whether the server is going away ([`Drain`]).
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.drain().is_some_and(Drain::is_draining)
    }

    /// Whether the stream has ended, by whichever side.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        *self.shared.ended.borrow()
    }

    /// Waits until the stream has ended.
    pub async fn ended(&self) {
        let mut ended = self.shared.ended.subscribe();
        // The sender lives as long as this context, so that there is no other answer.
        let _ended = ended.wait_for(|ended| *ended).await;
    }

    /// Calls a function when the stream has ended: exactly once, however it ends, a panic
    /// of the handler included (pitfall P5). At once, if it has ended already.
    ///
    /// It must not block. For work that waits, spawn a task in it.
    pub fn on_close(&self, closer: impl FnOnce(&Ended) + Send + 'static) {
        let mut closers = lock(&self.shared.closers);
        match closers.ended.clone() {
            None => closers.waiting.push(Box::new(closer)),
            Some(ended) => {
                drop(closers);
                closer(&ended);
            }
        }
    }

    /// Spawns a task that ends with the stream, at whatever it then waits for.
    ///
    /// # Panics
    ///
    /// None of its own; like `tokio::spawn` it needs a tokio runtime, which every handler
    /// has. A panic of the task is its own end, and is logged.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if self.is_ended() {
            return;
        }
        let span = self.span();
        let mut tasks = lock(&self.shared.tasks);
        while let Some(finished) = tasks.try_join_next() {
            log_panic(&span, finished);
        }
        tasks.spawn(task.instrument(span));
        drop(tasks);
        // The stream may have ended meanwhile, and taken the tasks that it saw.
        if self.is_ended() {
            self.abort_tasks();
        }
    }

    pub(super) fn request(&self) -> &Request {
        &self.shared.request
    }

    pub(super) fn drain(&self) -> Option<&Drain> {
        self.shared.drain.as_ref()
    }

    pub(super) fn span(&self) -> Span {
        lock(&self.shared.span).clone()
    }

    pub(super) fn set_span(&self, span: Span) {
        *lock(&self.shared.span) = span;
    }

    /// Tells everybody that the stream has ended, once.
    pub(super) fn close(&self, ended: &Ended) {
        let mut closers = lock(&self.shared.closers);
        if closers.ended.is_some() {
            return;
        }
        closers.ended = Some(ended.clone());
        let waiting = std::mem::take(&mut closers.waiting);
        drop(closers);
        self.shared.ended.send_replace(true);
        self.abort_tasks();
        for closer in waiting {
            // One that panics must not keep the others from being told.
            let _told = caught(&self.span(), "a function given to `on_close`", || closer(ended));
        }
    }

    fn abort_tasks(&self) {
        let mut tasks = std::mem::take(&mut *lock(&self.shared.tasks));
        while let Some(finished) = tasks.try_join_next() {
            log_panic(&self.span(), finished);
        }
        // Dropping the set aborts what is left.
    }
}

fn log_panic(span: &Span, finished: Result<(), tokio::task::JoinError>) {
    if finished.is_err_and(|fault| fault.is_panic()) {
        tracing::error!(parent: span, "a task of the stream panicked");
    }
}

/// Nothing is left half-done under these locks, so that a panic elsewhere in the thread
/// that held one says nothing about the value.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S: Sync> FromRequestParts<S> for Cx {
    type Rejection = Infallible;

    /// The first extraction reads the request, every later one gets a clone.
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        if let Some(cx) = parts.extensions.get::<Self>() {
            return Ok(cx.clone());
        }
        let request = Request::read(parts, || fastrand::u8(..));
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
        let drain = parts.extensions.get::<Drain>().cloned();
        let cx = Self::new(request, peer, drain);
        parts.extensions.insert(cx.clone());
        Ok(cx)
    }
}

impl fmt::Debug for Cx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cx").field("request_id", &self.request_id()).finish_non_exhaustive()
    }
}
