use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    #[sse]
    SoldOut,
    #[sse = "restocked"]
    Restocked,
}

fn main() {}
