//! The server while it runs, for whoever else has something to say.

use std::{
    convert::Infallible,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::{StatusCode, request::Parts};
use tokio::sync::watch;

use super::{
    super::{drain::Drain, served::Served, streams::Refusals},
    connections::Connections,
};

/// A running server: stops it, ends the streams of a principal, says how it is.
///
/// ```no_run
/// use sse_runtime::serve;
/// # async fn run(listener: tokio::net::TcpListener, app: axum::Router) {
/// let server = serve(listener, app);
/// let handle = server.handle();
/// tokio::spawn(server.into_future());
///
/// handle.revoke("ada"); // her streams end with `revoked`
/// if !handle.is_ready() {
///     // answer 503 to whoever asks for readiness
/// }
/// handle.shutdown();
/// # }
/// ```
///
/// Cheap to clone.
#[derive(Clone)]
pub struct ServeHandle {
    pub(super) control: Arc<Control>,
}

/// What a server and its handles share.
pub(super) struct Control {
    pub(super) drain: Drain,
    pub(super) connections: Arc<Connections>,
    pub(super) ready: AtomicBool,
    pub(super) stop: watch::Sender<bool>,
}

/// How many streams a server has and has refused. See [`ServeHandle::streams`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamCounts {
    /// Open now.
    pub open: usize,
    /// Refused since the start, because there were too many streams.
    pub refused_all: u64,
    /// Because there were too many from one address.
    pub refused_address: u64,
    /// Because there were too many of one principal.
    pub refused_principal: u64,
}

impl ServeHandle {
    /// Stops the server: it is not ready any more, its streams end with `drain`, and after a
    /// while it is gone. As what was given to [`Serve::shutdown_on`](super::Serve::shutdown_on).
    pub fn shutdown(&self) {
        self.control.stop.send_replace(true);
    }

    /// Whether it takes new streams: from its start until it is asked to stop.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.control.ready.load(Ordering::Acquire)
    }

    /// Ends every stream of a principal with `revoked`, within an instant; how many there were.
    /// Only those that are open: whoever comes back has to be kept out by the one who names
    /// principals.
    pub fn revoke(&self, principal: &str) -> usize {
        self.control.drain.streams().revoke(principal)
    }

    /// How many streams there are, and how many were refused.
    #[must_use]
    pub fn streams(&self) -> StreamCounts {
        let streams = self.control.drain.streams();
        let Refusals { all, address, principal } = streams.refused();
        StreamCounts {
            open: streams.count(),
            refused_all: all,
            refused_address: address,
            refused_principal: principal,
        }
    }

    /// How many connections are open, those without a stream included.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.control.connections.count()
    }
}

impl Control {
    pub(super) fn new() -> Self {
        Self {
            drain: Drain::new(),
            connections: Arc::default(),
            ready: AtomicBool::new(false),
            stop: watch::Sender::new(false),
        }
    }

    /// Waits until it is asked to stop. The future owns what it waits on.
    pub(super) fn stopped(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut stop = self.stop.subscribe();
        async move {
            // The sender lives as long as the server that asks.
            if stop.wait_for(|stop| *stop).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

/// An argument of a handler behind [`serve`](crate::serve()): for the route that logs out, and the
/// one that answers whether the server is ready. Anywhere else it is answered 500, and the log
/// says why.
///
/// ```
/// use axum::http::StatusCode;
/// use sse_runtime::serve::ServeHandle;
///
/// async fn ready(server: ServeHandle) -> StatusCode {
///     if server.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
/// }
/// # let _: axum::Router = axum::Router::new().route("/ready", axum::routing::get(ready));
/// ```
impl<S: Sync> FromRequestParts<S> for ServeHandle {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, StatusCode> {
        let Some(served) = parts.extensions.get::<Served>() else {
            tracing::error!(
                "a handler takes a `ServeHandle`, and is not behind `sse_runtime::serve`"
            );
            return Err(StatusCode::INTERNAL_SERVER_ERROR);
        };
        Ok(served.server.handle.clone())
    }
}

/// As an `Option` it is none behind another server.
impl<S: Sync> OptionalFromRequestParts<S> for ServeHandle {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get::<Served>().map(|served| served.server.handle.clone()))
    }
}

impl fmt::Debug for ServeHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServeHandle")
            .field("ready", &self.is_ready())
            .field("streams", &self.streams())
            .finish_non_exhaustive()
    }
}
