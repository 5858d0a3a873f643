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
    #[sse(name = "order_updated")]
    Updated { order: u64 },
    Paid,
}

#[derive(SseEvent, Debug, PartialEq)]
#[sse(merge)]
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
    there_and_back(ShopEvent::Inventory(InventoryEvent::Viewers(1)), "1");
    there_and_back(ShopEvent::Orders(OrderEvent::Paid), "null");
    there_and_back(ShopEvent::Orders(OrderEvent::Updated { order: 7 }), r#"{"order":7}"#);
    let catalogue = ShopEvent::CATALOGUE;
    let names: Vec<&str> = catalogue.events().iter().map(|event| event.name()).collect();
    assert_eq!(names, ["order_updated", "paid", "updated", "viewers"]);
    assert_eq!(catalogue.sources(), ["inventory", "orders"]);
    assert_eq!(catalogue.find("paid").unwrap().source(), Some("orders"));
    assert!(decode::<ShopEvent>("orders.paid", "null").is_err());
}
