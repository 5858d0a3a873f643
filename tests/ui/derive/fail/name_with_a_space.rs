use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    #[sse(name = "sold out")]
    SoldOut,
}

fn main() {}
