use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    #[sse(retry = "1h")]
    SoldOut,
}

fn main() {}
