use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    #[sse(retry = "5")]
    SoldOut,
}

fn main() {}
