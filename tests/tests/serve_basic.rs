//! `serve` on real sockets: requests, streams, both protocols, the end.
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    middleware::{Next, from_fn},
    response::Response,
    routing::get,
};
use bytes::Bytes;
use futures_util::stream;
use http_body_util::BodyExt as _;
use sse_runtime::{
    Channel, Resume, SseEvent, Subscription, serve,
    serve::{ServeConfig, ServeError, ServeHandle, ServeReport},
    sse_handler,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
    time::timeout,
};

#[derive(SseEvent)]
#[sse(source = "host")]
enum Host {
    Tick(u32),
}

#[sse_handler]
async fn ticks(State(channel): State<Channel<Host>>, resume: Resume) -> Subscription<Host> {
    channel.subscribe(resume)
}

struct Served {
    address: SocketAddr,
    handle: ServeHandle,
    ended: JoinHandle<Result<ServeReport, ServeError>>,
    channel: Channel<Host>,
}

async fn start(config: ServeConfig) -> Served {
    let channel = Channel::new();
    let app = Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/ticks", get(ticks))
        .with_state(channel.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = serve(listener, app).config(config);
    let handle = server.handle();
    let ended = tokio::spawn(server.into_future());
    Served { address, handle, ended, channel }
}

async fn connect(served: &Served, request: &str) -> TcpStream {
    let mut socket = TcpStream::connect(served.address).await.expect("a connection");
    socket.write_all(request.as_bytes()).await.expect("sent");
    socket
}

async fn read_until(socket: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    while !text.contains(end) {
        let mut bytes = [0; 4096];
        let read = timeout(Duration::from_secs(10), socket.read(&mut bytes)).await;
        match read.expect("in time").expect("read") {
            0 => panic!("the end, after {text}"),
            read => text.push_str(std::str::from_utf8(&bytes[..read]).expect("text")),
        }
    }
    text
}

const TICKS: &str = "GET /ticks HTTP/1.1\r\nhost: localhost\r\n\r\n";

#[tokio::test]
async fn requests_and_streams_are_served_and_a_shutdown_ends_them() {
    let served = start(ServeConfig::new()).await;
    let mut plain = connect(&served, "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert!(read_until(&mut plain, "hello").await.contains("vary: Origin"));
    plain.write_all(TICKS.as_bytes()).await.expect("the same connection");
    read_until(&mut plain, "sse.open").await;
    served.channel.publish(&Host::Tick(7)).await.expect("published");
    read_until(&mut plain, "data: 7").await;
    assert!(served.handle.is_ready());
    assert_eq!((served.handle.streams().open, served.handle.connections()), (1, 1));

    served.handle.shutdown();
    let bye = read_until(&mut plain, "\r\n0\r\n\r\n").await;
    assert!(bye.contains(r#"data: {"reason":"drain"}"#), "{bye}");
    let report = served.ended.await.expect("no panic").expect("it ran");
    assert_eq!((report.streams, report.cut.len(), report.connections_cut), (1, 0, 0));
    assert!(!served.handle.is_ready());
    assert_eq!(served.handle.connections(), 0);
}

/// Hands the body of an answer over through a task of its own, as some layers do.
async fn through_a_task(request: Request, next: Next) -> Response {
    let (parts, mut body) = next.run(request).await.into_parts();
    let (chunks, mut handed) = mpsc::channel::<Bytes>(1);
    tokio::spawn(async move {
        while let Some(Ok(frame)) = body.frame().await {
            if chunks.send(frame.into_data().unwrap_or_default()).await.is_err() {
                return;
            }
        }
    });
    let stream =
        stream::poll_fn(move |cx| handed.poll_recv(cx).map(|chunk| chunk.map(Ok::<_, Infallible>)));
    Response::from_parts(parts, Body::from_stream(stream))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_another_task_asks_misses_nothing() {
    let channel = Channel::new();
    let app = Router::new()
        .route("/ticks", get(ticks))
        .layer(from_fn(through_a_task))
        .with_state(channel.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(serve(listener, app).into_future());
    let mut socket = TcpStream::connect(address).await.expect("a connection");
    socket.write_all(TICKS.as_bytes()).await.expect("sent");
    read_until(&mut socket, "sse.open").await;
    for number in 0..500 {
        channel.publish(&Host::Tick(number)).await.expect("published");
        read_until(&mut socket, &format!("data: {number}\n")).await;
    }
}
