use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut,
}

#[derive(SseEvent)]
#[sse(merge)]
enum ShopEvent {
    #[serde(rename = "inventory")]
    Inventory(InventoryEvent),
}

fn main() {}
