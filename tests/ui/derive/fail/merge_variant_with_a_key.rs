use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut,
}

#[derive(SseEvent)]
#[sse(merge)]
enum ShopEvent {
    #[sse(name = "inventory")]
    Inventory(#[sse(topic)] InventoryEvent),
}

fn main() {}
