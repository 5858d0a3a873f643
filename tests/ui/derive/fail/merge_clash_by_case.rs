use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    OrderUpdated(u32),
    SoldOut,
}

#[derive(SseEvent)]
#[sse(source = "orders")]
enum OrderEvent {
    #[sse(name = "Sold_Out")]
    SoldOut,
    Paid,
}

#[derive(SseEvent)]
#[sse(merge)]
enum ShopEvent {
    Inventory(InventoryEvent),
    Orders(OrderEvent),
}

fn main() {}
