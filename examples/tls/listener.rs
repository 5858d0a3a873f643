//! A listener of TLS: the protocol by ALPN, and the certificate of the client to every request.

use std::{error::Error, io, net::SocketAddr, sync::Arc};

use sse_runtime::serve::{Accepted, Established, Listener, Metered, Protocol};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
        server::WebPkiClientVerifier,
    },
    server::TlsStream,
};

use crate::subject::Subject;

/// How TLS is spoken, of PEM: the server's chain and key, and the authorities whose clients are
/// known. Who shows no certificate is let in all the same; what it may see, the handlers decide.
/// Without `allow_unauthenticated` nobody would be.
pub(crate) fn config(
    chain: &[u8],
    key: &[u8],
    clients: &[u8],
) -> Result<ServerConfig, Box<dyn Error>> {
    let mut roots = RootCertStore::empty();
    for authority in CertificateDer::pem_slice_iter(clients) {
        roots.add(authority?)?;
    }
    // Named, because a program with two of them must choose anyway.
    let provider = Arc::new(ring::default_provider());
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .allow_unauthenticated()
            .build()?;
    let chain = CertificateDer::pem_slice_iter(chain).collect::<Result<_, _>>()?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, PrivateKeyDer::from_pem_slice(key)?)?;
    // A browser opens six connections of HTTP/1.1 at most, and asks for HTTP/2 over TLS alone.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// How many bytes TLS may keep for a reader that does not take them.
const KEPT: usize = 16 * 1024;

/// Takes connections by TCP and speaks TLS on them.
pub(crate) struct Tls {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
}

impl Tls {
    pub(crate) fn new(tcp: TcpListener, config: ServerConfig) -> Self {
        Self { tcp, acceptor: TlsAcceptor::from(Arc::new(config)) }
    }
}

impl Listener for Tls {
    type Accepted = Handshake;

    async fn accept(&mut self) -> io::Result<Handshake> {
        let (tcp, peer) = self.tcp.accept().await?;
        Ok(Handshake { tcp, peer, acceptor: self.acceptor.clone() })
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

/// A connection before its handshake, which `serve` does beside all others, under a deadline.
pub(crate) struct Handshake {
    tcp: TcpStream,
    peer: SocketAddr,
    acceptor: TlsAcceptor,
}

impl Accepted for Handshake {
    type Io = TlsStream<Metered<TcpStream>>;

    fn peer(&self) -> SocketAddr {
        self.peer
    }

    fn tcp(&self) -> Option<&TcpStream> {
        Some(&self.tcp)
    }

    async fn establish(self) -> io::Result<Established<Self::Io>> {
        // Whether a reader takes anything, only the socket knows: TLS keeps what is not sent.
        let socket = Metered::new(self.tcp);
        let meter = socket.meter();
        let mut io = self.acceptor.accept(socket).await?;
        io.get_mut().1.set_buffer_limit(Some(KEPT));
        let (_, session) = io.get_ref();
        let protocol = match session.alpn_protocol() {
            Some(b"h2") => Protocol::Http2,
            _ => Protocol::Http1,
        };
        let certificate = session.peer_certificates().and_then(<[_]>::first);
        let subject = certificate.map(Subject::of).transpose()?;
        let established = Established::new(io).protocol(protocol).meter(meter);
        Ok(match subject {
            Some(subject) => established.extension(subject),
            None => established,
        })
    }
}
