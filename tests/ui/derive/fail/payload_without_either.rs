use sse_runtime::SseEvent;

struct Stock {
    left: u32,
}

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    Changed(u32, Vec<Stock>),
}

fn main() {}
