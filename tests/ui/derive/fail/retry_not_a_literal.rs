use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    #[sse(retry = 5000)]
    SoldOut,
}

fn main() {}
