use sse_runtime::SseEvent;

const SOURCE: &str = "inventory";

#[derive(SseEvent)]
#[sse(source = SOURCE)]
enum InventoryEvent {
    #[sse(name = 7)]
    SoldOut,
    #[sse(name("restocked"))]
    Restocked,
}

fn main() {}
