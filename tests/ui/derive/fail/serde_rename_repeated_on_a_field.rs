use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    StockChanged {
        #[serde(rename = "p", rename = "q")]
        left: u32,
    },
}

fn main() {}
