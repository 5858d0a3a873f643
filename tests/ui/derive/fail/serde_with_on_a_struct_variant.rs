use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    #[serde(with = "somewhere")]
    SoldOut { sku: String },
}

fn main() {}
