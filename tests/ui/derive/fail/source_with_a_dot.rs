use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "shop.inventory")]
enum InventoryEvent {
    SoldOut { sku: String },
}

fn main() {}
