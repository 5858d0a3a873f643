//! The example `tls`: both protocols, clients with a certificate and without.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test may fail")]

#[path = "../tls/certificates.rs"]
mod certificates;
#[path = "../tls/listener.rs"]
mod listener;
#[path = "../tls/prices.rs"]
mod prices;
mod reader;
#[path = "../tls/subject.rs"]
mod subject;

use std::{
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::http::StatusCode;
use sse_runtime::serve::{Serve, ServeConfig, ServeHandle};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::sleep,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
    },
};

use self::{
    certificates::{Authority, Pair},
    listener::Tls,
    prices::{PriceEvent, Shop, lamp},
    reader::{Answer, ask, ask_http2, request},
};

const HTTP1: &str = "http/1.1";
const HTTP2: &str = "h2";

struct Started {
    address: SocketAddr,
    handle: ServeHandle,
    shop: Shop,
    authority: Authority,
}

async fn start() -> Started {
    start_with(|server| server).await
}

async fn start_with(configured: impl FnOnce(Serve<Tls>) -> Serve<Tls>) -> Started {
    let authority = Authority::new().unwrap();
    let Pair { certificate, key } = authority.server().unwrap();
    let clients = authority.certificate().as_bytes();
    let config = listener::config(certificate.as_bytes(), key.as_bytes(), clients).unwrap();
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = tcp.local_addr().unwrap();
    let shop = Shop::new();
    let server = configured(prices::server(Tls::new(tcp, config), shop.clone()));
    let handle = server.handle();
    tokio::spawn(server.into_future());
    Started { address, handle, shop, authority }
}

impl Started {
    async fn connect(
        &self,
        protocol: &str,
        client: Option<&Pair>,
    ) -> io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_slice(self.authority.certificate().as_bytes());
        roots.add(authority.unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match client {
            None => config.with_no_client_auth(),
            Some(Pair { certificate, key }) => {
                let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
                config.with_client_auth_cert(chain, key).unwrap()
            }
        };
        config.alpn_protocols = vec![protocol.into()];
        let tcp = TcpStream::connect(self.address).await?;
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, tcp).await
    }

    async fn get(&self, path: &str, protocol: &str, client: Option<&Pair>) -> Answer {
        let io = self.connect(protocol, client).await.unwrap();
        assert_eq!(io.get_ref().1.alpn_protocol(), Some(protocol.as_bytes()));
        let request = request(&format!("GET {path}"), &[]);
        if protocol == HTTP2 { ask_http2(io, request).await } else { ask(io, request).await }
    }
}

#[tokio::test]
async fn anybody_reads_the_public_stream_over_both_protocols() {
    let started = start().await;
    let ada = started.authority.client("ada").unwrap();
    let mut streams = Vec::new();
    for protocol in [HTTP1, HTTP2] {
        for client in [None, Some(&ada)] {
            let mut stream = started.get("/prices", protocol, client).await;
            assert_eq!(stream.status, StatusCode::OK);
            stream.until("event: sse.open").await;
            streams.push(stream);
        }
    }
    started.shop.public.publish(&lamp(950)).await.unwrap();
    started.shop.partners.publish(&lamp(850)).await.unwrap();
    for stream in &mut streams {
        let told = stream.until("\"cents\":950").await;
        assert!(!told.contains("850"), "{told}");
    }
    started.handle.shutdown();
    for stream in &mut streams {
        assert!(stream.whole().await.contains(r#"{"reason":"drain"}"#));
    }
}

#[tokio::test]
async fn only_a_certificate_opens_the_stream_of_partners() {
    let started = start().await;
    let ada = started.authority.client("ada").unwrap();
    for protocol in [HTTP1, HTTP2] {
        let mut refused = started.get("/partners/prices", protocol, None).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert!(refused.whole().await.contains("certificate"));
        let mut stream = started.get("/partners/prices", protocol, Some(&ada)).await;
        stream.until("event: sse.open").await;
        started.shop.partners.publish(&lamp(850)).await.unwrap();
        stream.until("\"cents\":850").await;
    }
}

/// TLS takes each event though the socket is full, so that only the socket shows who has stopped.
#[tokio::test]
async fn who_stops_reading_is_ended_though_events_go_on() {
    let patient = ServeConfig::new().write_timeout(Duration::from_secs(1));
    let started = start_with(|server| server.config(patient)).await;
    for protocol in [HTTP1, HTTP2] {
        let mut stuck = started.connect(protocol, None).await.unwrap();
        let stream = if protocol == HTTP1 {
            stuck.write_all(b"GET /prices HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
            None
        } else {
            Some(ask_http2(stuck, request("GET /prices", &[])).await)
        };
        let begun = Instant::now();
        while started.handle.streams().open == 0 {
            sleep(Duration::from_millis(5)).await;
        }
        while started.handle.streams().open > 0 {
            let product = "lamp".repeat(500);
            let price = PriceEvent::PriceChanged { product, cents: 950 };
            started.shop.public.publish(&price).await.unwrap();
            sleep(Duration::from_millis(2)).await;
            assert!(begun.elapsed() < Duration::from_secs(30), "{protocol}: still open");
        }
        drop(stream);
    }
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_no_certificate() {
    let started = start().await;
    let stranger = Authority::new().unwrap().client("ada").unwrap();
    // The handshake of the client is over before the server has looked at the certificate.
    let refused = match started.connect(HTTP1, Some(&stranger)).await {
        Ok(mut io) => io.read_u8().await.unwrap_err(),
        Err(error) => error,
    };
    assert!(refused.to_string().starts_with("received fatal alert"), "{refused}");
}

#[tokio::test]
async fn each_subject_has_two_streams_at_most() {
    let started = start().await;
    let [ada, bob] = ["ada", "bob"].map(|name| started.authority.client(name).unwrap());
    let mut open = Vec::new();
    for protocol in [HTTP1, HTTP2] {
        let mut stream = started.get("/prices", protocol, Some(&ada)).await;
        stream.until("event: sse.open").await;
        open.push(stream);
    }
    for path in ["/prices", "/partners/prices"] {
        let refused = started.get(path, HTTP2, Some(&ada)).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(refused.headers.contains_key("retry-after"));
    }
    started.get("/prices", HTTP1, Some(&bob)).await.until("event: sse.open").await;
    for _ in 0..3 {
        let mut anybody = started.get("/prices", HTTP1, None).await;
        anybody.until("event: sse.open").await;
        open.push(anybody);
    }
    assert_eq!(started.handle.streams().refused_principal, 2);
}

#[tokio::test]
async fn what_a_subject_reads_can_be_revoked() {
    let started = start().await;
    let [ada, bob] = ["ada", "bob"].map(|name| started.authority.client(name).unwrap());
    let mut of_ada = started.get("/partners/prices", HTTP1, Some(&ada)).await;
    let mut on_http2 = started.get("/partners/prices", HTTP2, Some(&ada)).await;
    let mut of_bob = started.get("/partners/prices", HTTP2, Some(&bob)).await;
    for stream in [&mut of_ada, &mut on_http2, &mut of_bob] {
        stream.until("event: sse.open").await;
    }
    assert_eq!(started.handle.revoke("CN=ada"), 2);
    for stream in [&mut of_ada, &mut on_http2] {
        let told = stream.whole().await;
        assert!(told.contains(r#"{"reason":"revoked"}"#), "{told}");
    }
    started.shop.partners.publish(&lamp(850)).await.unwrap();
    of_bob.until("\"cents\":850").await;
}

#[tokio::test]
async fn who_does_not_shake_hands_holds_up_nobody() {
    let started = start().await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(TcpStream::connect(started.address).await.unwrap());
    }
    started.get("/prices", HTTP2, None).await.until("event: sse.open").await;
}
