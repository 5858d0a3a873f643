//! Requests of every kind that there is.

use axum::{
    Router,
    extract::Request,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::any,
};
use hyper_util::rt::TokioIo;
use sse_runtime::serve::ServeConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{
    client::{HELLO, connect, read_to_end, read_until, stream},
    server::{Host, Server, listen},
};

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() {
    let server = Server::start(ServeConfig::new());
    let echo =
        "POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\nfirst".to_owned();
    let mut socket =
        connect(server.address, &[&echo, HELLO, &stream("/ticks", "piped")].concat()).await;
    let all = read_until(&mut socket, "sse.open").await;
    let places: Vec<_> =
        ["first", "hello", "sse.open"].iter().map(|text| all.find(text).expect("came")).collect();
    assert!(places.is_sorted(), "{all}");
    server.publish(&Host::Tick(7)).await;
    read_until(&mut socket, "data: 7").await;
}

#[tokio::test]
async fn a_head_may_be_large_but_not_too_large() {
    let server = Server::start(ServeConfig::new());
    let head = |bytes: usize| {
        let begin = "GET / HTTP/1.1\r\nhost: localhost\r\nx-long: ";
        format!("{begin}{}\r\n\r\n", "y".repeat(bytes - begin.len() - 4))
    };
    let mut socket = connect(server.address, &head(31 * 1024)).await;
    read_until(&mut socket, "hello").await;
    socket.write_all(head(31 * 1024).as_bytes()).await.expect("the second time as well");
    read_until(&mut socket, "hello").await;

    // Exactly what does not fit, so that the answer is not lost to a reset.
    let mut socket = connect(server.address, &head(40 * 1024)[..32 * 1024 + 1]).await;
    let (answer, _) = read_to_end(&mut socket).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    // One that never ends is not read to its end.
    let mut socket = connect(server.address, "").await;
    let begin = "GET / HTTP/1.1\r\nx: ";
    socket.write_all(begin.as_bytes()).await.expect("sent");
    while socket.write_all(&[b'y'; 1024]).await.is_ok() {}
}

#[tokio::test]
async fn what_is_no_request_is_answered_400() {
    let server = Server::start(ServeConfig::new());
    for text in ["\x16\x03\x01\x02\0\x01\0\x01\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"] {
        let mut socket = connect(server.address, text).await;
        let (answer, _) = read_to_end(&mut socket).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{text:?}: {answer}");
    }
    server.alone().await;
}

#[tokio::test]
async fn http_1_0_gets_its_answer_and_its_stream() {
    let server = Server::start(ServeConfig::new());
    let old = |path: &str| format!("GET {path} HTTP/1.0\r\nhost: localhost\r\n\r\n");
    let mut socket = connect(server.address, &old("/")).await;
    let (answer, _) = read_to_end(&mut socket).await;
    assert!(answer.starts_with("HTTP/1.0 200 ") && answer.ends_with("hello"), "{answer}");
    // Without chunks, which it does not know: the end of the connection is that of the stream.
    let mut socket = connect(server.address, &old("/ticks")).await;
    let head = read_until(&mut socket, "request_id").await;
    assert!(head.contains("\r\n\r\nid: evt_"), "{head}");
    assert!(!head.contains("transfer-encoding"), "{head}");
    server.publish(&Host::Tick(7)).await;
    read_until(&mut socket, "data: 7").await;
    server.handle.shutdown();
    assert!(read_to_end(&mut socket).await.0.contains("sse.bye"));
}

#[tokio::test]
async fn a_connection_is_closed_when_its_client_asks_for_that() {
    let server = Server::start(ServeConfig::new());
    let text = "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let mut socket = connect(server.address, text).await;
    let (answer, _) = read_to_end(&mut socket).await;
    assert!(answer.contains("connection: close") && answer.ends_with("hello"), "{answer}");
    server.alone().await;
}

#[tokio::test]
async fn a_client_that_waits_to_be_asked_for_its_body_is_asked() {
    let server = Server::start(ServeConfig::new());
    let text = "POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 6\r\n\
                expect: 100-continue\r\n\r\n";
    let mut socket = connect(server.address, text).await;
    read_until(&mut socket, "HTTP/1.1 100 Continue\r\n\r\n").await;
    socket.write_all(b"really").await.expect("sent");
    assert!(read_until(&mut socket, "really").await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn head_is_answered_with_a_head_alone() {
    let server = Server::start(ServeConfig::new());
    let head = |path: &str| format!("HEAD {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    let mut socket = connect(server.address, &(head("/") + &head("/ticks") + HELLO)).await;
    let all = read_until(&mut socket, "hello").await;
    assert_eq!(all.matches("HTTP/1.1 200 ").count(), 3, "{all}");
    assert_eq!(all.matches("text/event-stream").count(), 1, "{all}");
    assert!(!all.contains("sse.open"), "{all}");
    assert_eq!(server.handle.streams().open, 0);
}

/// Becomes something else, and sends back what it then hears.
async fn become_echo(mut request: Request) -> impl IntoResponse {
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let mut io = TokioIo::new(upgrade.await.expect("upgraded"));
        let mut heard = [0; 5];
        io.read_exact(&mut heard).await.expect("read");
        io.write_all(&heard).await.expect("sent");
    });
    (StatusCode::SWITCHING_PROTOCOLS, [(header::UPGRADE, "echo"), (header::CONNECTION, "upgrade")])
}

#[tokio::test]
async fn a_connection_may_become_something_else() {
    let listener = listen();
    let more = Router::new().route("/echoes", any(become_echo));
    let server = Server::with(listener, ServeConfig::new(), more);
    let text = "GET /echoes HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\n\
                upgrade: echo\r\n\r\n";
    let mut socket = connect(server.address, text).await;
    read_until(&mut socket, "\r\n\r\n").await;
    socket.write_all(b"hallo").await.expect("sent");
    assert_eq!(read_to_end(&mut socket).await.0, "hallo");
    server.alone().await;
}
