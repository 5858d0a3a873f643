//! Telling every open stream that the server goes away.

use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::Request;
use tokio::sync::watch;
use tower_layer::Layer;
use tower_service::Service;

use super::streams::Streams;

/// Over how long the readers come back, where nothing else is said.
pub(super) const WINDOW: Duration = Duration::from_secs(5);

/// The switch that ends every stream of a router before a shutdown.
///
/// Without it a graceful shutdown waits for streams that never end. With it each stream
/// hears `sse.bye` with the reason `drain` and a `retry:` spread over a window, so that
/// its readers do not come back in one storm; new requests are refused the same way: a
/// browser with a 200 that says so, because any other status ends an `EventSource` for
/// good, everything else with a 503 and `Retry-After`.
///
/// ```no_run
/// use std::time::Duration;
///
/// use axum::Router;
/// use sse_runtime::Drain;
///
/// # async fn stopped() {} // Ctrl-C, SIGTERM
/// # async fn run(app: Router) -> std::io::Result<()> {
/// let drain = Drain::new();
/// let app = app.layer(drain.layer());
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
/// let (stop, ends) = (drain.clone(), drain.clone());
/// let serving = axum::serve(listener, app).with_graceful_shutdown(async move {
///     stopped().await;
///     stop.start();
/// });
/// tokio::select! {
///     served = serving => served,
///     // A reader that does not read hears nothing, and axum would wait for it.
///     () = async { ends.started().await; tokio::time::sleep(Duration::from_secs(2)).await } => Ok(()),
/// }
/// # }
/// ```
///
/// Cheap to clone; all clones are one switch.
#[derive(Debug, Clone)]
pub struct Drain {
    switch: Arc<watch::Sender<bool>>,
    streams: Arc<Streams>,
    spread: Duration,
}

impl Drain {
    /// A switch that is off, with a window of 5 s.
    #[must_use]
    pub fn new() -> Self {
        Self {
            switch: Arc::new(watch::Sender::new(false)),
            streams: Arc::default(),
            spread: WINDOW,
        }
    }

    /// With another window over which the readers are asked to come back: each is told the
    /// reconnection time of its handler and a random part of this on top. Zero brings them
    /// back together.
    #[must_use]
    pub const fn spread(mut self, window: Duration) -> Self {
        self.spread = window;
        self
    }

    /// The layer that makes the switch known to the handlers of a router. It goes on the
    /// router after its routes: axum layers what stands before.
    #[must_use]
    pub fn layer(&self) -> DrainLayer {
        DrainLayer { drain: self.clone() }
    }

    /// Ends every stream, now and for good.
    pub fn start(&self) {
        // The streams first: whoever waits for the switch sees that no other one begins.
        self.streams.drain();
        self.switch.send_replace(true);
    }

    /// Whether [`start`](Self::start) was called.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        *self.switch.borrow()
    }

    pub(super) const fn window(&self) -> Duration {
        self.spread
    }

    /// The open streams that hear of it.
    pub(super) const fn streams(&self) -> &Arc<Streams> {
        &self.streams
    }

    /// Waits for [`start`](Self::start). The future owns what it waits on.
    pub fn started(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut switch = self.switch.subscribe();
        let keep = Arc::clone(&self.switch);
        async move {
            // The sender is kept, so that the only answer is the switch itself.
            let _on = switch.wait_for(|on| *on).await;
            drop(keep);
        }
    }
}

impl Default for Drain {
    fn default() -> Self {
        Self::new()
    }
}

/// Makes a [`Drain`] known to the handlers behind it; see [`Drain::layer`].
#[derive(Debug, Clone)]
pub struct DrainLayer {
    drain: Drain,
}

impl<S> Layer<S> for DrainLayer {
    type Service = DrainService<S>;

    fn layer(&self, inner: S) -> DrainService<S> {
        DrainService { inner, drain: self.drain.clone() }
    }
}

/// The service of a [`DrainLayer`].
#[derive(Debug, Clone)]
pub struct DrainService<S> {
    inner: S,
    drain: Drain,
}

impl<S, B> Service<Request<B>> for DrainService<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        request.extensions_mut().insert(Installed(self.drain.clone()));
        self.inner.call(request)
    }
}

/// The switch as it travels with a request. A type of its own, so that nobody else can come
/// to rely on it.
#[derive(Debug, Clone)]
pub(super) struct Installed(pub(super) Drain);
