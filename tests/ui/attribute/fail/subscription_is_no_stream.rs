use futures_util::StreamExt as _;
use sse_runtime::{Channel, Resume, SseEvent};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { sku: String },
}

async fn listen(channel: Channel<InventoryEvent>) {
    let mut events = channel.subscribe(Resume::fresh());
    while let Some(event) = events.next().await {}
}

fn main() {}
