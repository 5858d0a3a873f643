use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    Closed,
}

#[derive(SseEvent)]
#[sse(source = "orders")]
enum OrderEvent {
    Closed,
}

#[derive(SseEvent)]
#[sse(source = "host")]
enum HostEvent {
    Load(f32),
}

#[derive(SseEvent)]
#[sse(merge)]
enum ShopEvent {
    Inventory(InventoryEvent),
    Order(OrderEvent),
}

#[derive(SseEvent)]
#[sse(merge)]
enum AllEvent {
    Shop(ShopEvent),
    Host(HostEvent),
}

fn main() {}
