use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    StockChanged {
        #[serde(rename(serialize = "a", deserialize = "b", deserialize = "c"))]
        left: u32,
        #[serde(rename())]
        right: u32,
    },
}

fn main() {}
