use sse_runtime::{Channel, Resume, SseEvent, Subscription};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { sku: String },
}

#[derive(SseEvent)]
#[sse(merge)]
enum ShopEvent {
    Inventory(InventoryEvent),
}

#[derive(SseEvent)]
#[sse(merge)]
enum AllEvent {
    Shop(ShopEvent),
}

fn inventory(channel: &Channel<InventoryEvent>, resume: Resume) -> Subscription<AllEvent> {
    channel.subscribe(resume).lift()
}

fn main() {}
