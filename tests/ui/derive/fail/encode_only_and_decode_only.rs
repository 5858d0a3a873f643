use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory", encode_only, decode_only)]
enum InventoryEvent {
    SoldOut,
}

fn main() {}
