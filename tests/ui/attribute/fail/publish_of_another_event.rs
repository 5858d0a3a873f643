use sse_runtime::{Channel, SseEvent};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { sku: String },
}

#[derive(SseEvent)]
#[sse(source = "orders")]
enum OrderEvent {
    Paid,
}

async fn pay(channel: Channel<InventoryEvent>) {
    let _ = channel.publish(&OrderEvent::Paid).await;
}

fn main() {}
