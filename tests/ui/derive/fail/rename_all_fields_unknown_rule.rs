use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
#[serde(rename_all_fields = "title case")]
enum InventoryEvent {
    SoldOut { sku: String },
}

fn main() {}
