//! Serving: an accept loop of our own, with what a stream that lives for hours needs around it.
//!
//! `axum::serve` is made for requests that are short. It has no deadline for a peer that says
//! nothing, none for a reader that stopped reading, no end of a shutdown while one stream is
//! open, and no limit to how many there are. [`serve`](crate::serve()) has them all, on by
//! default; what is served is any router of axum.

mod body;
mod clock;
mod config;
mod connection;
mod connections;
mod door;
mod files;
mod handle;
mod http1;
mod http2;
mod listener;
mod meter;
mod protocol;
mod report;
mod requests;
mod run;
mod settings;
mod signal;
mod socket;
mod stall;
mod watched;

use std::{
    fmt,
    future::{IntoFuture, pending},
    pin::Pin,
    sync::Arc,
};

use axum::Router;
use http::request::Parts;

pub use self::{
    config::ServeConfig,
    files::raise_open_files,
    handle::{ServeHandle, StreamCounts},
    listener::{Accepted, Established, Listener, Protocol},
    meter::{Meter, Metered},
    report::{CutStream, ServeError, ServeReport},
    settings::InvalidServeConfig,
    signal::stop_signal,
};
use self::{handle::Control, run::run};
pub use super::gate::ForwardedHeader;
use super::served::Name;

/// Serves a router, with limits, deadlines and an orderly end.
///
/// ```no_run
/// use axum::Router;
/// use sse_runtime::{serve, serve::stop_signal};
/// use tokio::net::TcpListener;
///
/// # async fn run(app: Router) -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:3000").await?;
/// let report = serve(listener, app).shutdown_on(stop_signal()).await?;
/// println!("{report}"); // 1000 streams, 50 cut, after 1.5s: ...
/// # Ok(())
/// # }
/// ```
///
/// What it has beyond `axum::serve`, each by default and each set by [`ServeConfig`]:
///
/// * **Deadlines**: 10 s for the head of a request, the handshake and the first bytes included,
///   for the first request of a connection of HTTP/2, and for a body that does not come; 75 s for an idle connection; keepalive
///   and user timeout of TCP at 30 s.
/// * **Slow readers**: a write that a reader does not take for 10 s ends its stream as
///   [`Stalled`](crate::Reason::Stalled); what waits for it is bounded, in the kernel as well.
/// * **Limits**: streams in all, for each public address, for each principal. Who is refused is
///   told when to come back, in a way that a browser understands.
/// * **An orderly end**: see [`Serve::shutdown_on`].
/// * **Who may listen**: it answers to the names that are its own, and not to the pages of
///   strangers; ends all streams of a principal ([`ServeHandle::revoke`]).
///
/// The handlers need nothing for that. Behind `axum::serve` they work as well, and have of the
/// above the terms of an [`Access`](crate::Access) and what a [`Drain`](crate::Drain) does.
///
/// HTTP/1.1 and HTTP/2 are told apart by what a connection begins with, or by its listener (TLS,
/// by ALPN). `ConnectInfo<SocketAddr>` is there for every handler.
///
/// At its start it raises the soft limit of open files of the process to the hard one, and warns
/// where that is too low for its streams.
pub fn serve<L: Listener>(listener: L, router: Router) -> Serve<L> {
    Serve {
        listener,
        router,
        config: ServeConfig::new(),
        principal: None,
        stop: Box::pin(pending()),
        control: Arc::new(Control::new()),
    }
}

/// A server that is about to start; made by [`serve`](crate::serve()). It runs when it is awaited.
#[must_use = "a server does nothing until it is awaited"]
pub struct Serve<L> {
    listener: L,
    router: Router,
    config: ServeConfig,
    principal: Option<Name>,
    stop: Pin<Box<dyn Future<Output = ()> + Send>>,
    control: Arc<Control>,
}

impl<L: Listener> Serve<L> {
    /// With these values in place of the defaults.
    pub fn config(mut self, config: ServeConfig) -> Self {
        self.config = config;
        self
    }

    /// With a hook that names the principal of a request: whose stream it would be, for the
    /// limit of each principal and for [`ServeHandle::revoke`]. It is called where a handler
    /// has its context from, and so sees what a middleware before has put into the extensions.
    /// An [`Access`](crate::Access) that names one goes before it.
    ///
    /// ```no_run
    /// # use axum::Router;
    /// # async fn run(listener: tokio::net::TcpListener, app: Router) {
    /// #[derive(Clone)]
    /// struct User(String); // put there by a middleware
    ///
    /// let server = sse_runtime::serve(listener, app)
    ///     .principal(|request| request.extensions.get::<User>().map(|user| user.0.clone()));
    /// # let _ = server.await;
    /// # }
    /// ```
    pub fn principal<F>(mut self, name: F) -> Self
    where
        F: Fn(&Parts) -> Option<String> + Send + Sync + 'static,
    {
        self.principal = Some(Box::new(move |parts| name(parts).map(Arc::from)));
        self
    }

    /// With what ends the server when it is done, whatever comes of it: mostly
    /// [`stop_signal`].
    ///
    /// Then the server is not [ready](ServeHandle::is_ready) any more, and goes on for
    /// `drain_delay`. Then it refuses new streams, each open one hears `sse.bye` with `drain`
    /// and a `retry:` spread over `spread`, and requests that are under way get their answer; a
    /// finite stream whose handler says `drain = "30s"` may go on for so long. When all are gone,
    /// or after `drain`, what is left is cut, and the [`ServeReport`] says what that was.
    pub fn shutdown_on<F>(mut self, signal: F) -> Self
    where
        F: Future + Send + 'static,
    {
        self.stop = Box::pin(async {
            let _whatever = signal.await;
        });
        self
    }

    /// A handle that goes on working while the server runs.
    #[must_use]
    pub fn handle(&self) -> ServeHandle {
        ServeHandle { control: Arc::clone(&self.control) }
    }
}

impl<L: Listener> IntoFuture for Serve<L> {
    /// [`ServeError`] where the server did not start. Once it has, nothing but its shutdown ends
    /// it. Dropped before, it cuts every connection.
    type Output = Result<ServeReport, ServeError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(run(self))
    }
}

impl<L> fmt::Debug for Serve<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serve").field("config", &self.config).finish_non_exhaustive()
    }
}
