use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "")]
enum InventoryEvent {
    SoldOut { sku: String },
}

fn main() {}
