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
#[sse(source = "host")]
enum HostEvent {
    #[sse(name = "a.dot")]
    Dotted(u32),
    #[sse(terminal)]
    Down,
}

#[derive(SseEvent, Debug, PartialEq)]
#[sse(merge, qualify)]
enum Shop {
    Inventory(InventoryEvent),
    Orders(OrderEvent),
}

#[derive(SseEvent, Debug, PartialEq)]
#[sse(merge)]
enum Site {
    Host(HostEvent),
    Shop(Shop),
}

#[derive(SseEvent, Debug, PartialEq)]
#[sse(merge, qualify)]
enum World {
    Site(Site),
}

fn there_and_back<E: EncodeEvent + DecodeEvent + PartialEq + std::fmt::Debug>(event: E, data: &str) {
    let frame = encode(&event).unwrap();
    assert_eq!(frame.data(), data);
    assert_eq!(decode::<E>(frame.event().unwrap(), data).unwrap(), event);
}

fn finite<E: SseEvent<End = sse_runtime::Finite>>() {}
fn endless<E: SseEvent<End = sse_runtime::Endless>>() {}

fn main() {
    let order = || Shop::Orders(OrderEvent::Updated { order: 7 });
    there_and_back(Site::Shop(order()), r#"{"order":7}"#);
    there_and_back(Site::Host(HostEvent::Dotted(1)), "1");
    there_and_back(World::Site(Site::Shop(order())), r#"{"order":7}"#);
    there_and_back(World::Site(Site::Host(HostEvent::Dotted(1))), "1");
    there_and_back(World::Site(Site::Host(HostEvent::Down)), "null");
    assert!(Site::CATALOGUE.contains("orders.updated"));
    assert!(Site::CATALOGUE.contains("a.dot"));
    assert!(World::CATALOGUE.contains("host.a.dot"));
    assert_eq!(World::CATALOGUE.sources(), ["host", "inventory", "orders"]);
    endless::<Shop>();
    finite::<Site>();
    finite::<World>();
}
