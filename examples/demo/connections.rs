//! The connections that are open: what each is given, and how many there are.

use std::{
    convert::Infallible,
    future::ready,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Extension, Router, extract::ConnectInfo, middleware::AddExtension, serve::IncomingStream,
};
use tokio::net::TcpListener;
use tower::{Layer as _, Service, service_fn};

/// How many connections are open.
#[derive(Debug, Clone, Default)]
pub(crate) struct Connections(Arc<AtomicUsize>);

/// One of them. It lies beside the router of its connection, and goes with it.
pub(crate) struct Open(Connections);

/// The router, as one connection gets it.
type Served = AddExtension<AddExtension<Router, ConnectInfo<SocketAddr>>, Arc<Open>>;

impl Connections {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn open(&self) -> Open {
        self.0.fetch_add(1, Ordering::Relaxed);
        Open(self.clone())
    }

    /// What `axum::serve` asks for each new connection.
    pub(crate) fn services(
        &self,
        app: Router,
    ) -> impl for<'a> Service<
        IncomingStream<'a, TcpListener>,
        Response = Served,
        Error = Infallible,
        Future: Send,
    > + Clone
    + Send
    + 'static {
        let connections = self.clone();
        service_fn(move |stream: IncomingStream<'_, TcpListener>| {
            // Each event leaves at once, instead of waiting for the one before it to be
            // acknowledged. A socket that is gone already is no matter.
            let _gone = stream.io().set_nodelay(true);
            let peer = Extension(ConnectInfo(*stream.remote_addr()));
            let open = Extension(Arc::new(connections.open()));
            ready(Ok(open.layer(peer.layer(app.clone()))))
        })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}
