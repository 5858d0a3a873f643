//! Readers that do not read, or hardly.

use std::time::Duration;

use sse_runtime::{Reason, serve::ServeConfig};
use sse_tests::stream::Log;
use tokio::{
    io::AsyncReadExt as _,
    net::TcpStream,
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{
    client::{connect, narrow, read_until, stream},
    server::{Host, Server, millis, until},
};

const WRITE: Duration = Duration::from_secs(1);
/// How much later than that a stream may end.
const LATE: Duration = Duration::from_secs(3);
/// More than the buffers of both kernels and of the server hold.
const MUCH: u64 = 1024 * 1024;

fn quick() -> ServeConfig {
    ServeConfig::new().write_timeout(WRITE)
}

/// Reads so many bytes at once, with pauses, until the stream has ended or the time is over.
async fn read_slowly(
    socket: &mut TcpStream,
    bytes: usize,
    pause: Duration,
    goes_on: impl Fn() -> bool,
) -> usize {
    let (mut buffer, mut all) = (vec![0; bytes], 0);
    while goes_on() {
        match socket.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(read) => all += read,
        }
        sleep(pause).await;
    }
    all
}

#[tokio::test]
async fn a_reader_that_stops_reading_is_ended_as_stalled() {
    let log = Log::of_this_process();
    let server = Server::start(quick());
    let mut good = connect(server.address, &stream("/ticks", "good-beside-stopped")).await;
    read_until(&mut good, "sse.open").await;
    let begun = Instant::now();
    let mut stopped = narrow(server.address, &stream("/flood", "stopped")).await;
    // It has read a little before.
    read_slowly(&mut stopped, 1000, millis(1), || begun.elapsed() < millis(100)).await;
    let ended = server.ended("stopped").await;
    let after = begun.elapsed();
    assert_eq!(ended.reason, Reason::Stalled);
    assert!(after >= WRITE && after < WRITE + LATE, "ended after {after:?}");
    assert!(ended.bytes < MUCH, "{} bytes were taken for it", ended.bytes);
    until(|| server.handle.connections() == 1 && server.handle.streams().open == 1).await;
    let lines = log.lines_with(r#"request_id="stopped""#);
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert!(line.contains("stream ended") && line.contains(r#"reason="stalled""#), "{line}");
    // Nobody else noticed.
    server.publish(&Host::Tick(7)).await;
    read_until(&mut good, "data: 7").await;
}

#[tokio::test]
async fn a_reader_of_a_channel_that_stops_reading_is_ended_as_stalled() {
    let server = Server::start(quick());
    let mut good = connect(server.address, &stream("/ticks", "good-reader")).await;
    let stopped = narrow(server.address, &stream("/ticks", "stopped-on-channel")).await;
    until(|| server.handle.streams().open == 2).await;
    let begun = Instant::now();
    let (mut told, mut heard) = (0, 0);
    while !server.has_ended("stopped-on-channel") {
        assert!(begun.elapsed() < WRITE + 2 * LATE, "it goes on");
        for _ in 0..10 {
            server.publish(&Host::Blob("x".repeat(1000))).await;
            told += 1;
        }
        // The good one keeps up meanwhile.
        while heard < told {
            heard += read_until(&mut good, "\n\n").await.matches("event: blob").count();
        }
        sleep(millis(5)).await;
    }
    assert_eq!(heard, told);
    let ended = server.ended("stopped-on-channel").await;
    assert_eq!(ended.reason, Reason::Stalled);
    assert!(ended.bytes < MUCH, "{} bytes were taken for it", ended.bytes);
    assert!(!server.has_ended("good-reader"));
    drop(stopped);
}

#[tokio::test]
async fn a_few_bytes_now_and_then_are_no_reading() {
    let server = Server::start(quick());
    let mut socket = narrow(server.address, &stream("/flood", "trickle")).await;
    let begun = Instant::now();
    let has_ended = || server.has_ended("trickle");
    read_slowly(&mut socket, 20, millis(100), || !has_ended() && begun.elapsed() < 4 * LATE).await;
    let ended = server.ended("trickle").await;
    assert_eq!(ended.reason, Reason::Stalled);
    assert!(begun.elapsed() < WRITE + LATE, "ended after {:?}", begun.elapsed());
    assert!(ended.bytes < MUCH, "{} bytes were taken for it", ended.bytes);
}

#[tokio::test]
async fn readers_of_a_byte_a_second_are_ended_and_a_good_one_hears_everything_meanwhile() {
    const SLOW: usize = 50;
    let server = Server::start(ServeConfig::new().write_timeout(2 * WRITE));
    let mut good = connect(server.address, &stream("/ticks", "good-beside-slow")).await;
    read_until(&mut good, "sse.open").await;
    let mut slow = JoinSet::new();
    for n in 0..SLOW {
        let mut socket = narrow(server.address, &stream("/flood", &format!("slow-{n}"))).await;
        slow.spawn(async move {
            let begun = Instant::now();
            let second = millis(1000);
            read_slowly(&mut socket, 1, second, || begun.elapsed() < 2 * WRITE + 2 * LATE).await
        });
    }
    let mut count = 0;
    while server.handle.streams().open > 1 {
        server.publish(&Host::Tick(count)).await;
        read_until(&mut good, &format!("data: {count}\n")).await;
        count += 1;
        sleep(millis(10)).await;
    }
    assert!(count > 50, "{count} events");
    for n in 0..SLOW {
        assert_eq!(server.ended(&format!("slow-{n}")).await.reason, Reason::Stalled);
    }
    slow.shutdown().await;
}

#[tokio::test]
async fn a_slow_reader_that_goes_on_reading_stays() {
    let server = Server::start(quick());
    let mut socket = narrow(server.address, &stream("/flood", "slow")).await;
    let begun = Instant::now();
    let read = read_slowly(&mut socket, 8192, millis(50), || begun.elapsed() < 4 * WRITE).await;
    assert!(!server.has_ended("slow"), "after {read} bytes");
    assert!(read > 50_000, "{read} bytes");
    drop(socket);
    assert_eq!(server.ended("slow").await.reason, Reason::Client);
}

#[tokio::test]
async fn a_reader_who_is_told_nothing_is_not_stuck() {
    let server = Server::start(ServeConfig::new().write_timeout(millis(300)));
    let mut quiet = connect(server.address, &stream("/ticks", "quiet")).await;
    let silence = connect(server.address, &stream("/silence", "silence")).await;
    read_until(&mut quiet, "sse.open").await;
    sleep(millis(1500)).await;
    assert_eq!(server.handle.streams().open, 2);
    server.publish(&Host::Tick(7)).await;
    read_until(&mut quiet, "data: 7").await;
    drop(silence);
}

#[tokio::test]
async fn a_client_that_leaves_ends_its_producer_at_once() {
    let server = Server::start(ServeConfig::new());
    for path in ["/ticks", "/flood", "/silence"] {
        let name = format!("leaves{}", path.replace('/', "-"));
        let socket = connect(server.address, &stream(path, &name)).await;
        until(|| server.handle.streams().open == 1).await;
        let left = Instant::now();
        drop(socket);
        assert_eq!(server.ended(&name).await.reason, Reason::Client, "{path}");
        // The next heartbeat, which would find out as well, comes after 15 s.
        assert!(left.elapsed() < Duration::from_secs(5), "{path}: {:?}", left.elapsed());
        server.alone().await;
    }
}
