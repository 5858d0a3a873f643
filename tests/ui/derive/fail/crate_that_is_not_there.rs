use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory", crate = "::events")]
enum InventoryEvent {
    SoldOut { sku: String },
}

fn main() {}
