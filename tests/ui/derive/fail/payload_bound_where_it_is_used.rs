use sse_runtime::SseEvent;

#[derive(Clone)]
struct NoPayload;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent<T> {
    SoldOut(T),
}

fn send(event: &InventoryEvent<NoPayload>) -> Result<sse_runtime::Frame, sse_runtime::EncodeError> {
    sse_runtime::encode(event)
}

fn main() {}
