//! The client over TLS, against the example `tls`: roots, names, certificates of its own.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test may fail")]
#![allow(dead_code, reason = "rooms of the example of which this uses a part")]

#[path = "../tls/certificates.rs"]
mod certificates;
#[path = "../tls/listener.rs"]
mod listener;
#[path = "../tls/prices.rs"]
mod prices;
#[path = "../tls/subject.rs"]
mod subject;

use std::{net::SocketAddr, time::Duration};

use sse_runtime::{
    Resumed,
    client::{
        Client, ClientConfig, ClientError, EventSource, Failure, Item, Row, Rule, ServerError,
        StatusCode, StreamError, TransportError, reqwest,
    },
};
use tokio::{net::TcpListener, time::timeout};

use self::{
    certificates::{Authority, Pair},
    listener::Tls,
    prices::{PriceEvent, Shop, lamp},
};

struct Started {
    address: SocketAddr,
    shop: Shop,
    authority: Authority,
}

async fn start() -> Started {
    let authority = Authority::new().unwrap();
    let Pair { certificate, key } = authority.server().unwrap();
    let clients = authority.certificate().as_bytes();
    let config = listener::config(certificate.as_bytes(), key.as_bytes(), clients).unwrap();
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = tcp.local_addr().unwrap();
    let shop = Shop::new();
    tokio::spawn(prices::server(Tls::new(tcp, config), shop.clone()).into_future());
    Started { address, shop, authority }
}

impl Started {
    fn url(&self, host: &str, path: &str) -> String {
        format!("https://{host}:{}{path}", self.address.port())
    }

    /// A client that trusts the authority of the server.
    fn client(
        &self,
        set_up: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
    ) -> Client {
        let root = self.authority.certificate().as_bytes();
        let root = reqwest::Certificate::from_pem(root).unwrap();
        Client::with_transport(quick(), |builder| set_up(builder.tls_certs_only([root]))).unwrap()
    }
}

/// One attempt is enough to see what a fault is.
fn quick() -> ClientConfig {
    ClientConfig::new().attempts(1)
}

async fn next(events: &mut EventSource<PriceEvent>) -> Result<Item<PriceEvent>, StreamError> {
    timeout(Duration::from_secs(20), events.next()).await.unwrap().unwrap()
}

async fn failure(client: &Client, url: String) -> Failure {
    let mut events = client.subscribe::<PriceEvent>(url).unwrap();
    let Err(StreamError::Failed(error)) = next(&mut events).await else { panic!() };
    match error {
        ClientError::Fatal(failure) | ClientError::GaveUp { last: failure, .. } => failure,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_root_that_is_trusted_opens_the_stream_over_either_protocol() {
    let started = start().await;
    let clients = [
        started.client(|builder| builder),
        started.client(reqwest::ClientBuilder::http1_only),
        started.client(reqwest::ClientBuilder::http2_prior_knowledge),
    ];
    for client in clients {
        let url = started.url("localhost", "/prices");
        let mut events = client.subscribe::<PriceEvent>(url).unwrap();
        let Ok(Item::Opened(opened)) = next(&mut events).await else { panic!() };
        assert_eq!(opened.resumed, Resumed::Fresh);
        started.shop.public.publish(&lamp(1_000)).await.unwrap();
        let Ok(Item::Event(received)) = next(&mut events).await else { panic!() };
        let PriceEvent::PriceChanged { cents, .. } = received.event;
        assert_eq!(cents, 1_000);
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_accepted_is_fatal_and_named() {
    let started = start().await;
    let certificate = Failure::from(TransportError::Certificate);
    assert_eq!(certificate.row().default_rule(), Rule::Fatal);
    // Nobody vouches for it.
    let stranger = Client::with_config(quick()).unwrap();
    assert_eq!(failure(&stranger, started.url("localhost", "/prices")).await, certificate);
    // It is that of another name.
    let address = started.address;
    let client = started.client(|builder| builder.resolve("shop.example", address));
    assert_eq!(failure(&client, started.url("shop.example", "/prices")).await, certificate);
}

#[tokio::test]
async fn a_port_that_does_not_speak_tls_is_another_fault() {
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = plain.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = plain.accept().await {
            use tokio::io::AsyncWriteExt as _;
            let _gone = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let client = Client::with_config(quick()).unwrap();
    let failure = failure(&client, format!("https://localhost:{port}/")).await;
    assert_eq!(failure, TransportError::Tls.into());
    assert_eq!(Row::Tls.default_rule(), Rule::Again);
}

#[tokio::test]
async fn names_and_ports_that_lead_nowhere_are_told_apart() {
    let client = Client::with_config(quick()).unwrap();
    let nobody = failure(&client, "http://nobody.invalid/".into()).await;
    assert_eq!(nobody, TransportError::Dns.into());
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let refused = failure(&client, format!("http://{unused}/")).await;
    assert_eq!(refused, TransportError::Refused.into());
}

#[tokio::test]
async fn a_certificate_of_its_own_opens_what_is_for_partners() {
    let started = start().await;
    let url = started.url("localhost", "/partners/prices");
    let forbidden = failure(&started.client(|builder| builder), url.clone()).await;
    assert_eq!(forbidden, ServerError::Status(StatusCode::FORBIDDEN).into());

    let Pair { certificate, key } = started.authority.client("ada").unwrap();
    let identity = reqwest::Identity::from_pem((certificate + &key).as_bytes()).unwrap();
    let client = started.client(|builder| builder.identity(identity));
    let mut events = client.subscribe::<PriceEvent>(url).unwrap();
    assert!(matches!(next(&mut events).await, Ok(Item::Opened(_))));
}
