use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    #[serde(rename = "one")]
    #[serde(rename = "two")]
    SoldOut,
}

fn main() {}
