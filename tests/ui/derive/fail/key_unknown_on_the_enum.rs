use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory", colour = "blue")]
enum InventoryEvent {
    SoldOut,
}

fn main() {}
