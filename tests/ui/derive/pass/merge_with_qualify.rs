use sse_runtime::{DecodeEvent, EncodeEvent, SseEvent, decode, encode};

#[derive(SseEvent, Debug, PartialEq)]
#[sse(source = "inventory")]
enum InventoryEvent {
    Updated { sku: String },
    Viewers(u32),
}

#[derive(SseEvent, Debug, PartialEq)]
#[sse(source = "orders")]
enum OrderEvent {
    
    Updated { order: u64 },
    Paid,
}

#[derive(SseEvent, Debug, PartialEq)]
#[sse(merge, qualify)]
enum ShopEvent {
    Inventory(InventoryEvent),
    Orders(OrderEvent),
}

fn there_and_back<E: EncodeEvent + DecodeEvent + PartialEq + std::fmt::Debug>(event: E, data: &str) {
    let frame = encode(&event).unwrap();
    assert_eq!(frame.data(), data);
    assert_eq!(decode::<E>(frame.event().unwrap(), data).unwrap(), event);
}

fn main() {
    let updated = ShopEvent::Orders(OrderEvent::Updated { order: 7 });
    let frame = encode(&updated).unwrap();
    assert_eq!(frame.event(), Some("orders.updated"));
    assert_eq!(frame.source(), Some("orders"));
    there_and_back(updated, r#"{"order":7}"#);
    there_and_back(
        ShopEvent::Inventory(InventoryEvent::Updated { sku: "A".into() }),
        r#"{"sku":"A"}"#,
    );
    assert!(ShopEvent::CATALOGUE.contains("inventory.updated"));
    assert!(!ShopEvent::CATALOGUE.contains("updated"));
    assert!(decode::<ShopEvent>("updated", "null").is_err());
    assert!(decode::<ShopEvent>("nobody.updated", "null").is_err());
}
