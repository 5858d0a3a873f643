use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    #[serde(rename_all = "camelCase")]
    StockChanged { items_left: u32 },
    #[serde(alias = "gone")]
    SoldOut,
    #[serde(other)]
    Unknown,
}

fn main() {}
