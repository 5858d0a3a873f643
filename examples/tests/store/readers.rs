//! Readers that come back each time they are cut, and write down what they are told.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::http::Request;
use http_body_util::{BodyExt as _, Empty};
use hyper::{body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use sse_runtime::{
    Position, Resumed, SseEvent,
    client::{Client, ClientConfig, EventSource, Item},
};
use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};

use super::PATIENCE;

/// The last event that there is.
pub(crate) const END: &str = "the end";

/// What a reader was told, by all its connections.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// What became of its position, each time that it came.
    pub(crate) outcomes: Vec<String>,
    /// Each event: where it stands, and what it says.
    pub(crate) events: Vec<(Position, String, u32)>,
}

impl Told {
    fn is_over(&self) -> bool {
        self.events.last().is_some_and(|(_, sku, _)| sku == END)
    }
}

/// How far a reader is, while it reads.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    opened: AtomicUsize,
    events: AtomicUsize,
}

impl Progress {
    fn note(&self, told: &Told) {
        self.opened.store(told.outcomes.len(), Ordering::Relaxed);
        self.events.store(told.events.len(), Ordering::Relaxed);
    }

    /// How often it has come, and was told what became of its position.
    pub(crate) fn opened(&self) -> usize {
        self.opened.load(Ordering::Relaxed)
    }

    pub(crate) async fn until_opened(&self, times: usize) {
        until(|| self.opened() >= times).await;
    }

    /// Waits for so many events more than there are now.
    pub(crate) async fn until_more(&self, events: usize) {
        let seen = || self.events.load(Ordering::Relaxed);
        let enough = seen() + events;
        until(|| seen() >= enough).await;
    }
}

async fn until(is_so: impl Fn() -> bool) {
    let reached = async {
        while !is_so() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, reached).await.unwrap();
}

/// As a page reads, and comes back at once.
pub(crate) async fn listen_plainly(address: String, progress: Arc<Progress>) -> Told {
    let (mut told, mut last) = (Told::default(), String::new());
    while !told.is_over() {
        if connection(&address, &mut told, &mut last, &progress).await.is_none() {
            sleep(Duration::from_millis(5)).await;
        }
    }
    told
}

/// One connection, until it is cut, which is none if there is nobody.
async fn connection(
    address: &str,
    told: &mut Told,
    last: &mut String,
    progress: &Progress,
) -> Option<()> {
    let io = TcpStream::connect(address).await.ok()?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(io)).await.ok()?;
    tokio::spawn(connection);
    let mut request = Request::get("/events/inventory").header("host", "localhost");
    if !last.is_empty() {
        request = request.header("last-event-id", &*last);
    }
    let request = request.body(Empty::<Bytes>::new()).unwrap();
    let response = sender.send_request(request).await.ok()?;
    assert_eq!(response.status(), 200);
    let (mut body, mut text) = (response.into_body(), String::new());
    while !told.is_over() {
        let data = body.frame().await?.ok()?.into_data().ok()?;
        text.push_str(std::str::from_utf8(&data).unwrap());
        // What has no blank line behind it was cut, and counts for nothing.
        while let Some((block, rest)) = text.split_once("\n\n") {
            take(block, told, last);
            text = rest.to_owned();
        }
        progress.note(told);
    }
    Some(())
}

fn take(block: &str, told: &mut Told, last: &mut String) {
    let field = |name| block.lines().find_map(|line| line.strip_prefix(name));
    if let Some(id) = field("id: ") {
        id.clone_into(last);
    }
    let data: Value = field("data: ").map_or(Value::Null, |data| data.parse().unwrap());
    match field("event: ") {
        Some("sse.open") => told.outcomes.push(data["resume"].as_str().unwrap().to_owned()),
        Some("stock_changed") => {
            let (sku, left) = (data["sku"].as_str().unwrap(), data["left"].as_u64().unwrap());
            let position = last.parse().unwrap();
            told.events.push((position, sku.to_owned(), left.try_into().unwrap()));
        }
        _ => {}
    }
}

#[derive(Debug, SseEvent)]
#[sse(source = "inventory", decode_only)]
enum InventoryEvent {
    StockChanged { sku: String, left: u32 },
}

/// With the client of the crate, which comes back when it was told to.
pub(crate) async fn listen_as_a_client(address: String, progress: Arc<Progress>) -> Told {
    let config = ClientConfig::new().unlimited_attempts().unlimited_outage();
    let url = format!("http://{address}/events/inventory");
    let client = Client::with_config(config).unwrap();
    let mut events: EventSource<InventoryEvent> = client.subscribe(&url).unwrap();
    let mut told = Told::default();
    while !told.is_over() {
        // A gap and a reset are errors.
        match events.next().await.unwrap().unwrap() {
            Item::Opened(opened) => told.outcomes.push(match opened.resumed {
                Resumed::Fresh => "fresh".to_owned(),
                Resumed::Exact => "exact".to_owned(),
                other => format!("{other:?}"),
            }),
            Item::Event(received) => {
                let InventoryEvent::StockChanged { sku, left } = received.event;
                told.events.push((received.position.unwrap(), sku, left));
            }
            other => panic!("{other:?}"),
        }
        progress.note(&told);
    }
    assert_eq!(events.repeats(), 0);
    told
}
