//! Many channels are cheap. A test of its own process: the system counts what all of it takes.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use futures_util::FutureExt as _;
use sse_runtime::{ChannelName, Hub, SseEvent};

const CHANNELS: usize = 100_000;

#[derive(Debug, SseEvent)]
#[sse(source = "orders")]
enum OrderEvent {
    Paid { by: String },
}

/// What this process has in memory, in bytes.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

fn hub(events: usize) -> (Hub<OrderEvent>, usize) {
    let hub = Hub::new();
    let before = resident();
    for number in 0..CHANNELS {
        let name = ChannelName::new("tenant-7", &format!("order.{number}")).unwrap();
        let channel = hub.get_or_create(&name).unwrap();
        for _ in 0..events {
            let paid = OrderEvent::Paid { by: "x".repeat(100) };
            channel.publish(&paid).now_or_never().unwrap().unwrap();
        }
    }
    // The system may take memory away meanwhile.
    (hub, resident().saturating_sub(before) / CHANNELS)
}

#[test]
fn an_idle_channel_takes_less_than_a_kibibyte() {
    let (empty, of_empty) = hub(0);
    let (full, of_full) = hub(1);
    println!("{of_empty} bytes a channel, {of_full} with an event of some 200 bytes");
    assert!(of_empty < 1024 && of_full < 1024, "{of_empty} and {of_full} bytes a channel");
    assert_eq!((empty.len(), full.len()), (CHANNELS, CHANNELS));
}
