use sse_runtime::{SseEvent, encode};

// What serde makes of the enum itself is its own business, and not what goes over the wire.
#[derive(SseEvent, serde::Serialize, serde::Deserialize)]
#[sse(source = "inventory")]
#[serde(tag = "type", content = "body", rename_all = "SCREAMING_SNAKE_CASE", bound = "")]
enum InventoryEvent {
    StockChanged { sku: String, left: u32 },
    Viewers(u32),
}

#[derive(SseEvent, serde::Serialize, serde::Deserialize)]
#[sse(source = "other")]
#[serde(untagged, expecting = "an event", rename = "Other")]
enum OtherEvent {
    Any(u32),
}

fn main() {
    let event = InventoryEvent::StockChanged { sku: "A-1".into(), left: 7 };
    let frame = encode(&event).unwrap();
    assert_eq!(frame.event(), Some("stock_changed"));
    assert_eq!(frame.data(), r#"{"sku":"A-1","left":7}"#);
    assert_eq!(
        serde_json::to_string(&event).unwrap(),
        r#"{"type":"STOCK_CHANGED","body":{"sku":"A-1","left":7}}"#
    );
    assert!(InventoryEvent::CATALOGUE.contains("viewers"));
    assert_eq!(encode(&OtherEvent::Any(1)).unwrap().event(), Some("any"));
}
