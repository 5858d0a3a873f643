use sse_runtime::SseEvent;

#[derive(serde::Deserialize)]
struct Stock {
    left: u32,
}

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    Changed(Stock),
}

fn main() {}
