#![deny(unused_must_use)]

use sse_runtime::{Channel, Resume, SseEvent};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut,
}

fn main() {
    let channel = Channel::<InventoryEvent>::new();
    channel.subscribe(Resume::fresh()).topic("A-1");
}
