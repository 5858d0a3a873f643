//! Telling every open stream that the server goes away.

use std::{sync::Arc, time::Duration};

use axum::Extension;
use tokio::sync::watch;

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
    spread: Duration,
}

impl Drain {
    /// A switch that is off, with a window of 5 s.
    #[must_use]
    pub fn new() -> Self {
        Self { switch: Arc::new(watch::Sender::new(false)), spread: Duration::from_secs(5) }
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
    pub fn layer(&self) -> Extension<Self> {
        Extension(self.clone())
    }

    /// Ends every stream, now and for good.
    pub fn start(&self) {
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
