#![deny(unused_must_use)]

use sse_runtime::{Channel, SseEvent};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut,
}

async fn sell(channel: Channel<InventoryEvent>) {
    channel.publish(&InventoryEvent::SoldOut);
}

fn main() {}
