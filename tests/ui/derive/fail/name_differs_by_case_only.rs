use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut,
    #[sse(name = "Sold_Out")]
    Gone,
}

fn main() {}
