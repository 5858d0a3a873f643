use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
#[serde(deny_unknown_fields)]
enum InventoryEvent {
    SoldOut { sku: String },
}

fn main() {}
