//! Connections that do not come to a request.

use std::time::Duration;

use sse_runtime::serve::ServeConfig;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{
    client::{HELLO, connect, dribble, read_to_end, read_until, stream},
    server::{Host, Server, millis},
};

/// What it takes to be late here, and what it takes to be much too late.
const HEAD: Duration = Duration::from_secs(1);
const LATE: Duration = Duration::from_secs(6);

/// The preface of HTTP/2 and empty SETTINGS.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// HEADERS of stream 1 that go on in the next frame, and CONTINUATION that does as well. The
/// block is `:method: GET`.
const HALF_A_HEAD: &[u8] = b"\0\0\x01\x01\0\0\0\0\x01\x82";
const GOES_ON: &[u8] = b"\0\0\0\x09\0\0\0\0\x01";

fn quick() -> ServeConfig {
    ServeConfig::new().head_timeout(HEAD)
}

#[tokio::test]
async fn five_hundred_dribblers_are_cut_and_a_good_reader_hears_everything_meanwhile() {
    let server = Server::start(quick());
    let mut reader = connect(server.address, &stream("/ticks", "good")).await;
    read_until(&mut reader, "sse.open").await;

    let mut hostile = JoinSet::new();
    for n in 0..500 {
        let address = server.address;
        hostile.spawn(async move {
            let mut socket = TcpStream::connect(address).await.expect("a connection");
            let begin: &[u8] = match n % 8 {
                // Nothing, or too little to tell which protocol it is.
                0 => b"",
                1 => b"P",
                2 => b"PR",
                // A handshake of TLS that somebody sent to the wrong port, unfinished.
                3 => b"\x16\x03\x01",
                4 => PREFACE,
                5 => &[PREFACE, HALF_A_HEAD].concat(),
                _ => return dribble(&mut socket, b"GET / HTTP/1.1\r\nx: y", millis(250)).await,
            };
            socket.write_all(begin).await.expect("sent");
            read_to_end(&mut socket).await.1
        });
    }
    // The channel tells something every few milliseconds until they are all gone.
    let mut heard = String::new();
    let (mut count, mut slowest) = (0, Duration::ZERO);
    let begun = Instant::now();
    while !hostile.is_empty() || begun.elapsed() < HEAD {
        let published = Instant::now();
        server.publish(&Host::Tick(count)).await;
        let end = format!("data: {count}\n\n");
        while !heard.contains(&end) {
            heard.push_str(&read_until(&mut reader, "\n\n").await);
        }
        slowest = slowest.max(published.elapsed());
        count += 1;
        while let Some(closed) = hostile.try_join_next() {
            let after = closed.expect("no panic");
            assert!(after < LATE, "closed after {after:?}");
        }
        sleep(millis(5)).await;
    }
    assert!(count > 20, "{count} events");
    assert_eq!(heard.matches("event: tick").count(), usize::try_from(count).expect("few"));
    assert!(slowest < Duration::from_secs(2), "an event took {slowest:?}");
    assert_eq!((server.handle.connections(), server.handle.streams().open), (1, 1));
}

#[tokio::test]
async fn a_head_that_goes_on_for_ever_in_http2_is_cut() {
    let server = Server::start(quick());
    let mut socket = TcpStream::connect(server.address).await.expect("a connection");
    socket.write_all(&[PREFACE, HALF_A_HEAD].concat()).await.expect("sent");
    let begun = Instant::now();
    while socket.write_all(GOES_ON).await.is_ok() {
        assert!(begun.elapsed() < LATE, "it may go on and on");
        sleep(millis(20)).await;
    }
    server.alone().await;
}

#[tokio::test]
async fn an_idle_connection_outlives_the_time_for_a_head() {
    let config = ServeConfig::new().head_timeout(millis(300)).idle_timeout(millis(2500));
    let server = Server::start(config);
    let mut socket = connect(server.address, HELLO).await;
    read_until(&mut socket, "hello").await;
    for _ in 0..2 {
        sleep(millis(1000)).await;
        socket.write_all(HELLO.as_bytes()).await.expect("still open");
        read_until(&mut socket, "hello").await;
    }
    let (rest, after) = read_to_end(&mut socket).await;
    assert_eq!(rest, "");
    assert!(after > millis(2000) && after < LATE, "closed after {after:?}");
}

#[tokio::test]
async fn a_later_head_that_dribbles_is_cut_as_the_first() {
    let config = ServeConfig::new().head_timeout(millis(500)).idle_timeout(4 * LATE);
    let server = Server::start(config);
    // The second head begins after the first answer, or has come with the first request.
    for ahead in ["", "GET / HT"] {
        let mut socket = connect(server.address, &format!("{HELLO}{ahead}")).await;
        read_until(&mut socket, "hello").await;
        sleep(millis(700)).await;
        let after = dribble(&mut socket, b"GET / HTTP/1.1\r\nx: y", millis(100)).await;
        assert!(after > millis(200) && after < LATE, "{ahead:?} was cut after {after:?}");
    }
    // One that dribbles is not one that is slow: this one is done in time.
    let mut socket = connect(server.address, HELLO).await;
    read_until(&mut socket, "hello").await;
    let (begin, end) = HELLO.split_at(20);
    socket.write_all(begin.as_bytes()).await.expect("sent");
    sleep(millis(100)).await;
    socket.write_all(end.as_bytes()).await.expect("sent");
    read_until(&mut socket, "hello").await;
}

#[tokio::test]
async fn a_connection_that_the_peer_leaves_half_way_is_forgotten_at_once() {
    let server = Server::start(ServeConfig::new());
    for begin in ["", "P", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HT"] {
        let socket = connect(server.address, begin).await;
        super::server::until(|| server.handle.connections() == 1).await;
        drop(socket);
        server.alone().await;
    }
    let mut closed = connect(server.address, "PR").await;
    closed.shutdown().await.expect("the writing half");
    let read = closed.read(&mut [0; 16]).await;
    assert_eq!(read.expect("closed"), 0);
}

#[tokio::test]
async fn a_body_that_dribbles_is_cut_as_well() {
    let server = Server::start(ServeConfig::new().body_timeout(HEAD));
    for length in ["content-length: 1000", "transfer-encoding: chunked"] {
        let head = format!("POST /echo HTTP/1.1\r\nhost: localhost\r\n{length}\r\n\r\n");
        let mut socket = connect(server.address, &head).await;
        let after = dribble(&mut socket, b"1", millis(100)).await;
        assert!(after < LATE, "{length}: closed after {after:?}");
    }
    server.alone().await;
}

#[test]
fn the_deadlines_are_on_by_default() {
    let told = serde_json::to_value(ServeConfig::new()).expect("values");
    for (name, value) in [
        ("head_timeout", "10s"),
        ("idle_timeout", "75s"),
        ("write_timeout", "10s"),
        ("body_timeout", "10s"),
        ("keepalive", "30s"),
        ("user_timeout", "30s"),
    ] {
        // `1m 15s` and `75s` are the same.
        let read = told[name].as_str().expect("a text").to_owned();
        let config = |text: &str| serde_json::json!({ name: text });
        let as_config = |text| serde_json::from_value::<ServeConfig>(config(text)).expect("good");
        assert_eq!(as_config(&read), as_config(value), "{name}");
    }
    assert_eq!(told["largest_head"], 32 * 1024);
    assert_eq!(told["send_buffer"], 32 * 1024);
}
