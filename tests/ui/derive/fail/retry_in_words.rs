use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    #[sse(retry = "five seconds")]
    SoldOut,
}

fn main() {}
