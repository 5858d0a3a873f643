//! What a handler can ask about its stream.

mod extract;
mod request;

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::Waker,
};

use tokio::{sync::Notify, task::JoinSet};
use tracing::Span;

use super::{
    access::Access,
    call::{Caught, caught},
    drain::Drain,
    ended::Ended,
    gate::{bucket, is_private},
    link::Link,
    request::Request,
    served::{Rules, Served},
};
use crate::names::Reason;

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
    peer: OnceLock<SocketAddr>,
    /// The route as the program wrote it.
    endpoint: OnceLock<Arc<str>>,
    client: OnceLock<IpAddr>,
    /// Boxed: behind `serve` there is none here, and each stream has one of these.
    drain: OnceLock<Box<Drain>>,
    served: OnceLock<Served>,
    access: Mutex<Option<Box<Access>>>,
    /// Whom to wake when it is another one.
    access_watched: Mutex<Option<Waker>>,
    /// Whether the access is another one than the stream knows.
    access_is_new: AtomicBool,
    /// Whether an extractor has asked where to go on.
    resumes_itself: AtomicBool,
    ended: AtomicBool,
    ends: Notify,
    span: Mutex<Span>,
    closers: Mutex<Closers>,
    /// None before the first: most streams have none.
    tasks: Mutex<Option<JoinSet<()>>>,
}

/// Whom to tell at the end, and how the end was.
#[derive(Default)]
struct Closers {
    waiting: Vec<Closer>,
    ended: Option<Box<Ended>>,
}

type Closer = Box<dyn FnOnce(&Ended) + Send>;

impl Cx {
    /// A context without a request: [`call!`](crate::call) gives it to a handler in a test.
    #[must_use]
    pub fn detached() -> Self {
        Self::new(Request::detached(|| fastrand::u8(..)))
    }

    fn new(request: Request) -> Self {
        let shared = Shared {
            request,
            peer: OnceLock::new(),
            endpoint: OnceLock::new(),
            client: OnceLock::new(),
            drain: OnceLock::new(),
            served: OnceLock::new(),
            access: Mutex::default(),
            access_watched: Mutex::default(),
            access_is_new: AtomicBool::new(false),
            resumes_itself: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            ends: Notify::new(),
            span: Mutex::new(Span::none()),
            closers: Mutex::default(),
            tasks: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// The address of the peer, where the server tells it
    /// (`into_make_service_with_connect_info`).
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        self.shared.peer.get().copied()
    }

    /// The address of the client. Behind [`serve`](crate::serve()) with `trusted_proxies` it is the
    /// one that the proxies tell, else that of the [`peer`](Self::peer).
    #[must_use]
    pub fn client(&self) -> Option<IpAddr> {
        self.shared.client.get().copied().or_else(|| self.peer().map(|peer| peer.ip()))
    }

    /// Says what allows the reader to listen, and for how long it does. Before the handler
    /// returns its stream (one that sends: at any time), from an extractor, a middleware or
    /// the handler itself. What an earlier call has said and this one leaves open still holds.
    ///
    /// A request whose access has run out is answered 401, one that is revoked 403.
    pub fn allow(&self, access: Access) {
        let mut known = lock(&self.shared.access);
        let before = known.take();
        let access = access.or(before.as_deref().cloned().unwrap_or_default());
        // After the end nobody asks any more, and a hook that holds this context would keep it.
        let late = if self.is_ended() {
            Some(access)
        } else {
            *known = Some(Box::new(access));
            None
        };
        drop(known);
        drop((before, late));
        self.shared.access_is_new.store(true, Ordering::Release);
        let watching = lock(&self.shared.access_watched).clone();
        if let Some(watching) = watching {
            watching.wake();
        }
    }

    /// Whether the server is going away ([`Drain`]).
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.drain().is_some_and(Drain::is_draining)
    }

    /// Whether the stream has ended, by whichever side.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.shared.ended.load(Ordering::Acquire)
    }

    /// Waits until the stream has ended.
    pub async fn ended(&self) {
        // Asked for before the look, so that an end between the two is heard.
        let ends = self.shared.ends.notified();
        if !self.is_ended() {
            ends.await;
        }
    }

    /// Calls a function when the stream has ended: exactly once, however it ends, a panic
    /// of the handler included (pitfall P5). At once, if it has ended already.
    ///
    /// It must not block; for work that waits, `tokio::spawn` it there. It must not hold this
    /// context, which holds it. Asked for by an extractor, it is told as well if another one
    /// rejects the request, when the last clone of the context is gone.
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

    /// Spawns a task that ends with the stream, at whatever it then waits for. After the end
    /// it is not spawned at all. What must outlive the stream belongs in `tokio::spawn`.
    ///
    /// For the handler, not for an extractor: a request that another extractor rejects never
    /// comes to a stream, and a task that holds this context then keeps it for ever.
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
        let mut held = lock(&self.shared.tasks);
        let tasks = held.get_or_insert_default();
        // Those that are done are forgotten here, so that the set does not grow for ever.
        while tasks.try_join_next().is_some() {}
        let task = Caught::new(Box::pin(task), span, "a task of the stream");
        tasks.spawn(async move {
            task.await;
        });
        drop(held);
        // The stream may have ended meanwhile, and taken the tasks that it saw.
        if self.is_ended() {
            self.abort_tasks();
        }
    }

    /// The route as the program wrote it, for metrics; `unrouted` where there is none.
    pub(super) fn endpoint(&self) -> Arc<str> {
        self.shared.endpoint.get().map_or_else(|| Arc::from("unrouted"), Arc::clone)
    }

    /// What is read of the request.
    pub(super) fn request(&self) -> &Request {
        &self.shared.request
    }

    /// Whether the handler has taken a `Resume`, and so answers for the position.
    pub(super) fn resumes_itself(&self) -> bool {
        self.shared.resumes_itself.load(Ordering::Relaxed)
    }

    /// That of [`serve`](crate::serve()), else the one that a layer tells.
    pub(super) fn drain(&self) -> Option<&Drain> {
        self.rules()
            .map(|rules| &rules.drain)
            .or_else(|| self.shared.drain.get().map(|drain| &**drain))
    }

    /// The address that the limit for one address counts: none for a private one.
    pub(super) fn counted_address(&self) -> Option<IpAddr> {
        // Without `serve` there is no limit that counts it.
        self.rules()?;
        self.client().filter(|client| !is_private(*client)).map(bucket)
    }

    /// What the server has decided for its streams.
    pub(super) fn rules(&self) -> Option<&Rules> {
        self.shared.served.get().map(|served| &*served.server)
    }

    /// The connection behind it.
    pub(super) fn link(&self) -> Option<&Arc<Link>> {
        self.shared.served.get().map(|served| &served.link)
    }

    pub(super) fn access(&self) -> Access {
        self.shared.access_is_new.store(false, Ordering::Release);
        lock(&self.shared.access).as_deref().cloned().unwrap_or_default()
    }

    /// Wakes this task when somebody says something new of the access: a task of the stream may.
    pub(super) fn watch_access(&self, waker: &Waker) {
        let before = lock(&self.shared.access_watched).replace(waker.clone());
        drop(before);
    }

    /// Whether [`access`](Self::access) would give another one than the last time.
    pub(super) fn has_new_access(&self) -> bool {
        self.shared.access_is_new.load(Ordering::Acquire)
    }

    pub(super) fn span(&self) -> Span {
        lock(&self.shared.span).clone()
    }

    pub(super) fn set_span(&self, span: Span) {
        *lock(&self.shared.span) = span;
    }

    /// Tells everybody that the stream has ended, once.
    pub(super) fn close(&self, ended: &Ended) {
        self.shared.close(ended);
    }

    fn abort_tasks(&self) {
        self.shared.abort_tasks();
    }
}

impl Shared {
    fn close(&self, ended: &Ended) {
        let mut closers = lock(&self.closers);
        if closers.ended.is_some() {
            return;
        }
        closers.ended = Some(Box::new(ended.clone()));
        let waiting = std::mem::take(&mut closers.waiting);
        drop(closers);
        self.ended.store(true, Ordering::Release);
        self.ends.notify_waiters();
        let watched = lock(&self.access_watched).take();
        drop(watched);
        self.abort_tasks();
        let span = lock(&self.span).clone();
        // Its hook may hold this context, and is not asked any more.
        let access = lock(&self.access).take();
        let _dropped = caught(&span, "the hook that reauthorizes", || drop(access));
        for closer in waiting {
            // One that panics must not keep the others from being told.
            let _told = caught(&span, "a function given to `on_close`", || closer(ended));
        }
    }

    /// Dropping the set aborts the tasks in it.
    fn abort_tasks(&self) {
        let tasks = lock(&self.tasks).take();
        drop(tasks);
    }
}

impl Drop for Shared {
    /// A request that another extractor rejected never came to a stream.
    fn drop(&mut self) {
        self.close(&Ended::without_stream(Reason::Client));
    }
}

/// Nothing is left half-done under these locks, so that a panic elsewhere in the thread
/// that held one says nothing about the value.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Cx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cx").field("request_id", &self.request_id()).finish_non_exhaustive()
    }
}
