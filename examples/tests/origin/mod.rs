//! The server at the other end of an example, which a test may start anew on the same port.

#![allow(dead_code, reason = "each test file uses a part")]

use std::{net::SocketAddr, time::Duration};

use axum::Router;
use sse_runtime::{
    serve,
    serve::{ServeConfig, ServeError, ServeHandle, ServeReport},
};
use tokio::{
    net::{TcpListener, TcpSocket},
    task::JoinHandle,
};

/// A port that stays ours while nobody listens on it. Where sockets cannot share an address that
/// way, it is only likely to.
pub(crate) struct Port {
    address: SocketAddr,
    _held: Option<TcpSocket>,
}

impl Port {
    pub(crate) async fn any() -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        if cfg!(target_os = "linux") {
            let held = TcpSocket::new_v4().unwrap();
            held.set_reuseaddr(true).unwrap();
            held.bind(any).unwrap();
            Self { address: held.local_addr().unwrap(), _held: Some(held) }
        } else {
            let free = TcpListener::bind(any).await.unwrap();
            Self { address: free.local_addr().unwrap(), _held: None }
        }
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }
}

pub(crate) struct Origin {
    port: Port,
    handle: ServeHandle,
    ended: JoinHandle<Result<ServeReport, ServeError>>,
}

impl Origin {
    pub(crate) async fn start(app: Router) -> Self {
        Self::start_on(Port::any().await, app).await
    }

    pub(crate) async fn start_on(port: Port, app: Router) -> Self {
        let listener = TcpListener::bind(port.address).await.unwrap();
        // Whoever is sent away comes back at once.
        let config = ServeConfig::new().spread(Duration::ZERO);
        let server = serve(listener, app).config(config);
        let handle = server.handle();
        Self { port, handle, ended: tokio::spawn(server.into_future()) }
    }

    /// Ends the server, and gives its port for the next one.
    pub(crate) async fn stop(self) -> Port {
        self.handle.shutdown();
        self.ended.await.unwrap().unwrap();
        self.port
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.port.address)
    }
}
