use sse_runtime::SseEvent;

#[derive(SseEvent, serde::Serialize, serde::Deserialize)]
#[sse(source = "inventory")]
enum InventoryEvent {
    #[serde(rename = "sold-out")]
    SoldOut,
}

fn main() {
    assert!(InventoryEvent::CATALOGUE.contains("sold-out"));
    assert!(!InventoryEvent::CATALOGUE.contains("sold_out"));
}
