use sse_runtime::SseEvent;

#[derive(SseEvent)]
enum InventoryEvent {
    SoldOut { sku: String },
}

fn main() {}
