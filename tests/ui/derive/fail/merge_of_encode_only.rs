use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory", encode_only)]
enum InventoryEvent {
    SoldOut,
}

#[derive(SseEvent)]
#[sse(merge)]
enum ShopEvent {
    Inventory(InventoryEvent),
}

fn main() {}
