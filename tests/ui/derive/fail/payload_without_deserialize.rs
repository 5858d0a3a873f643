use sse_runtime::SseEvent;

#[derive(serde::Serialize)]
struct Stock {
    left: u32,
}

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    Changed { sku: String, stock: Stock },
}

fn main() {}
