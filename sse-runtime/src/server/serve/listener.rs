//! Where connections come from.

use std::{future::ready, io, net::SocketAddr};

use http::Extensions;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};

use super::meter::Meter;

/// What [`serve`](crate::serve()) takes connections from: `tokio::net::TcpListener`, or yours.
///
/// Taking a connection and making it ready are apart, because a handshake takes as long as the
/// peer likes: it runs in the task of its connection, under a deadline, and holds up nobody else.
///
/// A listener of TLS, by `tokio-rustls`; the example `tls` of the repository has it in full,
/// with client certificates:
///
/// ```ignore
/// struct Tls { tcp: TcpListener, acceptor: TlsAcceptor }
///
/// impl Listener for Tls {
///     type Accepted = Handshake;
///
///     async fn accept(&mut self) -> io::Result<Handshake> {
///         let (tcp, peer) = self.tcp.accept().await?;
///         Ok(Handshake { tcp, peer, acceptor: self.acceptor.clone() })
///     }
///
///     fn local_addr(&self) -> io::Result<SocketAddr> {
///         self.tcp.local_addr()
///     }
/// }
///
/// impl Accepted for Handshake {
///     type Io = TlsStream<Metered<TcpStream>>;
///
///     fn peer(&self) -> SocketAddr {
///         self.peer
///     }
///
///     fn tcp(&self) -> Option<&TcpStream> {
///         Some(&self.tcp)
///     }
///
///     async fn establish(self) -> io::Result<Established<Self::Io>> {
///         let socket = Metered::new(self.tcp);
///         let meter = socket.meter();
///         let io = self.acceptor.accept(socket).await?;
///         let protocol = match io.get_ref().1.alpn_protocol() {
///             Some(b"h2") => Protocol::Http2,
///             _ => Protocol::Http1,
///         };
///         Ok(Established::new(io).protocol(protocol).meter(meter))
///     }
/// }
/// ```
pub trait Listener: Send + 'static {
    /// A connection, before its handshake.
    type Accepted: Accepted;

    /// Waits for the next connection. To be dropped before it is ready must lose nothing.
    ///
    /// # Errors
    ///
    /// Whatever the system says. None ends the server: it is logged, and after a while the
    /// listener is asked again.
    fn accept(&mut self) -> impl Future<Output = io::Result<Self::Accepted>> + Send;

    /// The address that it listens on. One of loopback answers to loopback names alone, unless
    /// `allowed_hosts` of [`ServeConfig`](super::ServeConfig) says otherwise.
    ///
    /// # Errors
    ///
    /// Whatever the system says, which keeps the server from starting.
    fn local_addr(&self) -> io::Result<SocketAddr>;
}

/// A connection that a [`Listener`] gave, before its handshake.
pub trait Accepted: Send + 'static {
    /// What is read from and written to.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Who is at the other end.
    fn peer(&self) -> SocketAddr;

    /// The TCP socket below, if there is one: its buffers and its clocks are then set as
    /// [`ServeConfig`](super::ServeConfig) says.
    fn tcp(&self) -> Option<&TcpStream> {
        None
    }

    /// Does the handshake. Dropped when it takes longer than the head of a request may.
    ///
    /// # Errors
    ///
    /// Whatever went wrong; the connection is closed, and the log has it at the level `debug`.
    fn establish(self) -> impl Future<Output = io::Result<Established<Self::Io>>> + Send;
}

/// A connection that is ready for requests.
#[derive(Debug)]
pub struct Established<Io> {
    pub(super) io: Io,
    pub(super) protocol: Option<Protocol>,
    pub(super) meter: Option<Meter>,
    pub(super) extensions: Extensions,
}

/// The protocol of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protocol {
    /// HTTP/1.1, or 1.0.
    Http1,
    /// HTTP/2.
    Http2,
}

impl<Io> Established<Io> {
    /// A connection whose first bytes will tell the protocol.
    #[must_use]
    pub fn new(io: Io) -> Self {
        Self { io, protocol: None, meter: None, extensions: Extensions::new() }
    }

    /// The protocol that both ends agreed on (ALPN).
    #[must_use]
    pub const fn protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = Some(protocol);
        self
    }

    /// What the socket below took, where the I/O has a buffer of its own above it. Without it a
    /// reader that is slow, and never has everything, may be taken for one that has stopped.
    #[must_use]
    pub fn meter(mut self, meter: Meter) -> Self {
        self.meter = Some(meter);
        self
    }

    /// What every request of the connection carries as an extension: the certificate of its
    /// client, for example.
    #[must_use]
    pub fn extension<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.extensions.insert(value);
        self
    }
}

impl Listener for TcpListener {
    type Accepted = (TcpStream, SocketAddr);

    async fn accept(&mut self) -> io::Result<Self::Accepted> {
        Self::accept(self).await
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Self::local_addr(self)
    }
}

impl Accepted for (TcpStream, SocketAddr) {
    type Io = TcpStream;

    fn peer(&self) -> SocketAddr {
        self.1
    }

    fn tcp(&self) -> Option<&TcpStream> {
        Some(&self.0)
    }

    fn establish(self) -> impl Future<Output = io::Result<Established<TcpStream>>> + Send {
        ready(Ok(Established::new(self.0)))
    }
}
