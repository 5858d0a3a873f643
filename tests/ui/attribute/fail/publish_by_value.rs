use sse_runtime::{Channel, SseEvent};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { sku: String },
}

async fn sell(channel: Channel<InventoryEvent>) {
    let _ = channel.publish(InventoryEvent::SoldOut { sku: "A-1".into() }).await;
}

fn main() {}
