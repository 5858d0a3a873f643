use sse_runtime::{DecodeEvent, EncodeEvent, SseEvent, decode, encode};

#[derive(SseEvent, Debug, PartialEq)]
#[sse(source = "inventory")]
enum InventoryEvent {
    Closed,
    Viewers(u32),
    Moved(u32, String),
    Nothing(),
    Empty {},
    StockChanged { sku: String, left: u32 },
}

fn there_and_back<E: EncodeEvent + DecodeEvent + PartialEq + std::fmt::Debug>(event: E, data: &str) {
    let frame = encode(&event).unwrap();
    assert_eq!(frame.data(), data);
    assert_eq!(decode::<E>(frame.event().unwrap(), data).unwrap(), event);
}

fn main() {
    there_and_back(InventoryEvent::Closed, "null");
    there_and_back(InventoryEvent::Viewers(7), "7");
    there_and_back(InventoryEvent::Moved(7, "A".into()), r#"[7,"A"]"#);
    there_and_back(InventoryEvent::Nothing(), "[]");
    there_and_back(InventoryEvent::Empty {}, "{}");
    let changed = InventoryEvent::StockChanged { sku: "A-1".into(), left: 7 };
    there_and_back(changed, r#"{"sku":"A-1","left":7}"#);
}
