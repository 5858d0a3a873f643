use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse("inventory")]
enum InventoryEvent {
    SoldOut,
}

fn main() {}
