use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory", crate = "not a path")]
enum InventoryEvent {
    SoldOut,
}

fn main() {}
