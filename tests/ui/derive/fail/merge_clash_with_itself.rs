use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut,
}

#[derive(SseEvent)]
#[sse(merge, qualify)]
enum ShopEvent {
    North(InventoryEvent),
    South(InventoryEvent),
}

fn main() {}
