//! Handlers behind a real server and a real socket.
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, extract::State, routing::get};
use sse_runtime::{Cx, Ended, Events, Reason, SendError, SseEvent, sse_handler};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Notify,
    time::timeout,
};

#[derive(SseEvent)]
#[sse(source = "host")]
enum Host {
    Tick(u32),
}

/// What a test holds of a handler.
#[derive(Clone, Default)]
struct Hand {
    next: Arc<Notify>,
    ended: Arc<Mutex<Vec<Ended>>>,
    closed: Arc<Notify>,
}

#[sse_handler]
async fn ticks(cx: Cx, State(hand): State<Hand>, out: Events<Host>) -> Result<(), SendError> {
    let next = Arc::clone(&hand.next);
    cx.on_close(move |ended| {
        hand.ended.lock().expect("no panic").push(ended.clone());
        hand.closed.notify_one();
    });
    for number in 0.. {
        next.notified().await;
        out.send(Host::Tick(number)).await?;
    }
    Ok(())
}

async fn serve(hand: Hand) -> SocketAddr {
    let app = Router::new().route("/", get(ticks)).with_state(hand);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}

async fn read_until(socket: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    while !text.contains(end) {
        let mut bytes = [0; 4096];
        let read = timeout(Duration::from_secs(10), socket.read(&mut bytes));
        let count = read.await.expect("in time").expect("open");
        assert!(count > 0, "ended after {text}");
        text.push_str(std::str::from_utf8(&bytes[..count]).expect("text"));
    }
    text
}

#[tokio::test]
async fn each_event_leaves_when_it_is_sent_and_a_client_that_leaves_ends_the_producer() {
    let hand = Hand::default();
    let mut socket = TcpStream::connect(serve(hand.clone()).await).await.expect("a server");
    socket.write_all(b"GET / HTTP/1.1\r\nhost: test\r\n\r\n").await.expect("open");

    // The head and the first frame are there though no event is.
    let head = read_until(&mut socket, "\"request_id\"").await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("event: sse.open\n"));
    assert!(!head.to_ascii_lowercase().contains("\r\nconnection:"), "{head}");

    for number in 0..3 {
        hand.next.notify_one();
        let event = read_until(&mut socket, &format!("data: {number}\n\n")).await;
        assert_eq!(event.matches("event: tick\n").count(), 1, "{event}");
    }

    drop(socket);
    timeout(Duration::from_secs(10), hand.closed.notified()).await.expect("in time");
    let ended = hand.ended.lock().expect("no panic");
    let [ended] = ended.as_slice() else { panic!("told once: {ended:?}") };
    assert_eq!((ended.reason, ended.events), (Reason::Client, 3));
}
