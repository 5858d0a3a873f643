use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source)]
enum InventoryEvent {
    #[sse(name)]
    SoldOut,
    #[sse(retry =)]
    Restocked,
}

fn main() {}
