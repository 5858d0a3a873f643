//! The example `relay`: what a listener of it hears while the origin comes and goes.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test may fail")]

mod origin;
mod process;
mod reader;
#[path = "../relay/main.rs"]
#[allow(dead_code, reason = "its `main` is that of the program")]
mod relay;

use std::{
    ops::RangeInclusive,
    sync::{Arc, Mutex},
};

use axum::{Router, extract::State, routing::get};
use sse_runtime::{
    Channel, ChannelConfig, Cx, EventId, Resume, Resumed, Subscription,
    client::{Client, EventSource, Item, Received},
    sse_handler,
};
use tokio::{net::TcpStream, time::timeout};

use self::{
    origin::Origin,
    process::{PATIENCE, Process},
    reader::{ask, request},
    relay::orders::OrderEvent,
};

#[derive(Clone)]
struct Shop {
    channel: Channel<OrderEvent>,
    /// What the requests were called.
    asked: Arc<Mutex<Vec<String>>>,
}

#[sse_handler(retry = "20ms")]
async fn orders(cx: Cx, State(shop): State<Shop>, resume: Resume) -> Subscription<OrderEvent> {
    shop.asked.lock().unwrap().push(cx.request_id().to_owned());
    shop.channel.subscribe(resume)
}

impl Shop {
    fn new(config: ChannelConfig) -> Self {
        Self { channel: Channel::with_config(config).unwrap(), asked: Arc::default() }
    }

    fn router(&self) -> Router {
        Router::new().route("/orders", get(orders)).with_state(self.clone())
    }

    async fn publish(&self, numbers: RangeInclusive<u32>) {
        for number in numbers {
            self.channel.publish(&placed(number)).await.unwrap();
        }
    }
}

fn placed(number: u32) -> OrderEvent {
    let id = EventId::try_from(format!("evt_order{number:03}").as_str()).unwrap();
    OrderEvent::Placed { id, number }
}

/// The relay, once it has found its origin, and the address of its stream.
async fn start(origin: &Origin, name: &str) -> (Process, String) {
    let url = origin.url("/orders");
    let mut relay = Process::start(&[&url, "--listen", "127.0.0.1:0", "--request-id", name]);
    let line = relay.out_until("relaying to ").await.pop().unwrap();
    let url = line.split(' ').find(|word| word.starts_with("http://")).unwrap().to_owned();
    relay.log_until("relayed").await;
    (relay, url)
}

async fn listen(url: &str, name: &str) -> EventSource<OrderEvent> {
    let client = Client::new().unwrap();
    let request = client.request::<OrderEvent>(url).header("x-request-id", name);
    let mut events = request.subscribe().unwrap();
    let Ok(Item::Opened(opened)) = next(&mut events).await else { panic!() };
    assert_eq!(opened.resumed, Resumed::Fresh);
    assert_eq!((opened.sources, opened.request_id), (vec!["orders".to_owned()], name.to_owned()));
    events
}

type Next = Result<Item<OrderEvent>, sse_runtime::client::StreamError>;

async fn next(events: &mut EventSource<OrderEvent>) -> Next {
    timeout(PATIENCE, events.next()).await.unwrap().unwrap()
}

/// An event and nothing else.
async fn event(events: &mut EventSource<OrderEvent>) -> Received<OrderEvent> {
    match next(events).await {
        Ok(Item::Event(received)) => received,
        other => panic!("{other:?}"),
    }
}

async fn expect(events: &mut EventSource<OrderEvent>, numbers: RangeInclusive<u32>) {
    for number in numbers {
        assert_eq!(event(events).await.event, placed(number));
    }
}

/// No test: what the tests start.
#[tokio::test]
#[ignore = "the others start it"]
async fn the_program() -> Result<(), Box<dyn std::error::Error>> {
    match process::arguments() {
        Some(arguments) => relay::relay(arguments).await,
        None => Ok(()),
    }
}

#[tokio::test]
async fn whatever_becomes_of_the_origin_each_event_is_heard_once_and_in_order() {
    let shop = Shop::new(ChannelConfig::new());
    let origin = Origin::start(shop.router()).await;
    let (mut relay, url) = start(&origin, "relay-1").await;
    let mut events = listen(&url, "listener-1").await;
    shop.publish(1..=5).await;
    expect(&mut events, 1..=5).await;

    // Gone and back with all that it knows: nobody behind the relay notices.
    let port = origin.stop().await;
    shop.publish(6..=8).await;
    let origin = Origin::start_on(port, shop.router()).await;
    expect(&mut events, 6..=8).await;

    // Gone and back without: what it publishes again, because nobody told it that it had, is
    // known by its own id.
    let anew = Shop::new(ChannelConfig::new());
    let _origin = Origin::start_on(origin.stop().await, anew.router()).await;
    assert_eq!(event(&mut events).await.event, OrderEvent::Missed { events: None });
    anew.publish(7..=10).await;
    expect(&mut events, 9..=10).await;
    assert_eq!(events.repeats(), 0);

    assert_eq!(*shop.asked.lock().unwrap(), ["relay-1", "relay-1"]);
    assert_eq!(*anew.asked.lock().unwrap(), ["relay-1"]);
    let log = relay.log_until("duplicate=true").await;
    assert!(log.last().unwrap().contains("origin_seq=1 event_seq=8"), "{log:?}");
}

#[tokio::test]
async fn an_event_is_followed_from_hop_to_hop() {
    let shop = Shop::new(ChannelConfig::new());
    let origin = Origin::start(shop.router()).await;
    shop.publish(1..=40).await;
    let (mut relay, url) = start(&origin, "relay-2").await;
    let mut events = listen(&url, "listener-2").await;
    shop.publish(41..=41).await;

    // From what a listener has, by the log of the relay, to the stream of the origin.
    let received = event(&mut events).await;
    assert_eq!(received.seq(), Some(2));
    let line = relay.log_until("event_seq=2").await.pop().unwrap();
    assert!(line.contains("request_id=\"relay-2\" origin_seq=41"), "{line}");
    assert_eq!(*shop.asked.lock().unwrap(), ["relay-2"]);
}

/// The same event at both ends, as it stands on the wire.
#[tokio::test]
async fn the_source_is_that_of_the_origin() {
    let shop = Shop::new(ChannelConfig::new());
    let origin = Origin::start(shop.router()).await;
    let (_relay, url) = start(&origin, "relay-3").await;
    let mut told = Vec::new();
    for url in [&origin.url("/orders"), &url] {
        let (address, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let io = TcpStream::connect(address).await.unwrap();
        let mut stream = ask(io, request(&format!("GET /{path}"), &[])).await;
        assert_eq!(stream.headers["x-event-source"], "orders");
        stream.until("event: sse.open").await;
        told.push(stream);
    }
    shop.publish(1..=1).await;
    for stream in &mut told {
        let text = stream.until("\"number\":1}\n\n").await;
        let (_, event) = text.split_once("event: placed\n").unwrap();
        assert_eq!(event, "source: orders\ndata: {\"id\":\"evt_order001\",\"number\":1}\n\n");
    }
}

#[tokio::test]
async fn what_the_relay_missed_it_says() {
    let shop = Shop::new(ChannelConfig::new().history(2));
    let origin = Origin::start(shop.router()).await;
    let (_relay, url) = start(&origin, "relay-4").await;
    let mut events = listen(&url, "listener-4").await;
    shop.publish(1..=1).await;
    expect(&mut events, 1..=1).await;
    let port = origin.stop().await;
    shop.publish(2..=6).await;
    let _origin = Origin::start_on(port, shop.router()).await;
    assert_eq!(event(&mut events).await.event, OrderEvent::Missed { events: Some(3) });
    expect(&mut events, 5..=6).await;
}

#[tokio::test]
async fn without_an_origin_that_has_it_there_is_no_relay() {
    let shop = Shop::new(ChannelConfig::new());
    let origin = Origin::start(shop.router()).await;
    let mut relay = Process::start(&[&origin.url("/nothing"), "--listen", "127.0.0.1:0"]);
    let out = relay.out_until("0 streams, 0 cut").await;
    assert!(out.iter().any(|line| line.contains(" as relay_")), "{out:?}");
    relay.end(false).await;
}

#[cfg(unix)]
#[tokio::test]
async fn asked_to_stop_it_sends_its_listeners_away_and_says_so() {
    let shop = Shop::new(ChannelConfig::new());
    let origin = Origin::start(shop.router()).await;
    let (relay, url) = start(&origin, "relay-5").await;
    let _events = listen(&url, "listener-5").await;
    let rest = relay.terminate().await;
    let told = rest.iter().rev().find(|line| line.starts_with("ended: ")).unwrap();
    assert_eq!(told, "ended: the program closed the stream");
    assert!(rest.iter().any(|line| line.starts_with("1 stream, 0 cut")), "{rest:?}");
}
