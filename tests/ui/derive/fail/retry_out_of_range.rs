use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    #[sse(retry = "0s")]
    SoldOut,
    #[sse(retry = "6m")]
    Restocked,
}

fn main() {}
