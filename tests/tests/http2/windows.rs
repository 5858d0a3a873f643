//! Readers that do not open the window of a stream, or of the connection, or do not read at all.

use std::time::Duration;

use sse_runtime::{Reason, serve::ServeConfig};
use tokio::{
    io::AsyncWriteExt as _,
    net::TcpSocket,
    time::{Instant, sleep, timeout},
};

use super::{
    client::Client,
    raw,
    server::{Host, PATIENCE, Server, millis, until},
};

const WRITE: Duration = Duration::from_secs(1);
/// How much later than that a stream may end.
const LATE: Duration = Duration::from_secs(3);
/// More than the buffers of both kernels and of the server hold.
const MUCH: u64 = 1024 * 1024;

fn quick() -> ServeConfig {
    ServeConfig::new().write_timeout(WRITE)
}

#[tokio::test]
async fn a_stream_whose_window_stays_closed_is_reset_and_the_others_go_on() {
    let server = Server::start(quick());
    let client = Client::narrow(server.address, 16 * 1024).await;
    let mut good = client.open("/ticks", "beside").await;
    let begun = Instant::now();
    let mut stuck = client.get("/flood", "window").await.expect("an answer");
    let ended = server.ended("window").await;
    assert_eq!(ended.reason, Reason::Stalled);
    assert!(begun.elapsed() < WRITE + LATE, "ended after {:?}", begun.elapsed());
    assert!(ended.bytes < MUCH, "{} bytes were taken for it", ended.bytes);
    assert!(stuck.reset().await.is_reset());
    // Nothing of that is felt beside it.
    server.publish(&Host::Tick(7)).await;
    good.read_until("data: 7").await;
    let hello = client.get("/", "after").await.expect("an answer");
    assert_eq!(hello.rest().await.expect("all of it"), "hello");
    assert_eq!((server.handle.streams().open, server.handle.connections()), (1, 1));
}

#[tokio::test]
async fn a_stream_that_may_send_nothing_at_all_is_reset() {
    let server = Server::start(quick());
    let client = Client::narrow(server.address, 0).await;
    let mut stuck = client.get("/ticks", "nothing").await.expect("an answer");
    assert_eq!(server.ended("nothing").await.reason, Reason::Stalled);
    assert!(stuck.reset().await.is_reset());
    assert_eq!(server.handle.streams().open, 0);
}

#[tokio::test]
async fn a_slow_reader_that_goes_on_reading_stays() {
    let server = Server::start(quick());
    let client = Client::narrow(server.address, 32 * 1024).await;
    let mut slow = client.get("/flood", "slow").await.expect("an answer");
    let begun = Instant::now();
    while begun.elapsed() < 3 * WRITE {
        slow.read_piece().await;
        sleep(millis(20)).await;
    }
    assert!(!server.has_ended("slow"));
    drop(slow);
    assert_eq!(server.ended("slow").await.reason, Reason::Client);
}

#[tokio::test]
async fn a_reader_that_takes_a_little_again_and_again_stays_as_well() {
    let server = Server::start(ServeConfig::new().write_timeout(millis(2000)));
    let client = Client::narrow(server.address, 2048).await;
    let mut slow = client.get("/flood", "little").await.expect("an answer");
    let begun = Instant::now();
    // Less in the time than the server has ready at once.
    while begun.elapsed() < millis(5000) {
        slow.read_piece().await;
        sleep(millis(150)).await;
    }
    assert!(!server.has_ended("little"));
}

#[tokio::test]
async fn an_answer_that_nobody_takes_does_not_keep_its_connection() {
    let server = Server::start(quick().head_timeout(millis(500)).idle_timeout(millis(500)));
    for path in ["/", "/big"] {
        for window in [0, 1] {
            let client = Client::narrow(server.address, window).await;
            let stuck = client.get(path, "stuck").await.expect("an answer");
            let begun = Instant::now();
            until(|| server.handle.connections() == 0).await;
            assert!(begun.elapsed() < WRITE + 2 * LATE, "{path}, {window}: {:?}", begun.elapsed());
            drop(stuck);
        }
    }
}

#[tokio::test]
async fn a_large_answer_that_is_taken_slowly_arrives() {
    let server = Server::start(quick().head_timeout(millis(300)).idle_timeout(millis(300)));
    let client = Client::narrow(server.address, 256 * 1024).await;
    let mut large = client.get("/big", "large").await.expect("an answer");
    let begun = Instant::now();
    while begun.elapsed() < 2 * WRITE {
        large.read_piece().await;
        sleep(millis(50)).await;
    }
    assert_eq!(large.rest().await.expect("all of it").len(), 4_000_000);
}

#[tokio::test]
async fn a_connection_that_is_never_read_from_is_closed() {
    let server = Server::start(quick());
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let mut socket = socket.connect(server.address).await.expect("a connection");
    let begin = [raw::wide(), raw::get(1, "/flood", "first"), raw::get(3, "/ticks", "second")];
    socket.write_all(&begin.concat()).await.expect("sent");
    let begun = Instant::now();
    let ended = server.ended("first").await;
    assert_eq!(ended.reason, Reason::Stalled);
    assert!(ended.bytes < MUCH, "{} bytes were taken for it", ended.bytes);
    // The other one had nothing to do with it, and could not go on either.
    assert_eq!(server.ended("second").await.reason, Reason::Stalled);
    assert!(begun.elapsed() < WRITE + LATE, "ended after {:?}", begun.elapsed());
    server.alone().await;
}

#[tokio::test]
async fn a_peer_that_answers_no_ping_is_gone() {
    let server = Server::start(ServeConfig::new().keepalive(WRITE));
    let begin = [raw::wide(), raw::get(1, "/ticks", "deaf")].concat();
    let socket = raw::connect(server.address, &begin).await;
    server.ended("deaf").await;
    server.alone().await;
    drop(socket);
}

#[tokio::test]
async fn pings_that_nobody_reads_the_answers_of_end_the_connection() {
    let server = Server::start(quick());
    let begin = [raw::wide(), raw::get(1, "/ticks", "pings")].concat();
    let mut socket = raw::connect(server.address, &begin).await;
    until(|| server.handle.streams().open == 1).await;
    let many = raw::ping().repeat(1000);
    let flood = async { while socket.write_all(&many).await.is_ok() {} };
    timeout(PATIENCE, flood).await.expect("closed in time");
    assert_eq!(server.ended("pings").await.reason, Reason::Stalled);
    server.alone().await;
}
