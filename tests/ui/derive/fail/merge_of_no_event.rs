use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut,
}

struct Order;

#[derive(SseEvent)]
#[sse(merge)]
enum ShopEvent {
    Inventory(InventoryEvent),
    Orders(Order),
    Notes(Vec<String>),
}

fn send(event: &ShopEvent) -> Result<sse_runtime::Frame, sse_runtime::EncodeError> {
    sse_runtime::encode(event)
}

fn read(data: &str) -> Result<ShopEvent, sse_runtime::DecodeError> {
    sse_runtime::decode("sold_out", data)
}

fn main() {}
