use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    #[sse(name = "sold-out")]
    #[serde(rename = "gone")]
    SoldOut,
}

fn main() {}
