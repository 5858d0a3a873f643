use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    Moved(u32, #[serde(default)] u32),
    Noted(#[serde(rename = "text")] String),
}

fn main() {}
