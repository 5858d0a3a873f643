//! How streams over HTTP/2 end: by their clients, by their server, by their age.

use std::time::Duration;

use sse_runtime::{Reason, serve::ServeConfig};
use tokio::{
    io::AsyncWriteExt as _,
    time::{Instant, timeout},
};

use super::{
    client::Client,
    raw,
    server::{Host, PATIENCE, Server, millis, until},
};

/// Sooner than the next heartbeat, which would find out as well.
const AT_ONCE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_client_that_resets_its_stream_ends_the_producer_at_once() {
    let server = Server::start(ServeConfig::new());
    let client = Client::connect(server.address).await;
    let mut other = client.open("/ticks", "other").await;
    for path in ["/ticks", "/flood"] {
        let name = format!("resets{}", path.replace('/', "-"));
        // Dropped, a stream is reset.
        let stream = client.get(path, &name).await.expect("an answer");
        let left = Instant::now();
        drop(stream);
        assert_eq!(server.ended(&name).await.reason, Reason::Client, "{path}");
        assert!(left.elapsed() < AT_ONCE, "{path}: {:?}", left.elapsed());
    }
    let begin = [raw::wide(), raw::get(1, "/silence", "resets-silence")].concat();
    let mut socket = raw::connect(server.address, &begin).await;
    until(|| server.handle.streams().open == 2).await;
    socket.write_all(&raw::cancel(1)).await.expect("sent");
    assert_eq!(server.ended("resets-silence").await.reason, Reason::Client);
    server.publish(&Host::Tick(7)).await;
    other.read_until("data: 7").await;
}

#[tokio::test]
async fn a_client_whose_connection_ends_ends_every_producer_at_once() {
    let server = Server::start(ServeConfig::new());
    for says_so in [false, true] {
        let names = ["ticks", "flood", "silence"].map(|path| format!("{path}-{says_so}"));
        let mut begin = raw::wide();
        for (n, name) in (0..).zip(&names) {
            let (path, _) = name.split_once('-').expect("a path");
            begin.extend(raw::get(2 * n + 1, &format!("/{path}"), name));
        }
        let mut socket = raw::connect(server.address, &begin).await;
        until(|| server.handle.streams().open == names.len()).await;
        if says_so {
            socket.write_all(&raw::goaway()).await.expect("sent");
        }
        let left = Instant::now();
        drop(socket);
        for name in &names {
            assert_eq!(server.ended(name).await.reason, Reason::Client, "{name}");
        }
        assert!(left.elapsed() < AT_ONCE, "{:?}", left.elapsed());
        server.alone().await;
    }
}

#[tokio::test]
async fn a_drain_says_goodbye_to_every_stream_and_to_the_connection() {
    let server = Server::start(ServeConfig::new());
    let client = Client::connect(server.address).await;
    let idle = Client::connect(server.address).await;
    idle.get("/", "idle").await.expect("an answer").rest().await.expect("all of it");
    let unused = Client::connect(server.address).await;
    let mut streams = Vec::new();
    for n in 0..10 {
        streams.push(client.open("/ticks", &format!("drained-{n}")).await);
    }
    server.handle.shutdown();
    for stream in streams {
        let all = stream.rest().await.expect("an orderly end");
        assert!(all.contains("sse.bye") && all.contains(r#"{"reason":"drain"}"#), "{all}");
    }
    let report = timeout(PATIENCE, server.running).await.expect("in time").expect("no panic");
    let report = report.expect("it ran");
    assert_eq!((report.streams, report.cut.len(), report.connections_cut), (10, 0, 0));
    assert!(report.duration < AT_ONCE, "{report}");
    for client in [client, idle, unused] {
        let ended = timeout(PATIENCE, client.ended).await.expect("in time").expect("no panic");
        ended.expect("GOAWAY, and nothing wrong");
    }
}

#[tokio::test]
async fn a_stream_that_is_not_read_from_does_not_hold_up_a_shutdown() {
    let server = Server::start(ServeConfig::new().drain(millis(500)));
    let client = Client::narrow(server.address, 16 * 1024).await;
    let _stuck = client.get("/flood", "undrained").await.expect("an answer");
    until(|| server.handle.streams().open == 1).await;
    server.handle.shutdown();
    let report = timeout(PATIENCE, server.running).await.expect("in time").expect("no panic");
    let report = report.expect("it ran");
    let [cut] = &report.cut[..] else { panic!("{report}") };
    assert_eq!((cut.request_id.as_str(), report.connections_cut), ("undrained", 1));
}

#[tokio::test]
async fn a_server_that_is_dropped_cuts_every_stream() {
    let server = Server::start(ServeConfig::new());
    let client = Client::narrow(server.address, 16 * 1024).await;
    let _ticks = client.open("/ticks", "cut-ticks").await;
    let _flood = client.get("/flood", "cut-flood").await.expect("an answer");
    server.running.abort();
    for name in ["cut-ticks", "cut-flood"] {
        assert_eq!(server.ended(name).await.reason, Reason::Drain, "{name}");
    }
    let _broken = timeout(PATIENCE, client.ended).await.expect("in time").expect("no panic");
    until(|| server.handle.connections() == 0 && server.handle.streams().open == 0).await;
}

#[tokio::test]
async fn a_stream_that_is_too_old_ends_and_its_connection_takes_no_more() {
    let server = Server::start(ServeConfig::new().max_age(Duration::from_secs(1)));
    let client = Client::connect(server.address).await;
    let stream = client.open("/ticks", "old").await;
    let all = stream.rest().await.expect("an orderly end");
    assert!(all.contains(r#"{"reason":"rotated"}"#), "{all}");
    // Whoever comes back comes by another connection: perhaps to another machine.
    let ended = timeout(PATIENCE, client.ended).await.expect("in time").expect("no panic");
    ended.expect("GOAWAY, and nothing wrong");
    server.alone().await;
}
