use sse_runtime::{Channel, Resume, SseEvent, Subscription};

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

#[derive(SseEvent)]
#[sse(merge)]
enum ShopEvent {
    Inventory(InventoryEvent),
}

fn orders(channel: &Channel<OrderEvent>, resume: Resume) -> Subscription<ShopEvent> {
    channel.subscribe(resume).lift()
}

fn main() {}
