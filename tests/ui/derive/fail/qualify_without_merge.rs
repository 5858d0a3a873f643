use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory", qualify)]
enum InventoryEvent {
    SoldOut,
}

fn main() {}
