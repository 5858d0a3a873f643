use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "SSE")]
enum InventoryEvent {
    SoldOut { sku: String },
}

fn main() {}
