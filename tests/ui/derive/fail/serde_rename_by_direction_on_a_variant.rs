use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    #[serde(rename(serialize = "sold-out", deserialize = "gone"))]
    SoldOut,
}

fn main() {}
