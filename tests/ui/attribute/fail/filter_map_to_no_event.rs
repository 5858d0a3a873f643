use sse_runtime::{Channel, Resume, SseEvent};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { sku: String },
}

fn main() {
    let channel = Channel::<InventoryEvent>::new();
    let skus = channel.subscribe(Resume::fresh()).filter_map(|event| {
        let InventoryEvent::SoldOut { sku } = event;
        Some(sku.clone())
    });
}
