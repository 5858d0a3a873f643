use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory", decode_only)]
enum InventoryEvent {
    SoldOut,
}

#[derive(SseEvent)]
#[sse(merge, encode_only)]
enum ShopEvent {
    Inventory(InventoryEvent),
}

fn main() {}
