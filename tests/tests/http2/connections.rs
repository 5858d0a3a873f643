//! Connections: what they carry, and those that are of no use or of too much.

use std::time::Duration;

use axum::http::{HeaderValue, Method};
use bytes::Bytes;
use sse_runtime::serve::ServeConfig;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};

use super::{
    client::{Answer, Client, request},
    raw,
    server::{Host, PATIENCE, Server, millis, until},
};

const LATE: Duration = Duration::from_secs(6);

#[tokio::test]
async fn requests_and_streams_of_one_connection_go_side_by_side() {
    let server = Server::start(ServeConfig::new());
    let client = Client::connect(server.address).await;
    let mut streams = Vec::new();
    for n in 0..5 {
        streams.push(client.open("/ticks", &format!("stream-{n}")).await);
    }
    for _ in 0..20 {
        let hello = client.get("/", "hello").await.expect("an answer");
        assert_eq!((hello.status, hello.rest().await.expect("all").as_str()), (200, "hello"));
    }
    let mut requests = client.requests.clone().ready().await.expect("open");
    let post = request(Method::POST, "/echo", "echo");
    let (answer, mut body) = requests.send_request(post, false).expect("sent");
    body.send_data(Bytes::from_static(b"echo!"), true).expect("sent");
    let echo = Answer::of(answer.await.expect("an answer"));
    assert_eq!(echo.rest().await.expect("all"), "echo!");

    let head = request(Method::HEAD, "/ticks", "head");
    let (answer, _) = requests.send_request(head, true).expect("sent");
    let head = Answer::of(answer.await.expect("an answer"));
    assert_eq!((head.status, head.rest().await.expect("all").as_str()), (200, ""));

    server.publish(&Host::Tick(7)).await;
    for stream in &mut streams {
        stream.read_until("data: 7").await;
    }
    assert_eq!((server.handle.streams().open, server.handle.connections()), (5, 1));
}

#[tokio::test]
async fn both_protocols_are_spoken_on_one_port() {
    let server = Server::start(ServeConfig::new());
    let client = Client::connect(server.address).await;
    let mut second = client.open("/ticks", "second").await;
    let text = b"GET /ticks HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let mut first = raw::connect(server.address, text).await;
    until(|| server.handle.streams().open == 2).await;
    server.publish(&Host::Tick(7)).await;
    second.read_until("data: 7").await;
    let mut heard = Vec::new();
    while !String::from_utf8_lossy(&heard).contains("data: 7") {
        let read = timeout(PATIENCE, first.read_buf(&mut heard)).await;
        assert_ne!(read.expect("in time").expect("read"), 0);
    }
}

/// Waits for the end that the server makes; what was heard before, and after how long.
async fn closed(socket: &mut TcpStream) -> (Vec<u8>, Duration) {
    let (begun, mut all) = (Instant::now(), Vec::new());
    let _closed_or_reset = timeout(PATIENCE, socket.read_to_end(&mut all)).await.expect("in time");
    (all, begun.elapsed())
}

/// Sends PING after PING until the other end closes.
async fn ping_to_the_end(socket: &mut TcpStream) {
    let begun = Instant::now();
    while socket.write_all(&raw::ping()).await.is_ok() {
        assert!(begun.elapsed() < LATE, "it may go on and on");
        sleep(millis(20)).await;
    }
}

#[tokio::test]
async fn a_connection_without_a_request_is_closed_however_alive_it_is() {
    let server = Server::start(ServeConfig::new().head_timeout(millis(1000)));
    let mut silent = raw::connect(server.address, &raw::wide()).await;
    let mut lively = raw::connect(server.address, &raw::wide()).await;
    ping_to_the_end(&mut lively).await;
    let (_, after) = closed(&mut silent).await;
    assert!(after < LATE, "closed after {after:?}");
    server.alone().await;
}

#[tokio::test]
async fn a_body_of_unknown_length_that_does_not_come_ends_its_request() {
    let server = Server::start(ServeConfig::new().body_timeout(millis(500)));
    let client = Client::connect(server.address).await;
    let mut requests = client.requests.clone().ready().await.expect("it takes one");
    let begun = Instant::now();
    let request = request(Method::POST, "/echo", "nothing");
    let (answer, _body_without_an_end) = requests.send_request(request, false).expect("sent");
    let answer = timeout(PATIENCE, answer).await.expect("in time").expect("an answer");
    assert_eq!(answer.status(), 400);
    assert!(begun.elapsed() < LATE, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn an_idle_connection_is_closed_in_good_order_and_a_used_one_is_not() {
    let config = ServeConfig::new().head_timeout(millis(200)).idle_timeout(millis(700));
    let server = Server::start(config);
    let idle = Client::connect(server.address).await;
    let used = Client::connect(server.address).await;
    let asks = Client::connect(server.address).await;
    let mut stream = used.open("/ticks", "used").await;
    idle.get("/", "idle").await.expect("an answer").rest().await.expect("all of it");
    let begun = Instant::now();
    while begun.elapsed() < millis(3000) {
        let hello = asks.get("/", "asks").await.expect("it is not idle");
        hello.rest().await.expect("all of it");
        sleep(millis(100)).await;
    }
    let ended = timeout(PATIENCE, idle.ended).await.expect("in time").expect("no panic");
    ended.expect("nothing was wrong");
    server.publish(&Host::Tick(7)).await;
    stream.read_until("data: 7").await;
    assert_eq!(server.handle.connections(), 2);
}

#[tokio::test]
async fn an_idle_connection_is_closed_though_its_client_says_nothing_to_that() {
    let config = ServeConfig::new().idle_timeout(millis(300)).keepalive(Duration::from_secs(1));
    let server = Server::start(config);
    let begin = [raw::wide(), raw::get(1, "/", "mute")].concat();
    let mut mute = raw::connect(server.address, &begin).await;
    let (heard, after) = closed(&mut mute).await;
    assert!(after < LATE, "closed after {after:?}");
    assert!(heard.windows(5).any(|text| text == b"hello"));
    // One that only pings is of no use either.
    let mut lively = raw::connect(server.address, &begin).await;
    ping_to_the_end(&mut lively).await;
    server.alone().await;
}

#[tokio::test]
async fn a_flood_of_resets_ends_the_connection_and_leaves_nothing_behind() {
    let server = Server::start(ServeConfig::new());
    let good = Client::connect(server.address).await;
    let mut stream = good.open("/ticks", "good").await;
    let mut flood = raw::wide();
    for stream in (1..20_000).step_by(2) {
        flood.extend(raw::get(stream, "/silence", "flood"));
        flood.extend(raw::cancel(stream));
    }
    let mut socket = TcpStream::connect(server.address).await.expect("a connection");
    // It does not get all of it out.
    let _cut = socket.write_all(&flood).await;
    let (heard, _) = closed(&mut socket).await;
    // GOAWAY with ENHANCE_YOUR_CALM, unless a reset of the socket went before it.
    let calm = heard.windows(4).any(|code| code == [0, 0, 0, 0xb]);
    assert!(calm || heard.is_empty(), "{heard:?}");
    until(|| server.handle.streams().open == 1 && server.handle.connections() == 1).await;
    server.publish(&Host::Tick(7)).await;
    stream.read_until("data: 7").await;
}

#[tokio::test]
async fn streams_that_are_opened_and_reset_one_by_one_leave_nothing_behind() {
    let server = Server::start(ServeConfig::new());
    let client = Client::connect(server.address).await;
    for n in 0..500 {
        let path = if n % 2 == 0 { "/ticks" } else { "/silence" };
        let mut requests = client.requests.clone().ready().await.expect("open");
        let get = request(Method::GET, path, &format!("turn-{n}"));
        let (answer, mut stream) = requests.send_request(get, true).expect("sent");
        // Those whose handler has not begun would be a flood; these did.
        while server.handle.streams().open == 0 {
            tokio::task::yield_now().await;
        }
        stream.send_reset(h2::Reason::CANCEL);
        drop(answer);
        while server.handle.streams().open > 0 {
            tokio::task::yield_now().await;
        }
    }
    let hello = client.get("/", "after").await.expect("the connection is well");
    assert_eq!(hello.rest().await.expect("all of it"), "hello");
}

#[tokio::test]
async fn one_connection_has_no_more_streams_than_it_may_have() {
    let server = Server::start(ServeConfig::new());
    let mut all = raw::wide();
    for stream in (1..2000).step_by(2) {
        all.extend(raw::get(stream, "/silence", "many"));
    }
    let socket = raw::connect(server.address, &all).await;
    until(|| server.handle.streams().open >= 256).await;
    sleep(millis(200)).await;
    assert_eq!(server.handle.streams().open, 256);
    drop(socket);
    server.alone().await;
}

#[tokio::test]
async fn a_head_that_is_too_large_harms_no_other_connection() {
    let server = Server::start(ServeConfig::new());
    let other = Client::connect(server.address).await;
    let mut stream = other.open("/ticks", "other").await;
    for (bytes, is_good) in [(31 * 1024, true), (40 * 1024, false), (200 * 1024, false)] {
        let client = Client::connect(server.address).await;
        let mut get = request(Method::GET, "/", "large");
        let long = HeaderValue::from_str(&"y".repeat(bytes)).expect("a value");
        get.headers_mut().insert("x-long", long);
        let mut requests = client.requests.clone().ready().await.expect("open");
        let (answer, _) = requests.send_request(get, true).expect("sent");
        match timeout(PATIENCE, answer).await.expect("in time") {
            Ok(answer) => assert_eq!(answer.status().is_success(), is_good, "{bytes} bytes"),
            Err(error) => assert!(!is_good, "{bytes} bytes: {error}"),
        }
    }
    server.publish(&Host::Tick(7)).await;
    stream.read_until("data: 7").await;
}
