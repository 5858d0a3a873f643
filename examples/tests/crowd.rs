//! The demo with a thousand readers, some of whom do not read, and how it ends.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test may fail")]

mod program;

use std::collections::BTreeSet;

use sse_runtime::serve::raise_open_files;
use tokio::{io::AsyncWriteExt as _, net::TcpSocket, task::JoinSet};

use self::program::{Demo, command};

const GOOD: usize = 950;
const STUCK: usize = 50;

/// A reader who asks and never reads, with as little room as there can be.
async fn stick(address: &str, id: usize) -> tokio::net::TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut stream = socket.connect(address.parse().unwrap()).await.unwrap();
    let request = format!(
        "GET /events/inventory HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: stuck.{id}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_readers_fifty_are_cut_and_the_process_is_gone_in_time() {
    raise_open_files();
    let mut start = command("127.0.0.1:0");
    // A line for each of them would fill the pipe that nobody reads.
    start.env("RUST_LOG", "demo=info,error");
    let (demo, _log) = Demo::start_by(start).await;

    let mut stuck = Vec::new();
    for id in 0..STUCK {
        stuck.push(stick(&demo.address, id).await);
    }
    let mut good = Vec::new();
    for _ in 0..GOOD {
        let mut stream = demo.get("/events/inventory", "").await;
        stream.read_until("sse.open").await;
        good.push(stream);
    }
    // More than the kernel holds for a reader that takes nothing.
    for left in 1..=5 {
        demo.publish_stock(&"x".repeat(60_000), left).await;
    }
    let mut readers = JoinSet::new();
    for mut stream in good {
        readers.spawn(async move {
            stream.read_until("\"left\":5}").await;
            stream
        });
    }
    let good = readers.join_all().await;
    // Sees that the process is gone within two seconds.
    let report = demo.terminate().await;
    assert!(report.starts_with("1000 streams, 50 cut, after 1."), "{report}");

    let mut waits = BTreeSet::new();
    for mut stream in good {
        let told = stream.read_to_end().await;
        let (_, bye) = told.split_once("event: sse.bye\n").unwrap();
        assert!(bye.contains("data: {\"reason\":\"drain\"}\n\n") && bye.ends_with("0\r\n\r\n"));
        let wait = bye.lines().find_map(|line| line.strip_prefix("retry: ")).unwrap();
        waits.insert(wait.parse::<u64>().unwrap());
    }
    let (first, last) = (waits.first().unwrap(), waits.last().unwrap());
    assert!(
        waits.len() > GOOD / 2 && last - first > 4_000,
        "{} from {first} to {last}",
        waits.len()
    );
}
