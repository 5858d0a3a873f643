use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent<T> {
    SoldOut(T),
}

#[derive(SseEvent)]
#[sse(merge)]
enum ShopEvent<T> {
    Inventory(InventoryEvent<T>),
}

fn main() {}
