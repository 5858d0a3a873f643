//! Listeners that fail, handshakes that do not end, servers that are dropped or do not start.

use std::{
    future::pending,
    io::{self, ErrorKind},
    net::SocketAddr,
    time::Duration,
};

use axum::Router;
use sse_runtime::{
    Reason, serve,
    serve::{Accepted, Established, Listener, ServeConfig, ServeError},
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{Instant, timeout},
};

use super::{
    client::{HELLO, connect, read_to_end, read_until, stream},
    server::{PATIENCE, Server, listen, millis, until},
};

/// Before each connection it has an error.
struct Flaky {
    tcp: TcpListener,
    errors: Vec<io::Error>,
}

impl Listener for Flaky {
    type Accepted = (TcpStream, SocketAddr);

    async fn accept(&mut self) -> io::Result<Self::Accepted> {
        match self.errors.pop() {
            Some(error) => Err(error),
            None => self.tcp.accept().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

#[tokio::test]
async fn no_error_of_a_listener_ends_the_server() {
    let tcp = listen();
    // EMFILE, ENFILE, ENOBUFS and ENOMEM, as Linux numbers them, and what speaks of one peer.
    let system = [24, 23, 105, 12].map(io::Error::from_raw_os_error);
    let kinds = [
        ErrorKind::ConnectionAborted,
        ErrorKind::ConnectionReset,
        ErrorKind::ConnectionRefused,
        ErrorKind::PermissionDenied,
        ErrorKind::Interrupted,
        ErrorKind::Other,
    ];
    let errors = system.into_iter().chain(kinds.map(io::Error::from)).collect();
    let server = Server::on(Flaky { tcp, errors }, ServeConfig::new());
    let mut socket = connect(server.address, HELLO).await;
    read_until(&mut socket, "hello").await;
    assert!(server.handle.is_ready());
    server.handle.shutdown();
    server.running.await.expect("no panic").expect("it ran");
}

#[tokio::test]
async fn a_listener_that_only_fails_lets_the_server_stop() {
    let tcp = listen();
    let errors = (0..10_000).map(|_| io::Error::from_raw_os_error(24)).collect();
    let server = Server::on(Flaky { tcp, errors }, ServeConfig::new());
    until(|| server.handle.is_ready()).await;
    server.handle.shutdown();
    let report = timeout(PATIENCE, server.running).await.expect("in time").expect("no panic");
    assert_eq!(report.expect("it ran").connections_cut, 0);
}

/// Every second handshake does not end.
struct Endless {
    tcp: TcpListener,
    ends: bool,
}

struct Handshake {
    socket: (TcpStream, SocketAddr),
    ends: bool,
}

impl Listener for Endless {
    type Accepted = Handshake;

    async fn accept(&mut self) -> io::Result<Handshake> {
        let socket = self.tcp.accept().await?;
        self.ends = !self.ends;
        Ok(Handshake { socket, ends: self.ends })
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

impl Accepted for Handshake {
    type Io = TcpStream;

    fn peer(&self) -> SocketAddr {
        self.socket.1
    }

    async fn establish(self) -> io::Result<Established<TcpStream>> {
        if !self.ends {
            return pending().await;
        }
        Ok(Established::new(self.socket.0))
    }
}

#[tokio::test]
async fn a_handshake_that_does_not_end_is_cut_and_holds_up_nobody() {
    let tcp = listen();
    let config = ServeConfig::new().head_timeout(millis(1000));
    let server = Server::on(Endless { tcp, ends: false }, config);
    let mut pairs = Vec::new();
    for _ in 0..20 {
        let mut good = connect(server.address, HELLO).await;
        pairs.push(connect(server.address, HELLO).await);
        read_until(&mut good, "hello").await;
    }
    for mut endless in pairs {
        let (answer, after) = read_to_end(&mut endless).await;
        assert_eq!(answer, "");
        assert!(after < Duration::from_secs(5), "closed after {after:?}");
    }
    server.alone().await;
}

#[tokio::test]
async fn a_handshake_that_does_not_end_does_not_hold_up_a_shutdown() {
    let tcp = listen();
    let config = ServeConfig::new().drain(millis(300));
    let server = Server::on(Endless { tcp, ends: true }, config);
    let mut endless = connect(server.address, HELLO).await;
    until(|| server.handle.connections() == 1).await;
    server.handle.shutdown();
    let report = timeout(PATIENCE, server.running).await.expect("in time").expect("no panic");
    assert_eq!(report.expect("it ran").connections_cut, 1);
    assert_eq!(read_to_end(&mut endless).await.0, "");
}

#[tokio::test]
async fn a_server_that_is_dropped_cuts_every_connection() {
    let server = Server::start(ServeConfig::new());
    let mut sockets = vec![
        connect(server.address, "").await,
        connect(server.address, "PR").await,
        connect(server.address, "GET / HT").await,
        connect(server.address, HELLO).await,
        connect(server.address, &stream("/ticks", "dropped-1")).await,
        connect(server.address, &stream("/silence", "dropped-2")).await,
        connect(server.address, &stream("/flood", "dropped-3")).await,
    ];
    until(|| server.handle.connections() == 7 && server.handle.streams().open == 3).await;
    let begun = Instant::now();
    server.running.abort();
    for name in ["dropped-1", "dropped-2", "dropped-3"] {
        assert_eq!(server.ended(name).await.reason, Reason::Drain, "{name}");
    }
    for socket in &mut sockets {
        read_to_end(socket).await;
    }
    server.alone().await;
    assert!(begun.elapsed() < Duration::from_secs(5), "after {:?}", begun.elapsed());
    assert!(!server.handle.is_ready());
    TcpStream::connect(server.address).await.expect_err("nobody listens");
}

/// It does not know where it is.
struct Lost;

impl Listener for Lost {
    type Accepted = (TcpStream, SocketAddr);

    async fn accept(&mut self) -> io::Result<Self::Accepted> {
        pending().await
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Err(io::Error::other("nowhere"))
    }
}

#[tokio::test]
async fn a_server_that_cannot_be_right_does_not_start() {
    let lost = serve(Lost, Router::new()).await.expect_err("without an address");
    assert!(matches!(lost, ServeError::Listener(_)) && lost.to_string().contains("nowhere"));

    let tcp = listen();
    let config = ServeConfig::new().heartbeat(Duration::ZERO).allowed_origins(["*"]);
    let server = serve(tcp, Router::new()).config(config);
    let handle = server.handle();
    let wrong = server.await.expect_err("with such values");
    let ServeError::Config(faults) = &wrong else { panic!("{wrong}") };
    assert!(faults.to_string().contains("heartbeat"), "{faults}");
    assert!(wrong.to_string().contains("allowed_origins"), "{wrong}");
    assert!(!handle.is_ready());
}
